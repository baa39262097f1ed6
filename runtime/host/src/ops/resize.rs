//! Resize and Upsample: nearest, linear and cubic, one axis after the other.

use super::elements::{axes, dimension, select, size, zeros};
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType, wrap};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "Resize",
        attributes: &[
            "antialias",
            "axes",
            "coordinate_transformation_mode",
            "cubic_coeff_a",
            "exclude_outside",
            "extrapolation_value",
            "keep_aspect_ratio_policy",
            "mode",
            "nearest_mode",
        ],
        infer: types,
        evaluate: resize,
    },
    Operator { name: "Upsample", attributes: &["mode", "scales"], infer: types, evaluate: resize },
];

/// What happens to one axis.
#[derive(Clone, Copy)]
struct Line {
    from: usize,
    to: usize,
    scale: f64,
    /// Start and end of the part that is resized, relative to the axis; used by one mode only.
    region: (f64, f64),
}

/// Operands: (data, scales) for Upsample and version 10 of Resize, (data, roi, scales, sizes) after that.
fn plan(c: &Call<'_>) -> Host<Vec<Line>> {
    let shape = c.shape(0)?;
    let old = is_old(c);
    let given: Vec<i64> = match c.attributes.ints("axes") {
        Some(a) => a.to_vec(),
        None => (0..shape.len() as i64).collect(),
    };
    let given = axes(&given, shape.len())?;
    let some =
        |i: usize| -> Host<Option<Vec<f64>>> { Ok(c.maybe_value(i)?.filter(|t| t.count() > 0).map(Tensor::to_f64)) };
    let scales = match some(if old { 1 } else { 2 })? {
        Some(s) => Some(s),
        None => c.attributes.floats("scales").map(|s| s.iter().map(|v| f64::from(*v)).collect()),
    };
    let sizes = if old { None } else { c.maybe_i64(3)?.filter(|s| !s.is_empty()) };
    let crop = !old && c.attributes.string("coordinate_transformation_mode", "") == "tf_crop_and_resize";
    let region = if crop { some(1)?.ok_or("tf_crop_and_resize needs a region")? } else { Vec::new() };
    if crop && region.len() != 2 * given.len() {
        return Err(format!("a region of {} values for {} axes", region.len(), given.len()));
    }
    let mut out: Vec<Line> = shape.iter().map(|&d| Line { from: d, to: d, scale: 1.0, region: (0.0, 1.0) }).collect();
    for (i, &a) in given.iter().enumerate().filter(|_| crop) {
        out[a].region = (region[i], region[given.len() + i]);
    }
    match (scales, sizes) {
        (Some(s), None) if s.len() == given.len() => {
            for (&a, &scale) in given.iter().zip(&s) {
                let line = &mut out[a];
                let part = if crop { line.region.1 - line.region.0 } else { 1.0 };
                let to = (line.from as f64 * part * scale).floor();
                if !(scale > 0.0 && scale.is_finite() && to >= 0.0) {
                    return Err(format!("scale {scale} is not positive"));
                }
                (line.to, line.scale) = (dimension(to as i64)?, scale);
            }
        }
        (None, Some(s)) if s.len() == given.len() => {
            let ratios = || given.iter().zip(&s).map(|(&a, &to)| to as f64 / shape[a] as f64);
            let common = match c.attributes.string("keep_aspect_ratio_policy", "stretch") {
                "stretch" => None,
                "not_larger" => Some(ratios().fold(f64::INFINITY, f64::min)),
                "not_smaller" => Some(ratios().fold(0.0, f64::max)),
                other => return Err(format!("keep_aspect_ratio_policy '{other}' is not known")),
            };
            for (&a, &to) in given.iter().zip(&s) {
                let line = &mut out[a];
                let (to, scale) = match common {
                    Some(s) => ((s * line.from as f64 + 0.5).floor() as i64, s),
                    None => (to, to as f64 / line.from as f64),
                };
                (line.to, line.scale) = (dimension(to)?, scale);
            }
        }
        _ => return Err(format!("either scales or sizes are needed, one an axis of {}", given.len())),
    }
    // A filter that is wider than the input many times over is no downscaling.
    let vanishes = |l: &&Line| {
        let width = l.from as f64 * l.scale;
        l.to > 0 && (width.is_nan() || width <= 0.1)
    };
    if let Some(l) = out.iter().find(vanishes) {
        return Err(format!("{} elements from {} with scale {} are not supported", l.to, l.from, l.scale));
    }
    Ok(out)
}

