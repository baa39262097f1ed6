//! The network so far: ONNX nodes, and what each value of the function is in them.

use crate::data::{self, Dense};
use cim_dialect::graph::types;
use cim_ir::core::LocData;
use cim_ir::{Attribute, Ir, Location, OpId, ValueId};
use cim_onnx::proto::{AttributeProto, GraphProto, NodeProto, TensorProto, attr_type, data_type};
use std::collections::{HashMap, HashSet};

pub(crate) use cim_onnx::Refusal;

/// What can be translated, or why not.
pub(crate) type Try<T = ()> = Result<T, Refusal>;

/// What a value of the function is in the ONNX graph.
#[derive(Clone, Debug)]
pub(crate) enum Repr {
    /// A tensor with the dimensions of the value.
    Plain(String),
    /// (N, H, W, C) held as (N, C, H, W).
    Channels(String),
    /// A reshape to (1, ..., H*W*C) of an image held as (1, C, H, W); `image` are H, W, C.
    Rows { name: String, image: [i64; 3] },
    /// A constant that is not in the graph yet.
    Constant(Attribute),
    /// A number.
    Scalar(f64),
    /// A tensor of equal numbers.
    Fill(f64),
    /// A vector along dimension `axis`, equal elsewhere.
    Along { vector: ValueId, axis: usize },
    /// Another value with `value` around it.
    Padded { of: ValueId, low: Vec<i64>, high: Vec<i64>, value: f64 },
    /// Sums over windows of `area` elements, held as their averages; `channels`: as in `Channels`.
    Sums { averages: String, area: i64, channels: bool },
    /// A tensor whose elements do not matter.
    Empty,
    /// Result of an operation that was refused: its users are skipped silently.
    Missing,
}

pub(crate) struct Net<'a> {
    pub(crate) ir: &'a Ir,
    pub(crate) graph: GraphProto,
    values: HashMap<ValueId, Repr>,
    /// 32-bit integers held as real numbers, which is what sums and scaled integers are between quantised tensors.
    real: HashSet<ValueId>,
    /// Accumulators that hold what their rescale makes of them, all but the rounding.
    pub(crate) rescaled: HashSet<ValueId>,
    /// Transposes that exist: of which tensor, to channels first?
    pub(crate) transposes: HashMap<(String, bool), String>,
    /// Where nodes come from.
    pub(crate) origins: HashMap<String, OpId>,
    op: OpId,
    label: String,
    count: usize,
}

impl<'a> Net<'a> {
    pub(crate) fn new(ir: &'a Ir, func: OpId) -> Self {
        Net {
            ir,
            graph: GraphProto::default(),
            values: HashMap::new(),
            real: HashSet::new(),
            rescaled: HashSet::new(),
            transposes: HashMap::new(),
            origins: HashMap::new(),
            op: func,
            label: "network".into(),
            count: 0,
        }
    }

    /// The nodes that follow stand for an operation, the `index`th of the function.
    pub(crate) fn begin(&mut self, op: OpId, index: usize) {
        let short = self.ir.name_str(op).split_once('.').map_or("op", |(_, s)| s);
        self.label = self.named_location(self.ir.loc(op)).unwrap_or_else(|| format!("{short}_{index}"));
        while self.origins.contains_key(&self.label) {
            self.label = format!("{}_{index}", self.label);
        }
        (self.op, self.count) = (op, 0);
    }

    fn named_location(&self, loc: Location) -> Option<String> {
        let ctx = self.ir.ctx();
        match ctx.loc_data(loc) {
            LocData::Name { name, .. } => Some(ctx.str(*name).to_string()).filter(|n| !n.is_empty()),
            _ => None,
        }
    }

    /// A name that no node has.
    fn fresh(&mut self) -> String {
        let n = self.count;
        self.count += 1;
        if n == 0 { self.label.clone() } else { format!("{}.{n}", self.label) }
    }

