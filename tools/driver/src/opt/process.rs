//! One chunk of the input: parse, verify, run passes, print.

use super::complain;
use super::expected::Expectations;
use super::flags::Options;
use super::text;
use cim_ir::diag::Severity;
use cim_ir::text::{PrintOptions, Source, print_module, print_op};
use cim_ir::{Context, Diagnostic, Ir, OpId};
use cim_pass::print_ir::{PrintIr, PrintIrConfig, Which};
use cim_pass::timing::TimeNode;
use cim_pass::{OpPassManager, PassRegistry, RunConfig, RunOutcome, reproducer, statistics};
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// What a chunk is processed with.
pub(super) struct Chunk<'a> {
    pub program: &'a str,
    pub file: &'a Source,
    pub range: Range<usize>,
    pub options: &'a Options,
    pub passes: &'a PassRegistry,
}

impl Chunk<'_> {
    /// False when something was wrong; an error when output cannot be written.
    pub fn process(
        &self,
        ctx: &Arc<Context>,
        expectations: Option<&mut Expectations>,
        out: &mut dyn Write,
    ) -> io::Result<bool> {
        ctx.allow_unregistered(self.options.allow_unregistered_dialect);
        ctx.show_operations(self.options.verify_diagnostics.is_none());
        let mut report = Report { chunk: self, ctx, expectations };
        let start = Instant::now();
        let mut time = TimeNode::new("root");
        let parsed = text::parse(ctx, self.file, self.range.clone(), !self.options.no_implicit_module);
        time.child("Parser").add(start.elapsed());
        let (mut ir, root) = match parsed {
            Ok(parsed) => parsed,
            Err(why) => {
                report.all(&why);
                return Ok(false);
            }
        };
        let ok = self.transform(&mut ir, root, &mut time, &mut report);
        if ok {
            let output = Instant::now();
            text::print(&ir, root, &self.printing(), out)?;
            time.child("Output").add(output.elapsed());
        }
        if self.options.timing {
            time.wall = start.elapsed();
            complain(&time.report(self.options.timing_display));
        }
        Ok(ok)
    }

    fn printing(&self) -> PrintOptions {
        let o = self.options;
        let mut print = PrintOptions {
            generic: o.print_op_generic,
            debug_info: o.print_debuginfo,
            local_scope: o.print_local_scope,
            elide_elements: o.elide_if_larger.map(u64::from),
            ..PrintOptions::default()
        };
        if let Some(limit) = o.hex_if_larger {
            // A negative limit: never.
            print.hex_elements = u64::try_from(limit).ok();
        }
        print
    }

    fn transform(&self, ir: &mut Ir, root: OpId, time: &mut TimeNode, report: &mut Report<'_, '_>) -> bool {
        if self.options.verify_roundtrip
            && let Err(why) = text::roundtrip(ir, root, &self.printing())
        {
            report.one(&Diagnostic::error(ir.loc(root), why));
            return false;
        }
        let plan = match self.plan(ir.name_str(root)) {
            Ok(plan) => plan,
            Err(why) => {
                report.one(&Diagnostic::error(ir.ctx().unknown_loc(), why));
                return false;
            }
        };
        if self.options.dump_pass_pipeline {
            complain(&format!("Pass Manager with {} passes:\n{}\n\n", plan.pipeline.len(), plan.pipeline.pretty()));
        }
        if self.options.verbose {
            complain(&format!("{}: {}: running {}\n", self.program, self.file.name(), plan.pipeline.text()));
        }
        if plan.pipeline.is_empty() && plan.pipeline.fits(ir.name_str(root)) {
            return true;
        }
        let config = match self.run_config(&plan) {
            Ok(config) => config,
            Err(why) => {
                report.one(&Diagnostic::error(ir.ctx().unknown_loc(), why));
                return false;
            }
        };
        // Taken before anything runs: afterwards the program may be in any state.
        let before = self.options.reproducer.as_ref().map(|_| print_module(ir, root, &self.printing()));
        let loc = ir.loc(root);
        let mut outcome = cim_pass::run(&plan.pipeline, ir, root, &config, Some(time));
        if let Some((path, text)) = self.options.reproducer.as_deref().zip(before).filter(|_| !outcome.succeeded()) {
            let section = reproducer::resource_section(&plan.pipeline.text(), plan.threads == 1, plan.verify_each);
            outcome.diagnostics.push(reproduce(path, &format!("{text}{section}"), loc, &outcome));
        }
        report.all(&outcome.diagnostics);
        if self.options.statistics {
            complain(&statistics::report(&plan.pipeline, self.options.statistics_display));
        }
        outcome.succeeded()
    }

    fn plan(&self, root: &str) -> Result<Plan, String> {
        let o = self.options;
        let threads = o.threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
        let mut plan = Plan {
            pipeline: OpPassManager::new(root),
            threads: if o.disable_threading { 1 } else { threads },
            verify_each: o.verify_each,
        };
        if o.run_reproducer {
            let text = String::from_utf8_lossy(&self.file.text()[self.range.clone()]);
            let stored = reproducer::find(&text)
                .ok_or("--run-reproducer: the input has no 'mlir_reproducer' in its external resources")?;
            plan.pipeline = OpPassManager::parse(self.passes, &stored.pipeline).map_err(|e| e.message)?;
            plan.verify_each &= stored.verify_each;
            if stored.disable_threading {
                plan.threads = 1;
            }
        }
        if let Some(text) = &o.pass_pipeline {
            if !o.passes.is_empty() {
                return Err("'-pass-pipeline' option can't be used with individual pass options".into());
            }
            let given = OpPassManager::parse(self.passes, text).map_err(|e| e.message)?;
            if plan.pipeline.is_empty() {
                plan.pipeline = given;
            } else {
                plan.pipeline.append(given);
            }
        }
        for (name, text) in &o.passes {
            match plan.pipeline.add_by_name(self.passes, name, text) {
                Some(added) => added?,
                None => return Err(format!("'{name}' does not refer to a registered pass or pass pipeline")),
            }
        }
        if !o.passes.is_empty() {
            plan.pipeline.nest_restricted();
        }
        Ok(plan)
    }

    fn run_config(&self, plan: &Plan) -> Result<RunConfig, String> {
        let o = self.options;
        let mut config = RunConfig { verify_each: plan.verify_each, threads: plan.threads, ..Default::default() };
        let which = |all: bool, names: &[String]| match (all, names) {
            (true, _) => Which::All,
            (false, []) => Which::No,
            (false, names) => Which::Named(names.to_vec()),
        };
        let mut print = PrintIrConfig {
            before: which(o.print_before_all, &o.print_before),
            after: which(o.print_after_all, &o.print_after),
            only_changes: o.print_after_change,
            only_failures: o.print_after_failure,
            module_scope: o.print_module_scope,
        };
        if (o.print_after_change || o.print_after_failure) && print.after == Which::No {
            print.after = Which::All;
        }
        if print.before == Which::No && print.after == Which::No {
            return Ok(config);
        }
        if o.print_module_scope && plan.threads > 1 {
            return Err(
                "IR print for module scope can't be setup on a pass-manager without disabling multi-threading first.\n"
                    .into(),
            );
        }
        let printing = self.printing();
        let text = move |ir: &Ir, op: OpId, alone: bool| {
            if alone { print_op(ir, op, &printing) } else { print_module(ir, op, &printing) }
        };
        config.instrumentations.push(Box::new(PrintIr::new(print, Box::new(text), Box::new(complain))));
        Ok(config)
    }
}

