//! Networks layer by layer, as float or as QDQ models.
//!
//! The quantised form is the quantisation of the float form with batch norm folded: weights in steps of 1/127 of their channel's
//! range, biases in steps of the product of both scales, activations in 8 bits. Ranges of activations are not measured but
//! follow from what is known of the weights: the builder carries mean and mean square of each value along. Only `+ - * /` and
//! square roots are used, so that files are the same on every machine.

use super::Form;
use super::file::Model;
use super::tensors::{DEVIATION, Fill, Numbers, Tensor, Width};
use crate::onnx_builder::{float, int, int_list};
use cim_onnx::proto::*;

/// Half width of the seeded input; see [`Net::input_values`].
const INPUT_RANGE: f64 = 2.4;
/// Standard deviations that a range covers.
const COVER: f64 = 4.0;
/// `epsilon` of batch norm.
const EPSILON: f64 = 1e-5;
/// Relative spread of the weights' ranges between channels.
const SPREAD: f64 = 0.3;

/// What is known of the elements of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// Mean.
    pub mean: f64,
    /// Mean of the squares.
    pub square: f64,
}

impl Stats {
    /// Centred on zero.
    pub fn centred(square: f64) -> Self {
        Stats { mean: 0.0, square }
    }
    /// Standard deviation.
    pub fn deviation(self) -> f64 {
        (self.square - self.mean * self.mean).max(0.0).sqrt()
    }
    /// Largest and smallest value that a quantisation should hold.
    pub fn range(self) -> (f64, f64) {
        (self.mean - COVER * self.deviation(), self.mean + COVER * self.deviation())
    }
    /// Of `max(x, 0)`, when x is about normal. Exact for mean zero and for means far from it.
    fn relu(self) -> Self {
        let (m, variance) = (self.mean, self.deviation().powi(2));
        let share = 0.5 * (1.0 + m / (m * m + variance * std::f64::consts::FRAC_PI_2 + f64::MIN_POSITIVE).sqrt());
        let mean = 0.5 * (m + (m * m + variance * std::f64::consts::FRAC_2_PI).sqrt());
        Stats { mean, square: (self.square * share).max(mean * mean) }
    }
}

/// A value of the network under construction.
#[derive(Clone, Debug)]
pub struct Value {
    /// Name in the model; in the quantised form that of the dequantised tensor.
    pub name: String,
    /// Shape.
    pub dims: Vec<i64>,
    /// Its elements.
    pub stats: Stats,
    /// Scale and zero point when it comes from a quantised tensor.
    pub grid: Option<(f32, i64)>,
}

/// What follows a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `max(x, 0)`.
    Relu,
    /// `clip(x, 0, 6)`.
    Relu6,
}

/// A convolution with square windows; padding is the same on all sides.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// Output channels.
    pub out: i64,
    /// Window.
    pub kernel: i64,
    /// Step.
    pub stride: i64,
    /// Border.
    pub pad: i64,
    /// Groups.
    pub group: i64,
    /// Followed by batch norm with this mean gain; otherwise the convolution has a bias.
    pub norm: Option<f64>,
    /// Last step.
    pub activation: Activation,
}

impl Conv {
    /// A 1-step convolution that keeps the size, with relu.
    pub fn same(out: i64, kernel: i64) -> Self {
        Conv { out, kernel, stride: 1, pad: kernel / 2, group: 1, norm: None, activation: Activation::Relu }
    }
    /// With another step.
    pub fn stride(self, stride: i64) -> Self {
        Conv { stride, ..self }
    }
    /// With another border.
    pub fn pad(self, pad: i64) -> Self {
        Conv { pad, ..self }
    }
    /// With batch norm.
    pub fn norm(self, gain: f64) -> Self {
        Conv { norm: Some(gain), ..self }
    }
    /// With another activation.
    pub fn activation(self, activation: Activation) -> Self {
        Conv { activation, ..self }
    }
    /// With groups.
    pub fn group(self, group: i64) -> Self {
        Conv { group, ..self }
    }
}

