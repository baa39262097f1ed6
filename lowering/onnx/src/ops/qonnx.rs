//! QONNX: Quant (IntQuant), BipolarQuant, Trunc. Weights are quantised here; activations become quantize and dequantize.
//!
//! The order is QONNX's own: `x / scale + zero point`, clamp, round, minus zero point, times scale. Clamping to integers before rounding is
//! clamping after it, so only the zero point before the rounding differs from ONNX (`zero_first`).

use crate::importer::Value;
use crate::node::{Import, Node, Refusal};
use crate::tensor::Tensor;
use cim_dialect::graph::elements::dense_floats;
use cim_dialect::graph::{self, IntType, Rounding};
use cim_ir::ValueId;

/// Widest integers of a quantiser.
const MAX_BITS: i64 = 32;
const SI2: IntType = IntType { width: 2, signed: true };
const SI32: IntType = IntType { width: 32, signed: true };

/// One way from real numbers to integers and back.
struct Quantiser {
    /// Of the division: one, or one for each index of `axis`.
    scales: Vec<f32>,
    /// Of the result.
    out_scales: Vec<f32>,
    zero: i64,
    axis: i64,
    rounding: Rounding,
    lo: i64,
    hi: i64,
    int: IntType,
}

/// Fails for versions of the domain that are not known.
fn version(n: &Node<'_, '_>) -> Import {
    match n.domain_version() {
        None | Some(1 | 2) => Ok(()),
        Some(v) => Err(Refusal::new(format!("version {v} of domain {} is not known", n.domain()))
            .remedy("versions 1 and 2 are; export with another version of qonnx")),
    }
}

/// A scale that belongs to all elements of a value of shape `dims`, or varies along one dimension of it; that dimension.
fn scales(n: &Node<'_, '_>, index: usize, dims: &[i64], what: &str) -> Import<(Vec<f32>, i64)> {
    let t = n.constant(index, what)?;
    let values = t.to_f32().ok_or_else(|| Refusal::new(format!("{what} is of {}, not f32", t.elem.text())))?;
    if let Some(bad) = values.iter().find(|s| !(s.is_finite() && **s > 0.0)) {
        return Err(Refusal::new(format!("{what} has {bad}, which is not finite and positive")));
    }
    let varying: Vec<usize> = (0..t.dims.len()).filter(|&i| t.dims[i] != 1).collect();
    match varying[..] {
        [] if values.len() == 1 => Ok((values, 1)),
        // Broadcasting aligns dimensions at the end.
        [d] if t.dims.len() <= dims.len() && dims[dims.len() - t.dims.len() + d] == t.dims[d] => {
            Ok((values, (dims.len() - t.dims.len() + d) as i64))
        }
        _ => Err(Refusal::new(format!("{what} of shape {:?} does not belong to one dimension of {dims:?}", t.dims))
            .remedy("quantise per tensor or per channel")),
    }
}

/// A number that must be one integer, whatever type stores it; `what` names it.
fn integer(n: &Node<'_, '_>, index: usize, what: &str) -> Import<i64> {
    let t = n.constant(index, what)?;
    let values: Vec<f64> = match t.to_f32() {
        Some(v) => v.into_iter().map(f64::from).collect(),
        None => t.to_i64().unwrap_or_default().into_iter().map(|v| v as f64).collect(),
    };
    let first = values.first().copied().filter(|f| values.iter().all(|v| v == f));
    let first =
        first.ok_or_else(|| Refusal::new(format!("{what} must be one number, but has the shape {:?}", t.dims)))?;
    if first.fract() != 0.0 || first.abs() > 2f64.powi(31) {
        return Err(Refusal::new(format!("{what} is {first}, which is no integer of 32 bits")));
    }
    Ok(first as i64)
}

fn bits(n: &Node<'_, '_>, index: usize, what: &str) -> Import<i64> {
    let bits = integer(n, index, what)?;
    if !(1..=MAX_BITS).contains(&bits) {
        return Err(Refusal::new(format!("{what} is {bits}, not in 1..={MAX_BITS}")));
    }
    Ok(bits)
}

