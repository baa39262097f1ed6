//! What `cim compile` runs: reading a model, the pass pipeline, export.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cim_dialect::machine;
use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Context, Diagnostic, Ir, OpId};
use cim_isa::Program;
use cim_isa::program::ProgramMode;
use cim_lowering::program::{ExportOptions, to_program};
use cim_machine::{Machine, Mode};
use cim_pass::{OpPassManager, PassRegistry, RunConfig};

use crate::calibrate::Calibration;
use crate::compile::{CompileError, CompileOptions, Level};

/// Messages that are shown.
const MAX_MESSAGES: usize = 10;

/// A context with every dialect and a registry with every pass.
pub fn everything() -> (Arc<Context>, PassRegistry) {
    let mut passes = PassRegistry::new();
    let ctx = Context::new(|dialects| crate::registry::register_all(dialects, &mut passes));
    (ctx, passes)
}

/// A context with every dialect.
pub fn context() -> Arc<Context> {
    everything().0
}

/// Diagnostics as one text, without the leading position and `error: ` of the first.
pub(crate) fn failed(ctx: &Context, diagnostics: &[Diagnostic]) -> CompileError {
    let mut text: String = diagnostics.iter().take(MAX_MESSAGES).map(|d| d.render(ctx)).collect();
    if let Some(more) = diagnostics.len().checked_sub(MAX_MESSAGES).filter(|&n| n > 0) {
        text.push_str(&format!("... and {more} more errors"));
    }
    let text = text.trim_end();
    CompileError::Failed(text.split_once(": error: ").map_or(text, |(_, rest)| rest).to_string())
}

/// A model, the machine it is compiled for and the mode.
pub struct Job {
    /// Where the module lives.
    pub ir: Ir,
    /// The module.
    pub module: OpId,
    /// Computing mode.
    pub mode: Mode,
    passes: PassRegistry,
    settings: Settings,
    /// The module was lowered before: it has a function `@main`.
    lowered: bool,
}

/// What the passes need to know beside the machine.
#[derive(Clone, Debug)]
struct Settings {
    clipping: bool,
    calibration: Option<Calibration>,
    policy: Option<PathBuf>,
    opt_level: u8,
}

impl Settings {
    fn of(options: &CompileOptions) -> Settings {
        Settings {
            clipping: options.allow_adc_clipping,
            calibration: options.calibration.clone(),
            policy: options.policy.clone(),
            opt_level: options.opt_level,
        }
    }
}

/// The machine of the options, with its overrides.
fn machine_of(options: &CompileOptions) -> Result<Machine, CompileError> {
    let failed = |e: cim_machine::MachineError| CompileError::Failed(e.to_string());
    let mut machine = Machine::load(&options.machine).map_err(failed)?;
    let settings: Vec<(&str, &str)> = options.overrides.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    machine.set_all(&settings).map_err(failed)?;
    Ok(machine)
}

fn mode_of(machine: &Machine, mode: Option<ProgramMode>) -> Result<Mode, CompileError> {
    let mode = match mode {
        None => machine.mode,
        Some(ProgramMode::Cm) => Mode::Cm,
        Some(ProgramMode::Xbm) => Mode::Xbm,
        Some(ProgramMode::Wlm) => Mode::Wlm,
    };
    if mode > machine.mode {
        return Err(CompileError::Failed(format!(
            "machine '{}' exposes mode {}; the finer mode {} cannot be used, choose --mode {} or a coarser one",
            machine.name,
            machine.mode.name(),
            mode.name(),
            machine.mode.name()
        )));
    }
    Ok(mode)
}

/// Reads MLIR text; a network of `tosa` or `linalg` becomes one of `cim.graph`.
fn read_text(ctx: &Arc<Context>, passes: &PassRegistry, model: &Path) -> Result<(Ir, OpId), CompileError> {
    let unreadable = |e| CompileError::Failed(format!("'{}' cannot be read: {e}", model.display()));
    let source = Source::new(model.to_string_lossy(), std::fs::read(model).map_err(unreadable)?);
    // These dialects are not declared here: only files that mention them may hold operations nobody knows.
    let mentions = |dialect: &[u8]| source.text().windows(dialect.len()).any(|w| w == dialect);
    let foreign = mentions(b"tosa.") || mentions(b"linalg.");
    ctx.allow_unregistered(foreign);
    let parsed = parse_module(ctx, &source, &ParseOptions::default());
    let (mut ir, module) = parsed.map_err(|d| match (failed(ctx, &d), foreign) {
        (CompileError::Failed(text), true) => CompileError::Failed(format!(
            "{text}\nnetworks of tosa or linalg are read in MLIR's generic form: mlir-opt --mlir-print-op-generic"
        )),
        (other, _) => other,
    })?;
    if let Some(pass) = cim_mlir_in::needed_pass(&ir, module) {
        run_pipeline(passes, &mut ir, module, &format!("builtin.module({pass})"), located)?;
    }
    ctx.allow_unregistered(false);
    Ok((ir, module))
}

/// As [`Job::read`] of MLIR text, without a machine.
pub(crate) fn read_mlir(ctx: &Arc<Context>, model: &Path) -> Result<(Ir, OpId), CompileError> {
    read_text(ctx, &everything().1, model)
}

