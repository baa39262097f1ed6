//! What an operator's importer sees of its node, and how it refuses.

use crate::importer::{Importer, Value, is_default, qualified};
use crate::proto::{AttributeProto, NodeProto, attr_type};
use crate::source::External;
use crate::tensor::Tensor;
use cim_dialect::graph::Element;
use cim_dialect::graph::types::{dims, is_f32};
use cim_dialect::graph::{Constant, Dequantize, Elements, Host, IntType};
use cim_host::TensorType;
use cim_ir::constraints::element_type;
use cim_ir::{Attribute, Context, Location, OpState, Type, ValueId};
use cim_isa::types::ElemType;
use std::collections::HashSet;
use std::sync::Arc;

/// Why a node cannot be imported, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The attribute it is about, if it is about one.
    pub attribute: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What the user can do.
    pub remedy: Option<String>,
}

impl Refusal {
    /// A reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Refusal { attribute: None, reason: reason.into(), remedy: None }
    }
    /// With what the user can do.
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = Some(text.into());
        self
    }
    /// About an attribute.
    pub fn attribute(mut self, name: &str) -> Self {
        self.attribute = Some(name.into());
        self
    }
    /// The refusal as a message about `subject`.
    pub fn message(&self, subject: &str) -> String {
        let attribute = self.attribute.as_ref().map_or_else(String::new, |a| format!(", attribute '{a}'"));
        let remedy = self.remedy.as_ref().map_or_else(String::new, |r| format!("; {r}"));
        format!("{subject}{attribute}: {}{remedy}", self.reason)
    }
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Refusal::new(reason)
    }
}

pub(crate) type Import<T = ()> = Result<T, Refusal>;

/// `x operator c`, with x before c.
pub(crate) struct Comparison {
    pub(crate) x: ValueId,
    pub(crate) c: f32,
    pub(crate) operator: &'static str,
}

/// How integers become real numbers.
pub(crate) struct Dequantised {
    pub(crate) scale: Attribute,
    pub(crate) zero: Vec<i64>,
    pub(crate) axis: i64,
}

/// One node during its import.
pub(crate) struct Node<'a, 'x> {
    importer: &'a mut Importer,
    proto: &'a NodeProto,
    /// Layer name.
    pub(crate) name: String,
    /// Location named after it.
    pub(crate) loc: Location,
    /// Names that are read somewhere.
    used: &'a HashSet<String>,
    external: &'a mut External<'x>,
    /// Attributes that were asked for.
    read: Vec<&'static str>,
    everything_read: bool,
}

impl<'a, 'x> Node<'a, 'x> {
    pub(crate) fn new(
        importer: &'a mut Importer,
        proto: &'a NodeProto,
        name: String,
        loc: Location,
        used: &'a HashSet<String>,
        external: &'a mut External<'x>,
    ) -> Self {
        Node { importer, proto, name, loc, used, external, read: Vec::new(), everything_read: false }
    }

    /// The refusal as a message.
    pub(crate) fn message(&self, refusal: &Refusal) -> String {
        refusal.message(&format!("node '{}': operator {}", self.name, self.qualified()))
    }