/// Range of integers of `bits`.
fn range(bits: i64, signed: bool, narrow: bool) -> (i64, i64) {
    let narrow = i64::from(narrow);
    if signed { (-(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1) } else { (0, (1 << bits) - 1 - narrow) }
}

fn rounding_mode(n: &mut Node<'_, '_>, default: &str) -> Import<Rounding> {
    let name = n.string("rounding_mode", default)?;
    Ok(match name.to_ascii_uppercase().as_str() {
        "ROUND" | "HALF_EVEN" => Rounding::HalfEven,
        "CEIL" => Rounding::Ceil,
        "FLOOR" => Rounding::Floor,
        "UP" => Rounding::Up,
        "DOWN" => Rounding::Down,
        "HALF_UP" => Rounding::HalfUp,
        "HALF_DOWN" => Rounding::HalfDown,
        _ => {
            return Err(Refusal::new(format!("'{name}' is not known"))
                .attribute("rounding_mode")
                .remedy("ROUND, HALF_EVEN, CEIL, FLOOR, UP, DOWN, HALF_UP and HALF_DOWN are"));
        }
    })
}

pub(crate) fn quant(n: &mut Node<'_, '_>) -> Import {
    version(n)?;
    let dims = shape(n)?;
    let (scales, axis) = scales(n, 1, &dims, "the scale")?;
    let zero = integer(n, 2, "the zero point")?;
    let bits = bits(n, 3, "the bit width")?;
    let (signed, narrow) = (n.int("signed", 1)? != 0, n.int("narrow", 0)? != 0);
    let mut rounding = rounding_mode(n, "ROUND")?;
    let ((mut lo, mut hi), mut int) = (range(bits, signed, narrow), IntType { width: bits as u32, signed });
    if bits == 1 && signed {
        // One signed bit is 1 for zero and above, else -1.
        (rounding, lo, hi, int) = (Rounding::Bipolar, -1, 1, SI2);
    }
    quantise(n, &Quantiser { out_scales: scales.clone(), scales, zero, axis, rounding, lo, hi, int })
}

/// `scale` for zero and above, else `-scale`: -1 and 1 in two bits, because padding and sums know 0, and offset-encoded cells store -1 as they store
/// any two-bit weight.
pub(crate) fn bipolar(n: &mut Node<'_, '_>) -> Import {
    version(n)?;
    let dims = shape(n)?;
    let (out_scales, axis) = scales(n, 1, &dims, "the scale")?;
    // The comparison knows no scale.
    let (scales, rounding) = (vec![1.0; out_scales.len()], Rounding::Bipolar);
    quantise(n, &Quantiser { scales, out_scales, zero: 0, axis, rounding, lo: -1, hi: 1, int: SI2 })
}

/// ONNX Sign: -1, 0 and 1.
pub(crate) fn sign(n: &mut Node<'_, '_>) -> Import {
    if let Some(Value::Ir(v)) = n.maybe(0)?
        && n.int_type(v).is_some()
    {
        return Err(Refusal::new("of integers is not supported").remedy("dequantise before it"));
    }
    let (one, rounding) = (vec![1.0], Rounding::Sign);
    quantise(
        n,
        &Quantiser { scales: one.clone(), out_scales: one, zero: 0, axis: 1, rounding, lo: -1, hi: 1, int: SI2 },
    )
}

pub(crate) fn float_quant(_: &mut Node<'_, '_>) -> Import {
    Err(Refusal::new("gives floats of few bits, which crossbars do not hold").remedy("quantise to integers (IntQuant)"))
}

fn shape(n: &mut Node<'_, '_>) -> Import<Vec<i64>> {
    Ok(match n.maybe(0)? {
        Some(Value::Constant { tensor, .. }) => tensor.dims.clone(),
        _ => {
            let x = n.float_value(0)?;
            n.dims(x)
        }
    })
}

fn quantise(n: &mut Node<'_, '_>, q: &Quantiser) -> Import {
    let integers = match n.maybe(0)? {
        Some(Value::Constant { tensor, .. }) => {
            let values = tensor.to_f32().ok_or_else(|| {
                Refusal::new(format!("input 0 is of {}, not f32", tensor.elem.text())).remedy("quantise floats")
            })?;
            let inner: i64 = tensor.dims.iter().skip(q.axis as usize + 1).product();
            let (inner, count) = (inner.max(1) as usize, q.scales.len());
            let scale = |i: usize| if count == 1 { q.scales[0] } else { q.scales[i / inner % count] };
            let integer = |(i, x): (usize, &f32)| q.rounding.quantise(*x, scale(i), q.zero, true).clamp(q.lo, q.hi);
            let integers: Vec<i64> = values.iter().enumerate().map(integer).collect();
            n.make_constant(Tensor::of_type(&tensor.dims, q.int, &integers), "integers")?
        }
        _ => {
            let x = n.float_value(0)?;
            let name = n.name.clone();
            quantize(n, x, q, q.zero != 0, &name)?
        }
    };
    let y = dequantize(n, integers, &q.out_scales, q.zero, q.axis)?;
    n.output_value(y)
}

fn quantize(n: &mut Node<'_, '_>, x: ValueId, q: &Quantiser, zero_first: bool, name: &str) -> Import<ValueId> {
    let ctx = n.ctx();
    let state = graph::Quantize::builder(&ctx, n.loc)
        .input(x)
        .scale(dense_floats(&ctx, &[q.scales.len() as i64], &q.scales))
        .zero_point(&vec![q.zero; q.scales.len()])
        .axis(q.axis)
        .lo(q.lo)
        .hi(q.hi)
        .maybe_rounding(Some(q.rounding.name()).filter(|_| q.rounding != Rounding::HalfEven))
        .zero_first(zero_first)
        .name(name)
        .result(ctx.tensor(&n.dims(x), q.int.ty(&ctx)))
        .build();
    n.create(state)
}

fn dequantize(n: &mut Node<'_, '_>, q: ValueId, scales: &[f32], zero: i64, axis: i64) -> Import<ValueId> {
    let ctx = n.ctx();
    let state = graph::Dequantize::builder(&ctx, n.loc)
        .input(q)
        .scale(dense_floats(&ctx, &[scales.len() as i64], scales))
        .zero_point(&vec![zero; scales.len()])
        .axis(axis)
        .result(ctx.tensor(&n.dims(q), ctx.f32()))
        .build();
    n.create(state)
}

/// Drops low bits: `y = round(x / scale + zero point)` exactly, then `y / 2^n` rounded in the mode of the node.
///
/// Version 1 (five inputs) does not clamp and keeps the scale; version 2 (six) has an output scale, which gives n, and clamps to the output's bits.
pub(crate) fn trunc(n: &mut Node<'_, '_>) -> Import {
    version(n)?;
    let x = n.float_value(0)?;
    let rounding = rounding_mode(n, "FLOOR")?;
    let one = |n: &Node<'_, '_>, index, what: &str| match scales(n, index, &[], what)?.0[..] {
        [s] => Ok(s),
        _ => Err(Refusal::new(format!("{what} must be one number"))),
    };
    let scale = one(n, 1, "the scale")?;
    let zero = integer(n, 2, "the zero point")?;
    let in_bits = bits(n, 3, "the input bit width")?;
    let (step, out_scale, out_zero, (lo, hi)) = match n.num_inputs() {
        5 => {
            let out_bits = bits(n, 4, "the output bit width")?;
            if out_bits > in_bits {
                return Err(Refusal::new(format!("cannot make {out_bits} bits of {in_bits}")));
            }
            (2f32.powi((in_bits - out_bits) as i32), scale, zero, (SI32.min(), SI32.max()))
        }
        6 => {
            let (out_scale, out_bits) = (one(n, 4, "the output scale")?, bits(n, 5, "the output bit width")?);
            let (signed, narrow) = (n.int("signed", 1)? != 0, n.int("narrow", 0)? != 0);
            let step = 2f32.powi((out_scale / scale).log2().round_ties_even() as i32);
            let out_zero = zero as f32 / step;
            if out_zero.fract() != 0.0 || !step.is_normal() {
                return Err(Refusal::new(format!("its zero point {zero} divided by {step} is no integer")));
            }
            (step, out_scale, out_zero as i64, range(out_bits, signed, narrow))
        }
        inputs => return Err(Refusal::new(format!("has {inputs} inputs; version 1 has 5 and version 2 has 6"))),
    };
    let (name, one) = (n.name.clone(), vec![1.0]);
    let mut stage = Quantiser {
        scales: vec![scale],
        out_scales: one,
        zero,
        axis: 1,
        rounding: Rounding::HalfEven,
        lo: SI32.min(),
        hi: SI32.max(),
        int: SI32,
    };
    let y = quantize(n, x, &stage, zero != 0, &format!("{name}.integers"))?;
    let y = dequantize(n, y, &stage.out_scales, 0, 1)?;
    stage =
        Quantiser { scales: vec![step], zero: 0, rounding, lo, hi, int: IntType::for_range(lo, hi, false), ..stage };
    let y = quantize(n, y, &stage, false, &name)?;
    let y = dequantize(n, y, &[out_scale], out_zero, 1)?;
    n.output_value(y)
}
