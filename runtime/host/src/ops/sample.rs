//! Sampling at computed places: GridSample, AffineGrid, RoiAlign. Positions and weights are computed in f64.

use super::elements::{dimension, size};
use super::multiply::check_work;
use crate::Host;
use crate::broadcast::strides;
use crate::call::{Call, Operator};
use crate::tensor::{Tensor, TensorType};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "GridSample",
        attributes: &["align_corners", "mode", "padding_mode"],
        infer: grid_type,
        evaluate: grid_sample,
    },
    Operator { name: "AffineGrid", attributes: &["align_corners"], infer: affine_type, evaluate: affine },
    Operator {
        name: "RoiAlign",
        attributes: &[
            "coordinate_transformation_mode",
            "mode",
            "output_height",
            "output_width",
            "sampling_ratio",
            "spatial_scale",
        ],
        infer: roi_type,
        evaluate: roi_align,
    },
];

/// Most spatial dimensions of GridSample: a sample has 4 neighbours a dimension.
const MAX_RANK: usize = 4;

fn grid_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let (x, grid) = (c.ty(0)?, c.shape(1)?);
    let [n, ch, spatial @ ..] = &x.shape[..] else {
        return Err(format!("an (N, C, spatial...) tensor is needed, not {x}"));
    };
    match grid {
        [batch, out @ .., r]
            if batch == n && out.len() == spatial.len() && *r == out.len() && (1..=MAX_RANK).contains(r) =>
        {
            if size(spatial) == 0 && size(out) > 0 {
                return Err("the input has no elements".into());
            }
            Ok(vec![TensorType::new(x.elem, [&[*n, *ch], out].concat())])
        }
        _ => Err(format!("a grid of shape {grid:?} does not fit {x}")),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Padding {
    Zeros,
    Border,
    Reflection,
}

/// Reflects between two borders until inside.
fn reflect(x: f64, low: f64, high: f64) -> f64 {
    let range = high - low;
    if range <= 0.0 || !x.is_finite() {
        return low;
    }
    let m = (x - low).rem_euclid(2.0 * range);
    low + m.min(2.0 * range - m)
}

/// Elements along one axis that a position touches, with weights; None where padding gives zero.
fn touched(x: f64, n: usize, mode: &str, padding: Padding, corners: bool) -> Vec<(Option<usize>, f64)> {
    let last = n as f64 - 1.0;
    let (low, high) = if corners { (0.0, last) } else { (-0.5, last + 0.5) };
    let mut x = (x + 1.0) / 2.0 * (if corners { last } else { n as f64 }) - if corners { 0.0 } else { 0.5 };
    if mode == "nearest" {
        x = x.round_ties_even();
    }
    if x < low || x > high {
        x = match padding {
            Padding::Zeros => x,
            Padding::Border => x.clamp(0.0, last),
            Padding::Reflection => reflect(x, low, high),
        };
    }
    let element = |i: f64| -> Option<usize> {
        let i = match padding {
            Padding::Zeros => i,
            Padding::Border => i.clamp(0.0, last),
            Padding::Reflection if (0.0..=last).contains(&i) => i,
            Padding::Reflection => reflect(i, low, high).trunc().clamp(0.0, last),
        };
        (0.0..=last).contains(&i).then_some(i as usize)
    };
    let base = x.floor();
    let r = x - base;
    match mode {
        "nearest" => vec![(element(x.round_ties_even()), 1.0)],
        "cubic" => {
            const A: f64 = -0.75;
            let far = |d: f64| ((A * d - 5.0 * A) * d + 8.0 * A) * d - 4.0 * A;
            let near = |d: f64| ((A + 2.0) * d - (A + 3.0)) * d * d + 1.0;
            vec![
                (element(base - 1.0), far(r + 1.0)),
                (element(base), near(r)),
                (element(base + 1.0), near(1.0 - r)),
                (element(base + 2.0), far(2.0 - r)),
            ]
        }
        _ => vec![(element(base), 1.0 - r), (element(base + 1.0), r)],
    }
}

/// The weighted sum over the product of the axes' elements.
fn interpolate(x: &[f64], steps: &[usize], taps: &[Vec<(Option<usize>, f64)>], at: usize) -> f64 {
    match (steps, taps) {
        ([step, steps @ ..], [first, rest @ ..]) => first.iter().fold(0.0, |sum, &(i, w)| match i {
            Some(i) => sum + w * interpolate(x, steps, rest, at + i * step),
            None => sum,
        }),
        _ => x.get(at).copied().unwrap_or(0.0),
    }
}

fn grid_sample(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let (x, grid) = (c.value(0)?, c.value(1)?);
    let mode = match c.attributes.string("mode", "linear") {
        "linear" | "bilinear" => "linear",
        "cubic" | "bicubic" => "cubic",
        "nearest" => "nearest",
        m => return Err(format!("mode '{m}' is not known")),
    };
    let padding = match c.attributes.string("padding_mode", "zeros") {
        "zeros" => Padding::Zeros,
        "border" => Padding::Border,
        "reflection" => Padding::Reflection,
        m => return Err(format!("padding_mode '{m}' is not known")),
    };
    let corners = c.attributes.int("align_corners", 0)? != 0;
    let spatial = &x.shape[2..];
    let steps = strides(spatial);
    let (plane, points, channels) = (size(spatial), size(&to.shape[2..]), x.shape[1]);
    let (values, grid) = (x.to_f64(), grid.to_f64());
    let mut y = vec![0.0; to.count()];
    for (p, place) in grid.chunks_exact(spatial.len()).enumerate().take(x.shape[0] * points) {
        // The grid lists the innermost dimension first.
        let axes = spatial.iter().zip(place.iter().rev());
        let taps: Vec<_> = axes.map(|(n, x)| touched(*x, *n, mode, padding, corners)).collect();
        let (batch, point) = (p / points, p % points);
        for ch in 0..channels {
            let from = (batch * channels + ch) * plane;
            y[(batch * channels + ch) * points + point] = interpolate(&values[from..from + plane], &steps, &taps, 0);
        }
    }
    Ok(vec![real(to, y)?])
}

/// Reals in the type of the result.
fn real(to: &TensorType, v: Vec<f64>) -> Host<Tensor> {
    match to.elem {
        ElemType::F64 => Ok(Tensor::doubles(&to.shape[..], v)),
        ElemType::F32 | ElemType::F16 | ElemType::BF16 => {
            Ok(Tensor::floats(to.elem, &to.shape[..], v.into_iter().map(|v| v as f32).collect()))
        }
        e => Err(format!("sampling {e} is not supported")),
    }
}

fn affine_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let theta = c.ty(0)?;
    let size = c.value(1)?.to_i64().iter().map(|d| dimension(*d)).collect::<Host<Vec<_>>>()?;
    match &size[..] {
        [n, _, spatial @ ..]
            if [2, 3].contains(&spatial.len()) && theta.shape == [*n, spatial.len(), spatial.len() + 1] =>
        {
            Ok(vec![TensorType::new(theta.elem, [&[*n], spatial, &[spatial.len()]].concat())])
        }
        _ => Err(format!("matrices of {theta} do not fit the size {size:?}")),
    }
}

