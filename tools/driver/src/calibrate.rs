//! Post-training quantisation: the ranges of a float network's values over a calibration set.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use cim_dialect::graph::Elements;
use cim_host::{Attributes, Data, Tensor, TensorType};
use cim_ir::{Attribute, Context, Ir, OpId};
use cim_lowering::network::{self, HostInput, Kind, Net, Node};
use cim_passes::graph::quantize_floats::{INPUT_RANGES, RANGE, range_attribute};

use crate::run::inputs::image_count;
use crate::tensor_file::{self, Array};

/// How the range of an activation is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Smallest to largest value.
    #[default]
    MinMax,
    /// Without the 0.01 % of the values that are largest, and as many that are smallest.
    Percentile,
    /// The clipped range with the smallest squared error of 8-bit quantisation.
    Mse,
}

impl std::str::FromStr for Method {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "min-max" => Ok(Method::MinMax),
            "percentile" => Ok(Method::Percentile),
            "mse" => Ok(Method::Mse),
            _ => Err(format!("`{s}` is no method of calibration: min-max, percentile or mse")),
        }
    }
}

/// How to quantise a float network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration {
    /// Images along axis 0 (`.npy`; `.npz` for several inputs).
    pub file: PathBuf,
    /// Choice of ranges.
    pub method: Method,
    /// Bits of weights and of activations where the policy has none.
    pub bits: [i64; 2],
    /// One weight scale for a whole tensor instead of one for each output channel.
    pub per_tensor: bool,
    /// Zero points for activations with negative values.
    pub affine: bool,
}

/// Bins between the smallest and the largest value.
const BINS: usize = 2048;
/// Share of values that `Percentile` leaves out on each side.
const TAIL: f64 = 1e-4;

/// What is known of one value.
#[derive(Clone, Debug)]
struct Stats {
    lo: f32,
    hi: f32,
    histogram: Vec<u64>,
}

impl Stats {
    fn new() -> Stats {
        Stats { lo: f32::INFINITY, hi: f32::NEG_INFINITY, histogram: Vec::new() }
    }
    fn bounds(&mut self, values: &[f32]) {
        // NaN is never the smaller or the larger.
        for v in values {
            self.lo = self.lo.min(*v);
            self.hi = self.hi.max(*v);
        }
    }
    fn count(&mut self, values: &[f32]) {
        self.histogram.resize(BINS, 0);
        let step = (f64::from(self.hi) - f64::from(self.lo)) / BINS as f64;
        for v in values {
            let bin = if step > 0.0 { ((f64::from(*v) - f64::from(self.lo)) / step) as usize } else { 0 };
            self.histogram[bin.min(BINS - 1)] += 1;
        }
    }
    /// Smallest and largest value that is kept.
    fn range(&self, method: Method) -> [f32; 2] {
        let step = (f64::from(self.hi) - f64::from(self.lo)) / BINS as f64;
        let edge = |bin: usize| (f64::from(self.lo) + step * bin as f64) as f32;
        match method {
            Method::MinMax => [self.lo, self.hi],
            Method::Percentile => {
                let total: u64 = self.histogram.iter().sum();
                let most = (total as f64 * TAIL) as u64;
                let cut = |bins: &mut dyn Iterator<Item = &u64>| {
                    let mut left = most;
                    bins.take_while(|n| {
                        let keep_cutting = **n <= left;
                        left = left.saturating_sub(**n);
                        keep_cutting
                    })
                    .count()
                };
                let (low, high) = (cut(&mut self.histogram.iter()), cut(&mut self.histogram.iter().rev()));
                [edge(low.min(BINS - 1)), if high == 0 { self.hi } else { edge(BINS - high.min(BINS - 1)) }]
            }
            Method::Mse => self.least_error(),
        }
    }
    /// The range, shrunk towards 0, whose quantisation to 255 steps and clipping have the smallest squared error.
    fn least_error(&self) -> [f32; 2] {
        let step = (f64::from(self.hi) - f64::from(self.lo)) / BINS as f64;
        let mut best = ([self.lo, self.hi], f64::INFINITY);
        for k in 0..=60 {
            let share = 1.0 - f64::from(k) / 80.0;
            let (lo, hi) = (f64::from(self.lo) * share, f64::from(self.hi) * share);
            let unit = (hi.max(0.0) - lo.min(0.0)) / 255.0;
            let mut error = 0.0;
            for (i, n) in self.histogram.iter().enumerate().filter(|(_, n)| **n > 0) {
                let v = f64::from(self.lo) + step * (i as f64 + 0.5);
                let clipped = v.clamp(lo.min(hi), hi.max(lo));
                error += *n as f64 * ((v - clipped).powi(2) + unit * unit / 12.0);
            }
            if error < best.1 {
                best = ([lo as f32, hi as f32], error);
            }
        }
        best.0
    }
}

