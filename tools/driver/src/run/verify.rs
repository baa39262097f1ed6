//! Comparison of every probed layer with the reference executor.

use std::collections::HashMap;

use anyhow::{Result, bail};
use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::reference::Probe;
use cim_reference::{Comparison, Converters, ReferenceExecutor, Trace};

use super::ReadBuffer;
use crate::report::{LayerDifference, Verification};

/// The reference of a program and where its layers can be seen.
#[derive(Debug)]
pub struct Verifier<'p> {
    program: &'p Program,
    reference: ReferenceExecutor<'p>,
    /// Nodes by the instruction after which they are compared.
    after: HashMap<u32, Vec<(usize, Probe)>>,
    layers: u64,
}

impl<'p> Verifier<'p> {
    /// Checks that the program can be verified at all.
    ///
    /// # Errors
    /// No reference section, a malformed one, or one whose layers are never shown. A program whose converters may clip is
    /// compared with the saturating reference, which needs the machine's converters.
    pub fn new(program: &'p Program) -> Result<Self> {
        let reference = if program.lossy {
            ReferenceExecutor::saturating(program, converters(program)?)?
        } else {
            ReferenceExecutor::new(program)?
        };
        let mut after: HashMap<u32, Vec<(usize, Probe)>> = HashMap::new();
        let mut layers = 0;
        for (i, node) in reference.reference().nodes.iter().enumerate() {
            if let Some(probe) = node.probe {
                if probe.after as usize >= program.main.len() {
                    bail!("layer '{}' is probed after instruction {}, which does not exist", node.name, probe.after);
                }
                after.entry(probe.after).or_default().push((i, probe));
                layers += 1;
            }
        }
        if layers == 0 && !reference.reference().nodes.is_empty() {
            bail!("the program shows none of its layers: there is nothing to compare");
        }
        Ok(Verifier { program, reference, after, layers })
    }

    /// The program.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// What the reference computes for one image.
    ///
    /// # Errors
    /// As [`ReferenceExecutor::run`].
    pub fn reference(&self, inputs: &[Tensor]) -> Result<Trace> {
        Ok(self.reference.run(inputs)?)
    }

    /// Compares the layers that are complete after instruction `at`.
    ///
    /// # Errors
    /// A probed buffer cannot be read or has another number of elements.
    pub fn compare(
        &self,
        image: u64,
        trace: &Trace,
        at: u32,
        read: &ReadBuffer<'_>,
        comparison: &mut Comparison,
    ) -> Result<()> {
        for &(i, probe) in self.after.get(&at).into_iter().flatten() {
            let Some(node) = self.reference.reference().nodes.get(i) else { continue };
            let Some(expected) = trace.output(node) else {
                bail!("the reference did not compute layer '{}'", node.name);
            };
            let found = read(probe.buffer)?;
            comparison.layer(image, i, &node.name, expected, &found).map_err(anyhow::Error::msg)?;
        }
        Ok(())
    }

    /// The report of a comparison over all images.
    pub fn report(&self, comparison: &Comparison) -> Verification {
        Verification {
            reference: if self.program.lossy { "saturating reference executor" } else { "integer reference executor" },
            layers_checked: self.layers,
            elements: comparison.elements,
            mismatches: comparison.mismatches,
            first_difference: comparison.first.as_ref().map(|d| LayerDifference {
                image: d.image,
                layer: d.layer.clone(),
                position: d.position,
                expected: d.expected,
                found: d.found,
            }),
        }
    }
}

/// Equal layers must end in equal outputs, bit by bit: the host operators are the same.
pub(super) fn check_outputs(program: &Program, trace: &Trace, outputs: &[Tensor]) -> Result<()> {
    for ((interface, want), found) in program.outputs.iter().zip(&trace.outputs).zip(outputs) {
        if want.ty() != found.ty() || want.to_bytes() != found.to_bytes() {
            bail!("output '{}' differs from the reference although every layer agrees", interface.name);
        }
    }
    Ok(())
}

/// The converters of the machine a program names.
fn converters(program: &Program) -> Result<Converters> {
    let crossbar = crate::program_file::machine(program)?.crossbar;
    Ok(Converters {
        dac: crossbar.dac.finite().map(|b| b.0),
        top_code: crossbar.adc.finite().map(|b| (1u64 << b.0.min(32)) - 1),
    })
}
