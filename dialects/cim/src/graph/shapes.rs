//! Result shapes, or why there is none. Pure functions of shapes: verifiers and the importer use the same.

use super::types::count;
use super::window::Window2d;

fn nchw(what: &str, dims: &[i64]) -> Result<[i64; 4], String> {
    dims.try_into().map_err(|_| format!("{what} must have 4 dimensions (N, C, H, W), but has {}", dims.len()))
}

/// Convolution of (N, C, H, W) with weights (O, C/group, kh, kw), of which `channels` are the first two and the kernel of `window` the
/// others.
pub fn conv2d(input: &[i64], channels: [i64; 2], window: &Window2d, group: i64) -> Result<Vec<i64>, String> {
    let [n, c, h, w] = nchw("input", input)?;
    let [o, per_group] = channels;
    if group < 1 || c % group != 0 || o % group != 0 {
        return Err(format!("group {group} must divide {c} input and {o} output channels"));
    }
    if c / group != per_group {
        return Err(format!(
            "weights expect {per_group} input channels in each of {group} groups, but the input has {c}"
        ));
    }
    let [ho, wo] = window.output([h, w])?;
    Ok(vec![n, o, ho, wo])
}

/// Product of (..., I) with weights (O, I), or (I, O) when transposed; the input has two or three dimensions.
pub fn linear(input: &[i64], weights: &[i64], transpose: bool) -> Result<Vec<i64>, String> {
    let (i, rows) = match input {
        [rows @ .., i] if (1..=2).contains(&rows.len()) => (*i, rows),
        _ => return Err(format!("input must have 2 or 3 dimensions, but has {}", input.len())),
    };
    let [mut o, mut wi] =
        weights.try_into().map_err(|_| format!("weights must have 2 dimensions, but have {}", weights.len()))?;
    if transpose {
        (o, wi) = (wi, o);
    }
    if wi != i {
        return Err(format!("weights expect {wi} inputs, but the input has {i}"));
    }
    Ok(rows.iter().copied().chain([o]).collect())
}

/// Pool of (N, C, H, W).
pub fn pool(input: &[i64], window: &Window2d) -> Result<Vec<i64>, String> {
    let [n, c, h, w] = nchw("input", input)?;
    window.check_pool()?;
    let [ho, wo] = window.output([h, w])?;
    Ok(vec![n, c, ho, wo])
}

/// Pool of (N, C, H, W) over all positions.
pub fn global_pool(input: &[i64]) -> Result<Vec<i64>, String> {
    let [n, c, ..] = nchw("input", input)?;
    Ok(vec![n, c, 1, 1])
}

/// Padding of (N, C, H, W) by (top, left, bottom, right).
pub fn pad(input: &[i64], pads: &[i64]) -> Result<Vec<i64>, String> {
    let [n, c, h, w] = nchw("input", input)?;
    let &[top, left, bottom, right] = pads else { return Err(format!("needs 4 pads, but has {}", pads.len())) };
    if let Some(bad) = pads.iter().find(|p| !(0..=1 << 24).contains(*p)) {
        return Err(format!("pads must be in 0..=2^24, but has {bad}"));
    }
    Ok(vec![n, c, h + top + bottom, w + left + right])
}

/// Elementwise operation with numpy broadcasting.
pub fn broadcast(a: &[i64], b: &[i64]) -> Result<Vec<i64>, String> {
    let rank = a.len().max(b.len());
    let at = |d: &[i64], i: usize| (i + d.len()).checked_sub(rank).and_then(|i| d.get(i)).copied().unwrap_or(1);
    (0..rank)
        .map(|i| match (at(a, i), at(b, i)) {
            (x, y) if x == y || y == 1 => Ok(x),
            (1, y) => Ok(y),
            (x, y) => Err(format!("shapes {a:?} and {b:?} do not broadcast: {x} and {y} at dimension {i}")),
        })
        .collect()
}

/// Concatenation along `axis`.
pub fn concat(inputs: &[&[i64]], axis: i64) -> Result<Vec<i64>, String> {
    let first = inputs.first().ok_or("there must be at least one input")?;
    let at = usize::try_from(axis).ok().filter(|a| *a < first.len());
    let at =
        at.ok_or_else(|| format!("axis {axis} is not a dimension of the first input, which has {}", first.len()))?;
    let mut out = first.to_vec();
    for dims in &inputs[1..] {
        let same = dims.len() == out.len() && dims.iter().zip(&out).enumerate().all(|(i, (a, b))| i == at || a == b);
        if !same {
            return Err(format!("inputs {first:?} and {dims:?} differ outside axis {axis}"));
        }
        out[at] = out[at].saturating_add(dims[at]);
    }
    Ok(out)
}

/// ONNX Reshape: 0 keeps a dimension (unless `allow_zero`), one -1 is computed.
pub fn reshape(input: &[i64], wanted: &[i64], allow_zero: bool) -> Result<Vec<i64>, String> {
    let total = count(input).ok_or("the input has no elements, or too many")?;
    let mut out = Vec::with_capacity(wanted.len());
    for (i, &d) in wanted.iter().enumerate() {
        out.push(match d {
            0 if !allow_zero => *input.get(i).ok_or_else(|| {
                format!("entry {i} of shape {wanted:?} keeps a dimension the input {input:?} does not have")
            })?,
            d if d < -1 || d == 0 => return Err(format!("shape {wanted:?} has the entry {d}")),
            d => d,
        });
    }
    let open: Vec<usize> = out.iter().enumerate().filter(|(_, d)| **d == -1).map(|(i, _)| i).collect();
    let known: Vec<i64> = out.iter().copied().filter(|d| *d != -1).collect();
    let known = count(&known).ok_or_else(|| format!("shape {wanted:?} has too many elements"))?;
    match open[..] {
        [] if known == total => Ok(out),
        [i] if total % known == 0 => {
            out[i] = total / known;
            Ok(out)
        }
        [_, _, ..] => Err(format!("shape {wanted:?} has more than one -1")),
        _ => Err(format!("shape {wanted:?} does not hold the {total} elements of {input:?}")),
    }
}

/// ONNX Flatten: (product before `axis`, product from `axis` on); a negative axis counts from the end.
pub fn flatten(input: &[i64], axis: i64) -> Result<Vec<i64>, String> {
    let rank = input.len() as i64;
    if !(-rank..=rank).contains(&axis) {
        return Err(format!("axis {axis} is not in -{rank}..={rank}"));
    }
    let axis = if axis < 0 { axis + rank } else { axis } as usize;
    let (a, b) = input.split_at(axis.min(input.len()));
    match (count(a), count(b)) {
        (Some(a), Some(b)) => Ok(vec![a, b]),
        _ => Err("the input has no elements, or too many".into()),
    }
}