/// Runs the float network of a module over a calibration set and notes the range of every value in the IR.
///
/// # Errors
/// The file does not fit the inputs, the network is quantised already or has operators that the host cannot do.
pub fn annotate(ir: &mut Ir, module: OpId, calibration: &Calibration) -> Result<()> {
    let ctx = ir.ctx().clone();
    let render = |d: cim_ir::Diagnostic| anyhow!("{}", d.render(&ctx).trim_end());
    let func = cim_lowering::find_function(ir, module, "network").map_err(render)?;
    let net = network::read(ir, func).map_err(render)?;
    let (images, count) = images(&net, &calibration.file)?;
    let mut stats = vec![Stats::new(); net.tensors.len()];
    for i in 0..count {
        run(&ctx, &net, images.iter().map(|v| v[i].clone()).collect(), &mut |t, v| stats[t].bounds(v))
            .with_context(|| format!("calibration image {i}"))?;
    }
    if calibration.method != Method::MinMax {
        for i in 0..count {
            run(&ctx, &net, images.iter().map(|v| v[i].clone()).collect(), &mut |t, v| stats[t].count(v))?;
        }
    }
    let known = |t: usize| Some(&stats[t]).filter(|s| s.lo <= s.hi).map(|s| s.range(calibration.method));
    for node in &net.nodes {
        if let Some(range) = known(node.output).filter(|_| node.at >= 0) {
            ir.set_attr(node.op, RANGE, Some(range_attribute(&ctx, range)));
        }
    }
    let inputs: Vec<Attribute> =
        net.inputs.iter().map(|(_, t)| range_attribute(&ctx, known(*t).unwrap_or([0.0, 0.0]))).collect();
    ir.set_attr(func, INPUT_RANGES, Some(ctx.array_attr(&inputs)));
    Ok(())
}

/// For each input its images; their number.
fn images(net: &Net, file: &Path) -> Result<(Vec<Vec<Tensor>>, usize)> {
    let mut out: Vec<Vec<Tensor>> = Vec::new();
    for (name, t) in &net.inputs {
        let tensor = &net.tensors[*t];
        let array: Array = tensor_file::read(file, Some(name))?;
        let n = image_count(&tensor.dims, &array.shape).filter(|n| *n > 0).with_context(|| {
            format!(
                "'{}' has shape {:?}, input '{name}' needs {:?} for one image",
                file.display(),
                array.shape,
                tensor.dims
            )
        })?;
        if out.first().is_some_and(|first| first.len() != n) {
            bail!("'{}' holds different numbers of images for the inputs", file.display());
        }
        let data = array.to_data(tensor.host)?;
        let shape: Vec<usize> = tensor.dims.iter().map(|d| *d as usize).collect();
        let each = data.len() / n;
        let image = |i: usize| {
            let data = data.slice(i * each..(i + 1) * each).context("there is no such image")?;
            Ok(Tensor { elem: tensor.host, shape: shape.clone(), data })
        };
        out.push((0..n).map(image).collect::<Result<_>>()?);
    }
    let count = out.first().map_or(0, Vec::len);
    if count == 0 {
        bail!("the model has no input to calibrate with");
    }
    Ok((out, count))
}

