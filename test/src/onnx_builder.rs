//! Small ONNX models from Rust, so that tests need no files and no Python.

use bytes::Bytes;
use cim_onnx::proto::*;
use prost::Message;

/// Builds a model node by node.
#[derive(Clone, Debug, Default)]
pub struct ModelBuilder {
    opset: i64,
    graph: GraphProto,
}

/// A dimension of an input: a size, or a symbol.
#[derive(Clone, Copy, Debug)]
pub enum Dim<'a> {
    /// A size.
    Size(i64),
    /// A symbol.
    Symbol(&'a str),
}

impl ModelBuilder {
    /// An empty model of an operator set of the default domain.
    pub fn new(opset: i64) -> Self {
        ModelBuilder { opset, graph: GraphProto { name: "test".into(), ..Default::default() } }
    }
    /// Sets the graph's name.
    pub fn name(mut self, name: &str) -> Self {
        self.graph.name = name.into();
        self
    }
    /// Adds a float input of fixed shape.
    pub fn input(self, name: &str, dims: &[i64]) -> Self {
        let dims: Vec<_> = dims.iter().map(|d| Dim::Size(*d)).collect();
        self.input_dims(name, data_type::FLOAT, &dims)
    }
    /// Adds an input of any type and shape.
    pub fn input_dims(mut self, name: &str, elem_type: i32, dims: &[Dim<'_>]) -> Self {
        self.graph.input.push(value_info(name, elem_type, dims));
        self
    }
    /// Adds an output whose type is left open.
    pub fn output(mut self, name: &str) -> Self {
        self.graph.output.push(ValueInfoProto { name: name.into(), ..Default::default() });
        self
    }
    /// Adds an output of a declared type and shape.
    pub fn output_dims(mut self, name: &str, elem_type: i32, dims: &[Dim<'_>]) -> Self {
        self.graph.output.push(value_info(name, elem_type, dims));
        self
    }
    /// Adds an initialiser.
    pub fn init(mut self, tensor: TensorProto) -> Self {
        self.graph.initializer.push(tensor);
        self
    }
    /// Adds a float initialiser.
    pub fn floats(self, name: &str, dims: &[i64], values: &[f32]) -> Self {
        self.init(floats(name, dims, values))
    }
    /// Adds an integer initialiser of an element type, as raw bytes.
    pub fn ints(self, name: &str, elem_type: i32, dims: &[i64], values: &[i64]) -> Self {
        self.init(ints(name, elem_type, dims, values))
    }
    /// Adds a node named after its output.
    pub fn node(self, op: &str, inputs: &[&str], output: &str, attributes: Vec<AttributeProto>) -> Self {
        self.raw_node(NodeProto {
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: vec![output.into()],
            name: format!("{output}_node"),
            op_type: op.into(),
            attribute: attributes,
            ..Default::default()
        })
    }
    /// Adds a node of another domain, named after its output.
    pub fn foreign(
        self,
        domain: &str,
        op: &str,
        inputs: &[&str],
        output: &str,
        attributes: Vec<AttributeProto>,
    ) -> Self {
        let mut m = self.node(op, inputs, output, attributes);
        if let Some(node) = m.graph.node.last_mut() {
            node.domain = domain.into();
        }
        m
    }
    /// Adds a node as it is.
    pub fn raw_node(mut self, node: NodeProto) -> Self {
        self.graph.node.push(node);
        self
    }
    /// Adds QuantizeLinear and DequantizeLinear with a scalar scale and a zero point of a type: `y` from `x`, with the integer
    /// tensor named `{y}_q`.
    pub fn qdq(self, x: &str, y: &str, scale: f32, elem_type: i32, zero: i64) -> Self {
        let (s, z, q) = (format!("{y}_scale"), format!("{y}_zero"), format!("{y}_q"));
        self.floats(&s, &[], &[scale])
            .ints(&z, elem_type, &[], &[zero])
            .node("QuantizeLinear", &[x, &s, &z], &q, vec![])
            .node("DequantizeLinear", &[&q, &s, &z], y, vec![])
    }
    /// Adds DequantizeLinear of int8 weights with a scalar scale: `y` with the integers named `{y}_q`.
    pub fn weights(self, y: &str, dims: &[i64], values: &[i64], scale: f32) -> Self {
        let (s, q) = (format!("{y}_scale"), format!("{y}_q"));
        self.ints(&q, data_type::INT8, dims, values).floats(&s, &[], &[scale]).node(
            "DequantizeLinear",
            &[&q, &s],
            y,
            vec![],
        )
    }
    /// The message.
    pub fn proto(self) -> ModelProto {
        ModelProto {
            ir_version: 8,
            producer_name: "test".into(),
            graph: Some(self.graph),
            opset_import: vec![OperatorSetIdProto { domain: String::new(), version: self.opset }],
            functions: vec![],
        }
    }
    /// The file.
    pub fn build(self) -> Bytes {
        self.proto().encode_to_vec().into()
    }
}

fn value_info(name: &str, elem_type: i32, dims: &[Dim<'_>]) -> ValueInfoProto {
    let dim = |d: &Dim<'_>| match d {
        Dim::Size(v) => DimensionProto { dim_value: Some(*v), dim_param: None },
        Dim::Symbol(s) => DimensionProto { dim_value: None, dim_param: Some(s.to_string()) },
    };
    let shape = TensorShapeProto { dim: dims.iter().map(dim).collect() };
    let tensor_type = Some(TensorTypeProto { elem_type, shape: Some(shape) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type, ..Default::default() }) }
}

/// A float tensor as raw bytes.
pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: data_type::FLOAT,
        raw_data: raw.into(),
        ..Default::default()
    }
}

/// An integer tensor as raw bytes.
pub fn ints(name: &str, elem_type: i32, dims: &[i64], values: &[i64]) -> TensorProto {
    let bytes = match elem_type {
        data_type::INT8 | data_type::UINT8 | data_type::BOOL => 1,
        data_type::INT16 | data_type::UINT16 => 2,
        data_type::INT32 | data_type::UINT32 => 4,
        _ => 8,
    };
    let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes().into_iter().take(bytes)).collect();
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: elem_type,
        raw_data: raw.into(),
        ..Default::default()
    }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: kind, ..Default::default() }
}
/// An attribute.
pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { i, ..attribute(name, attr_type::INT) }
}
/// An attribute.
pub fn int_list(name: &str, v: &[i64]) -> AttributeProto {
    AttributeProto { ints: v.to_vec(), ..attribute(name, attr_type::INTS) }
}
/// An attribute.
pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { f, ..attribute(name, attr_type::FLOAT) }
}
/// An attribute.
pub fn string(name: &str, s: &str) -> AttributeProto {
    AttributeProto { s: Bytes::copy_from_slice(s.as_bytes()), ..attribute(name, attr_type::STRING) }
}
/// An attribute.
pub fn tensor(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { t: Some(Box::new(t)), ..attribute(name, attr_type::TENSOR) }
}

/// Seeded numbers, the same on every machine.
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Seeded {
    /// The next number (splitmix64).
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// Integers in `lo..=hi`.
    pub fn ints(&mut self, n: usize, lo: i64, hi: i64) -> Vec<i64> {
        (0..n).map(|_| lo + (self.draw() % (hi - lo + 1) as u64) as i64).collect()
    }
    /// Floats in `lo..hi`.
    pub fn floats(&mut self, n: usize, lo: f32, hi: f32) -> Vec<f32> {
        (0..n).map(|_| lo + (hi - lo) * (self.draw() >> 40) as f32 / (1u64 << 24) as f32).collect()
    }
}