/// A network under construction.
#[derive(Debug)]
pub struct Net {
    /// What is built.
    pub form: Form,
    /// Element type of activations (`UINT8` or `INT8`).
    pub activations: i32,
    seed: u64,
    graph: GraphProto,
    tensors: Vec<Tensor>,
    parameters: u64,
}

impl Net {
    /// An empty network.
    pub fn new(name: &str, form: Form, seed: u64) -> Self {
        let graph = GraphProto { name: name.into(), ..Default::default() };
        Net { form, activations: data_type::UINT8, seed, graph, tensors: vec![], parameters: 0 }
    }
    /// Is the network quantised?
    pub fn quantised(&self) -> bool {
        self.form != Form::Float
    }

    /// Elements of the seeded input: zero mean, deviation 0.8, never outside -2.4..2.4.
    pub fn input_values(seed: u64, count: usize) -> Vec<f32> {
        let numbers = Numbers::new(seed, "input");
        (0..count as u64).map(|i| (INPUT_RANGE * numbers.at(i)) as f32).collect()
    }

    // ---- pieces ----

    /// Numbers of a name under the network's seed.
    pub fn numbers(&self, name: &str) -> Numbers {
        Numbers::new(self.seed, name)
    }
    /// `centre + half * number` for each index.
    pub fn vector(&self, name: &str, n: i64, centre: f64, half: f64) -> Vec<f32> {
        let numbers = self.numbers(name);
        (0..n as u64).map(|i| (centre + half * numbers.at(i)) as f32).collect()
    }
    /// Adds a node named after its output.
    pub fn node(&mut self, op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: vec![output.into()],
            name: output.strip_suffix(".out").unwrap_or(output).into(),
            op_type: op.into(),
            attribute,
            ..Default::default()
        });
    }
    /// Cuts a value into parts along an axis.
    pub fn split(&mut self, input: &str, outputs: &[String], sizes: &[i64], axis: i64) {
        let first = outputs.first().map_or("", String::as_str);
        let label = format!("{first}.sizes");
        self.constant(Tensor::ints(&label, data_type::INT64, &[sizes.len() as i64], sizes));
        self.node("Split", &[input, &label], first, vec![int("axis", axis)]);
        if let Some(node) = self.graph.node.last_mut() {
            node.output = outputs.to_vec();
        }
    }
    /// Adds an initialiser that is no parameter.
    pub fn constant(&mut self, tensor: Tensor) {
        self.tensors.push(tensor);
    }
    /// Adds a float parameter, which counts.
    pub fn parameter(&mut self, name: &str, dims: &[i64], fill: Fill) {
        let tensor = Tensor { name: name.into(), dims: dims.to_vec(), data_type: data_type::FLOAT, fill };
        self.parameters += tensor.count();
        self.tensors.push(tensor);
    }
    /// Adds a float parameter of these values.
    pub fn parameter_values(&mut self, name: &str, values: &[f32]) {
        let tensor = Tensor::floats(name, &[values.len() as i64], values);
        self.parameters += tensor.count();
        self.tensors.push(tensor);
    }

    // ---- quantisation ----

    /// Quantises and dequantises `raw` over a range; the result is named after `base`.
    pub fn quantise(&mut self, raw: &str, base: &str, dims: &[i64], stats: Stats, (lo, hi): (f64, f64)) -> Value {
        let low = if self.activations == data_type::INT8 { -128 } else { 0 };
        // Centred and one-sided ranges get the zero points that people choose for them.
        let (scale, zero) = if lo >= 0.0 {
            (hi / 255.0, 0)
        } else if (lo + hi).abs() < 1e-9 * hi {
            (hi / 127.0, 128)
        } else {
            let scale = (hi - lo) / 255.0;
            (scale, (-lo / scale).round().clamp(0.0, 255.0) as i64)
        };
        self.quantise_to(raw, base, dims, stats, (scale as f32, low + zero))
    }
    /// Quantises and dequantises to a given scale and zero point.
    fn quantise_to(&mut self, raw: &str, base: &str, dims: &[i64], stats: Stats, grid: (f32, i64)) -> Value {
        let [s, z, q, name] = ["scale", "zero", "q", "dq"].map(|part| format!("{base}.{part}"));
        self.constant(Tensor::floats(&s, &[], &[grid.0]));
        self.constant(Tensor::ints(&z, self.activations, &[], &[grid.1]));
        self.node("QuantizeLinear", &[raw, &s, &z], &q, vec![]);
        self.node("DequantizeLinear", &[&q, &s, &z], &name, vec![]);
        Value { name, dims: dims.to_vec(), stats, grid: Some(grid) }
    }
    /// The value on a grid; values that have one keep it.
    pub fn on_grid(&mut self, x: &Value, range: (f64, f64)) -> Value {
        match x.grid {
            None if self.quantised() => self.quantise(&x.name, &x.name, &x.dims, x.stats, range),
            _ => x.clone(),
        }
    }

    /// Weights, as a parameter or as int8 with one scale for each index of `axis`; `factor` multiplies the channels of the
    /// quantised form. Gives the name of the float tensor and the scales.
    pub fn weights(
        &mut self,
        name: &str,
        dims: &[i64],
        axis: usize,
        deviation: f64,
        factor: &[f64],
    ) -> (String, Vec<f32>) {
        let numbers = self.numbers(name);
        let width = Width::per_channel(deviation / DEVIATION, SPREAD, numbers, dims, axis);
        if !self.quantised() {
            self.parameter(name, dims, Fill::Float(numbers, 0.0, width));
            return (name.to_string(), vec![]);
        }
        let channels = dims.get(axis).copied().unwrap_or(1);
        let factor = |c: i64| factor.get(c as usize).copied().unwrap_or(1.0);
        let scales: Vec<f32> = (0..channels).map(|c| (width.channel(c as u64) / 127.0 * factor(c)) as f32).collect();
        let [q, s, z, out] = ["q", "scale", "zero", "dq"].map(|part| format!("{name}.{part}"));
        let tensor =
            Tensor { name: q.clone(), dims: dims.to_vec(), data_type: data_type::INT8, fill: Fill::Int8(numbers) };
        self.parameters += tensor.count();
        self.tensors.push(tensor);
        self.constant(Tensor::floats(&s, &[channels], &scales));
        self.constant(Tensor::ints(&z, data_type::INT8, &[channels], &vec![0; channels as usize]));
        self.node("DequantizeLinear", &[&q, &s, &z], &out, vec![int("axis", axis as i64)]);
        (out, scales)
    }
    /// A bias, as a parameter or as int32 at the scale of the sums.
    fn bias(&mut self, name: &str, values: &[f64], input: Option<(f32, i64)>, scales: &[f32]) -> String {
        let Some((sx, _)) = input.filter(|_| self.quantised()) else {
            self.parameter_values(name, &values.iter().map(|v| *v as f32).collect::<Vec<_>>());
            return name.to_string();
        };
        let products: Vec<f32> = scales.iter().map(|sw| sx * sw).collect();
        let ints: Vec<i64> = values.iter().zip(&products).map(|(v, s)| (v / f64::from(*s)).round() as i64).collect();
        let [q, s, z, out] = ["q", "scale", "zero", "dq"].map(|part| format!("{name}.{part}"));
        let n = values.len() as i64;
        self.parameters += n as u64;
        self.constant(Tensor::ints(&q, data_type::INT32, &[n], &ints));
        self.constant(Tensor::floats(&s, &[n], &products));
        self.constant(Tensor::ints(&z, data_type::INT32, &[n], &vec![0; n as usize]));
        self.node("DequantizeLinear", &[&q, &s, &z], &out, vec![int("axis", 0)]);
        out
    }

    /// Applies an activation to `raw` and quantises the result (ONNX Runtime drops a relu that the quantisation does).
    fn activate(&mut self, raw: &str, base: &str, dims: &[i64], before: Stats, activation: Activation) -> Value {
        let (stats, mut range) = match activation {
            Activation::None => (before, before.range()),
            Activation::Relu | Activation::Relu6 => (before.relu(), (0.0, before.range().1)),
        };
        if activation == Activation::Relu6 {
            range.1 = range.1.min(6.0);
        }
        if self.quantised() {
            return self.quantise(raw, base, dims, stats, range);
        }
        let name = format!("{base}.act");
        match activation {
            Activation::None => return Value { name: raw.into(), dims: dims.to_vec(), stats, grid: None },
            Activation::Relu => self.node("Relu", &[raw], &name, vec![]),
            Activation::Relu6 => {
                let [lo, hi] = ["lo", "hi"].map(|part| format!("{base}.{part}"));
                self.constant(Tensor::floats(&lo, &[], &[0.0]));
                self.constant(Tensor::floats(&hi, &[], &[6.0]));
                self.node("Clip", &[raw, &lo, &hi], &name, vec![]);
            }
        }
        Value { name, dims: dims.to_vec(), stats, grid: None }
    }

    // ---- layers ----

    /// The input.
    pub fn input(&mut self, dims: &[i64]) -> Value {
        let dim = |d: &i64| DimensionProto { dim_value: Some(*d), dim_param: None };
        self.graph.input.push(tensor_info("input", dims.iter().map(dim).collect()));
        let stats = Stats::centred((INPUT_RANGE * DEVIATION).powi(2));
        let x = Value { name: "input".into(), dims: dims.to_vec(), stats, grid: None };
        self.on_grid(&x, (-INPUT_RANGE, INPUT_RANGE))
    }

    /// Convolution, batch norm named `norm`, activation.
    pub fn conv(&mut self, x: &Value, name: &str, norm: &str, c: Conv) -> Value {
        let [n, channels, h, w] = x.dims[..] else { return x.clone() };
        let side = |d: i64| (d + 2 * c.pad - c.kernel) / c.stride + 1;
        let dims = [n, c.out, side(h), side(w)];
        let weights = [c.out, channels / c.group, c.kernel, c.kernel];
        let fan_in: i64 = weights[1..].iter().product();
        let gain = if c.norm.is_none() && c.activation == Activation::None { 1.0 } else { 2.0 };
        let square = gain * x.stats.square;
        let deviation = (gain / fan_in as f64).sqrt();

        // The affine map of batch norm on each channel, in the values that the float form stores.
        let affine = c.norm.map(|g| Affine::new(self, norm, c.out, g, square));
        let factor = affine.as_ref().map(Affine::factor).unwrap_or_default();
        let (wt, scales) = self.weights(&format!("{name}.weight"), &weights, 0, deviation, &factor);
        let mut inputs = vec![x.name.clone(), wt];
        if affine.is_none() || self.quantised() {
            let label = format!("{name}.bias");
            let values = match &affine {
                Some(a) => a.offset(),
                None => self.vector(&label, c.out, 0.0, 0.3 * square.sqrt()).into_iter().map(f64::from).collect(),
            };
            inputs.push(self.bias(&label, &values, x.grid, &scales));
        }
        let attributes = vec![
            int_list("kernel_shape", &[c.kernel; 2]),
            int_list("strides", &[c.stride; 2]),
            int_list("pads", &[c.pad; 4]),
            int_list("dilations", &[1, 1]),
            int("group", c.group),
        ];
        let mut raw = format!("{name}.out");
        self.node("Conv", &inputs.iter().map(String::as_str).collect::<Vec<_>>(), &raw, attributes);
        let before = match &affine {
            None => Stats::centred(1.01 * square),
            Some(a) if self.quantised() => a.stats(),
            Some(a) => {
                raw = a.emit(self, &raw, norm);
                a.stats()
            }
        };
        self.activate(&raw, name, &dims, before, c.activation)
    }

    /// Linear layer on one row: Gemm with transposed weights.
    pub fn gemm(&mut self, x: &Value, name: &str, out: i64, activation: Activation) -> Value {
        let inputs = x.dims.last().copied().unwrap_or(1);
        let gain = if activation == Activation::None { 1.0 } else { 2.0 };
        let square = gain * x.stats.square;
        let deviation = (gain / inputs as f64).sqrt();
        let (wt, scales) = self.weights(&format!("{name}.weight"), &[out, inputs], 0, deviation, &[]);
        let label = format!("{name}.bias");
        let values: Vec<f64> = self.vector(&label, out, 0.0, 0.3 * square.sqrt()).into_iter().map(f64::from).collect();
        let bias = self.bias(&label, &values, x.grid, &scales);
        let raw = format!("{name}.out");
        self.node("Gemm", &[&x.name, &wt, &bias], &raw, vec![int("transB", 1)]);
        self.activate(&raw, name, &[1, out], Stats::centred(1.01 * square), activation)
    }

    /// Maximum over windows; stays on its input's grid.
    pub fn max_pool(&mut self, x: &Value, name: &str, kernel: i64, stride: i64, pad: i64) -> Value {
        let [n, c, h, w] = x.dims[..] else { return x.clone() };
        let side = |d: i64| (d + 2 * pad - kernel) / stride + 1;
        let dims = [n, c, side(h), side(w)];
        let raw = format!("{name}.out");
        let window = vec![
            int_list("kernel_shape", &[kernel; 2]),
            int_list("strides", &[stride; 2]),
            int_list("pads", &[pad; 4]),
        ];
        self.node("MaxPool", &[&x.name], &raw, window);
        // Neighbours of random networks are related; measured on the networks of this folder.
        let growth = if kernel > 2 { 1.9 } else { 1.45 };
        let stats = Stats { mean: growth * x.stats.mean, square: growth * growth * x.stats.square };
        match x.grid {
            Some(grid) => self.quantise_to(&raw, name, &dims, stats, grid),
            None => Value { name: raw, dims: dims.to_vec(), stats, grid: None },
        }
    }

    /// Mean over windows that do not overlap (`kernel`), or over everything (None).
    pub fn average_pool(&mut self, x: &Value, name: &str, kernel: Option<i64>) -> Value {
        let [n, c, h, w] = x.dims[..] else { return x.clone() };
        let raw = format!("{name}.out");
        let dims = match kernel {
            Some(k) => {
                let window = vec![int_list("kernel_shape", &[k; 2]), int_list("strides", &[k; 2])];
                self.node("AveragePool", &[&x.name], &raw, window);
                [n, c, h / k, w / k]
            }
            None => {
                self.node("GlobalAveragePool", &[&x.name], &raw, vec![]);
                [n, c, 1, 1]
            }
        };
        // Pixels of one channel are related: most of the variance is between channels and stays.
        let mean = x.stats.mean;
        let stats = Stats { mean, square: mean * mean + 0.9 * (x.stats.square - mean * mean) };
        if !self.quantised() {
            return Value { name: raw, dims: dims.to_vec(), stats, grid: None };
        }
        self.quantise(&raw, name, &dims, stats, (0.0, stats.range().1))
    }

    /// (1, C, H, W) to (1, C * H * W), on the same grid.
    pub fn flatten(&mut self, x: &Value) -> Value {
        let dims = [1, x.dims.iter().product()];
        self.node("Flatten", &[&x.name], "flatten.out", vec![int("axis", 1)]);
        match x.grid {
            Some(grid) => self.quantise_to("flatten.out", "flatten", &dims, x.stats, grid),
            None => Value { name: "flatten.out".into(), dims: dims.to_vec(), stats: x.stats, grid: None },
        }
    }

    /// Sum of two values of one shape.
    pub fn add(&mut self, a: &Value, b: &Value, name: &str, activation: Activation) -> Value {
        let raw = format!("{name}.out");
        self.node("Add", &[&a.name, &b.name], &raw, vec![]);
        let square = a.stats.square + b.stats.square + 2.0 * a.stats.mean * b.stats.mean;
        // Branches of a random network are related, and tails are long: room for half as much again.
        let before = Stats { mean: a.stats.mean + b.stats.mean, square: 1.5 * square };
        self.activate(&raw, name, &a.dims, before, activation)
    }

    /// The finished model with `x` as output.
    pub fn finish(mut self, x: &Value) -> Built {
        for node in &mut self.graph.node {
            node.output.iter_mut().filter(|o| **o == x.name).for_each(|o| *o = "output".into());
        }
        let dim = |d: &i64| DimensionProto { dim_value: Some(*d), dim_param: None };
        self.graph.output.push(tensor_info("output", x.dims.iter().map(dim).collect()));
        let proto = ModelProto {
            ir_version: 8,
            producer_name: "cim-test".into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
            functions: vec![],
        };
        Built { model: Model { proto, tensors: self.tensors }, parameters: self.parameters }
    }
}

