//! Borders: Pad, CenterCropPad, Trilu.

use super::elements::{axes, dimension, list, pick_or, select, zeros};
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator { name: "Pad", attributes: &["mode", "pads", "value"], infer: pad_type, evaluate: pad },
    Operator { name: "CenterCropPad", attributes: &["axes"], infer: center_type, evaluate: center },
    Operator { name: "Trilu", attributes: &["upper"], infer: super::unary::same, evaluate: trilu },
];

/// Elements before and after each axis; negative ones are cut off.
fn borders(c: &Call<'_>) -> Host<Vec<(i64, i64)>> {
    let shape = c.shape(0)?;
    let pads = list(c, 1, "pads")?.ok_or("pads are missing")?;
    let given = c.maybe_i64(3)?.unwrap_or_else(|| (0..shape.len() as i64).collect());
    let given = axes(&given, shape.len())?;
    if pads.len() != 2 * given.len() {
        return Err(format!("{} pads for {} axes", pads.len(), given.len()));
    }
    let mut out = vec![(0, 0); shape.len()];
    let (before, after) = pads.split_at(given.len());
    for ((&axis, &b), &a) in given.iter().zip(before).zip(after) {
        let n = shape[axis] as i64;
        // What is cut off must be there; what is added must be a dimension.
        if b.min(0).saturating_add(a.min(0)) < -n || dimension(b.max(0)).is_err() || dimension(a.max(0)).is_err() {
            return Err(format!("pads {b} and {a} do not fit a dimension of {n}"));
        }
        out[axis] = (b, a);
    }
    Ok(out)
}

fn pad_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let shape: Vec<_> = c.shape(0)?.iter().zip(borders(c)?).map(|(d, (b, a))| (*d as i64 + b + a) as usize).collect();
    Ok(vec![TensorType::new(c.ty(0)?.elem, shape)])
}

fn pad(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let mode = c.attributes.string("mode", "constant");
    if !["constant", "edge", "reflect", "wrap"].contains(&mode) {
        return Err(format!("mode '{mode}' is not known"));
    }
    let mut tables = Vec::with_capacity(x.shape.len());
    for (&d, (b, a)) in x.shape.iter().zip(borders(c)?) {
        // Cut first, then extend what is left.
        let (low, high) = ((-b).max(0), d as i64 - (-a).max(0));
        let n = high - low;
        if n == 0 && mode != "constant" && (b > 0 || a > 0) {
            return Err(format!("mode '{mode}' needs elements to repeat"));
        }
        let at = |o: i64| -> Option<usize> {
            let i = o - b.max(0);
            let inside = match mode {
                _ if (0..n).contains(&i) => i,
                "constant" => return None,
                "edge" => i.clamp(0, n - 1),
                "wrap" => i.rem_euclid(n),
                _ if n == 1 => 0,
                _ => {
                    let m = i.rem_euclid(2 * (n - 1));
                    m.min(2 * (n - 1) - m)
                }
            };
            usize::try_from(low + inside).ok()
        };
        tables.push((0..d as i64 + b + a).map(at).collect::<Vec<_>>());
    }
    let one = TensorType::new(x.elem, [1]);
    let fill = match (c.maybe_value(2)?, c.attributes.maybe_float("value")?) {
        (Some(v), _) if v.count() == 1 => v.clone(),
        (Some(v), _) if v.count() > 1 => return Err(format!("constant_value has {} elements", v.count())),
        (_, Some(v)) if matches!(x.data, crate::tensor::Data::Float(_)) => Tensor::floats(x.elem, [1], vec![v]),
        (_, Some(v)) if matches!(x.data, crate::tensor::Data::Double(_)) => Tensor::doubles([1], vec![f64::from(v)]),
        _ => zeros(&one),
    };
    Ok(vec![select(x, &fill, &tables)?])
}

fn center_shape(c: &Call<'_>) -> Host<Vec<usize>> {
    let mut shape = c.shape(0)?.to_vec();
    let to = c.value(1)?.to_i64();
    let given = c.attributes.ints("axes").map_or_else(|| (0..shape.len() as i64).collect(), <[i64]>::to_vec);
    let given = axes(&given, shape.len())?;
    if given.len() != to.len() {
        return Err(format!("{} dimensions for {} axes", to.len(), given.len()));
    }
    for (axis, d) in given.into_iter().zip(to) {
        shape[axis] = dimension(d)?;
    }
    Ok(shape)
}

fn center_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, center_shape(c)?)])
}

fn center(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let to = types.first().ok_or("no result")?;
    let table = |(&d, &t): (&usize, &usize)| -> Vec<Option<usize>> {
        let (cut, add) = (d.saturating_sub(t) / 2, t.saturating_sub(d) / 2);
        (0..t).map(|o| o.checked_sub(add).map(|i| i + cut).filter(|i| *i < d)).collect()
    };
    Ok(vec![select(
        x,
        &zeros(&TensorType::new(x.elem, [1])),
        &x.shape.iter().zip(&to.shape).map(table).collect::<Vec<_>>(),
    )?])
}

fn trilu(c: &Call<'_>, _: &[TensorType]) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let [.., rows, cols] = x.shape[..] else {
        return Err(format!("operand 0 must have rows and columns, but is {:?}", x.shape));
    };
    let k = i128::from(c.maybe_i64(1)?.and_then(|k| k.first().copied()).unwrap_or(0));
    let upper = c.attributes.int("upper", 1)? != 0;
    let at = (0..x.count()).map(|i| {
        let across = (i % cols) as i128 - (i / cols % rows) as i128;
        (if upper { across >= k } else { across <= k }).then_some(i)
    });
    Ok(vec![pick_or(x, &zeros(&TensorType::new(x.elem, [1])), &x.shape, at)?])
}
