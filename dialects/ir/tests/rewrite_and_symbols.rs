//! Symbol tables and rewriting on small modules.

use cim_ir::rewrite::{Listener, OpBuilder, Rewriter};
use cim_ir::symbols::{self, SymbolTable, SymbolTables, Visibility};
use cim_ir::text::{PrintOptions, Source, parse_module, print_module};
use cim_ir::{BlockId, Context, Ir, OpId, OpState, ValueId};
use std::sync::Arc;

fn read(text: &str) -> (Arc<Context>, Ir, OpId) {
    let ctx = Context::new(|_| {});
    ctx.allow_unregistered(true);
    let source = Source::new("t", text.as_bytes().to_vec());
    let (ir, root) = parse_module(&ctx, &source, &Default::default()).unwrap();
    (ctx, ir, root)
}

fn find(ir: &Ir, root: OpId, name: &str) -> OpId {
    ir.walk(root).into_iter().find(|&op| ir.name_str(op) == name).unwrap()
}

const SYMBOLS: &str = r#"
module {
  "x.f"() {sym_name = "a", sym_visibility = "private"} : () -> ()
  "x.f"() {sym_name = "b"} : () -> ()
  "x.use"() {s = @a, t = [@b, {k = @a::@b}]} : () -> ()
  module @a2 {
    "x.g"() {sym_name = "a"} : () -> ()
    "x.inner"() {s = @a} : () -> ()
  }
}
"#;

#[test]
fn look_up() {
    let (ctx, ir, root) = read(SYMBOLS);
    let table = SymbolTable::new(&ir, root);
    let a = table.lookup(&ir, "a").unwrap();
    assert_eq!((symbols::symbol_name(&ir, a), symbols::visibility(&ir, a)), (Some("a"), Visibility::Private));
    assert_eq!(symbols::lookup_in(&ir, root, "a"), Some(a));
    assert_eq!(table.lookup(&ir, "none"), None);
    let mut tables = SymbolTables::new();
    let nested = cim_ir::core::AttrData::Symbol { root: ctx.ident("a2"), nested: Box::new([ctx.ident("a")]) };
    let nested = ctx.attr(nested);
    let inner = find(&ir, root, "x.g");
    assert_eq!(tables.lookup_ref(&ir, root, nested), Some(inner));
    assert_eq!(symbols::lookup_nearest(&ir, root, nested), Some(inner));
    let from = find(&ir, root, "x.inner");
    assert_eq!(tables.lookup_nearest(&ir, from, ctx.symbol_attr("a")), Some(inner), "the nearest table counts");
    assert_eq!(tables.lookup_nearest(&ir, from, ctx.symbol_attr("b")), None);
}

#[test]
fn uses_and_renaming() {
    let (ctx, mut ir, root) = read(SYMBOLS);
    let a = symbols::lookup_in(&ir, root, "a").unwrap();
    assert_eq!(symbols::uses_of(&ir, a).len(), 2, "directly and as root of a nested reference");
    symbols::rename(&mut ir, a, ctx.ident("c"));
    let text = print_module(&ir, root, &PrintOptions::generic());
    assert!(text.contains("{s = @c, t = [@b, {k = @c::@b}]}") && text.contains("sym_name = \"c\""), "{text}");
    assert!(text.contains("\"x.inner\"() {s = @a}"), "names of a nested table are its own");
    assert_eq!(symbols::uses_of(&ir, a).len(), 2);
}

#[test]
fn taken_names_are_changed() {
    let (ctx, mut ir, root) = read(SYMBOLS);
    let mut table = SymbolTable::new(&ir, root);
    let state = OpState::new(&ctx, "x.f", ctx.unknown_loc()).attr(&ctx, "sym_name", ctx.string_attr("a"));
    let op = ir.create(state);
    let name = table.insert(&mut ir, op).unwrap();
    assert_eq!((ctx.str(name), symbols::symbol_name(&ir, op)), ("a_0", Some("a_0")));
    assert_eq!(table.get(name), Some(op));
    table.remove(&ir, op);
    assert_eq!(table.get(name), None);
}