/// Runs one image; `observe` sees every float tensor.
fn run(ctx: &Context, net: &Net, inputs: Vec<Tensor>, observe: &mut dyn FnMut(usize, &[f32])) -> Result<()> {
    let mut values: HashMap<usize, Tensor> = HashMap::new();
    let mut left: Vec<usize> = net.tensors.iter().map(|t| t.users.len()).collect();
    let mut keep = |values: &mut HashMap<usize, Tensor>, t: usize, v: Tensor| {
        if let Data::Float(f) = &v.data {
            observe(t, f);
        }
        values.insert(t, v);
    };
    for ((_, t), x) in net.inputs.iter().zip(inputs) {
        keep(&mut values, *t, x);
    }
    for node in &net.nodes {
        let y = evaluate(ctx, node, &values).map_err(|e| anyhow!("node '{}': {e}", node.name))?;
        keep(&mut values, node.output, y);
        for t in &node.inputs {
            left[*t] = left[*t].saturating_sub(1);
            if left[*t] == 0 {
                values.remove(t);
            }
        }
    }
    Ok(())
}

fn evaluate(ctx: &Context, node: &Node, values: &HashMap<usize, Tensor>) -> Result<Tensor, String> {
    let Kind::Onnx { operator, version, output, operands, slots, attributes } = &node.kind else {
        return Err("the network is quantised already; compile it without --calibrate".into());
    };
    let constants: Vec<Option<Tensor>> = operands
        .iter()
        .map(|o| match o {
            HostInput::Constant(a, _) => constant(ctx, *a).map(Some),
            HostInput::Tensor(_) => Ok(None),
        })
        .collect::<Result<_, String>>()?;
    let mut given: Vec<Option<&Tensor>> = Vec::new();
    for (i, (o, c)) in operands.iter().zip(&constants).enumerate() {
        let value = match (o, c) {
            (HostInput::Tensor(t), _) => values.get(t).ok_or("reads a value that is not computed")?,
            (_, Some(c)) => c,
            _ => return Err("has an operand without a value".into()),
        };
        let slot = slots.as_ref().and_then(|s| s.get(i)).and_then(|s| usize::try_from(*s).ok()).unwrap_or(i);
        given.resize(slot.clamp(i, 255), None);
        given.push(Some(value));
    }
    let a = Attributes { ints: &attributes.ints, floats: &attributes.floats, strings: &attributes.strings };
    cim_host::result(operator, *version as u32, a, &given, *output as usize)
}

fn constant(ctx: &Context, value: Attribute) -> Result<Tensor, String> {
    let e = Elements::of(ctx, value)?;
    let elem = cim_ir::constraints::element_type(ctx, e.ty).and_then(|t| network::host_elem(ctx, t));
    let elem = elem.ok_or("has a constant of an unknown type")?;
    let shape = cim_ir::constraints::shape(ctx, e.ty).unwrap_or(&[]).iter().map(|d| *d as usize).collect::<Vec<_>>();
    let ty = TensorType { elem, shape };
    let stored = e.sign_extended();
    if e.splat && e.count != 1 {
        Tensor::from_bytes(&ty, &stored.repeat(e.count))
    } else {
        Tensor::from_bytes(&ty, &stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(values: &[f32]) -> Stats {
        let mut s = Stats::new();
        s.bounds(values);
        s.count(values);
        s
    }

    #[test]
    fn ranges_by_method() {
        // 100,000 values between 0 and 1, and one far away.
        let mut v: Vec<f32> = (0..100_000).map(|i| i as f32 / 1e5).collect();
        v.push(10.0);
        let s = stats(&v);
        assert_eq!(s.range(Method::MinMax), [0.0, 10.0]);
        let [lo, hi] = s.range(Method::Percentile);
        assert!(lo <= 0.01 && (0.99..1.1).contains(&hi), "{lo} {hi}");
        let [lo, hi] = s.range(Method::Mse);
        // One value far away is worth less than a finer step for all others.
        assert!(lo == 0.0 && (6.0..9.5).contains(&hi), "{lo} {hi}");
        assert_eq!(stats(&[2.0; 9]).range(Method::Percentile), [2.0, 2.0]);
    }
}
