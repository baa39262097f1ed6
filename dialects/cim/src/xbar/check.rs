//! Checks shared by the operations on buffers.

use crate::graph::elements::Elements;
use crate::graph::types::{Element, int_type};
use cim_ir::affine::AffineMap;
use cim_ir::core::{AttrData, Signedness, TypeData};
use cim_ir::kinds::attr_type;
use cim_ir::{Attribute, Context, Diagnostic, Ir, OpId, Type, ValueId};

/// A buffer type taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mem<'a> {
    /// `L0`, `L1` or `host`.
    pub space: &'a str,
    /// Extents.
    pub dims: &'a [i64],
    /// Element type.
    pub elem: Type,
}

impl<'a> Mem<'a> {
    /// The parts of a memref with static shape, identity layout and a known memory space.
    pub fn of(ctx: &'a Context, ty: Type) -> Option<Mem<'a>> {
        let TypeData::MemRef { dims, elem, layout: None, space: Some(space) } = ctx.type_data(ty) else { return None };
        let space = ctx.as_str(*space).filter(|s| matches!(*s, "L0" | "L1" | "host"))?;
        (dims.iter().all(|d| *d >= 1)).then_some(Mem { space, dims, elem: *elem })
    }
    /// Elements.
    pub fn len(&self) -> i64 {
        self.dims.iter().copied().fold(1, i64::saturating_mul)
    }
    /// Never: all extents are positive.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Elements between neighbours along each dimension.
    pub fn strides(&self) -> Vec<i64> {
        let mut out = vec![1i64; self.dims.len()];
        for i in (0..self.dims.len().saturating_sub(1)).rev() {
            out[i] = out[i + 1].saturating_mul(self.dims[i + 1]);
        }
        out
    }
}

/// Width and signedness of a signed or unsigned integer type of 1 to 64 bits (63 when unsigned).
pub fn int(ctx: &Context, ty: Type) -> Option<(u8, bool)> {
    match *ctx.type_data(ty) {
        TypeData::Integer { width, sign: Signedness::Signed } if (1..=64).contains(&width) => Some((width as u8, true)),
        TypeData::Integer { width, sign: Signedness::Unsigned } if (1..=63).contains(&width) => {
            Some((width as u8, false))
        }
        _ => None,
    }
}

/// Number of elements of an integer weight constant with at most 16 bits.
pub fn elements(ctx: &Context, attr: Attribute) -> Option<i64> {
    if !matches!(ctx.attr_data(attr), AttrData::Dense { .. } | AttrData::DenseResource { .. }) {
        return None;
    }
    let TypeData::Tensor { dims, elem, .. } = ctx.type_data(attr_type(ctx, attr)?) else { return None };
    let (bits, _) = int(ctx, *elem)?;
    (bits <= 16 && dims.iter().all(|d| *d >= 0)).then(|| dims.iter().copied().fold(1, i64::saturating_mul))
}

/// The buffer of a value that is declared as one; of other values, which the declaration refuses, a buffer in no space.
pub fn mem(ir: &Ir, value: ValueId) -> Mem<'_> {
    let ty = ir.ty(value);
    Mem::of(ir.ctx(), ty).unwrap_or(Mem { space: "", dims: &[], elem: ty })
}

/// Checks that an access map fits: one result per dimension of the buffer, one input per loop index.
pub fn access(ir: &Ir, op: OpId, value: ValueId, map: &AffineMap, loops: usize, what: &str) -> Result<(), Diagnostic> {
    let mem = mem(ir, value);
    if map.symbols != 0 {
        return Err(ir.op_error(op, format!("the map of {what} has symbols; an access map takes loop indices only")));
    }
    if map.dims as usize != loops {
        return Err(ir.op_error(op, format!("the map of {what} takes {} indices, but {loops} are given", map.dims)));
    }
    if map.results.len() != mem.dims.len() {
        let text =
            format!("the map of {what} has {} results for a buffer of rank {}", map.results.len(), mem.dims.len());
        return Err(ir.op_error(op, text));
    }
    Ok(())
}

/// Checks that buffers have integer elements of equal type.
pub fn same_elem(ir: &Ir, op: OpId, values: &[(ValueId, &str)]) -> Result<(), Diagnostic> {
    let mut first = None;
    for (v, what) in values {
        let elem = mem(ir, *v).elem;
        if int(ir.ctx(), elem).is_none() {
            return Err(ir.op_error(op, format!("{what} must hold signed or unsigned integers of at most 64 bits")));
        }
        if *first.get_or_insert(elem) != elem {
            return Err(ir.op_error(op, format!("{what} has another element type than {}", values[0].1)));
        }
    }
    Ok(())
}