/// Diagnostics as an error.
type Explain = fn(&Context, &[Diagnostic]) -> CompileError;

/// As [`failed`], with the place in the text.
fn located(ctx: &Context, diagnostics: &[Diagnostic]) -> CompileError {
    let place = diagnostics.first().and_then(|d| cim_ir::diag::position(ctx, d.loc));
    match (failed(ctx, diagnostics), place) {
        (CompileError::Failed(text), Some((file, line, column))) => {
            CompileError::Failed(format!("{file}:{line}:{column}: {text}"))
        }
        (other, _) => other,
    }
}

/// Runs a pipeline in MLIR's grammar.
fn run_pipeline(
    passes: &PassRegistry,
    ir: &mut Ir,
    module: OpId,
    text: &str,
    explain: Explain,
) -> Result<(), CompileError> {
    let pm = OpPassManager::parse(passes, text).map_err(|e| CompileError::Failed(format!("{e:?}")))?;
    let config = RunConfig { verify_each: false, ..RunConfig::default() };
    let ctx = ir.ctx().clone();
    let outcome = cim_pass::run(&pm, ir, module, &config, None);
    if !outcome.succeeded() {
        return Err(explain(&ctx, &outcome.diagnostics));
    }
    Ok(())
}

impl Job {
    /// Reads a model: MLIR text when the file name ends in `.mlir`, else ONNX.
    ///
    /// # Errors
    /// The file cannot be read or is malformed, something in it is not supported, or the machine description is wrong.
    pub fn read(model: &Path, options: &CompileOptions) -> Result<Job, CompileError> {
        let (ctx, passes) = everything();
        let is_text = model.extension().is_some_and(|e| e == "mlir");
        let (ir, module) = if is_text {
            if options.sizes != cim_onnx::ImportOptions::default() {
                let text = "MLIR text has no open dimensions: --batch and --dim are for ONNX models";
                return Err(CompileError::Failed(text.into()));
            }
            read_text(&ctx, &passes, model)?
        } else {
            cim_onnx::import_with(&ctx, model, &options.sizes).map_err(|d| failed(&ctx, &d))?
        };
        Job::of(ir, module, passes, options, is_text)
    }

    /// A job for a module that has been read. `own`: the module may carry its machine, where the options name none.
    ///
    /// # Errors
    /// The machine description is wrong, or there is none.
    pub fn of(
        mut ir: Ir,
        module: OpId,
        passes: PassRegistry,
        options: &CompileOptions,
        own: bool,
    ) -> Result<Job, CompileError> {
        let ctx = ir.ctx().clone();
        let own = own && options.machine.is_empty() && options.overrides.is_empty();
        let machine = match own {
            true => machine::machine_of(&ir, module).map_err(|d| failed(&ctx, &[d]))?,
            false => machine_of(options)?,
        };
        if !own {
            let attr = machine::to_attribute(&ctx, &machine);
            ir.set_attr(module, machine::MACHINE, Some(attr));
        }
        let lowered = cim_lowering::find_function(&ir, module, "main").is_ok();
        let mode = mode_of(&machine, options.mode)?;
        Ok(Job { ir, module, mode, passes, settings: Settings::of(options), lowered })
    }

    fn run(&mut self, text: &str) -> Result<(), CompileError> {
        run_pipeline(&self.passes, &mut self.ir, self.module, text, failed)?;
        cim_ir::verify::verify(&self.ir, self.module).map_err(|d| failed(self.ir.ctx(), &d))
    }

    /// Runs the pipeline down to a level; None = everything that a program needs.
    ///
    /// # Errors
    /// A pass fails or leaves IR that does not verify.
    pub fn lower(&mut self, level: Option<Level>) -> Result<(), CompileError> {
        if self.lowered && level.is_none() {
            return self.run("builtin.module(cim-allocate)");
        }
        self.quantise()?;
        self.lower_integers(level)
    }

    /// As [`Job::lower`], for a network that is integer already.
    ///
    /// # Errors
    /// A pass fails or leaves IR that does not verify.
    pub fn lower_integers(&mut self, level: Option<Level>) -> Result<(), CompileError> {
        let text = on_module(&lowering(self.mode, &self.settings, level));
        self.run(&text)
    }

    /// Makes the network integer; a float network gets its ranges from the calibration set.
    ///
    /// # Errors
    /// The calibration set or the policy does not fit, or a pass fails.
    pub fn quantise(&mut self) -> Result<(), CompileError> {
        let failed = |e: anyhow::Error| CompileError::Failed(format!("{e:#}"));
        if let Some(calibration) = self.settings.calibration.clone() {
            self.run(&on_module(&before_calibration(self.settings.opt_level)))?;
            let measured = crate::calibrate::annotate(&mut self.ir, self.module, &calibration);
            measured.map_err(|e| failed(e.context("calibration")))?;
            if let Some(policy) = &self.settings.policy {
                crate::policy::apply(&mut self.ir, self.module, policy).map_err(failed)?;
            }
        } else if self.settings.policy.is_some() {
            let text =
                "--policy chooses the bits of a float network and needs --calibrate; this model has bits of its own";
            return Err(CompileError::Failed(text.into()));
        }
        let text = on_module(&quantisation(&self.settings));
        self.run(&text)
    }

