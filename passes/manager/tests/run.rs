//! Running pipelines: nesting, threads, failures, panics, analyses.

mod toy;

use cim_ir::{Ir, OpId};
use cim_pass::timing::TimeNode;
use cim_pass::{Analysis, OpPassManager, Pass, PassResult, PassRun, RunConfig, pass, run};
use std::sync::atomic::{AtomicU32, Ordering};
use toy::{parse, print};

pass! {
    /// Doubles the uses in functions.
    pub struct Double = "double", "Double" {}
}
impl Pass for Double {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        for op in run.ir.walk(run.op()) {
            if run.ir.name_str(op) == "toy.use" {
                let mut values: Vec<_> = run.ir.operands(op).collect();
                values.extend(values.clone());
                run.ir.set_operands(op, &values);
            }
        }
        Ok(())
    }
}

pass! {
    /// Fails on functions named "bad".
    pub struct Picky = "picky", "Picky" {}
}
impl Pass for Picky {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        match run.ir.attr(run.op(), "name").and_then(|a| run.ir.ctx().as_str(a)) {
            Some("bad") => Err(run.op_error(run.op(), "is bad").into()),
            Some("panic") => panic!("out of ideas"),
            _ => Ok(()),
        }
    }
}

pass! {
    /// Leaves an operation without its operand.
    pub struct Break = "break", "Break" {}
}
impl Pass for Break {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        for op in run.ir.walk(run.op()) {
            if run.ir.name_str(op) == "toy.add" {
                run.ir.set_operands(op, &[]);
            }
        }
        Ok(())
    }
}

fn functions(n: usize) -> String {
    (0..n)
        .map(|i| {
            format!(
                "\"toy.func\"() <{{name = \"f{i}\"}}> ({{\n  %x = \"toy.constant\"() <{{value = {i} : i64}}> : () -> i64\n  \
                 \"toy.use\"(%x) : (i64) -> ()\n}}) : () -> ()\n"
            )
        })
        .collect()
}

fn go(text: &str, threads: usize, build: impl Fn(&mut OpPassManager)) -> (String, Vec<String>, Vec<String>) {
    let (ctx, mut ir, root) = parse(text);
    let mut pm = OpPassManager::new("builtin.module");
    build(&mut pm);
    let config = RunConfig { threads, ..Default::default() };
    let mut time = TimeNode::new("root");
    let outcome = run(&pm, &mut ir, root, &config, Some(&mut time));
    let messages = outcome.diagnostics.iter().map(|d| d.message.clone()).collect();
    let text = if outcome.succeeded() { print(&ir, root) } else { String::new() };
    cim_ir::verify::verify(&ir, root).ok();
    drop(ctx);
    (text, messages, outcome.failures)
}

#[test]
fn threads_change_nothing() {
    let text = functions(300);
    let build = |pm: &mut OpPassManager| {
        pm.nest("toy.func").add(Double::default()).add(Double::default());
    };
    let (one, ..) = go(&text, 1, build);
    let (four, ..) = go(&text, 4, build);
    assert_eq!(one, four);
    assert!(one.contains("\"toy.use\"(%0, %0, %0, %0)"), "{}", &one[..300]);
}

#[test]
fn failures_are_reported_in_program_order() {
    let text = functions(100).replace("\"f7\"", "\"bad\"").replace("\"f93\"", "\"bad\"");
    let build = |pm: &mut OpPassManager| {
        pm.nest("toy.func").add(Picky::default());
    };
    let (_, one, failed) = go(&text, 1, build);
    let (_, four, _) = go(&text, 4, build);
    assert_eq!(one, ["'toy.func' op is bad"; 2]);
    assert_eq!(one, four);
    assert_eq!(failed.len(), 2);
    assert!(failed[0].starts_with("`Picky` on 'toy.func' operation"));
}

#[test]
fn a_panic_becomes_a_diagnostic() {
    let text = functions(2).replace("\"f1\"", "\"panic\"");
    for threads in [1, 2] {
        let (_, messages, failures) = go(&text, threads, |pm| {
            pm.nest("toy.func").add(Picky::default());
        });
        assert_eq!(messages.len(), 1);
        assert!(messages[0].contains("pass 'picky' stopped unexpectedly: out of ideas"), "{}", messages[0]);
        assert_eq!(failures.len(), 1);
    }
}

#[test]
fn what_passes_leave_is_verified() {
    let text =
        "%x = \"toy.constant\"() <{value = 1 : i64}> : () -> i64\n%y = \"toy.add\"(%x, %x) : (i64, i64) -> i64\n";
    let (_, messages, failures) = go(text, 1, |pm| {
        pm.add(Break::default());
    });
    assert!(messages[0].contains("operands"), "{messages:?}");
    assert_eq!(failures, ["`Break` on 'builtin.module' operation"]);
}

#[test]
fn passes_are_refused_where_they_cannot_run() {
    let (_, messages, _) = go("\"some.op\"() : () -> ()", 1, |pm| {
        pm.nest("some.op").add(Double::default());
    });
    assert_eq!(messages, ["'some.op' op trying to schedule a pass on an unregistered operation"]);
    let (_, messages, _) = go("\"toy.use\"() : () -> ()", 1, |pm| {
        pm.nest("toy.use").add(Double::default());
    });
    assert!(messages[0].contains("not marked as 'IsolatedFromAbove'"), "{messages:?}");
}

/// Number of operations, counted.
struct Count(usize);
static BUILT: AtomicU32 = AtomicU32::new(0);
impl Analysis for Count {
    const NAME: &'static str = "Count";
    fn build(ir: &Ir, op: OpId) -> Self {
        BUILT.fetch_add(1, Ordering::Relaxed);
        Count(ir.walk(op).len())
    }
}

pass! {
    /// Asks for the analysis.
    pub struct Ask = "ask", "Ask" {
        options {
            /// Keep it
            keep: bool = true,
        }
    }
}
impl Pass for Ask {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        assert_eq!(run.analysis::<Count>().0, 3);
        if self.keep {
            run.preserve::<Count>();
        }
        Ok(())
    }
}

#[test]
fn analyses_live_as_long_as_they_are_true() {
    let ask = |keep| Ask { keep };
    go("\"toy.use\"() : () -> ()\n\"toy.use\"() : () -> ()", 1, |pm| {
        pm.add(ask(true)).add(ask(false)).add(ask(true));
    });
    assert_eq!(BUILT.load(Ordering::Relaxed), 2);
}