    /// Appends a node; returns its result.
    pub(crate) fn node(&mut self, operator: &str, inputs: &[&str], attribute: Vec<AttributeProto>) -> String {
        let name = self.fresh();
        self.origins.insert(name.clone(), self.op);
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|s| s.to_string()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: operator.into(),
            attribute,
            ..Default::default()
        });
        name
    }

    /// Adds a constant; `part` tells it from others of the operation.
    pub(crate) fn tensor(&mut self, part: &str, dims: &[i64], elem: i32, data: bytes::Bytes) -> String {
        let name = format!("{}.{part}{}", self.label, self.graph.initializer.len());
        self.graph.initializer.push(TensorProto {
            dims: dims.to_vec(),
            data_type: elem,
            name: name.clone(),
            raw_data: data,
            ..TensorProto::default()
        });
        name
    }
    pub(crate) fn floats(&mut self, part: &str, dims: &[i64], values: &[f32]) -> String {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(part, dims, data_type::FLOAT, data.into())
    }
    pub(crate) fn longs(&mut self, part: &str, values: &[i64]) -> String {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensor(part, &[values.len() as i64], data_type::INT64, data.into())
    }
    /// A number with the element type `elem` of ONNX.
    pub(crate) fn scalar(&mut self, part: &str, elem: i32, value: f64) -> Try<String> {
        let v = value as i64;
        let data = match elem {
            data_type::FLOAT => (value as f32).to_le_bytes().to_vec(),
            data_type::INT8 | data_type::UINT8 => v.to_le_bytes()[..1].to_vec(),
            data_type::INT16 | data_type::UINT16 => v.to_le_bytes()[..2].to_vec(),
            data_type::INT32 => v.to_le_bytes()[..4].to_vec(),
            _ => return Err(Refusal::new(format!("works on {}", data_type::name(elem))).remedy("use f32 or i8")),
        };
        Ok(self.tensor(part, &[], elem, data.into()))
    }
    pub(crate) fn dense(&mut self, part: &str, d: Dense) -> String {
        self.tensor(part, &d.dims, d.elem, d.data)
    }

    // ---- values ----

    pub(crate) fn set(&mut self, value: ValueId, repr: Repr) {
        self.values.insert(value, repr);
    }
    /// Sets the only result of the operation.
    pub(crate) fn result(&mut self, op: OpId, repr: Repr) -> Try {
        let value = self.result_of(op)?;
        self.set(value, repr);
        Ok(())
    }
    pub(crate) fn result_of(&self, op: OpId) -> Try<ValueId> {
        match (self.ir.num_results(op), self.ir.result(op, 0)) {
            (1, Some(v)) => Ok(v),
            (n, _) => Err(Refusal::new(format!("has {n} results, not one"))),
        }
    }
    pub(crate) fn repr(&self, value: ValueId) -> Try<Repr> {
        self.values.get(&value).cloned().ok_or_else(|| Refusal::new("an operand comes from outside of the function"))
    }
    pub(crate) fn is_missing(&self, value: ValueId) -> bool {
        matches!(self.values.get(&value), Some(Repr::Missing))
    }
    pub(crate) fn operand(&self, op: OpId, index: usize) -> Try<ValueId> {
        self.ir.operand(op, index).ok_or_else(|| Refusal::new(format!("operand {index} is missing")))
    }
    /// Dimensions of a value.
    pub(crate) fn dims(&self, value: ValueId) -> Try<Vec<i64>> {
        data::tensor(self.ir.ctx(), self.ir.ty(value)).map(|t| t.0)
    }
    /// Dimensions of a value of a certain rank; `what` names it.
    pub(crate) fn dims_of<const N: usize>(&self, value: ValueId, what: &str) -> Try<[i64; N]> {
        let dims = self.dims(value)?;
        dims[..].try_into().map_err(|_| Refusal::new(format!("{what} {dims:?} does not have {N} dimensions")))
    }
    /// Element type of a value, that of ONNX.
    pub(crate) fn elem(&self, value: ValueId) -> Try<i32> {
        let (_, elem) = data::tensor(self.ir.ctx(), self.ir.ty(value))?;
        data::element(self.ir.ctx(), elem).map(|e| e.0)
    }
    pub(crate) fn is_float(&self, value: ValueId) -> Try<bool> {
        Ok(self.elem(value)? == data_type::FLOAT)
    }
    /// Fails unless the elements are f32.
    pub(crate) fn expect_float(&self, value: ValueId) -> Try {
        if self.is_float(value)? {
            return Ok(());
        }
        let ty = types::text(self.ir.ctx(), self.ir.ty(value));
        Err(Refusal::new(format!("works on {ty}, f32 is supported")).remedy("convert the network to f32"))
    }
    pub(crate) fn mark_real(&mut self, value: ValueId) {
        self.real.insert(value);
    }
    pub(crate) fn is_real(&self, value: ValueId) -> bool {
        self.real.contains(&value)
    }

    // ---- attributes ----

    pub(crate) fn attribute(&self, op: OpId, key: &str) -> Option<Attribute> {
        data::attribute(self.ir, op, key)
    }
    /// A list of `N` integers.
    pub(crate) fn ints<const N: usize>(&self, op: OpId, key: &str) -> Try<Option<[i64; N]>> {
        let Some(attr) = self.attribute(op, key) else { return Ok(None) };
        let list = data::ints(self.ir.ctx(), attr);
        let list = list.and_then(|l| <[i64; N]>::try_from(l).ok());
        list.map(Some).ok_or_else(|| Refusal::new(format!("is no list of {N} integers")).attribute(key))
    }
    pub(crate) fn required_ints<const N: usize>(&self, op: OpId, key: &str) -> Try<[i64; N]> {
        self.ints(op, key)?.ok_or_else(|| Refusal::new("is missing").attribute(key))
    }
    pub(crate) fn flag(&self, op: OpId, key: &str) -> bool {
        self.attribute(op, key).and_then(|a| self.ir.ctx().as_bool(a)).unwrap_or(false)
    }
    pub(crate) fn number(&self, op: OpId, key: &str) -> Option<f64> {
        self.attribute(op, key).and_then(|a| data::number(self.ir.ctx(), a))
    }
    /// The numbers of a constant operand; `what` names it.
    pub(crate) fn constant_numbers(&self, value: ValueId, what: &str) -> Try<Vec<f64>> {
        let dense = data::constant(self.ir, value).and_then(|d| d.numbers());
        dense.ok_or_else(|| {
            Refusal::new(format!("{what} is no constant of f32 or integers"))
                .remedy("fold constants first (mlir-opt --canonicalize)")
        })
    }
}

/// An attribute of ONNX.
pub(crate) fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: attr_type::INT, i, ..AttributeProto::default() }
}
/// As [`int`].
pub(crate) fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), r#type: attr_type::INTS, ints: ints.to_vec(), ..AttributeProto::default() }
}