/// What will run and how.
struct Plan {
    pipeline: OpPassManager,
    threads: usize,
    verify_each: bool,
}

fn reproduce(path: &str, text: &str, loc: cim_ir::Location, outcome: &RunOutcome) -> Diagnostic {
    let executing = match &outcome.failures[..] {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    let what = match std::fs::write(path, text) {
        Ok(()) => format!("Pipeline failed while executing {executing}: reproducer generated at `{path}`"),
        Err(e) => format!("Pipeline failed while executing {executing}: cannot write the reproducer '{path}': {e}"),
    };
    Diagnostic::error(loc, "Failures have been detected while processing an MLIR pass pipeline").note(loc, what)
}

/// Where diagnostics go.
struct Report<'a, 'e> {
    chunk: &'a Chunk<'a>,
    ctx: &'a Context,
    expectations: Option<&'e mut Expectations>,
}

impl Report<'_, '_> {
    fn all(&mut self, diagnostics: &[Diagnostic]) {
        diagnostics.iter().for_each(|d| self.one(d));
    }
    fn one(&mut self, d: &Diagnostic) {
        let file = self.chunk.file;
        let mut text = String::new();
        match &mut self.expectations {
            Some(e) => e.check(self.ctx, d, file, &mut text),
            None if self.chunk.options.quiet && d.severity != Severity::Error => {}
            None => text = d.render_with(self.ctx, &[file]),
        }
        complain(&text);
    }
}