fn affine(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let theta = c.value(0)?.to_f64();
    let corners = c.attributes.int("align_corners", 0)? != 0;
    let rank = to.rank() - 2;
    let spatial = &to.shape[1..=rank];
    let (points, steps) = (size(spatial), strides(spatial));
    let position = |i: usize, n: usize| match (corners, n) {
        (true, 1) => -1.0,
        (true, _) => 2.0 * i as f64 / (n as f64 - 1.0) - 1.0,
        (false, _) => (2.0 * i as f64 + 1.0) / n as f64 - 1.0,
    };
    let mut y = Vec::with_capacity(to.count());
    for matrix in theta.chunks_exact(rank * (rank + 1)) {
        for p in 0..points {
            for row in matrix.chunks_exact(rank + 1) {
                // Matrices list the innermost dimension first.
                let sum = (0..rank).fold(0.0, |sum, j| {
                    let d = rank - 1 - j;
                    sum + row[j] * position(p / steps[d] % spatial[d], spatial[d])
                });
                y.push(sum + row[rank]);
            }
        }
    }
    Ok(vec![real(to, y)?])
}

fn roi_size(c: &Call<'_>) -> Host<[usize; 2]> {
    Ok([dimension(c.attributes.int("output_height", 1)?)?, dimension(c.attributes.int("output_width", 1)?)?])
}

fn roi_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let (x, rois) = (c.ty(0)?, c.shape(1)?);
    let [h, w] = roi_size(c)?;
    match (&x.shape[..], rois) {
        (&[_, ch, ..], &[n, 4]) if x.rank() == 4 && c.shape(2)? == [n] => {
            Ok(vec![TensorType::new(x.elem, [n, ch, h, w])])
        }
        _ => Err(format!("regions of shape {rois:?} do not fit {x}")),
    }
}