/// Checks that a number is in range.
pub fn at_least(ir: &Ir, op: OpId, what: &str, value: i64, least: i64) -> Result<(), Diagnostic> {
    if value >= least && value <= i64::from(u32::MAX) {
        return Ok(());
    }
    Err(ir.op_error(op, format!("{what} must be at least {least} and below 2^32, got {value}")))
}

/// Checks the bounds of a clamp.
pub fn bounds(ir: &Ir, op: OpId, lo: i64, hi: i64) -> Result<(), Diagnostic> {
    if lo <= hi {
        return Ok(());
    }
    Err(ir.op_error(op, format!("lower bound {lo} is above upper bound {hi}")))
}

/// Checks that the bounds of a clamp are values of the elements of a buffer.
pub fn bounds_of(ir: &Ir, op: OpId, value: ValueId, lo: i64, hi: i64) -> Result<(), Diagnostic> {
    bounds(ir, op, lo, hi)?;
    match int_type(ir.ctx(), mem(ir, value).elem) {
        Some(t) if !t.holds(lo) || !t.holds(hi) => {
            Err(ir.op_error(op, format!("bounds {lo} and {hi} must be values of the result type {t}")))
        }
        _ => Ok(()),
    }
}

/// Checks that a buffer lies on the host and holds elements that the host knows.
pub fn on_host(ir: &Ir, op: OpId, value: ValueId, what: &str) -> Result<(), Diagnostic> {
    in_space(ir, op, value, "host", what)?;
    match Element::of(ir.ctx(), mem(ir, value).elem) {
        Some(_) => Ok(()),
        None => Err(ir.op_error(op, format!("{what} must hold f16, bf16, f32, f64, siN or uiN values"))),
    }
}

/// Checks that a buffer lies in a memory space.
pub fn in_space(ir: &Ir, op: OpId, value: ValueId, space: &str, what: &str) -> Result<(), Diagnostic> {
    let mem = mem(ir, value);
    if mem.space == space {
        return Ok(());
    }
    Err(ir.op_error(op, format!("{what} must lie in {space}, not in {}", mem.space)))
}

/// Checks that accumulators are si32 or si64.
pub fn accumulators(ir: &Ir, op: OpId, value: ValueId, what: &str) -> Result<(), Diagnostic> {
    match int(ir.ctx(), mem(ir, value).elem) {
        Some((32 | 64, true)) => Ok(()),
        _ => Err(ir.op_error(op, format!("{what} must hold si32 or si64 accumulators"))),
    }
}

/// Checks how columns are combined.
pub fn port(ir: &Ir, op: OpId, slices: i64, polarities: i64, cell_bits: i64) -> Result<(), Diagnostic> {
    if !(1..=16).contains(&slices) || !(1..=2).contains(&polarities) || !(1..=8).contains(&cell_bits) {
        return Err(ir.op_error(op, "slices must be 1 to 16, polarities 1 or 2, cell_bits 1 to 8"));
    }
    Ok(())
}

/// Checks that a constant holds finite floats, as many as `lengths` allows; above zero when `positive`.
pub fn scale(
    ir: &Ir,
    op: OpId,
    what: &str,
    value: Attribute,
    lengths: &[i64],
    positive: bool,
) -> Result<(), Diagnostic> {
    let error = |text: String| Err(ir.op_error(op, format!("{what}: {text}")));
    let elements = Elements::of(ir.ctx(), value).map_err(|e| ir.op_error(op, format!("{what}: {e}")))?;
    // Before a splat is expanded.
    if !lengths.contains(&(elements.count as i64)) {
        let wanted: Vec<String> = lengths.iter().map(|l| l.to_string()).collect();
        return error(format!("has {} elements, but needs {}", elements.count, wanted.join(" or ")));
    }
    let Some(values) = elements.floats() else { return error("the elements are not f32".into()) };
    let good = |v: &f32| v.is_finite() && (*v > 0.0 || !positive);
    match values.iter().find(|v| !good(v)) {
        Some(v) => error(format!("must be finite{}, but has {v}", if positive { " and positive" } else { "" })),
        None => Ok(()),
    }
}

/// Checks the numbers of a window: [H, W, C, Ho, Wo, kh, kw, sh, sw, dh, dw, top, left, bottom, right].
pub fn window(ir: &Ir, op: OpId, w: &[i64]) -> Result<(), Diagnostic> {
    let limit = i64::from(u32::MAX);
    let fits = w.len() == 15
        && w[..11].iter().all(|v| (1..=limit).contains(v))
        && w[11..].iter().all(|v| (0..=limit).contains(v));
    if fits {
        return Ok(());
    }
    Err(ir.op_error(
        op,
        "window must be 15 numbers: H, W, C, Ho, Wo, kernel, strides, dilations (positive), pads (not negative)",
    ))
}