/// A finished network.
#[derive(Clone, Debug)]
pub struct Built {
    /// The model.
    pub model: Model,
    /// Trained numbers (running means and variances do not count).
    pub parameters: u64,
}

fn tensor_info(name: &str, dim: Vec<DimensionProto>) -> ValueInfoProto {
    let tensor_type = Some(TensorTypeProto { elem_type: data_type::FLOAT, shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type, ..Default::default() }) }
}

/// Batch norm: the values its tensors store, for a convolution whose sums have a known mean square.
struct Affine {
    scale: Vec<f32>,
    bias: Vec<f32>,
    mean: Vec<f32>,
    var: Vec<f32>,
    gain: f64,
}

impl Affine {
    fn new(net: &Net, name: &str, n: i64, gain: f64, square: f64) -> Self {
        let part = |part: &str, centre, half| net.vector(&format!("{name}.{part}"), n, centre, half);
        Affine {
            scale: part("weight", gain, 0.5 * gain),
            bias: part("bias", 0.0, 0.5 * gain),
            mean: part("running_mean", 0.0, 0.3 * square.sqrt()),
            var: part("running_var", square, 0.4 * square),
            gain,
        }
    }
    /// What each channel is multiplied by.
    fn factor(&self) -> Vec<f64> {
        let one = |(s, v): (&f32, &f32)| f64::from(*s) / (f64::from(*v) + EPSILON).sqrt();
        self.scale.iter().zip(&self.var).map(one).collect()
    }
    /// What is added to each channel then.
    fn offset(&self) -> Vec<f64> {
        let parts = self.factor().into_iter().zip(&self.mean).zip(&self.bias);
        parts.map(|((f, m), b)| f64::from(*b) - f * f64::from(*m)).collect()
    }
    /// Of the result: the spread of scale, bias, mean and variance adds a tenth.
    fn stats(&self) -> Stats {
        Stats::centred(1.1 * self.gain * self.gain)
    }
    fn emit(&self, net: &mut Net, raw: &str, name: &str) -> String {
        let parts =
            [("weight", &self.scale), ("bias", &self.bias), ("running_mean", &self.mean), ("running_var", &self.var)];
        let mut inputs = vec![raw.to_string()];
        for (part, values) in parts {
            let label = format!("{name}.{part}");
            match part {
                "weight" | "bias" => net.parameter_values(&label, values),
                _ => net.constant(Tensor::floats(&label, &[values.len() as i64], values)),
            }
            inputs.push(label);
        }
        let out = format!("{name}.out");
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        net.node("BatchNormalization", &inputs, &out, vec![float("epsilon", EPSILON as f32)]);
        out
    }
}
