//! Damaged MLIR text: whatever the bytes, the parser answers with operations or diagnostics, and what it accepts it can print and
//! read again.

use cim_ir::text::{ParseOptions, PrintOptions, Source, parse_module, print_module};
use cim_ir::{Context, verify};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn context() -> Arc<Context> {
    let ctx = Context::new(cim_upstream::register);
    ctx.allow_unregistered(true);
    ctx
}

/// Reads; if that works prints, reads and prints again, in both forms.
fn feed(text: &[u8]) {
    let ctx = context();
    let source = Source::new("x", text.to_vec());
    let (ir, op) = match parse_module(&ctx, &source, &ParseOptions::default()) {
        Ok(parsed) => parsed,
        Err(diagnostics) => {
            assert!(!diagnostics.is_empty());
            for d in diagnostics {
                assert!(!d.render_with(&ctx, &[&source]).is_empty());
            }
            return;
        }
    };
    if verify::verify(&ir, op).is_err() {
        return;
    }
    for generic in [true, false] {
        let options = PrintOptions { generic, debug_info: true, ..PrintOptions::default() };
        let first = print_module(&ir, op, &options);
        // An empty symbol name is printed as a marker that does not read back, as in MLIR.
        if first.contains("<<INVALID EMPTY SYMBOL>>") {
            continue;
        }
        let ctx = context();
        let again = Source::new("y", first.clone().into_bytes());
        match parse_module(&ctx, &again, &ParseOptions::default()) {
            Ok((ir, op)) => assert_eq!(print_module(&ir, op, &options), first),
            Err(d) => panic!("printed text does not parse: {}\n{first}", d[0].render_with(&ctx, &[&again])),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let mut all = Vec::new();
    for folder in ["mlir-edge/ok", "mlir-edge/bad", "mlir-generic"] {
        let mut paths: Vec<_> = std::fs::read_dir(data.join(folder))
            .expect("test data")
            .map(|e| e.expect("readable folder").path())
            .filter(|p| p.extension().is_some_and(|e| e == "mlir"))
            .collect();
        paths.sort();
        all.extend(paths.iter().map(|p| std::fs::read(p).expect("test data")).filter(|t| t.len() < 6000));
    }
    all
}

/// One change to a text.
#[derive(Clone, Debug)]
enum Change {
    Cut(prop::sample::Index),
    Delete(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Repeat(prop::sample::Index, usize),
    Byte(prop::sample::Index, u8),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let words = prop::sample::select(vec![
        "<",
        ">",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "%0",
        "#",
        "!",
        "^bb0",
        "@a",
        "-",
        "->",
        ":",
        "=",
        ",",
        "dense<",
        "0x",
        "i99999",
        "1.0e999",
        "affine_map<",
        "loc(",
        "tensor<9999999999999x",
        "{-#",
        "#-}",
        "\0",
        "\\",
        "é",
        "sparse<",
        "array<i1:",
        "distinct[0]<",
        "f80",
        "complex<",
        "99999999999999999999999999",
        "%0:9999999",
        "#1",
        "x",
        "func.func ",
        "scf.for ",
        "module {",
    ]);
    let change = prop_oneof![
        any::<prop::sample::Index>().prop_map(Change::Cut),
        (any::<prop::sample::Index>(), 1usize..20).prop_map(|(i, n)| Change::Delete(i, n)),
        (any::<prop::sample::Index>(), words).prop_map(|(i, w)| Change::Insert(i, w.as_bytes().to_vec())),
        (any::<prop::sample::Index>(), 1usize..40).prop_map(|(i, n)| Change::Repeat(i, n)),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(i, b)| Change::Byte(i, b)),
    ];
    prop::collection::vec(change, 1..4)
}

fn apply(text: &mut Vec<u8>, change: &Change) {
    let at = |i: &prop::sample::Index, text: &[u8]| i.index(text.len().max(1)).min(text.len());
    match change {
        Change::Cut(i) => text.truncate(at(i, text)),
        Change::Delete(i, n) => {
            let start = at(i, text);
            text.drain(start..(start + n).min(text.len()));
        }
        Change::Insert(i, word) => {
            let start = at(i, text);
            text.splice(start..start, word.iter().copied());
        }
        Change::Repeat(i, n) => {
            let start = at(i, text);
            let piece = text[start..(start + n).min(text.len())].to_vec();
            text.splice(start..start, piece);
        }
        Change::Byte(i, b) => {
            let start = at(i, text);
            if let Some(x) = text.get_mut(start) {
                *x = *b;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]
    #[test]
    fn damaged_modules(which in any::<prop::sample::Index>(), changes in changes()) {
        let all = seeds();
        let mut text = all[which.index(all.len())].clone();
        for change in &changes {
            apply(&mut text, change);
        }
        feed(&text);
    }

    #[test]
    fn arbitrary_bytes(text in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&text);
    }
}

#[test]
fn every_prefix_of_some_modules() {
    for text in seeds().iter().filter(|t| t.len() < 700) {
        for end in 0..text.len() {
            feed(&text[..end]);
        }
    }
}

#[test]
fn deep_nesting_is_refused_before_the_stack_ends() {
    let n = 100_000;
    for (open, close) in
        [("[", "]"), ("{a = ", "}"), ("dense<[", "]>"), ("loc(\"a\"(", "))"), ("-", ""), ("distinct[0]<", ">")]
    {
        feed(format!("\"x\"() {{a = {}1{}}} : () -> ()", open.repeat(n), close.repeat(n)).as_bytes());
    }
    for (open, close) in
        [("tuple<", ">"), ("(", ")"), ("() -> (", ")"), ("tensor<2x", ">"), ("complex<", ">"), ("memref<2x", ">")]
    {
        feed(format!("\"x\"() : () -> {}i1{}", open.repeat(n), close.repeat(n)).as_bytes());
    }
    for open in ["(", "-", "d0 + ", "d0 * 2 + (", "d0 mod 2 mod "] {
        feed(format!("\"x\"() {{a = affine_map<(d0) -> ({}d0)>}} : () -> ()", open.repeat(n)).as_bytes());
    }
    feed("\"x\"() ({ ".repeat(n).as_bytes());
    feed("module { ".repeat(n).as_bytes());
    feed("\"x\"() : () -> () loc(callsite(".repeat(n).as_bytes());
    feed(format!("\"x\"() : () -> () loc({}", "fused[".repeat(n)).as_bytes());
    feed(format!("\"x\"() {{a = #x.y{}}} : () -> ()", "<".repeat(n)).as_bytes());
}

#[test]
fn large_numbers_cost_nothing() {
    for attr in [
        "dense<0> : tensor<1099511627776xi8>",
        "dense<1> : tensor<9223372036854775807x9223372036854775807xi64>",
        "dense<0.0> : tensor<1048576x1048576x1048576xf64>",
        "dense<[]> : tensor<0x9223372036854775807xi8>",
        "dense<\"0xFF\"> : tensor<1099511627776xi1>",
        "dense<\"0x00\"> : tensor<1099511627777xi8>",
        "dense<[1, 2]> : tensor<2xi16777215>",
        "1 : i16777215",
        "-1 : i16777215",
        "array<i16777208: 1, 2>",
        "sparse<[[0, 0]], 1> : tensor<1099511627776x1099511627776xi8>",
        "dense<(1, 2)> : tensor<1099511627776xcomplex<i8>>",
    ] {
        feed(format!("\"x\"() {{a = {attr}}} : () -> ()").as_bytes());
    }
    feed(b"%0:4294967295 = \"x\"() : () -> ()");
    feed(b"\"y\"(%0#4294967295) : (i32) -> ()");
    let digits = "9".repeat(2_000_000);
    feed(format!("\"x\"() {{a = {digits} : i16777215}} : () -> ()").as_bytes());
    feed(format!("\"x\"() {{a = 0x{digits} : i16777215}} : () -> ()").as_bytes());
    feed(format!("\"x\"() {{a = {digits}.{digits}}} : () -> ()").as_bytes());
    feed(format!("\"x\"() {{a = 1.0e{digits}}} : () -> ()").as_bytes());
}
