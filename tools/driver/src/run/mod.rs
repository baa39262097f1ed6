//! Many images through one program.
//!
//! - [`simulator`]: the simulated machine as executor
//! - [`inputs`]: tensor files to single images, single outputs to batches
//! - [`verify`]: comparison of every layer with the reference executor

pub mod inputs;
pub mod simulator;
pub mod verify;

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use cim_host::Tensor;
use cim_isa::Program;
use cim_isa::types::BufferId;
use cim_reference::Comparison;
use rayon::prelude::*;

pub use inputs::{Inputs, Output};
pub use verify::Verifier;

/// Reads a buffer of the running program: its elements in (C, H, W) order.
pub type ReadBuffer<'a> = dyn Fn(BufferId) -> Result<Vec<i64>> + 'a;

/// Called after a top-level instruction of `main` with its index.
pub type Observe<'a> = dyn FnMut(u32, &ReadBuffer<'_>) -> Result<()> + 'a;

/// Executes one program; every worker has its own copy, with the weights already programmed.
pub trait Executor: Clone + Send + Sync {
    /// Runs `main` once on the inputs of one image and returns its outputs.
    ///
    /// # Errors
    /// The program does something the machine cannot do.
    fn infer(&mut self, inputs: &[Tensor], observe: Option<&mut Observe<'_>>) -> Result<Vec<Tensor>>;
}

/// What a run produced.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Outputs in the order of the program's interface, batched along axis 0.
    pub outputs: Vec<Output>,
    /// Comparison with the reference, when asked for.
    pub comparison: Option<Comparison>,
}

/// Runs all images on the current thread pool. The result does not depend on the number of threads.
///
/// # Errors
/// That of the first image that fails.
pub fn run(
    program: &Program,
    executor: &impl Executor,
    inputs: &Inputs,
    verifier: Option<&Verifier<'_>>,
    progress: &(dyn Fn() + Sync),
) -> Result<Outcome> {
    let images = inputs.images();
    let share = images.div_ceil(rayon::current_num_threads().max(1)).max(1);
    let first_failed = AtomicUsize::new(usize::MAX);
    // Shares are contiguous and only an earlier share's failure stops a later one, so the error that is reported is
    // always that of the first failing image.
    let shares: Vec<Result<Share>> = (0..images.div_ceil(share))
        .into_par_iter()
        .map(|s| {
            let mut executor = executor.clone();
            let mut result = Share::default();
            for image in s * share..images.min((s + 1) * share) {
                if first_failed.load(Ordering::Relaxed) < s {
                    break;
                }
                let one = one_image(&mut executor, inputs, verifier, image, &mut result);
                if one.is_err() {
                    first_failed.fetch_min(s, Ordering::Relaxed);
                }
                one.with_context(|| format!("image {image}"))?;
                progress();
            }
            Ok(result)
        })
        .collect();
    let mut images_out = Vec::with_capacity(images);
    let mut comparison = verifier.map(|_| Comparison::default());
    for share in shares {
        let share = share?;
        images_out.extend(share.outputs);
        if let Some(total) = &mut comparison {
            total.merge(share.comparison);
        }
    }
    Ok(Outcome { outputs: inputs::batch_outputs(program, images_out)?, comparison })
}

/// What one worker produced.
#[derive(Default)]
struct Share {
    outputs: Vec<Vec<Tensor>>,
    comparison: Comparison,
}

fn one_image(
    executor: &mut impl Executor,
    inputs: &Inputs,
    verifier: Option<&Verifier<'_>>,
    image: usize,
    share: &mut Share,
) -> Result<()> {
    let x = inputs.image(image)?;
    let outputs = match verifier {
        None => executor.infer(&x, None)?,
        Some(v) => {
            let trace = v.reference(&x)?;
            let comparison = &mut share.comparison;
            let before = comparison.mismatches;
            let mut observe = |at: u32, read: &ReadBuffer<'_>| v.compare(image as u64, &trace, at, read, comparison);
            let outputs = executor.infer(&x, Some(&mut observe))?;
            if comparison.mismatches == before {
                verify::check_outputs(v.program(), &trace, &outputs)?;
            }
            outputs
        }
    };
    share.outputs.push(outputs);
    Ok(())
}
