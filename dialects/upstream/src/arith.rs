//! `arith`: integer and float arithmetic on scalars, vectors and tensors.

use crate::fold::{self, Ints};
use cim_ir::constraints::*;
use cim_ir::interfaces::{AsmNames, AsmNamesOp, Inlining, constant_name};
use cim_ir::kinds::*;
use cim_ir::op_def::InferInput;
use cim_ir::registry::Dialect;
use cim_ir::rewrite::{FoldResult, Folded, OpBuilder, PatternSet, Rewriter, fold::constant_int};
use cim_ir::view::{Canonicalize, Fold, InferResults, Verify};
use cim_ir::{Attribute, Context, Diagnostic, Ir, Location, OpId, Type, ValueId, op};
use smallvec::{SmallVec, smallvec};

#[path = "arith/asm.rs"]
mod asm;
pub use asm::{FastMath, Overflow, Predicate, PredicateAttr};
use asm::{FastMathFlags, OverflowFlags};

op! {
    /// A constant: integer, float, or dense elements.
    pub Constant = "arith.constant" : [Pure, ConstantLike, AllTypesMatch("value", "result")] {
        props   { value: TypedAttr }
        results { result: ANY_TYPE }
        interfaces [AsmNames]
        format  "attr-dict $value"
        fold
        verify
    }

    /// Sum, modulo 2^width.
    pub AddI = "arith.addi" : [Pure, Commutative, SameOperandsAndResultType] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        props    { overflowFlags: OverflowFlags = "none" }
        results  { result: SIGNLESS_INTEGER_LIKE }
        format   "$lhs `,` $rhs (`overflow` `` custom<Overflow>($overflowFlags)^)? attr-dict `:` type($result)"
        fold
        canonicalize
    }
    /// Difference, modulo 2^width.
    pub SubI = "arith.subi" : [Pure, SameOperandsAndResultType] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        props    { overflowFlags: OverflowFlags = "none" }
        results  { result: SIGNLESS_INTEGER_LIKE }
        format   "$lhs `,` $rhs (`overflow` `` custom<Overflow>($overflowFlags)^)? attr-dict `:` type($result)"
        fold
    }
    /// Product, modulo 2^width.
    pub MulI = "arith.muli" : [Pure, Commutative, SameOperandsAndResultType] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        props    { overflowFlags: OverflowFlags = "none" }
        results  { result: SIGNLESS_INTEGER_LIKE }
        format   "$lhs `,` $rhs (`overflow` `` custom<Overflow>($overflowFlags)^)? attr-dict `:` type($result)"
        fold
        canonicalize
    }
    /// Left shift.
    pub ShLI = "arith.shli" : [Pure, SameOperandsAndResultType] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        props    { overflowFlags: OverflowFlags = "none" }
        results  { result: SIGNLESS_INTEGER_LIKE }
        format   "$lhs `,` $rhs (`overflow` `` custom<Overflow>($overflowFlags)^)? attr-dict `:` type($result)"
        fold
    }
}