    /// Was the module lowered before it was read?
    pub fn is_lowered(&self) -> bool {
        self.lowered
    }

    /// Takes the mode from the operations of a lowered module: row groups, whole cores or crossbars.
    pub fn mode_from_operations(&mut self) {
        let has = |prefixes: &[&str]| {
            let named = |op| prefixes.iter().any(|p| self.ir.name_str(op).starts_with(p));
            self.ir.walk(self.module).into_iter().any(named)
        };
        self.mode = if has(&["cim.row."]) {
            Mode::Wlm
        } else if has(&["cim.xbar.read_core", "cim.xbar.resident"]) {
            Mode::Cm
        } else {
            Mode::Xbm
        };
    }

    /// The module as text; large weights as hexadecimal data.
    pub fn text(&self) -> String {
        print_module(&self.ir, self.module, &PrintOptions::default())
    }

    /// The program of a lowered module, validated.
    ///
    /// # Errors
    /// The module cannot be exported, or the program is refused.
    pub fn program(&self) -> Result<Program, CompileError> {
        let ctx = self.ir.ctx();
        let mode = match self.mode {
            Mode::Cm => ProgramMode::Cm,
            Mode::Xbm => ProgramMode::Xbm,
            Mode::Wlm => ProgramMode::Wlm,
        };
        let options = ExportOptions { mode, allow_adc_clipping: self.settings.clipping };
        let program = to_program(&self.ir, self.module, options).map_err(|d| failed(ctx, &[d]))?;
        cim_isa::validate(&program)
            .map_err(|e| CompileError::Failed(format!("the compiled program is invalid: {e}")))?;
        Ok(program)
    }
}

/// Passes that tidy the imported network, by optimisation level: 0 nothing, 1 dead code and folding, 2 and 3 also common
/// subexpressions.
fn cleaning(opt_level: u8) -> Vec<String> {
    let passes: &[&str] = match opt_level {
        0 => &[],
        1 => &["canonicalize"],
        _ => &["canonicalize", "cse"],
    };
    passes.iter().map(|p| (*p).to_string()).collect()
}

/// Passes before the ranges of a calibration set are measured.
fn before_calibration(opt_level: u8) -> Vec<String> {
    let mut passes = cleaning(opt_level);
    passes.push("cim-fold-batch-norm".into());
    passes
}

/// Passes that make the network integer.
fn quantisation(options: &Settings) -> Vec<String> {
    let mut passes = match &options.calibration {
        None => cleaning(options.opt_level),
        Some(c) => {
            let ([w, a], per_channel, affine) = (c.bits, !c.per_tensor, c.affine);
            vec![format!(
                "cim-quantize-floats{{weight-bits={w} activation-bits={a} per-channel={per_channel} affine={affine}}}"
            )]
        }
    };
    passes.extend(["cim-ternary-weights", "cim-fold-batch-norm", "cim-quantize-operators"].map(String::from));
    passes
}

/// Passes from integers down to a level; None = everything that a program needs.
fn lowering(mode: Mode, options: &Settings, level: Option<Level>) -> Vec<String> {
    let mut passes = vec![format!("cim-place{{mode={}}}", mode.name())];
    if level != Some(Level::Graph) {
        passes.push(if mode == Mode::Cm { "cim-graph-to-core" } else { "cim-graph-to-xbar" }.to_string());
        if mode == Mode::Wlm && level != Some(Level::Xbar) {
            passes.push(match options.clipping {
                true => "cim-xbar-to-row{allow-adc-clipping=true}".to_string(),
                false => "cim-xbar-to-row".to_string(),
            });
        }
        passes.push("cim-allocate".to_string());
    }
    passes
}

fn on_module(passes: &[String]) -> String {
    format!("builtin.module({})", passes.join(","))
}

/// The pipeline that `options` stand for, as `--dump-pass-pipeline` prints it. Calibration measures ranges before `cim-quantize-floats`.
///
/// # Errors
/// The machine description is wrong or does not expose the mode.
pub fn describe(options: &CompileOptions, level: Option<Level>) -> Result<String, CompileError> {
    let machine = machine_of(options)?;
    let (mode, settings) = (mode_of(&machine, options.mode)?, Settings::of(options));
    let mut passes = Vec::new();
    if settings.calibration.is_some() {
        passes.extend(before_calibration(settings.opt_level));
    }
    passes.extend(quantisation(&settings));
    passes.extend(lowering(mode, &settings, level));
    Ok(on_module(&passes))
}

/// Refuses levels that the mode does not have.
///
/// # Errors
/// Rows outside wordline mode.
pub fn check_level(mode: Mode, level: Level) -> Result<(), CompileError> {
    if level == Level::Row && mode != Mode::Wlm {
        let text = format!("level `row` exists in mode wlm only, this is {}; use --emit xbar", mode.name());
        return Err(CompileError::Failed(text));
    }
    Ok(())
}
