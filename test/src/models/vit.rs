//! Vision transformers as torchvision builds them, at 224x224 with 1000 classes.
//!
//! The quantised forms have quantised activations (int8) around products with weights; [`Form::QdqAttention`] around the two
//! products of activations, too. Normalisation, softmax, GELU and residual additions stay float.

use super::Form;
use super::net::{Built, Net, Stats, Value};
use super::tensors::{Fill, Tensor, Width};
use crate::onnx_builder::{float, int, int_list};
use cim_onnx::proto::data_type;

/// Sizes of a vision transformer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    pub(super) patch: i64,
    pub(super) width: i64,
    pub(super) depth: usize,
    pub(super) heads: i64,
    pub(super) mlp: i64,
}

const IMAGE: i64 = 224;

/// Mean square of the output of GELU on normal numbers of deviation 1, and its mean.
const GELU: Stats = Stats { mean: 0.28, square: 0.43 };
/// Smallest value of GELU.
const GELU_LEAST: f64 = -0.17;

pub(super) fn build(mut net: Net, size: Size) -> Built {
    net.activations = data_type::INT8;
    let mut vit = Vit { net, size, tokens: 1 + (IMAGE / size.patch).pow(2) };
    let mut x = vit.embed();
    for i in 0..size.depth {
        x = vit.block(&x, &format!("encoder.layers.encoder_layer_{i}"));
    }
    let x = vit.norm(&x, "encoder.ln");
    let head = vit.class_token(&x);
    let range = head.stats.range();
    let head = vit.net.on_grid(&head, range);
    let y = vit.net.gemm(&head, "heads.head", 1000, super::net::Activation::None);
    vit.net.finish(&y)
}

struct Vit {
    net: Net,
    size: Size,
    tokens: i64,
}

impl Vit {
    fn value(&self, name: String, dims: &[i64], stats: Stats) -> Value {
        Value { name, dims: dims.to_vec(), stats, grid: None }
    }
    fn shape(&mut self, name: &str, dims: &[i64]) -> String {
        let name = format!("{name}.shape");
        self.net.constant(Tensor::ints(&name, data_type::INT64, &[dims.len() as i64], dims));
        name
    }
    fn scalar(&mut self, name: &str, value: f32) -> String {
        self.net.constant(Tensor::floats(name, &[], &[value]));
        name.to_string()
    }
    fn reshape(&mut self, x: &str, name: &str, dims: &[i64]) -> String {
        let shape = self.shape(name, dims);
        self.net.node("Reshape", &[x, &shape], name, vec![]);
        name.to_string()
    }
    fn transpose(&mut self, x: &str, name: &str, perm: &[i64]) -> String {
        self.net.node("Transpose", &[x], name, vec![int_list("perm", perm)]);
        name.to_string()
    }
    fn noise(&self, name: &str, half: f64) -> Fill {
        Fill::Float(self.net.numbers(name), 0.0, Width::all(half))
    }

    /// Patches, class token, positions.
    fn embed(&mut self) -> Value {
        let Size { patch, width, .. } = self.size;
        let x = self.net.input(&[1, 3, IMAGE, IMAGE]);
        let conv = super::net::Conv::same(width, patch).stride(patch).pad(0).activation(super::net::Activation::None);
        let x = self.net.conv(&x, "conv_proj", "", conv);
        let flat = self.reshape(&x.name, "patches.flat", &[1, width, self.tokens - 1]);
        let rows = self.transpose(&flat, "patches.rows", &[0, 2, 1]);
        let fill = self.noise("class_token", 1.5);
        self.net.parameter("class_token", &[1, 1, width], fill);
        self.net.node("Concat", &["class_token", &rows], "tokens", vec![int("axis", 1)]);
        let fill = self.noise("encoder.pos_embedding", 1.0);
        self.net.parameter("encoder.pos_embedding", &[1, self.tokens, width], fill);
        self.net.node("Add", &["tokens", "encoder.pos_embedding"], "embedding", vec![]);
        self.value("embedding".into(), &[1, self.tokens, width], Stats::centred(x.stats.square + 0.1))
    }

    /// Layer normalisation over the features.
    fn norm(&mut self, x: &Value, name: &str) -> Value {
        let width = self.size.width;
        for (part, centre, half) in [("weight", 1.0, 0.3), ("bias", 0.0, 0.15)] {
            let label = format!("{name}.{part}");
            let values = self.net.vector(&label, width, centre, half);
            self.net.parameter_values(&label, &values);
        }
        let out = format!("{name}.out");
        let inputs = [x.name.as_str(), &format!("{name}.weight"), &format!("{name}.bias")];
        self.net.node("LayerNormalization", &inputs, &out, vec![int("axis", -1), float("epsilon", 1e-6)]);
        self.value(out, &x.dims, Stats::centred(1.0))
    }

    /// Linear layer on all tokens, weights stored (in, out), with the mean square `gain` times that of the input.
    fn linear(&mut self, x: &Value, name: &str, out: i64, gain: f64) -> Value {
        let inputs = x.dims.last().copied().unwrap_or(1);
        let (lo, hi) = x.stats.range();
        // Values of GELU have a least one.
        let range = if x.stats.mean > 0.0 { (GELU_LEAST, hi) } else { (lo, hi) };
        let x = self.net.on_grid(x, range);
        let deviation = (gain / inputs as f64).sqrt();
        let (weight, bias) = match name.ends_with("in_proj") {
            true => (format!("{name}_weight"), format!("{name}_bias")),
            false => (format!("{name}.weight"), format!("{name}.bias")),
        };
        let (w, _) = self.net.weights(&weight, &[inputs, out], 1, deviation, &[]);
        let square = gain * x.stats.square;
        let values = self.net.vector(&bias, out, 0.0, 0.3 * square.sqrt());
        self.net.parameter_values(&bias, &values);
        let (product, sum) = (format!("{name}.product"), format!("{name}.out"));
        self.net.node("MatMul", &[&x.name, &w], &product, vec![]);
        self.net.node("Add", &[&product, &bias], &sum, vec![]);
        let dims: Vec<i64> = x.dims.iter().rev().skip(1).rev().copied().chain([out]).collect();
        let stats = Stats::centred(1.01 * square);
        if !self.net.quantised() {
            return self.value(sum, &dims, stats);
        }
        self.net.quantise(&sum, name, &dims, stats, stats.range())
    }