    /// Operator with its domain, unless that is the default one.
    pub(crate) fn qualified(&self) -> String {
        qualified(self.proto)
    }
    /// Operator of the default domain; None for others.
    pub(crate) fn operator(&self) -> Option<&'a str> {
        is_default(&self.proto.domain).then_some(self.proto.op_type.as_str())
    }
    /// Operator, without its domain.
    pub(crate) fn op_type(&self) -> &'a str {
        &self.proto.op_type
    }
    pub(crate) fn domain(&self) -> &'a str {
        &self.proto.domain
    }
    /// Version of the node's domain that the model imports.
    pub(crate) fn domain_version(&self) -> Option<i64> {
        let own = self.importer.domains.iter().filter(|d| d.domain == self.proto.domain);
        own.map(|d| d.version).max()
    }
    pub(crate) fn opset(&self) -> i64 {
        self.importer.opset
    }
    pub(crate) fn batched(&self) -> bool {
        self.importer.batched
    }
    pub(crate) fn ctx(&self) -> Arc<Context> {
        self.importer.ctx.clone()
    }

    /// Whether the operator has an importer of its own.
    pub(crate) fn has_importer(&self) -> bool {
        self.operator().is_some_and(crate::ops::has_importer)
    }
    /// The attributes as they are in the file.
    pub(crate) fn raw_attributes(&self) -> &'a [AttributeProto] {
        &self.proto.attribute
    }
    /// Says that every attribute has been looked at.
    pub(crate) fn all_attributes_read(&mut self) {
        self.everything_read = true;
    }
    /// Operations made so far, for [`Node::rewind`].
    pub(crate) fn mark(&self) -> usize {
        self.importer.mark()
    }
    /// Erases what was made since.
    pub(crate) fn rewind(&mut self, mark: usize) {
        self.importer.rewind(mark);
    }
    /// Type of a value in terms of the host.
    pub(crate) fn host_type(&self, value: ValueId) -> Import<TensorType> {
        let ctx = &self.importer.ctx;
        let dims = self.dims(value).iter().map(|d| *d as usize).collect::<Vec<_>>();
        let elem = match Element::of(ctx, self.ty(value)) {
            Some(Element::Int(t)) if t.width == 1 && !t.signed => ElemType::Bool,
            Some(e) => e.to_string().parse()?,
            None => return Err(Refusal::new("an input is no tensor of the network")),
        };
        Ok(TensorType::new(elem, dims))
    }
    /// A value of the IR for what a name of the model stands for.
    pub(crate) fn materialise(&mut self, value: &Value) -> Import<ValueId> {
        self.importer.materialise(value)
    }
    /// Whether a value depends on an input with a symbolic batch.
    pub(crate) fn is_per_image(&self, value: ValueId) -> bool {
        self.importer.is_per_image(value)
    }

    /// Fails when the node itself is malformed: nothing that runs it could be right.
    pub(crate) fn check_form(&self) -> Import {
        if self.proto.output.iter().all(String::is_empty) {
            return Err(Refusal::new("has no output"));
        }
        let mut seen = HashSet::new();
        for a in &self.proto.attribute {
            if !seen.insert(a.name.as_str()) {
                return Err(Refusal::new("is given twice").attribute(&a.name));
            }
            if !a.ref_attr_name.is_empty() {
                return Err(Refusal::new("refers to an attribute of a function, but is in none").attribute(&a.name));
            }
        }
        Ok(())
    }
    /// Accounts for bytes that folding reads and makes; false when there have been too many.
    pub(crate) fn may_fold(&mut self, bytes: usize) -> bool {
        let left = self.importer.fold_budget.checked_sub(bytes);
        if let Some(left) = left {
            self.importer.fold_budget = left;
        }
        left.is_some()
    }

    /// Fails when the node has an attribute nobody asked for.
    pub(crate) fn finish(&self) -> Import {
        let unread = |a: &&AttributeProto| !self.everything_read && !self.read.contains(&a.name.as_str());
        match self.proto.attribute.iter().find(unread) {
            Some(a) => Err(Refusal::new(format!("not an attribute of {} that is understood", self.qualified()))
                .attribute(&a.name)
                .remedy("remove it, or convert the model to a supported operator set")),
            None => Ok(()),
        }
    }

    // ---- attributes ----

    fn attribute(&mut self, name: &'static str, kind: i32) -> Import<Option<&'a AttributeProto>> {
        self.read.push(name);
        let Some(a) = self.proto.attribute.iter().find(|a| a.name == name) else { return Ok(None) };
        if a.r#type != kind {
            let (is, wanted) = (attr_type::name(a.r#type), attr_type::name(kind));
            return Err(Refusal::new(format!("is of kind {is}, not {wanted}")).attribute(name));
        }
        Ok(Some(a))
    }
    pub(crate) fn int(&mut self, name: &'static str, default: i64) -> Import<i64> {
        Ok(self.attribute(name, attr_type::INT)?.map_or(default, |a| a.i))
    }
    pub(crate) fn maybe_int(&mut self, name: &'static str) -> Import<Option<i64>> {
        Ok(self.attribute(name, attr_type::INT)?.map(|a| a.i))
    }
    pub(crate) fn ints(&mut self, name: &'static str) -> Import<Option<Vec<i64>>> {
        Ok(self.attribute(name, attr_type::INTS)?.map(|a| a.ints.clone()))
    }
    pub(crate) fn float(&mut self, name: &'static str, default: f32) -> Import<f32> {
        Ok(self.attribute(name, attr_type::FLOAT)?.map_or(default, |a| a.f))
    }
    pub(crate) fn maybe_float(&mut self, name: &'static str) -> Import<Option<f32>> {
        Ok(self.attribute(name, attr_type::FLOAT)?.map(|a| a.f))
    }
    pub(crate) fn floats(&mut self, name: &'static str) -> Import<Option<Vec<f32>>> {
        Ok(self.attribute(name, attr_type::FLOATS)?.map(|a| a.floats.clone()))
    }
    pub(crate) fn string(&mut self, name: &'static str, default: &str) -> Import<String> {
        let a = self.attribute(name, attr_type::STRING)?;
        Ok(a.map_or_else(|| default.into(), |a| String::from_utf8_lossy(&a.s).into_owned()))
    }
    pub(crate) fn tensor(&mut self, name: &'static str) -> Import<Option<Tensor>> {
        let Some(a) = self.attribute(name, attr_type::TENSOR)? else { return Ok(None) };
        let proto = a.t.as_ref().ok_or_else(|| Refusal::new("holds no tensor").attribute(name))?;
        Tensor::new(proto, self.external).map(Some).map_err(|e| Refusal::new(e).attribute(name))
    }
    /// Accepts an attribute that has no influence on the result.
    pub(crate) fn ignore(&mut self, name: &'static str) {
        self.read.push(name);
    }

    // ---- inputs and outputs ----

    pub(crate) fn num_inputs(&self) -> usize {
        self.proto.input.len()
    }
    /// An input that may be absent.
    pub(crate) fn maybe(&self, index: usize) -> Import<Option<Value>> {
        let Some(name) = self.proto.input.get(index).filter(|n| !n.is_empty()) else { return Ok(None) };
        let value = self.importer.lookup(name).cloned();
        value.map(Some).ok_or_else(|| Refusal::new(format!("input '{name}' is not defined")))
    }
    fn required(&self, index: usize) -> Import<Value> {
        self.maybe(index)?.ok_or_else(|| Refusal::new(format!("input {index} is missing")))
    }
    /// An input as a value of the IR.
    pub(crate) fn value(&mut self, index: usize) -> Import<ValueId> {
        let value = self.required(index)?;
        self.importer.materialise(&value)
    }
    /// An input that may be absent, as a value of the IR.
    pub(crate) fn maybe_value(&mut self, index: usize) -> Import<Option<ValueId>> {
        self.maybe(index)?.map(|v| self.importer.materialise(&v)).transpose()
    }
    /// An input that must be a float tensor.
    pub(crate) fn float_value(&mut self, index: usize) -> Import<ValueId> {
        let v = self.value(index)?;
        let ty = self.ty(v);
        if is_f32(&self.importer.ctx, ty) {
            return Ok(v);
        }
        let text = cim_dialect::graph::types::text(&self.importer.ctx, ty);
        Err(Refusal::new(format!("input {index} must be of f32, but is {text}"))
            .remedy("put DequantizeLinear before it"))
    }
    /// An input that must depend on constants alone: weights.
    pub(crate) fn weights(&mut self, index: usize) -> Import<ValueId> {
        let v = self.float_value(index)?;
        self.constant_value(v, index)?;
        Ok(v)
    }
    /// Fails when a value made from input `index`, the weights, does not depend on constants alone.
    pub(crate) fn constant_value(&self, v: ValueId, index: usize) -> Import {
        if self.importer.is_constant(v) {
            return Ok(());
        }
        Err(Refusal::new(format!("input {index}, the weights, is computed at run time"))
            .remedy("only constant weights can be programmed into crossbars"))
    }
    /// An input that must be known at compile time; `what` names it.
    pub(crate) fn constant(&self, index: usize, what: &str) -> Import<Arc<Tensor>> {
        let value = self.maybe_constant(index, what)?;
        value.ok_or_else(|| Refusal::new(format!("{what} (input {index}) is missing")))
    }
    /// As [`Node::constant`], when it is there.
    pub(crate) fn maybe_constant(&self, index: usize, what: &str) -> Import<Option<Arc<Tensor>>> {
        match self.maybe(index)? {
            None => Ok(None),
            Some(Value::Constant { tensor, .. }) => Ok(Some(tensor)),
            Some(_) => Err(Refusal::new(format!("{what} (input {index}) is computed at run time"))
                .remedy("store it as an initialiser; onnxsim folds constant expressions")),
        }
    }

    pub(crate) fn ty(&self, value: ValueId) -> Type {
        self.importer.ir.ty(value)
    }
    /// Integer type of a value; None for floats.
    pub(crate) fn int_type(&self, value: ValueId) -> Option<IntType> {
        cim_dialect::graph::types::int_type(&self.importer.ctx, self.ty(value))
    }
    pub(crate) fn dims(&self, value: ValueId) -> Vec<i64> {
        dims(&self.importer.ctx, self.ty(value)).unwrap_or_default().to_vec()
    }
    /// A tensor type with the element type of `like`.
    pub(crate) fn like(&self, like: ValueId, dims: &[i64]) -> Type {
        let ctx = &self.importer.ctx;
        ctx.tensor(dims, element_type(ctx, self.ty(like)).unwrap_or(ctx.none()))
    }
    /// Appends an operation with one result.
    pub(crate) fn create(&mut self, state: OpState) -> Import<ValueId> {
        self.importer.create(state)
    }
    /// The comparison of a float activation with one number that gives a value.
    pub(crate) fn comparison(&self, value: ValueId) -> Option<Comparison> {
        const OPERATORS: [(&str, &str); 4] = [
            ("Greater", "Less"),
            ("GreaterOrEqual", "LessOrEqual"),
            ("Less", "Greater"),
            ("LessOrEqual", "GreaterOrEqual"),
        ];
        let (ir, ctx) = (&self.importer.ir, &self.importer.ctx);
        let op = Host::cast(ir, ir.defining_op(value)?)?;
        let [a, b] = op.inputs(ir)[..] else { return None };
        let (plain, turned) = OPERATORS.into_iter().find(|o| o.0 == op.operator(ir))?;
        let number = |v: ValueId| {
            let c = Constant::cast(ir, ir.defining_op(v)?)?;
            match Elements::of(ctx, c.value(ir)).ok()?.floats()?[..] {
                [v] if v.is_finite() => Some(v),
                _ => None,
            }
        };
        let (x, c, operator) = match (number(a), number(b)) {
            (None, Some(c)) => (a, c, plain),
            (Some(c), None) => (b, c, turned),
            _ => return None,
        };
        (is_f32(ctx, ir.ty(x)) && self.dims(value) == self.dims(x)).then_some(Comparison { x, c, operator })
    }
    /// The integers behind a value that a constant is dequantised to, and how.
    pub(crate) fn dequantised_constant(&self, value: ValueId) -> Option<(Tensor, Dequantised)> {
        let ir = &self.importer.ir;
        let d = Dequantize::cast(ir, ir.defining_op(value)?)?;
        let c = Constant::cast(ir, ir.defining_op(d.input(ir))?)?;
        let e = Elements::of(ir.ctx(), c.value(ir)).ok()?;
        let tensor = Tensor::of_type(&self.dims(value), e.int?, &e.ints()?);
        let how = Dequantised { scale: d.scale(ir), zero: d.zero_point(ir), axis: d.axis(ir) };
        Some((tensor, how)).filter(|_| d.bias(ir).is_none())
    }
    /// A constant made here, in the IR; `part` tells it from others of the node.
    pub(crate) fn make_constant(&mut self, tensor: Tensor, part: &str) -> Import<ValueId> {
        let value = Value::Constant { tensor: Arc::new(tensor), key: format!("{}.{part}", self.name) };
        self.importer.materialise(&value)
    }

    /// Results that the node lists.
    pub(crate) fn num_outputs(&self) -> usize {
        self.proto.output.len()
    }
    /// Whether somebody reads a result.
    pub(crate) fn output_is_used(&self, index: usize) -> bool {
        self.proto.output.get(index).is_some_and(|o| !o.is_empty() && self.used.contains(o))
    }
    /// Sets a result to a constant.
    pub(crate) fn define_output(&mut self, index: usize, tensor: Tensor) {
        if let Some(name) = self.proto.output.get(index).filter(|n| !n.is_empty()) {
            self.importer.define(name, Value::Constant { tensor: Arc::new(tensor), key: name.clone() });
        }
    }
    /// Sets a result to a value of the IR.
    pub(crate) fn define_output_value(&mut self, index: usize, value: ValueId) {
        if let Some(name) = self.proto.output.get(index).filter(|n| !n.is_empty()) {
            self.importer.define(name, Value::Ir(value));
        }
    }
    /// Sets the result.
    pub(crate) fn output(&mut self, value: Value) -> Import {
        let name = self.proto.output.first().filter(|n| !n.is_empty());
        self.importer.define(name.ok_or_else(|| Refusal::new("has no output"))?, value);
        Ok(())
    }
    /// Sets the result to a value of the IR.
    pub(crate) fn output_value(&mut self, value: ValueId) -> Import {
        self.output(Value::Ir(value))
    }
    /// Sets the result to a constant.
    pub(crate) fn output_constant(&mut self, tensor: Tensor) -> Import {
        let key = self.proto.output.first().cloned().unwrap_or_default();
        self.output(Value::Constant { tensor: Arc::new(tensor), key })
    }
    /// Fails when an output beyond the first is read by someone.
    pub(crate) fn only_first_output(&self, what: &str) -> Import {
        match self.proto.output.iter().skip(1).find(|o| !o.is_empty() && self.used.contains(*o)) {
            Some(o) => Err(Refusal::new(format!("its output '{o}' ({what}) is used, which is not supported"))
                .remedy("only the first output can be computed")),
            None => Ok(()),
        }
    }
}
