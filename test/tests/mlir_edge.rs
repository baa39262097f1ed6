//! Conformance of the text with `mlir-opt` 22: recorded inputs with the bytes it printed or the errors it reported, and generic
//! modules that it prints unchanged.

use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Context, verify};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Upstream dialects are registered or all operations are unknown; the text must be the same.
fn contexts() -> [(&'static str, Arc<Context>); 2] {
    let all = [("upstream dialects", Context::new(cim_upstream::register)), ("no dialects", Context::new(|_| {}))];
    for (_, ctx) in &all {
        ctx.allow_unregistered(true);
    }
    all
}

/// Prints a text again, or gives the rendered errors.
fn round_trip(ctx: &Arc<Context>, name: &str, text: Vec<u8>, debug_info: bool) -> Result<String, String> {
    let source = Source::new(name, text);
    let result = parse_module(ctx, &source, &ParseOptions::default())
        .and_then(|(ir, op)| verify::verify(&ir, op).map(|()| (ir, op)));
    match result {
        Ok((ir, op)) => Ok(print_module(&ir, op, &PrintOptions { debug_info, ..PrintOptions::generic() })),
        Err(all) => Err(all.iter().map(|d| d.render_with(ctx, &[&source])).collect()),
    }
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(folder);
    let mut all: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.expect("readable folder").path())
        .filter(|p| p.to_string_lossy().ends_with(ending))
        .collect();
    all.sort();
    all
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The first line that differs.
fn difference(want: &str, got: &str) -> String {
    for (i, (w, g)) in want.lines().zip(got.lines()).enumerate() {
        if w != g {
            return format!("line {}:\n  want {w}\n  got  {g}", i + 1);
        }
    }
    format!("{} bytes wanted, {} printed", want.len(), got.len())
}

fn check(failures: &mut Vec<String>, what: String, want: &[u8], got: Result<String, String>) {
    let want = String::from_utf8_lossy(want);
    match got {
        Ok(got) if got == want => {}
        Ok(got) => failures.push(format!("{what}: {}", difference(&want, &got))),
        Err(errors) => failures.push(format!("{what}: {errors}")),
    }
}

#[test]
fn valid_modules_are_printed_with_the_same_bytes() {
    let [(_, ctx), _] = contexts();
    let inputs = files("mlir-edge/ok", ".in.mlir");
    assert_eq!(inputs.len(), 41);
    let mut failures = Vec::new();
    for input in inputs {
        let stem = input.to_string_lossy().replace(".in.mlir", "");
        for (ending, debug_info) in [(".out.mlir", false), (".loc.mlir", true)] {
            // A context of its own: resource keys of one module are taken for the next.
            let want = read(Path::new(&format!("{stem}{ending}")));
            let ctx = if stem.ends_with("resource") { contexts()[0].1.clone() } else { ctx.clone() };
            let got = round_trip(&ctx, "<stdin>", read(&input), debug_info);
            check(&mut failures, format!("{stem}{ending}"), &want, got);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn invalid_modules_fail_with_the_same_text() {
    let [(_, ctx), _] = contexts();
    let inputs = files("mlir-edge/bad", ".mlir");
    assert_eq!(inputs.len(), 43);
    let mut failures = Vec::new();
    for input in inputs {
        let want = String::from_utf8_lossy(&read(&input.with_extension("err"))).into_owned();
        match round_trip(&ctx, "<stdin>", read(&input), false) {
            Ok(_) => failures.push(format!("{}: accepted", input.display())),
            Err(got) if got == want => {}
            Err(got) => failures.push(format!("{}:\n{want}---- but got\n{got}", input.display())),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn generic_modules_of_many_dialects_are_fixpoints() {
    let inputs = files("mlir-generic", ".mlir");
    assert!(inputs.len() >= 50, "{} modules", inputs.len());
    let mut failures = Vec::new();
    for input in inputs {
        for (what, ctx) in contexts() {
            let text = read(&input);
            let debug_info = input.to_string_lossy().ends_with("-loc.mlir");
            let got = round_trip(&ctx, "<stdin>", text.clone(), debug_info);
            check(&mut failures, format!("{} with {what}", input.display()), &text, got);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_benchmark_input_is_what_it_was() {
    let all = cim_test::ir_gen::generate(1, 1_000_000);
    assert_eq!(cim_test::ir_gen::digest(all.text.as_bytes()), DIGEST);
    let per_megabyte = all.operations as f64 / (all.text.len() as f64 / 1e6);
    assert!((6500.0..=7500.0).contains(&per_megabyte), "{per_megabyte} operations per MB");
    assert!(all.dense_bytes * 10 <= all.text.len(), "{} bytes of dense literals", all.dense_bytes);
}

/// Digest of the benchmark input of 1 MB with seed 1.
const DIGEST: u64 = 0x420d_0d00_363b_887c;