/// Binary integer operations without flags: name in Rust, name in text, traits, what they do, how they fold.
macro_rules! int_binary {
    ($($(#[$m:meta])* $ty:ident = $name:literal : [$($t:ident),*] $f:expr;)*) => { $(
        op! {
            $(#[$m])*
            pub $ty = $name : [Pure, SameOperandsAndResultType $(, $t)*] {
                operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
                results  { result: SIGNLESS_INTEGER_LIKE }
                format   "$lhs `,` $rhs attr-dict `:` type($result)"
                fold
            }
        }
        impl Fold for $ty {
            fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
                fold::binary(ir, ir.ty(self.result(ir)), constants, $f)
            }
        }
    )* };
}
int_binary! {
    /// Quotient of signed integers, rounded towards zero.
    DivSI = "arith.divsi" : [] |a, b| a.signed().checked_div(b.signed()).filter(|_| !a.is_min() || b.signed() != -1);
    /// Quotient of unsigned integers.
    DivUI = "arith.divui" : [] |a, b| a.unsigned().checked_div(b.unsigned()).map(|v| v as i64);
    /// Remainder of signed integers, with the sign of the left operand.
    RemSI = "arith.remsi" : [] |a, b| a.signed().checked_rem(b.signed());
    /// Remainder of unsigned integers.
    RemUI = "arith.remui" : [] |a, b| a.unsigned().checked_rem(b.unsigned()).map(|v| v as i64);
    /// Bitwise and.
    AndI = "arith.andi" : [Commutative] |a, b| Some(a.signed() & b.signed());
    /// Bitwise or.
    OrI = "arith.ori" : [Commutative] |a, b| Some(a.signed() | b.signed());
    /// Bitwise exclusive or.
    XOrI = "arith.xori" : [Commutative] |a, b| Some(a.signed() ^ b.signed());
    /// Arithmetic right shift.
    ShRSI = "arith.shrsi" : [] |a, b| b.shift().map(|s| a.signed() >> s);
    /// Logical right shift.
    ShRUI = "arith.shrui" : [] |a, b| b.shift().map(|s| (a.unsigned() >> s) as i64);
    /// Larger of two signed integers.
    MaxSI = "arith.maxsi" : [Commutative] |a, b| Some(a.signed().max(b.signed()));
    /// Smaller of two signed integers.
    MinSI = "arith.minsi" : [Commutative] |a, b| Some(a.signed().min(b.signed()));
    /// Larger of two unsigned integers.
    MaxUI = "arith.maxui" : [Commutative] |a, b| Some(a.unsigned().max(b.unsigned()) as i64);
    /// Smaller of two unsigned integers.
    MinUI = "arith.minui" : [Commutative] |a, b| Some(a.unsigned().min(b.unsigned()) as i64);
}

/// Binary float operations; only exact results are folded by `f32` and `f64` arithmetic itself.
macro_rules! float_binary {
    ($($(#[$m:meta])* $ty:ident = $name:literal : [$($t:ident),*] $f:expr;)*) => { $(
        op! {
            $(#[$m])*
            pub $ty = $name : [Pure, SameOperandsAndResultType $(, $t)*] {
                operands { lhs: FLOAT_LIKE, rhs: FLOAT_LIKE }
                props    { fastmath: FastMathFlags = "none" }
                results  { result: FLOAT_LIKE }
                format   "$lhs `,` $rhs (`fastmath` `` custom<FastMath>($fastmath)^)? attr-dict `:` type($result)"
                fold
            }
        }
        impl Fold for $ty {
            fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
                fold::float_binary(ir, constants, $f)
            }
        }
    )* };
}
float_binary! {
    /// Sum.
    AddF = "arith.addf" : [Commutative] |a, b| a + b;
    /// Difference.
    SubF = "arith.subf" : [] |a, b| a - b;
    /// Product.
    MulF = "arith.mulf" : [Commutative] |a, b| a * b;
    /// Quotient.
    DivF = "arith.divf" : [] |a, b| a / b;
}

/// Conversions: `$in attr-dict : type($in) to type($out)`.
macro_rules! casts {
    ($($(#[$m:meta])* $ty:ident = $name:literal, $from:ident => $to:ident $(, $verify:ident)?;)*) => { $(
        op! {
            $(#[$m])*
            pub $ty = $name : [Pure, SameOperandsAndResultShape] {
                operands { r#in: $from }
                results  { out: $to }
                format   "$in attr-dict `:` type($in) `to` type($out)"
                fold
                $($verify)?
            }
        }
    )* };
}
casts! {
    /// Widens a signed integer.
    ExtSI = "arith.extsi", SIGNLESS_FIXED_WIDTH_INTEGER_LIKE => SIGNLESS_FIXED_WIDTH_INTEGER_LIKE, verify;
    /// Widens an unsigned integer.
    ExtUI = "arith.extui", SIGNLESS_FIXED_WIDTH_INTEGER_LIKE => SIGNLESS_FIXED_WIDTH_INTEGER_LIKE, verify;
    /// Between index and integers, as signed numbers.
    IndexCast = "arith.index_cast", SIGNLESS_INTEGER_LIKE => SIGNLESS_INTEGER_LIKE, verify;
    /// Signed integer to float.
    SIToFP = "arith.sitofp", SIGNLESS_FIXED_WIDTH_INTEGER_LIKE => FLOAT_LIKE;
    /// Float to signed integer, rounded towards zero.
    FPToSI = "arith.fptosi", FLOAT_LIKE => SIGNLESS_FIXED_WIDTH_INTEGER_LIKE;
}

op! {
    /// Keeps the low bits.
    pub TruncI = "arith.trunci" : [Pure, SameOperandsAndResultShape] {
        operands { r#in: SIGNLESS_FIXED_WIDTH_INTEGER_LIKE }
        props    { overflowFlags: OverflowFlags = "none" }
        results  { out: SIGNLESS_FIXED_WIDTH_INTEGER_LIKE }
        format   "$in (`overflow` `` custom<Overflow>($overflowFlags)^)? attr-dict `:` type($in) `to` type($out)"
        fold
        verify
    }
    /// Compares integers.
    pub CmpI = "arith.cmpi" : [Pure, SameTypeOperands, SameOperandsAndResultShape] {
        operands { lhs: SIGNLESS_INTEGER_LIKE, rhs: SIGNLESS_INTEGER_LIKE }
        props    { predicate: PredicateAttr }
        results  { result: BOOL_LIKE }
        format   "custom<Predicate>($predicate) `,` $lhs `,` $rhs attr-dict `:` type($lhs)"
        infer
        fold
    }
    /// One of two values: the first where the condition holds.
    pub Select = "arith.select" : [Pure, AllTypesMatch("true_value", "false_value", "result")] {
        operands { condition: BOOL_LIKE, true_value: ANY_TYPE, false_value: ANY_TYPE }
        results  { result: ANY_TYPE }
        fold
        parse
        print
    }
}

impl AsmNamesOp for Constant {
    fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {
        name(self.result(ir), &constant_name(ir.ctx(), self.value(ir)));
    }
}
impl Fold for Constant {
    fn fold(self, ir: &Ir, _: &[Option<Attribute>]) -> FoldResult {
        Folded::attr(self.value(ir))
    }
}
impl Verify for Constant {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let ctx = ir.ctx();
        let ty = ir.ty(self.result(ir));
        let signed = |t| (ANY_INTEGER.check)(ctx, t) && !(ANY_SIGNLESS_INTEGER.check)(ctx, t);
        if signed(ty) {
            return Err(ir.op_error(self.op(), "integer return type must be signless"));
        }
        Ok(())
    }
}

impl Fold for AddI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        if fold::is_int(ir, constants, 1, 0) {
            return Folded::value(self.lhs(ir));
        }
        fold::binary(ir, ir.ty(self.result(ir)), constants, |a, b| Some(a.signed().wrapping_add(b.signed())))
    }
}
impl Canonicalize for AddI {
    fn patterns(set: &mut PatternSet) {
        set.on("add of added constants", |op: AddI, rw| {
            reassociate(op.lhs(rw), op.rhs(rw), op.op(), rw, AddI::DEF, i64::wrapping_add)
        });
    }
}
impl Fold for SubI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        if fold::is_int(ir, constants, 1, 0) {
            return Folded::value(self.lhs(ir));
        }
        let ty = ir.ty(self.result(ir));
        if self.lhs(ir) == self.rhs(ir) {
            return fold::int_constant(ir.ctx(), ty, 0).and_then(Folded::attr);
        }
        fold::binary(ir, ty, constants, |a, b| Some(a.signed().wrapping_sub(b.signed())))
    }
}
impl Fold for MulI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        if fold::is_int(ir, constants, 1, 1) {
            return Folded::value(self.lhs(ir));
        }
        if fold::is_int(ir, constants, 1, 0) {
            return Folded::value(self.rhs(ir));
        }
        fold::binary(ir, ir.ty(self.result(ir)), constants, |a, b| Some(a.signed().wrapping_mul(b.signed())))
    }
}
impl Canonicalize for MulI {
    fn patterns(set: &mut PatternSet) {
        set.on("product of products with constants", |op: MulI, rw| {
            reassociate(op.lhs(rw), op.rhs(rw), op.op(), rw, MulI::DEF, i64::wrapping_mul)
        });
    }
}
impl Fold for ShLI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        if fold::is_int(ir, constants, 1, 0) {
            return Folded::value(self.lhs(ir));
        }
        let shift = |a: Ints, b: Ints| b.shift().map(|s| a.signed().wrapping_shl(s));
        fold::binary(ir, ir.ty(self.result(ir)), constants, shift)
    }
}

