//! Text of the upstream dialects: `data/` holds one module as MLIR 22 prints it in custom and in generic form.

use cim_ir::text::{PrintOptions, Source, parse_module, print_module};
use cim_ir::verify::verify;
use cim_ir::{Context, Ir, OpId};
use std::sync::Arc;

const CUSTOM: &str = include_str!("data/custom.mlir");
const GENERIC: &str = include_str!("data/generic.mlir");

fn context() -> Arc<Context> {
    let ctx = Context::new(cim_upstream::register);
    ctx.allow_unregistered(true);
    ctx
}

fn read(text: &str) -> Result<(Ir, OpId), String> {
    let ctx = context();
    let source = Source::new("t", text.as_bytes().to_vec());
    let first = |e: Vec<cim_ir::Diagnostic>| e[0].message.clone();
    let (ir, root) = parse_module(&ctx, &source, &Default::default()).map_err(first)?;
    verify(&ir, root).map_err(first)?;
    Ok((ir, root))
}

#[test]
fn both_forms_are_those_of_mlir() {
    for text in [CUSTOM, GENERIC] {
        let (ir, root) = read(text).unwrap();
        assert_eq!(print_module(&ir, root, &PrintOptions::default()), CUSTOM);
        assert_eq!(print_module(&ir, root, &PrintOptions::generic()), GENERIC);
    }
}

#[test]
fn unknown_operations_stay() {
    let text = "\"builtin.module\"() ({\n  \"scf.forall\"() {a} : () -> ()\n}) : () -> ()\n\n";
    let (ir, root) = read(text).unwrap();
    assert_eq!(print_module(&ir, root, &PrintOptions::generic()), text);
}

/// The first error, without location.
#[track_caller]
fn refused(body: &str, message: &str) {
    let text = format!(
        "func.func @f(%a: i32, %b: i64, %c: i1, %i: index, %x: f32, %m: memref<4xi32>, %t: tensor<4xi32>) {{\n{body}\nreturn\n}}"
    );
    assert_eq!(read(&text).err().unwrap_or_default(), message, "{body}");
}

#[test]
fn verifier_of_arith() {
    refused(
        r#""arith.addi"(%a, %b) : (i32, i64) -> i32"#,
        "'arith.addi' op requires the same type for all operands and results",
    );
    refused(
        r#""arith.addi"(%x, %x) : (f32, f32) -> f32"#,
        "'arith.addi' op operand #0 must be signless-integer-like, but got 'f32'",
    );
    refused(
        r#""arith.constant"() <{value = 1 : i64}> : () -> i32"#,
        "'arith.constant' op failed to verify that all of {value, result} have same type",
    );
    refused("arith.constant 1 : si32", "'arith.constant' op integer return type must be signless");
    refused(
        "arith.extsi %b : i64 to i32",
        "'arith.extsi' op operand type 'i64' and result type 'i32' are cast incompatible",
    );
    refused(
        "arith.trunci %a : i32 to i64",
        "'arith.trunci' op operand type 'i32' and result type 'i64' are cast incompatible",
    );
    refused(
        "arith.index_cast %a : i32 to i64",
        "'arith.index_cast' op operand type 'i32' and result type 'i64' are cast incompatible",
    );
    refused(
        r#""arith.cmpi"(%a, %a) <{predicate = 2 : i64}> : (i32, i32) -> i32"#,
        "'arith.cmpi' op result #0 must be bool-like, but got 'i32'",
    );
    refused(
        r#""arith.cmpi"(%a, %a) <{predicate = 10 : i64}> : (i32, i32) -> i1"#,
        "'arith.cmpi' op attribute 'predicate' failed to satisfy constraint: allowed 64-bit signless integer cases: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    );
}

#[test]
fn verifier_of_func() {
    refused("call @g() : () -> ()", "'func.call' op 'g' does not reference a valid function");
    refused("return %a : i32", "'func.return' op must be the last operation in the parent block");
    let top = |text: &str, message: &str| assert_eq!(read(text).err().unwrap_or_default(), message);
    top("func.func @g()", "'func.func' op symbol declaration cannot have public visibility");
    top(
        "func.func @g(%a: i32) -> f32 { return }",
        "'func.return' op has 0 operands, but enclosing function (@g) returns 1",
    );
    top(
        "func.func @g(%a: i32) -> f32 { return %a : i32 }",
        "type of return operand 0 ('i32') doesn't match function result type ('f32') in function @g",
    );
    top(
        r#""func.func"() <{sym_name = "x", function_type = (i32) -> ()}> ({ func.return }) : () -> ()"#,
        "'func.func' op entry block must have 1 arguments to match function signature",
    );
    top("func.func private @g()\nfunc.func private @g()", "redefinition of symbol named 'g'");
    let callee = "func.func private @g(i32) -> i64\n";
    let call = |body: &str| format!("{callee}func.func @f(%a: i32) {{\n{body}\nreturn\n}}");
    top(&call("call @g() : () -> i64"), "'func.call' op incorrect number of operands for callee");
    top(&call("call @g(%a) : (i32) -> ()"), "'func.call' op incorrect number of results for callee");
    top(&call("call @g(%a) : (i32) -> i32"), "'func.call' op result type mismatch at index 0");
}

#[test]
fn verifier_of_the_rest() {
    refused(
        "%r = scf.for %k = %i to %i step %i iter_args(%v = %a) -> (i32) { scf.yield }",
        "'scf.for' op along control flow edge from Operation scf.yield to Region #0: region branch point has 0 operands, but region successor needs 1 inputs",
    );
    refused(
        "\"scf.for\"(%i, %i, %i) ({\n^bb0(%k: i32):\n \"scf.yield\"() : () -> ()\n}) : (index, index, index) -> ()",
        "'scf.for' op expected induction variable to be same type as bounds and step",
    );
    refused(
        "memref.load %m[%i, %i] : memref<4xi32>",
        "'memref.load' op incorrect number of indices for load, expected 1 but got 2",
    );
    refused(
        "memref.store %a, %m[] : memref<4xi32>",
        "'memref.store' op store index operand count not equal to memref rank",
    );
    refused(
        "memref.alloc() : memref<?xi32>",
        "'memref.alloc' op dimension operand count does not equal memref dynamic dimension count",
    );
    refused(
        "tensor.empty(%i) : tensor<4xi32>",
        "'tensor.empty' op incorrect number of dynamic sizes, has 1, expected 0",
    );
    refused(
        "tensor.extract %t[] : tensor<4xi32>",
        "'tensor.extract' op incorrect number of indices for extract_element",
    );
    let branch = "func.func @g(%a: i1) { cf.cond_br %a, ^b, ^b\n^b(%x: i32):\n return }";
    let message = "branch has 0 operands for successor #0, but target block has 1";
    assert_eq!(read(branch).err().unwrap_or_default(), message);
}
