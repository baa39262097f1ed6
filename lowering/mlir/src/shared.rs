//! What both dialects use of `arith` and `tensor`, and what operations of both have in common.

use crate::data;
use crate::net::{Net, Refusal, Repr, Try, int, ints};
use cim_ir::{OpId, ValueId};

/// Translates an operation of `arith` or `tensor`; false for others.
pub(crate) fn translate(net: &mut Net<'_>, op: OpId) -> Try<bool> {
    match net.ir.name_str(op) {
        "arith.constant" => constant(net, op, "value")?,
        "tensor.empty" => net.result(op, Repr::Empty)?,
        "tensor.collapse_shape" | "tensor.expand_shape" | "tensor.reshape" => reshape(net, op)?,
        "tensor.pad" => pad(net, op)?,
        "tensor.cast" => {
            let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
            if net.dims(x)? != net.dims(y)? {
                return Err(Refusal::new("changes the shape").remedy("export the network with fixed input shapes"));
            }
            let repr = net.repr(x)?;
            net.set(y, repr);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// A constant: a tensor or a number.
pub(crate) fn constant(net: &mut Net<'_>, op: OpId, key: &str) -> Try {
    let attr = net.attribute(op, key).ok_or_else(|| Refusal::new("is missing").attribute(key))?;
    let repr = data::number(net.ir.ctx(), attr).map_or(Repr::Constant(attr), Repr::Scalar);
    net.result(op, repr)
}

/// The same elements in the shape of the result.
pub(crate) fn reshape(net: &mut Net<'_>, op: OpId) -> Try {
    let (x, y) = (net.operand(op, 0)?, net.result_of(op)?);
    let (from, to) = (net.dims(x)?, net.dims(y)?);
    if from.iter().product::<i64>() != to.iter().product::<i64>() {
        return Err(Refusal::new(format!("{from:?} and {to:?} hold different numbers of elements")));
    }
    let image = match (net.repr(x)?, &from[..]) {
        (Repr::Channels(name), &[1, h, w, c]) => Some((name, [h, w, c])),
        (Repr::Rows { name, image }, _) => Some((name, image)),
        _ => None,
    };
    let repr = match (image, to.split_last()) {
        (Some((name, [1, 1, _])), _) => Repr::Plain(net.reshaped(&name, &to)),
        (Some((name, image)), Some((last, ones)))
            if image.iter().product::<i64>() == *last && ones.iter().all(|d| *d == 1) =>
        {
            Repr::Rows { name, image }
        }
        _ => {
            let name = net.plain(x)?;
            Repr::Plain(net.reshaped(&name, &to))
        }
    };
    if net.is_real(x) {
        net.mark_real(y);
    }
    net.set(y, repr);
    Ok(())
}

fn pad(net: &mut Net<'_>, op: OpId) -> Try {
    let x = net.operand(op, 0)?;
    let list = |key: &str| {
        let list = net.attribute(op, key).and_then(|a| data::ints(net.ir.ctx(), a));
        list.ok_or_else(|| Refusal::new("is no list of integers").attribute(key))
    };
    let (low, high) = (list("static_low")?, list("static_high")?);
    let value = yielded(net, op).ok_or_else(|| {
        Refusal::new("pads with something else than a constant number").remedy("pad with a constant of arith.constant")
    })?;
    padded(net, op, x, low, high, value)
}

/// A padding by known amounts, which must give the type of the result.
pub(crate) fn padded(net: &mut Net<'_>, op: OpId, of: ValueId, low: Vec<i64>, high: Vec<i64>, value: f64) -> Try {
    let (x, y) = (net.dims(of)?, net.result_of(op)?);
    let fits =
        low.len() == x.len() && high.len() == x.len() && low.iter().chain(&high).all(|p| (0..=1 << 24).contains(p));
    let dims: Vec<i64> = x.iter().zip(low.iter().zip(&high)).map(|(d, (l, h))| d.saturating_add(l + h)).collect();
    if !fits || dims != net.dims(y)? {
        return Err(Refusal::new(format!("pads {low:?} and {high:?} do not fit the shape {x:?} and the result"))
            .remedy("pads must be known, not negative, and agree with the types"));
    }
    net.set(y, Repr::Padded { of, low, high, value });
    Ok(())
}

/// The number that the only block of a region yields.
fn yielded(net: &Net<'_>, op: OpId) -> Option<f64> {
    let last = net.ir.last_op(net.ir.body(op)?)?;
    let value = net.ir.operand(last, 0)?;
    data::number(net.ir.ctx(), data::constant_attribute(net.ir, value)?)
}

/// Window of a convolution or pool.
pub(crate) struct Window {
    pub(crate) kernel: [i64; 2],
    pub(crate) strides: [i64; 2],
    pub(crate) dilations: [i64; 2],
    /// Top, left, bottom, right.
    pub(crate) pads: [i64; 4],
}

impl Window {
    /// The attributes of an ONNX operator.
    pub(crate) fn attributes(&self) -> Vec<cim_onnx::proto::AttributeProto> {
        let mut all =
            vec![ints("kernel_shape", &self.kernel), ints("strides", &self.strides), ints("pads", &self.pads)];
        if self.dilations != [1, 1] {
            all.push(ints("dilations", &self.dilations));
        }
        all
    }
}

/// A convolution of tensors in ONNX order.
pub(crate) fn convolution(
    net: &mut Net<'_>,
    x: &str,
    w: &str,
    bias: Option<&str>,
    window: &Window,
    group: i64,
) -> String {
    let mut attributes = window.attributes();
    if group != 1 {
        attributes.push(int("group", group));
    }
    let inputs: Vec<&str> = [x, w].into_iter().chain(bias).collect();
    net.node("Conv", &inputs, attributes)
}

/// The product of a value (..., I) with `weights`, a tensor (I, O) of the graph that depends on constants alone or is computed.
/// Where the value is a flattened image that is held with channels first, the rows of the weights move instead of the image.
pub(crate) fn product(
    net: &mut Net<'_>,
    x: ValueId,
    weights: &str,
    [inputs, outputs]: [i64; 2],
    bias: Option<&str>,
) -> Try<String> {
    if let Repr::Rows { name, image: [h, w, c] } = net.repr(x)?
        && h * w * c == inputs
    {
        let flat = net.reshaped(&name, &[1, inputs]);
        let cube = net.reshaped(weights, &[h, w, c, outputs]);
        let moved = net.node("Transpose", &[&cube], vec![ints("perm", &[2, 0, 1, 3])]);
        let weights = net.reshaped(&moved, &[inputs, outputs]);
        return Ok(matrix(net, &flat, &weights, bias, true));
    }
    let mut name = net.plain(x)?;
    let dims = net.dims(x)?;
    let one_row = dims.iter().rev().skip(1).all(|d| *d == 1);
    if one_row && dims.len() != 2 {
        name = net.reshaped(&name, &[1, inputs]);
    }
    Ok(matrix(net, &name, weights, bias, one_row || dims.len() == 2))
}

fn matrix(net: &mut Net<'_>, x: &str, w: &str, bias: Option<&str>, flat: bool) -> String {
    match bias {
        Some(b) if flat => net.node("Gemm", &[x, w, b], Vec::new()),
        Some(b) => {
            let y = net.node("MatMul", &[x, w], Vec::new());
            net.node("Add", &[&y, b], Vec::new())
        }
        None => net.node("MatMul", &[x, w], Vec::new()),
    }
}