/// `(x op a) op b` becomes `x op (a op b)` when both are constants. Flags are dropped: the new order may overflow.
fn reassociate(
    lhs: ValueId,
    rhs: ValueId,
    op: OpId,
    rw: &mut Rewriter<'_>,
    def: &'static cim_ir::op_def::OpDef,
    combine: fn(i64, i64) -> i64,
) -> bool {
    let Some(inner) = rw.defining_op(lhs).filter(|&o| rw.def(o).is_some_and(|d| std::ptr::eq(d, def))) else {
        return false;
    };
    let (Some(x), Some(a)) = (rw.operand(inner, 0), rw.operand(inner, 1)) else { return false };
    let (Some(a), Some(b)) = (constant_int(rw, a), constant_int(rw, rhs)) else { return false };
    let (ty, loc) = (rw.ty(rhs), rw.loc(op));
    let ctx = rw.ctx().clone();
    let Some(value) = fold::int_constant(&ctx, ty, combine(a, b)) else { return false };
    rw.set_before(op);
    let constant = rw.create_value(Constant::builder(&ctx, loc).value(value).result(ty).build());
    let state = cim_ir::OpState::new(&ctx, def.name, loc).operands(&[x, constant]).results(&[ty]).prop(
        &ctx,
        "overflowFlags",
        OverflowFlags::make(&ctx, "none"),
    );
    rw.replace_with(op, state);
    true
}