/// Writes down what it is told.
#[derive(Default)]
struct Log(Vec<String>);
impl Listener for Log {
    fn op_inserted(&mut self, ir: &Ir, op: OpId) {
        self.0.push(format!("insert {}", ir.name_str(op)));
    }
    fn op_modified(&mut self, ir: &Ir, op: OpId) {
        self.0.push(format!("modify {}", ir.name_str(op)));
    }
    fn op_replaced(&mut self, ir: &Ir, op: OpId, _: &[ValueId]) {
        self.0.push(format!("replace {}", ir.name_str(op)));
    }
    fn op_erased(&mut self, ir: &Ir, op: OpId) {
        self.0.push(format!("erase {}", ir.name_str(op)));
    }
    fn block_inserted(&mut self, _: &Ir, _: BlockId) {
        self.0.push("insert block".into());
    }
    fn block_erased(&mut self, _: &Ir, _: BlockId) {
        self.0.push("erase block".into());
    }
}

#[test]
fn replacing_tells_the_listener() {
    let text = "%0 = \"x.a\"() : () -> i32\n%1 = \"x.b\"(%0) ({ \"x.in\"() : () -> () }) : (i32) -> i32\n\"x.c\"(%1, %1) : (i32, i32) -> ()";
    let (ctx, mut ir, root) = read(text);
    let b = find(&ir, root, "x.b");
    let mut log = Log::default();
    let mut rw = Rewriter::with_listener(&mut ir, &mut log);
    let a = rw.operand(b, 0).unwrap();
    let new = rw.replace_with(b, OpState::new(&ctx, "x.n", ctx.unknown_loc()).operands(&[a]).results(&[ctx.int(32)]));
    assert!(!rw.is_alive(b) && rw.is_alive(new));
    let expected = ["insert x.n", "replace x.b", "modify x.c", "modify x.c", "erase x.in", "erase x.b"];
    assert_eq!(log.0, expected);
    let c = find(&ir, root, "x.c");
    assert!(ir.operands(c).all(|v| ir.defining_op(v) == Some(new)));
}

#[test]
fn blocks_split_merge_and_inline() {
    let text = "\"x.r\"() ({\n^bb0(%a: i32):\n \"x.1\"() : () -> ()\n \"x.2\"(%a) : (i32) -> ()\n \"x.3\"() : () -> ()\n}) : () -> ()";
    let (ctx, mut ir, root) = read(text);
    let op = find(&ir, root, "x.2");
    let block = ir.block_of(op).unwrap();
    let mut rw = Rewriter::new(&mut ir);
    let new = rw.split_block(op).unwrap();
    assert_eq!((rw.ops_of(block).count(), rw.ops_of(new).count(), rw.next_block(block)), (1, 2, Some(new)));
    rw.merge_blocks(new, block, &[]);
    assert_eq!((rw.ops_of(block).count(), rw.next_block(block)), (3, None));
    // Into the module, the argument replaced.
    let holder = find(&rw, root, "x.r");
    rw.set_before(holder);
    let value = rw.create_value(OpState::new(&ctx, "x.v", ctx.unknown_loc()).results(&[ctx.int(32)]));
    rw.inline_block_before(block, holder, &[value]);
    rw.erase_op(holder);
    let names: Vec<_> = ir.ops_of(ir.body(root).unwrap()).map(|o| ir.name_str(o).to_string()).collect();
    assert_eq!(names, ["x.v", "x.1", "x.2", "x.3"]);
    assert_eq!(ir.operand(find(&ir, root, "x.2"), 0), Some(value));
}

#[test]
fn builder_follows_its_insertion_point() {
    let (ctx, mut ir, root) = read("\"x.a\"() : () -> ()\n\"x.b\"() : () -> ()");
    let state = |name: &str| OpState::new(&ctx, name, ctx.unknown_loc());
    let a = find(&ir, root, "x.a");
    let body = ir.body(root).unwrap();
    let mut b = OpBuilder::before(&mut ir, a);
    b.create(state("x.1"));
    b.set_after(a);
    b.create(state("x.2"));
    b.set_end(body);
    b.create(state("x.3"));
    b.set_start(body);
    b.create(state("x.0"));
    let names: Vec<_> = ir.ops_of(body).map(|o| ir.name_str(o).to_string()).collect();
    assert_eq!(names, ["x.0", "x.1", "x.a", "x.2", "x.b", "x.3"]);
}
