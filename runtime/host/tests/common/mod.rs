//! Nodes for tests.
#![allow(dead_code)]

use cim_host::{Attributes, Call, Operand, Tensor, TensorType};
use cim_isa::types::{ElemType, IntType};

/// A node of an operator with its attributes.
#[derive(Clone, Default)]
pub struct Node {
    op: String,
    version: u32,
    ints: Vec<(String, Vec<i64>)>,
    floats: Vec<(String, Vec<f32>)>,
    strings: Vec<(String, String)>,
    results: usize,
}

impl Node {
    pub fn new(op: &str, version: u32) -> Node {
        Node { op: op.into(), version, results: 1, ..Node::default() }
    }
    pub fn int(self, name: &str, v: i64) -> Node {
        self.ints(name, &[v])
    }
    pub fn ints(mut self, name: &str, v: &[i64]) -> Node {
        self.ints.push((name.into(), v.to_vec()));
        self
    }
    pub fn float(mut self, name: &str, v: f32) -> Node {
        self.floats.push((name.into(), vec![v]));
        self
    }
    pub fn text(mut self, name: &str, v: &str) -> Node {
        self.strings.push((name.into(), v.into()));
        self
    }
    pub fn results(mut self, n: usize) -> Node {
        self.results = n;
        self
    }
    /// Results, with operands left out.
    pub fn try_optional(&self, operands: &[Option<Tensor>]) -> Result<Vec<Tensor>, String> {
        let types: Vec<Option<TensorType>> = operands.iter().map(|t| t.as_ref().map(Tensor::ty)).collect();
        let operands: Vec<Option<Operand<'_>>> =
            types.iter().zip(operands).map(|(ty, v)| ty.as_ref().map(|ty| Operand { ty, value: v.as_ref() })).collect();
        cim_host::evaluate(&Call {
            operator: &self.op,
            version: self.version,
            operands: &operands,
            attributes: Attributes { ints: &self.ints, floats: &self.floats, strings: &self.strings },
            results: self.results,
        })
    }
    pub fn run(&self, operands: &[Tensor]) -> Result<Vec<Tensor>, String> {
        self.try_optional(&operands.iter().cloned().map(Some).collect::<Vec<_>>())
    }
    /// The only result.
    pub fn one(&self, operands: &[Tensor]) -> Tensor {
        self.optional(&operands.iter().cloned().map(Some).collect::<Vec<_>>())
    }
    pub fn optional(&self, operands: &[Option<Tensor>]) -> Tensor {
        let out = self.try_optional(operands).unwrap_or_else(|e| panic!("{}: {e}", self.op));
        assert_eq!(out.len(), 1, "{}", self.op);
        out.into_iter().next().unwrap()
    }
}

pub fn f32s(shape: &[usize], v: &[f32]) -> Tensor {
    Tensor::floats(ElemType::F32, shape, v.to_vec())
}
pub fn ints(bits: u8, signed: bool, shape: &[usize], v: &[i64]) -> Tensor {
    Tensor::ints(IntType::new(bits, signed), shape, v.to_vec())
}
pub fn u64s(v: &[u64]) -> Tensor {
    ints(64, false, &[v.len()], &v.iter().map(|v| *v as i64).collect::<Vec<_>>())
}
pub fn bools(shape: &[usize], v: &[bool]) -> Tensor {
    Tensor::bools(shape, v.to_vec())
}

/// Types and shapes agree, and all elements within a relative tolerance; a NaN is as good as another.
#[track_caller]
pub fn same(found: &Tensor, want: &Tensor, tolerance: f64) {
    assert_eq!(found.ty(), want.ty());
    for (i, (f, w)) in found.to_f64().into_iter().zip(want.to_f64()).enumerate() {
        let near = f == w || (f.is_nan() && w.is_nan()) || (f - w).abs() <= tolerance * w.abs().max(1e-6);
        assert!(near, "element {i} is {f}, expected {w}");
    }
}
