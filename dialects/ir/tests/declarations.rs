//! What one declaration generates: accessors, builder, segments, defaults, placeholders.

use cim_ir::constraints::*;
use cim_ir::kinds::*;
use cim_ir::op_def::Trait;
use cim_ir::registry::Dialect;
use cim_ir::view::Verify;
use cim_ir::{Context, Diagnostic, Ir, OpState, attr, enum_attr, op, ty};
use std::sync::Arc;

enum_attr! {
    /// Kind of pooling.
    pub Pool ("kind of pooling") {
        /// Largest.
        Max = "max",
        /// Mean.
        Mean = "mean",
    }
}

op! {
    /// Multiplies windows.
    ///
    /// Second paragraph.
    pub Conv = "nn.conv" : [Pure] {
        operands { input: ANY_TENSOR, weights: ANY_TENSOR, bias?: ANY_TENSOR, rest*: ANY_TYPE }
        props    { strides: I64Array, group: I64Attr = 1, note?: StrAttr, flag: UnitAttr, pool: Pool = Pool::Mean, r#type: AnyAttr }
        results  { result: ANY_TENSOR, others*: ANY_TYPE }
        regions  { body, more* }
        successors { dest, rest_of* }
        verify
    }

    /// Nothing.
    Nop = "nn.nop" : [Terminator, HasParent("nn.conv")] {}
}

impl Verify for Conv {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        if self.group(ir) < 1 {
            return Err(ir.op_error(self.op(), "group must be positive"));
        }
        Ok(())
    }
}

ty! {
    /// A tile of cells.
    pub Tile = "nn.tile" {
        params { rows: I64Attr, cols: I64Attr, cell?: TypeAttr }
    }
}
attr! {
    /// A place.
    pub Place = "nn.place" { params { core: I64Attr } }
}

static NN: Dialect = Dialect {
    ops: &[Conv::DEF, Nop::DEF],
    types: &[Tile::DEF],
    attrs: &[Place::DEF],
    ..Dialect::new("nn", "A test dialect.")
};

fn context() -> Arc<Context> {
    Context::new(|r| r.add(&NN))
}

#[test]
fn declaration_as_data() {
    let def = Conv::DEF;
    assert_eq!((def.name, def.doc), ("nn.conv", "Multiplies windows.\n\nSecond paragraph."));
    let names: Vec<_> = def.props.iter().map(|p| (p.name, p.optional, p.default.is_some())).collect();
    let expected = [
        ("strides", false, false),
        ("group", false, true),
        ("note", true, false),
        ("flag", true, false),
        ("pool", false, true),
        ("type", false, false),
        ("operandSegmentSizes", false, true),
    ];
    assert_eq!(names, expected);
    assert_eq!(def.traits, [Trait::Pure, Trait::AttrSizedOperandSegments]);
    assert_eq!(Nop::DEF.traits, [Trait::Terminator, Trait::HasParent(&["nn.conv"])]);
    assert!(def.verify.is_some() && Nop::DEF.verify.is_none());
    assert_eq!((def.regions.len(), def.regions[1].variadic), (2, true));
}

