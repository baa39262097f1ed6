//! Types that the model declares, against those that were computed.

use crate::importer::{Importer, Value};
use crate::proto::{GraphProto, TypeProto, ValueInfoProto, data_type};
use crate::tensor::Elem;
use cim_dialect::graph::types;
use cim_ir::constraints::element_type;
use cim_ir::{Diagnostic, Type};

/// What a type is, when it is no tensor.
pub(crate) fn no_tensor(ty: &TypeProto) -> &'static str {
    match ty {
        TypeProto { sequence_type: Some(_), .. } => "a sequence",
        TypeProto { map_type: Some(_), .. } => "a map",
        TypeProto { optional_type: Some(_), .. } => "an optional value",
        TypeProto { sparse_tensor_type: Some(_), .. } => "a sparse tensor",
        _ => "of no type",
    }
}

impl Importer {
    /// Reports values whose declared type or shape contradicts the computed one. Symbols and what is left open contradict nothing.
    pub(crate) fn check_declared(&self, graph: &GraphProto, sizes_chosen: bool, diags: &mut Vec<Diagnostic>) {
        for info in graph.output.iter().chain(&graph.value_info) {
            if let Some(text) = self.contradiction(info, sizes_chosen) {
                let text = format!("value '{}': the model declares {text}; run shape inference again", info.name);
                diags.push(Diagnostic::error(self.file(), text));
            }
        }
    }

    fn contradiction(&self, info: &ValueInfoProto, sizes_chosen: bool) -> Option<String> {
        let ty = info.r#type.as_ref()?;
        let Some(declared) = ty.tensor_type.as_ref() else {
            return (ty != &TypeProto::default()).then(|| format!("{}, but it is a tensor", no_tensor(ty)));
        };
        let (elem, dims): (Type, &[i64]) = match self.lookup(&info.name)? {
            Value::Missing => return None,
            Value::Ir(v) => {
                let ty = self.ir.ty(*v);
                (element_type(&self.ctx, ty)?, types::dims(&self.ctx, ty)?)
            }
            Value::Constant { tensor, .. } => (tensor.elem.ty(&self.ctx), &tensor.dims),
        };
        if let Ok(e) = Elem::of(declared.elem_type)
            && e.ty(&self.ctx) != elem
        {
            let name = data_type::name(declared.elem_type);
            return Some(format!("element type {name}, but {} is computed", types::text(&self.ctx, elem)));
        }
        let shape = declared.shape.as_ref()?;
        // A size that the user chose, or one image of many, may differ from what the exporter saw.
        let open = |i: usize| sizes_chosen || self.batched && i == 0;
        let same = shape.dim.len() == dims.len()
            && shape
                .dim
                .iter()
                .zip(dims)
                .enumerate()
                .all(|(i, (d, computed))| open(i) || d.dim_value.is_none_or(|v| v <= 0 || v == *computed));
        if same {
            return None;
        }
        let text: Vec<String> = shape
            .dim
            .iter()
            .map(|d| match (&d.dim_value, &d.dim_param) {
                (Some(v), _) => v.to_string(),
                (None, Some(s)) => s.clone(),
                (None, None) => "?".into(),
            })
            .collect();
        Some(format!("shape [{}], but {dims:?} is computed", text.join(", ")))
    }
}