/// Before version 11 there was one coordinate mode.
fn is_old(c: &Call<'_>) -> bool {
    c.operator == "Upsample" || c.version < 11
}

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![TensorType::new(c.ty(0)?.elem, plan(c)?.iter().map(|l| l.to).collect::<Vec<_>>())])
}

/// Coordinate in the input of output `x`.
fn origin(mode: &str, x: usize, l: &Line) -> Host<f64> {
    let (x, from, to) = (x as f64, l.from as f64, l.to as f64);
    // The wanted length, which need not be whole.
    let wanted = l.scale * from;
    let half_pixel = (x + 0.5) / l.scale - 0.5;
    Ok(match mode {
        "half_pixel" => half_pixel,
        "half_pixel_symmetric" => from / 2.0 * (1.0 - to / wanted) + half_pixel,
        "pytorch_half_pixel" if l.to == 1 => 0.0,
        "pytorch_half_pixel" => half_pixel,
        "align_corners" if wanted == 1.0 => 0.0,
        "align_corners" => x * (from - 1.0) / (wanted - 1.0),
        "asymmetric" => x / l.scale,
        "tf_crop_and_resize" if l.to > 1 => {
            l.region.0 * (from - 1.0) + x * (l.region.1 - l.region.0) * (from - 1.0) / (to - 1.0)
        }
        "tf_crop_and_resize" => 0.5 * (l.region.0 + l.region.1) * (from - 1.0),
        other => return Err(format!("coordinate_transformation_mode '{other}' is not known")),
    })
}

/// Weight of a neighbour at distance `d`.
fn filter(cubic: Option<f64>, d: f64) -> f64 {
    let d = d.abs();
    match cubic {
        None => (1.0 - d).max(0.0),
        Some(a) if d <= 1.0 => ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0,
        Some(a) if d < 2.0 => ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a,
        Some(_) => 0.0,
    }
}

/// Neighbours and their weights; neighbours beyond an end are the element at the end, or do not count.
fn neighbours(x: f64, l: &Line, cubic: Option<f64>, antialias: bool, exclude: bool) -> Vec<(usize, f64)> {
    // Downscaling with antialiasing widens the filter.
    let stretch = if antialias { l.scale.min(1.0) } else { 1.0 };
    let support = if cubic.is_some() { 2.0 } else { 1.0 };
    let start = (-support / stretch).floor() + 1.0;
    let base = x.ceil() - 1.0;
    let count = (2.0 - 2.0 * start) as i64;
    let last = l.from as f64 - 1.0;
    let mut out: Vec<(f64, f64)> = (0..count)
        .map(|i| {
            let at = start + i as f64;
            (base + at, filter(cubic, (at - (x - base)) * stretch))
        })
        .collect();
    if exclude {
        out.iter_mut().filter(|(i, _)| *i < 0.0 || *i > last).for_each(|(_, w)| *w = 0.0);
    }
    if exclude || antialias {
        let sum: f64 = out.iter().map(|(_, w)| w).sum();
        out.iter_mut().for_each(|(_, w)| *w /= sum);
    }
    out.into_iter().map(|(i, w)| (i.clamp(0.0, last) as usize, w)).collect()
}