    /// On a grid in the form with quantised attention.
    fn operand(&mut self, name: &str, stats: Stats, range: (f64, f64)) -> String {
        match self.net.form {
            Form::QdqAttention => self.net.quantise(name, name, &[], stats, range).name,
            Form::Float | Form::Qdq => name.to_string(),
        }
    }

    fn attention(&mut self, x: &Value, name: &str) -> Value {
        let Size { width, heads, .. } = self.size;
        let (tokens, each) = (self.tokens, width / heads);
        let packed = self.linear(x, &format!("{name}.in_proj"), 3 * width, 1.5);
        let stats = packed.stats;
        let parts = ["q", "k", "v"].map(|p| format!("{name}.{p}"));
        self.net.split(&packed.name, &parts, &[width; 3], -1);
        let mut split = |part: &str, perm: &[i64]| {
            let rows = self.reshape(part, &format!("{part}.heads"), &[1, tokens, heads, each]);
            self.transpose(&rows, &format!("{part}.t"), perm)
        };
        let [q, k, v] = &parts;
        let (q, k, v) = (split(q, &[0, 2, 1, 3]), split(k, &[0, 2, 3, 1]), split(v, &[0, 2, 1, 3]));
        let factor = 1.0 / (each as f64).sqrt();
        let scale = self.scalar(&format!("{name}.factor"), factor as f32);
        let scaled = format!("{name}.q.scaled");
        self.net.node("Mul", &[&q, &scale], &scaled, vec![]);
        let small = Stats::centred(stats.square * factor * factor);
        let (q, k) = (self.operand(&scaled, small, small.range()), self.operand(&k, stats, stats.range()));
        let [scores, shares, mixed] = ["scores", "softmax", "mixed"].map(|p| format!("{name}.{p}"));
        self.net.node("MatMul", &[&q, &k], &scores, vec![]);
        self.net.node("Softmax", &[&scores], &shares, vec![int("axis", -1)]);
        // The more tokens, the smaller the largest share.
        let most = (100.0 / tokens as f64).min(1.0);
        let (p, v) = (
            self.operand(&shares, Stats { mean: 0.0, square: 0.1 }, (0.0, most)),
            self.operand(&v, stats, stats.range()),
        );
        self.net.node("MatMul", &[&p, &v], &mixed, vec![]);
        let rows = self.transpose(&mixed, &format!("{name}.mixed.t"), &[0, 2, 1, 3]);
        let joined = self.reshape(&rows, &format!("{name}.joined"), &[1, tokens, width]);
        // A weighted mean of values.
        let x = self.value(joined, &[1, tokens, width], Stats::centred(0.25 * stats.square));
        self.linear(&x, &format!("{name}.out_proj"), width, 1.0)
    }

    fn gelu(&mut self, x: &Value, name: &str) -> Value {
        let [root, one, half] = [("root", std::f32::consts::SQRT_2), ("one", 1.0), ("half", 0.5)]
            .map(|(part, v)| self.scalar(&format!("{name}.{part}"), v));
        let [scaled, erf, sum, product, out] =
            ["scaled", "erf", "sum", "product", "out"].map(|p| format!("{name}.{p}"));
        self.net.node("Div", &[&x.name, &root], &scaled, vec![]);
        self.net.node("Erf", &[&scaled], &erf, vec![]);
        self.net.node("Add", &[&erf, &one], &sum, vec![]);
        self.net.node("Mul", &[&x.name, &sum], &product, vec![]);
        self.net.node("Mul", &[&product, &half], &out, vec![]);
        self.value(out, &x.dims, GELU)
    }

    fn residual(&mut self, a: &Value, b: &Value, name: &str) -> Value {
        self.net.node("Add", &[&a.name, &b.name], name, vec![]);
        self.value(name.into(), &a.dims, Stats::centred(a.stats.square + b.stats.square))
    }

    fn block(&mut self, x: &Value, name: &str) -> Value {
        let y = self.norm(x, &format!("{name}.ln_1"));
        let y = self.attention(&y, &format!("{name}.self_attention"));
        let x = self.residual(x, &y, &format!("{name}.add_1"));
        let y = self.norm(&x, &format!("{name}.ln_2"));
        let y = self.linear(&y, &format!("{name}.mlp.0"), self.size.mlp, 1.0);
        let y = self.gelu(&y, &format!("{name}.mlp.1"));
        let y = self.linear(&y, &format!("{name}.mlp.3"), self.size.width, 0.5);
        self.residual(&x, &y, &format!("{name}.add_2"))
    }

    /// The first token as one row.
    fn class_token(&mut self, x: &Value) -> Value {
        self.net.constant(Tensor::ints("class_index", data_type::INT64, &[], &[0]));
        self.net.node("Gather", &[&x.name, "class_index"], "class", vec![int("axis", 1)]);
        self.value("class".into(), &[1, self.size.width], x.stats)
    }
}