impl Fold for ExtSI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        fold::unary(ir, ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), constants, |a| Some(a.signed()))
    }
}
impl Fold for ExtUI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        fold::unary(ir, ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), constants, |a| Some(a.unsigned() as i64))
    }
}
impl Fold for TruncI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        let (from, to) = (ir.ty(self.r#in(ir)), ir.ty(self.out(ir)));
        // trunci(ext(x)) is x when the types agree.
        if let Some(ext) =
            ir.defining_op(self.r#in(ir)).filter(|&d| ExtSI::cast(ir, d).is_some() || ExtUI::cast(ir, d).is_some())
            && let Some(x) = ir.operand(ext, 0)
            && ir.ty(x) == to
        {
            return Folded::value(x);
        }
        fold::unary(ir, from, to, constants, |a| Some(a.signed()))
    }
}
impl Fold for IndexCast {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        fold::unary(ir, ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), constants, |a| Some(a.signed()))
    }
}
impl Fold for SIToFP {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        fold::int_to_float(ir, ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), constants)
    }
}
impl Fold for FPToSI {
    fn fold(self, _: &Ir, _: &[Option<Attribute>]) -> FoldResult {
        // What an overflow gives is not defined: left to the target.
        None
    }
}

/// "operand type 'a' and result type 'b' are cast incompatible"
fn cast_error(ir: &Ir, op: OpId, from: Type, to: Type) -> Diagnostic {
    let (from, to) = (ir.ctx().display_type(from), ir.ctx().display_type(to));
    ir.op_error(op, format!("operand type '{from}' and result type '{to}' are cast incompatible"))
}

/// Checks the widths of a widening or narrowing.
fn check_widths(ir: &Ir, op: OpId, from: Type, to: Type, wider: bool) -> Result<(), Diagnostic> {
    let ctx = ir.ctx();
    let (a, b) = (fold::int_width(ctx, element_or_self(ctx, from)), fold::int_width(ctx, element_or_self(ctx, to)));
    let (Some(a), Some(b)) = (a, b) else { return Err(cast_error(ir, op, from, to)) };
    if (wider && a >= b) || (!wider && a <= b) {
        return Err(cast_error(ir, op, from, to));
    }
    Ok(())
}

