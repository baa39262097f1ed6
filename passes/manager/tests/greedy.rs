//! The greedy driver on a small dialect.

mod toy;

use cim_ir::rewrite::PatternSet;
use cim_ir::view::Canonicalize;
use cim_pass::greedy::{FrozenPatterns, GreedyConfig, GreedyResult, apply_greedily};
use std::sync::{Arc, Mutex};
use toy::{Big, parse, print};

fn drive(text: &str, set: &PatternSet, config: &GreedyConfig) -> (String, GreedyResult) {
    let (ctx, mut ir, root) = parse(text);
    let patterns = FrozenPatterns::of_set(&ctx, set);
    let result = apply_greedily(&mut ir, root, &patterns, config);
    cim_ir::verify::verify(&ir, root).unwrap_or_else(|d| panic!("{}", d[0].render(&ctx)));
    (print(&ir, root), result)
}

const SUM: &str = r#"
"toy.func"() ({
  %x = "toy.constant"() <{value = 1 : i64}> : () -> i64
  %y = "toy.constant"() <{value = 2 : i64}> : () -> i64
  %s = "toy.add"(%x, %y) : (i64, i64) -> i64
  %t = "toy.add"(%s, %s) : (i64, i64) -> i64
  %dead = "toy.add"(%t, %t) : (i64, i64) -> i64
  "toy.use"(%t) : (i64) -> ()
}) : () -> ()
"#;

#[test]
fn folds_and_removes_dead_operations() {
    for top_down in [true, false] {
        let config = GreedyConfig { top_down, ..Default::default() };
        let (text, result) = drive(SUM, &PatternSet::new(), &config);
        assert_eq!(result, GreedyResult { changed: true, converged: true });
        assert_eq!(text.matches("toy.constant").count(), 1, "{text}");
        assert!(text.contains("value = 6 : i64"), "{text}");
        assert!(!text.contains("toy.add"), "{text}");
    }
}

#[test]
fn folding_can_be_switched_off() {
    let config = GreedyConfig { fold: false, ..Default::default() };
    let (text, _) = drive(SUM, &PatternSet::new(), &config);
    assert_eq!(text.matches("toy.add").count(), 2, "{text}");
}

#[test]
fn nothing_to_do_is_no_change() {
    let (_, result) = drive(r#""toy.use"() : () -> ()"#, &PatternSet::new(), &GreedyConfig::default());
    assert_eq!(result, GreedyResult { changed: false, converged: true });
}

#[test]
fn patterns_run_until_nothing_changes_and_limits_hold() {
    let text = r#"
%x = "toy.constant"() <{value = 1 : i64}> : () -> i64
%b = "toy.big"(%x) <{steps = 20 : i64}> : (i64) -> i64
"toy.use"(%b) : (i64) -> ()
"#;
    let mut set = PatternSet::new();
    Big::patterns(&mut set);
    let (done, result) = drive(text, &set, &GreedyConfig::default());
    assert!(result.converged && !done.contains("toy.big"), "{done}");
    let one_round = GreedyConfig { max_rewrites: Some(5), max_iterations: Some(1), ..Default::default() };
    let (part, result) = drive(text, &set, &one_round);
    assert_eq!(result, GreedyResult { changed: true, converged: false });
    assert!(part.contains("steps = 15 : i64"), "{part}");
}

#[test]
fn higher_benefit_first_then_order_of_addition() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let mut set = PatternSet::new();
    for (name, root, benefit) in
        [("low", Some("toy.use"), 1), ("any", None, 5), ("high", Some("toy.use"), 9), ("same", Some("toy.use"), 1)]
    {
        let tried = tried.clone();
        set.add_fn(name, root, benefit, move |_, _| {
            tried.lock().unwrap().push(name);
            false
        });
    }
    drive(r#""toy.use"() : () -> ()"#, &set, &GreedyConfig::default());
    assert_eq!(*tried.lock().unwrap(), ["high", "any", "low", "same"]);
}

#[test]
fn constants_stay_inside_isolated_operations() {
    let text = r#"
%x = "toy.constant"() <{value = 1 : i64}> : () -> i64
"toy.use"(%x) : (i64) -> ()
"toy.func"() ({
  "toy.use"() : () -> ()
  %y = "toy.constant"() <{value = 1 : i64}> : () -> i64
  %z = "toy.constant"() <{value = 1 : i64}> : () -> i64
  "toy.use"(%y, %z) : (i64, i64) -> ()
}) : () -> ()
"#;
    let (text, _) = drive(text, &PatternSet::new(), &GreedyConfig::default());
    assert_eq!(text.matches("toy.constant").count(), 2, "{text}");
    let inner = &text[text.find("toy.func").unwrap()..];
    assert!(inner.find("toy.constant") < inner.find("toy.use"), "{text}");
}

#[test]
fn long_chains_take_linear_time() {
    // 20,000 additions of constants fold in a chain; anything quadratic would not finish in a test's time.
    let mut text = String::from("%v0 = \"toy.constant\"() <{value = 1 : i64}> : () -> i64\n");
    for i in 0..20_000 {
        text.push_str(&format!("%v{} = \"toy.add\"(%v{i}, %v0) : (i64, i64) -> i64\n", i + 1));
    }
    text.push_str("\"toy.use\"(%v20000) : (i64) -> ()\n");
    let (out, result) = drive(&text, &PatternSet::new(), &GreedyConfig::default());
    assert!(result.converged);
    assert!(out.contains("value = 20001 : i64"));
}