#[test]
fn builder_and_accessors() {
    let ctx = context();
    let mut ir = Ir::new(ctx.clone());
    let (loc, t) = (ctx.unknown_loc(), ctx.tensor(&[4], ctx.f32()));
    let src = ir.create(OpState::new(&ctx, "x.src", loc).results(&[t, t, t, t, t]));
    let v: Vec<_> = ir.results(src).collect();
    let region = ir.create_region();
    let state = Conv::builder(&ctx, loc)
        .input(v[0])
        .weights(v[1])
        .rest(&[v[2], v[3]])
        .strides(&[1, 2])
        .maybe_note(None)
        .flag(true)
        .r#type(ctx.unit())
        .result(t)
        .others(&[t, t])
        .body(region)
        .discardable("note.x", ctx.unit())
        .build();
    let op = ir.create(state);
    let conv = Conv::cast(&ir, op).unwrap();
    assert!(Nop::cast(&ir, op).is_none());
    assert_eq!((conv.input(&ir), conv.weights(&ir), conv.bias(&ir)), (v[0], v[1], None));
    assert_eq!(conv.rest(&ir), [v[2], v[3]]);
    assert_eq!((conv.strides(&ir), conv.group(&ir), conv.note(&ir)), (vec![1, 2], 1, None));
    assert_eq!((conv.flag(&ir), conv.pool(&ir), conv.r#type(&ir)), (true, Pool::Mean, ctx.unit()));
    assert_eq!((conv.result(&ir), conv.others(&ir).len()), (ir.result(op, 0).unwrap(), 2));
    assert_eq!((conv.body(&ir), conv.more(&ir).len()), (region, 0));

    conv.set_bias(&mut ir, Some(v[4]));
    conv.set_group(&mut ir, 0);
    conv.set_pool(&mut ir, Pool::Max);
    conv.set_note(&mut ir, Some("n"));
    conv.set_flag(&mut ir, false);
    assert_eq!((conv.bias(&ir), conv.rest(&ir)), (Some(v[4]), vec![v[2], v[3]]));
    assert_eq!((conv.pool(&ir), conv.note(&ir), conv.flag(&ir)), (Pool::Max, Some("n"), false));
    conv.set_rest(&mut ir, &[]);
    assert_eq!((conv.bias(&ir), conv.rest(&ir), ir.num_operands(op)), (Some(v[4]), vec![], 3));
    assert_eq!(conv.verify(&ir).unwrap_err().message, "'nn.conv' op group must be positive");
}

#[test]
fn accessors_of_malformed_operations_return_placeholders() {
    let ctx = context();
    let mut ir = Ir::new(ctx.clone());
    let op = ir.create(OpState::new(&ctx, "nn.conv", ctx.unknown_loc()).prop(&ctx, "strides", ctx.unit()));
    let conv = Conv::cast(&ir, op).unwrap();
    assert_eq!(ir.ty(conv.input(&ir)), ctx.none());
    assert_eq!(ir.ty(conv.result(&ir)), ctx.none());
    assert_eq!(conv.strides(&ir), Vec::<i64>::new());
    assert_eq!(conv.body(&ir), ir.placeholder_region());
    assert_eq!(conv.dest(&ir), ir.placeholder_block());
    assert!(ir.is_unused(ir.placeholder_value()));
}

#[test]
fn types_and_attributes() {
    let ctx = context();
    let tile = Tile::get(&ctx, 4, 8, None);
    assert_eq!((tile.rows(&ctx), tile.cols(&ctx), tile.cell(&ctx)), (4, 8, None));
    assert_eq!(Tile::get(&ctx, 4, 8, None), tile);
    assert_eq!(Tile::get(&ctx, 4, 8, Some(ctx.f32())).cell(&ctx), Some(ctx.f32()));
    assert!((Tile::CONSTRAINT.check)(&ctx, tile.handle()) && !(Tile::CONSTRAINT.check)(&ctx, ctx.f32()));
    assert_eq!(Tile::cast(&ctx, ctx.f32()), None);
    assert_eq!(Tile::DEF.check(&ctx, &[ctx.i64_attr(1), ctx.i64_attr(2), ctx.unit()]), Ok(()));
    let wrong = Tile::DEF.check(&ctx, &[ctx.i64_attr(1), ctx.unit(), ctx.unit()]).unwrap_err();
    assert_eq!(wrong, "parameter 'cols' failed to satisfy constraint: 64-bit signless integer attribute");
    assert_eq!(Tile::DEF.check(&ctx, &[]).unwrap_err(), "expected 3 parameters, but got 0");
    assert_eq!(Place::cast(&ctx, Place::get(&ctx, 3).handle()).map(|p| p.core(&ctx)), Some(3));
    assert!(ctx.registry().type_def("nn.tile").is_some() && ctx.registry().attr_def("nn.place").is_some());
}