fn resize(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let x = c.value(0)?;
    let plan = plan(c)?;
    let old = is_old(c);
    let coordinates =
        if old { "asymmetric" } else { c.attributes.string("coordinate_transformation_mode", "half_pixel") };
    // Which outputs lie outside the input along each axis.
    let mut outside = vec![Vec::new(); plan.len()];
    let mut places = Vec::with_capacity(plan.len());
    for (d, l) in plan.iter().enumerate() {
        let at = (0..l.to).map(|i| origin(coordinates, i, l)).collect::<Host<Vec<_>>>()?;
        if coordinates == "tf_crop_and_resize" && (l.from != l.to || l.region != (0.0, 1.0)) {
            outside[d] = at.iter().map(|x| !(0.0..=l.from as f64 - 1.0).contains(x)).collect();
        }
        places.push(at);
    }
    let mode = c.attributes.string("mode", "nearest");
    let mut y = match mode {
        "nearest" => {
            let rounding = if old { "floor" } else { c.attributes.string("nearest_mode", "round_prefer_floor") };
            let round: fn(f64) -> f64 = match rounding {
                "round_prefer_floor" => |x| (x - 0.5).ceil(),
                "round_prefer_ceil" => |x| (x + 0.5).floor(),
                "floor" => f64::floor,
                "ceil" => f64::ceil,
                other => return Err(format!("nearest_mode '{other}' is not known")),
            };
            let table = |(l, at): (&Line, &Vec<f64>)| -> Vec<Option<usize>> {
                at.iter().map(|x| Some(round(*x).clamp(0.0, l.from as f64 - 1.0) as usize)).collect()
            };
            let tables: Vec<_> = plan.iter().zip(&places).map(table).collect();
            select(x, &zeros(&TensorType::new(x.elem, [1])), &tables)?
        }
        "linear" | "cubic" => {
            let cubic =
                if mode == "cubic" { Some(f64::from(c.attributes.float("cubic_coeff_a", -0.75)?)) } else { None };
            let antialias = c.attributes.int("antialias", 0)? != 0;
            let exclude = c.attributes.int("exclude_outside", 0)? != 0;
            let mut shape = x.shape.clone();
            let mut data = x.to_f64();
            for (d, (l, at)) in plan.iter().zip(&places).enumerate() {
                if l.from == l.to && at.iter().enumerate().all(|(i, x)| *x == i as f64) {
                    continue;
                }
                let taps: Vec<_> = at.iter().map(|x| neighbours(*x, l, cubic, antialias, exclude)).collect();
                let from = shape.clone();
                shape[d] = l.to;
                TensorType::new(x.elem, &shape[..]).check()?;
                data = along(&data, &from, d, &taps);
            }
            real(x.elem, &to.shape, data)?
        }
        other => return Err(format!("mode '{other}' is not known")),
    };
    if outside.iter().flatten().any(|o| *o) {
        let value = c.attributes.float("extrapolation_value", 0.0)?;
        let steps = strides(&to.shape);
        let out = |i: usize| outside.iter().enumerate().any(|(d, o)| o.get(i / steps[d] % to.shape[d]) == Some(&true));
        match &mut y.data {
            Data::Float(v) => v.iter_mut().enumerate().filter(|(i, _)| out(*i)).for_each(|(_, v)| *v = value),
            Data::Double(v) => v.iter_mut().enumerate().filter(|(i, _)| out(*i)).for_each(|(_, v)| *v = value.into()),
            Data::Int(v) => v.iter_mut().enumerate().filter(|(i, _)| out(*i)).for_each(|(_, v)| *v = value as i64),
            Data::Bool(v) => v.iter_mut().enumerate().filter(|(i, _)| out(*i)).for_each(|(_, v)| *v = value != 0.0),
        }
        if let Data::Float(v) = y.data {
            y = Tensor::floats(y.elem, y.shape, v);
        }
    }
    Ok(vec![y])
}

/// Weighted sums along an axis.
fn along(x: &[f64], shape: &[usize], axis: usize, taps: &[Vec<(usize, f64)>]) -> Vec<f64> {
    let (inner, n) = (size(&shape[axis + 1..]), shape[axis]);
    let mut y = Vec::with_capacity(x.len() / n.max(1) * taps.len());
    if inner == 0 || n == 0 {
        return y;
    }
    for x in x.chunks_exact(n * inner) {
        for taps in taps {
            let from = y.len();
            y.resize(from + inner, 0.0);
            for &(i, w) in taps {
                for (y, x) in y[from..].iter_mut().zip(&x[i * inner..(i + 1) * inner]) {
                    *y += w * x;
                }
            }
        }
    }
    y
}

/// Reals in an element type; integers are truncated, as a cast does.
fn real(elem: ElemType, shape: &[usize], v: Vec<f64>) -> Host<Tensor> {
    Ok(match elem {
        ElemType::F64 => Tensor::doubles(shape, v),
        ElemType::Int(t) => Tensor::ints(t, shape, v.into_iter().map(|v| wrap(t, v as i64)).collect()),
        ElemType::Bool => return Err("truth values cannot be interpolated".into()),
        e => Tensor::floats(e, shape, v.into_iter().map(|v| v as f32).collect()),
    })
}
