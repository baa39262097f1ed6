//! Compiles a `cim.graph` module, checks the program, runs it and compares every layer with the reference.

use cim_driver::run::simulator::{Settings, Simulated};
use cim_driver::run::{Executor, ReadBuffer, Verifier};
use cim_host::Tensor;
use cim_ir::{Diagnostic, Ir, OpId};
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_isa::types::ElemType;
use cim_lowering::lower::Target;
use cim_lowering::program::ExportOptions;
use cim_machine::Machine;
use cim_reference::Comparison;
use std::sync::Arc;

pub use cim_machine::Mode;

/// A machine in wordline mode with ideal buffers.
#[allow(clippy::too_many_arguments, dead_code)] // a row of numbers; not every test that shares this file needs it
pub fn machine(
    rows: u32,
    cols: u32,
    per_core: u32,
    cores: u32,
    parallel: u32,
    cell: u8,
    differential: bool,
    crossbars: bool,
) -> Machine {
    let mut m = Machine::preset("conv-relu-example").expect("preset");
    let settings = [
        ("chip.core_number", cores.to_string()),
        ("core.xb_number", per_core.to_string()),
        ("crossbar.rows", rows.to_string()),
        ("crossbar.cols", cols.to_string()),
        ("crossbar.parallel_row", parallel.to_string()),
        ("crossbar.cell_bits", format!("{cell} bit")),
        ("crossbar.encoding", if differential { "differential" } else { "offset" }.to_string()),
        ("crossbar.binding", if crossbars { "bits-to-crossbars" } else { "bits-to-columns" }.to_string()),
        ("crossbar.dac", "1 bit".to_string()),
        ("crossbar.adc", "8 bit".to_string()),
    ];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(k, v)| (*k, v.as_str())).collect();
    m.set_all(&settings).expect("a machine");
    m
}

/// Places and lowers a module; returns the program.
pub fn compile(ir: &mut Ir, module: OpId, machine: &Machine, mode: Mode) -> Result<Program, String> {
    let render = |ir: &Ir, d: Diagnostic| d.render(ir.ctx());
    type Step<'a> = &'a dyn Fn(&mut Ir) -> Result<(), Diagnostic>;
    let steps: [Step<'_>; 4] = [
        &|ir| cim_passes::graph::place::place(ir, module, machine, mode).map(drop),
        &|ir| cim_lowering::lower::lower(ir, module, if mode == Mode::Cm { Target::Core } else { Target::Crossbar }),
        &|ir| if mode == Mode::Wlm { cim_lowering::xbar_to_row::xbar_to_row(ir, module, false) } else { Ok(()) },
        &|ir| cim_lowering::allocate::allocate(ir, module).map(drop),
    ];
    for step in steps {
        step(ir).map_err(|d| render(ir, d))?;
        cim_ir::verify::verify(ir, module).map_err(|d| d.into_iter().map(|d| render(ir, d)).collect::<String>())?;
    }
    let mode = match mode {
        Mode::Cm => ProgramMode::Cm,
        Mode::Xbm => ProgramMode::Xbm,
        Mode::Wlm => ProgramMode::Wlm,
    };
    let options = ExportOptions { mode, allow_adc_clipping: false };
    let program = cim_lowering::program::to_program(ir, module, options).map_err(|d| render(ir, d))?;
    let again = cim_lowering::program::to_program(ir, module, options).map_err(|d| render(ir, d))?;
    if cim_isa::encode(&program) != cim_isa::encode(&again) {
        return Err("two exports differ".into());
    }
    cim_isa::validate(&program).map_err(|e| format!("invalid: {e}"))?;
    Ok(program)
}

/// Compiles, checks and runs; every layer must equal the reference.
pub fn run((mut ir, module): (Ir, OpId), machine: &Machine, mode: Mode, seed: u64) -> Result<Program, String> {
    let program = compile(&mut ir, module, machine, mode)?;
    let found = cim_sim::check::check(&program, machine, Default::default());
    if !found.is_empty() {
        return Err(found.iter().map(|e| format!("checker: {e}\n")).collect());
    }
    execute(&program, seed).map_err(|e| format!("{e}\n{}", cim_isa::to_text(&program, &Default::default())))?;
    Ok(program)
}

/// Runs one image and compares.
pub fn execute(program: &Program, seed: u64) -> Result<(), String> {
    let inputs: Vec<Tensor> = program
        .inputs
        .iter()
        .map(|i| {
            let t = &program.host_tensors[i.tensor.index()];
            let shape: Vec<usize> = t.shape.iter().map(|d| *d as usize).collect();
            let n: u32 = t.shape.iter().product();
            let value = |k: u32| ((seed.wrapping_mul(31).wrapping_add(u64::from(k) * 7919) >> 3) % 41) as f32 - 20.0;
            match t.elem {
                ElemType::Int(e) => {
                    Tensor::ints(e, shape, (0..n).map(|k| (value(k) as i64).clamp(e.min(), e.max())).collect())
                }
                elem => Tensor::floats(elem, shape, (0..n).map(value).collect()),
            }
        })
        .collect();
    let text = |e: anyhow::Error| format!("{e:#}");
    let shared = Arc::new(program.clone());
    let described = cim_machine::Machine::from_yaml(&program.machine, "<program>").map_err(|e| e.to_string())?;
    let mut machine = Simulated::new(&shared, &described, Settings::default()).map_err(text)?;
    let verifier = Verifier::new(program).map_err(text)?;
    let trace = verifier.reference(&inputs).map_err(text)?;
    let mut comparison = Comparison::default();
    let mut observe = |at: u32, read: &ReadBuffer<'_>| verifier.compare(0, &trace, at, read, &mut comparison);
    let outputs = machine.infer(&inputs, Some(&mut observe)).map_err(text)?;
    if let Some(d) = comparison.first {
        return Err(format!("{} mismatches, first: {d}", comparison.mismatches));
    }
    if comparison.layers == 0 {
        return Err("nothing was compared".into());
    }
    if outputs != trace.outputs {
        return Err("outputs differ".into());
    }
    Ok(())
}