/// Bilinear weights of a position; None where it lies outside by more than an element.
fn corners(y: f64, x: f64, h: usize, w: usize) -> Option<[(usize, f64); 4]> {
    if !(-1.0..=h as f64).contains(&y) || !(-1.0..=w as f64).contains(&x) {
        return None;
    }
    let split = |v: f64, n: usize| -> (usize, usize, f64) {
        let v = v.max(0.0);
        let low = v as usize;
        if low + 1 >= n { (n - 1, n - 1, 0.0) } else { (low, low + 1, v - low as f64) }
    };
    let ((y0, y1, fy), (x0, x1, fx)) = (split(y, h), split(x, w));
    Some([
        (y0 * w + x0, (1.0 - fy) * (1.0 - fx)),
        (y0 * w + x1, (1.0 - fy) * fx),
        (y1 * w + x0, fy * (1.0 - fx)),
        (y1 * w + x1, fy * fx),
    ])
}

fn roi_align(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let x = c.value(0)?;
    let [images, channels, h, w] = x.shape[..] else { return Err("no image".into()) };
    if h == 0 || w == 0 {
        return Err("the input has no elements".into());
    }
    let [out_h, out_w] = roi_size(c)?;
    let scale = f64::from(c.attributes.float("spatial_scale", 1.0)?);
    // Half a pixel is the default since version 16.
    let default = if c.version < 16 { "output_half_pixel" } else { "half_pixel" };
    let half = match c.attributes.string("coordinate_transformation_mode", default) {
        "half_pixel" => true,
        "output_half_pixel" => false,
        m => return Err(format!("coordinate_transformation_mode '{m}' is not known")),
    };
    let average = match c.attributes.string("mode", "avg") {
        "avg" => true,
        "max" => false,
        m => return Err(format!("mode '{m}' is not known")),
    };
    let ratio = dimension(c.attributes.int("sampling_ratio", 0)?)?;
    let (values, rois, batches) = (x.to_f64(), c.value(1)?.to_f64(), c.value(2)?.to_i64());
    let mut out = Vec::with_capacity(to.count());
    for (roi, batch) in rois.chunks_exact(4).zip(batches) {
        let batch =
            usize::try_from(batch).ok().filter(|b| *b < images).ok_or_else(|| format!("there is no image {batch}"))?;
        let shift = if half { 0.5 } else { 0.0 };
        let [x0, y0, x1, y1] = [0, 1, 2, 3].map(|i| roi[i] * scale - shift);
        let (mut rw, mut rh) = (x1 - x0, y1 - y0);
        if !half {
            (rw, rh) = (rw.max(1.0), rh.max(1.0));
        }
        let (bin_h, bin_w) = (rh / out_h as f64, rw / out_w as f64);
        let grid = |extent: f64| if ratio > 0 { ratio } else { extent.ceil().clamp(0.0, 65_536.0) as usize };
        let (grid_h, grid_w) = (grid(bin_h), grid(bin_w));
        check_work(channels.saturating_mul(out_h * out_w), grid_h.saturating_mul(grid_w))?;
        for ch in 0..channels {
            let plane = &values[(batch * channels + ch) * h * w..][..h * w];
            for p in 0..out_h * out_w {
                let (ph, pw) = (p / out_w, p % out_w);
                let (mut sum, mut best) = (0.0, None::<f64>);
                for s in 0..grid_h * grid_w {
                    let (iy, ix) = (s / grid_w, s % grid_w);
                    let y = y0 + ph as f64 * bin_h + (iy as f64 + 0.5) * bin_h / grid_h as f64;
                    let x = x0 + pw as f64 * bin_w + (ix as f64 + 0.5) * bin_w / grid_w as f64;
                    let parts = corners(y, x, h, w).map(|c| c.map(|(i, wt)| wt * plane[i]));
                    sum += parts.map_or(0.0, |p| p.iter().fold(0.0, |s, v| s + v));
                    let top = parts.map_or(0.0, |p| p.iter().fold(f64::NEG_INFINITY, |s, v| s.max(*v)));
                    best = Some(best.map_or(top, |b| b.max(top)));
                }
                out.push(if average { sum / (grid_h * grid_w).max(1) as f64 } else { best.unwrap_or(0.0) });
            }
        }
    }
    Ok(vec![real(to, out)?])
}