impl Verify for ExtSI {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check_widths(ir, self.op(), ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), true)
    }
}
impl Verify for ExtUI {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check_widths(ir, self.op(), ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), true)
    }
}
impl Verify for TruncI {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        check_widths(ir, self.op(), ir.ty(self.r#in(ir)), ir.ty(self.out(ir)), false)
    }
}
impl Verify for IndexCast {
    fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
        let (from, to) = (ir.ty(self.r#in(ir)), ir.ty(self.out(ir)));
        let index = |t| element_or_self(ir.ctx(), t) == ir.ctx().index();
        if index(from) == index(to) { Err(cast_error(ir, self.op(), from, to)) } else { Ok(()) }
    }
}
/// `i1`, or the operand's shape with element type `i1`.
fn bool_like(ctx: &Context, ty: Type) -> Type {
    use cim_ir::core::TypeData;
    let i1 = ctx.i1();
    match ctx.type_data(ty) {
        TypeData::Vector { dims, scalable, .. } => {
            ctx.ty(TypeData::Vector { dims: dims.clone(), scalable: scalable.clone(), elem: i1 })
        }
        TypeData::Tensor { dims, encoding, .. } => {
            ctx.ty(TypeData::Tensor { dims: dims.clone(), elem: i1, encoding: *encoding })
        }
        TypeData::UnrankedTensor(_) => ctx.ty(TypeData::UnrankedTensor(i1)),
        _ => i1,
    }
}
impl InferResults for CmpI {
    fn infer(input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        let first = input.operands.first().ok_or("expected 2 operands")?;
        Ok(smallvec![bool_like(input.ctx, *first)])
    }
}
impl Fold for CmpI {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        let predicate = self.predicate(ir);
        let (ty, result) = (ir.ty(self.lhs(ir)), ir.ty(self.result(ir)));
        if self.lhs(ir) == self.rhs(ir) {
            // eq, sle, sge, ule, uge hold for equal values.
            let holds = [0, 3, 5, 7, 9].contains(&predicate);
            return fold::int_constant(ir.ctx(), result, -i64::from(holds)).and_then(Folded::attr);
        }
        fold::binary_to(ir, ty, result, constants, |a, b| asm::compare(predicate, a, b).map(|c| -i64::from(c)))
    }
}
impl Fold for Select {
    fn fold(self, ir: &Ir, constants: &[Option<Attribute>]) -> FoldResult {
        if self.true_value(ir) == self.false_value(ir) {
            return Folded::value(self.true_value(ir));
        }
        let condition = (*constants.first()?)?;
        let holds = cim_ir::rewrite::fold::int_value(ir.ctx(), condition)? != 0;
        Folded::value(if holds { self.true_value(ir) } else { self.false_value(ir) })
    }
}

/// `arith.constant` for every value that has its type.
fn materialize(b: &mut OpBuilder<'_>, value: Attribute, ty: Type, loc: Location) -> Option<OpId> {
    let ctx = b.ctx().clone();
    let plain = (SIGNLESS_INTEGER_LIKE.check)(&ctx, ty) || (FLOAT_LIKE.check)(&ctx, ty);
    if !plain || attr_type(&ctx, value) != Some(ty) {
        return None;
    }
    Some(b.create(Constant::builder(&ctx, loc).value(value).result(ty).build()))
}

/// The dialect.
pub static ARITH: Dialect = Dialect {
    ops: &[
        Constant::DEF,
        AddI::DEF,
        SubI::DEF,
        MulI::DEF,
        ShLI::DEF,
        DivSI::DEF,
        DivUI::DEF,
        RemSI::DEF,
        RemUI::DEF,
        AndI::DEF,
        OrI::DEF,
        XOrI::DEF,
        ShRSI::DEF,
        ShRUI::DEF,
        MaxSI::DEF,
        MinSI::DEF,
        MaxUI::DEF,
        MinUI::DEF,
        AddF::DEF,
        SubF::DEF,
        MulF::DEF,
        DivF::DEF,
        ExtSI::DEF,
        ExtUI::DEF,
        TruncI::DEF,
        IndexCast::DEF,
        SIToFP::DEF,
        FPToSI::DEF,
        CmpI::DEF,
        Select::DEF,
    ],
    interfaces: &[&Inlining::ALWAYS],
    materialize_constant: Some(materialize),
    open: true,
    ..Dialect::new(
        "arith",
        "Integer and float arithmetic on scalars, vectors and tensors; what we need of MLIR's `arith`.",
    )
};
