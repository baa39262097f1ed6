//! Element types that operators take.

use crate::Host;
use crate::call::Call;
use crate::tensor::TensorType;
use cim_isa::types::{ElemType, IntType};

/// A set of element types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Floating point.
    Float,
    /// Floating point and signed integers.
    Signed,
    /// Floating point and integers.
    Number,
    /// Integers.
    Int,
    /// Unsigned integers.
    Unsigned,
    /// Truth values.
    Bool,
    /// All.
    Any,
}

impl Kind {
    fn holds(self, elem: ElemType) -> bool {
        match elem {
            ElemType::F16 | ElemType::BF16 | ElemType::F32 | ElemType::F64 => {
                matches!(self, Kind::Float | Kind::Signed | Kind::Number | Kind::Any)
            }
            ElemType::Int(t) => match self {
                Kind::Number | Kind::Int | Kind::Any => true,
                Kind::Signed => t.signed,
                Kind::Unsigned => !t.signed,
                Kind::Float | Kind::Bool => false,
            },
            ElemType::Bool => matches!(self, Kind::Bool | Kind::Any),
        }
    }
    fn text(self) -> &'static str {
        match self {
            Kind::Float => "floating point",
            Kind::Signed => "floating point or signed integers",
            Kind::Number => "numbers",
            Kind::Int => "integers",
            Kind::Unsigned => "unsigned integers",
            Kind::Bool => "truth values",
            Kind::Any => "a tensor",
        }
    }
}

/// Whether integers are kept as the bits of a `u64`: the only ones whose order is not that of their `i64`.
pub(super) fn is_u64(elem: ElemType) -> bool {
    elem == ElemType::Int(IntType::new(64, false))
}

/// The type of operand `i`, which must be of a kind.
pub(super) fn operand<'a>(c: &Call<'a>, i: usize, kind: Kind) -> Host<&'a TensorType> {
    let t = c.ty(i)?;
    if kind.holds(t.elem) { Ok(t) } else { Err(format!("operand {i} must be {}, but is of {}", kind.text(), t.elem)) }
}

/// The node has at most `n` operands.
pub(super) fn at_most(c: &Call<'_>, n: usize) -> Host<()> {
    if c.operands.len() > n {
        return Err(format!("there are {} operands; it takes at most {n}", c.operands.len()));
    }
    Ok(())
}

/// Operand `i` has the element type of operand 0.
pub(super) fn alike(c: &Call<'_>, i: usize) -> Host<()> {
    let (a, b) = (c.ty(0)?.elem, c.ty(i)?.elem);
    if a == b { Ok(()) } else { Err(format!("operand {i} is of {b}, operand 0 of {a}; they must agree")) }
}

/// One operand of a kind; the result has its type.
pub(super) fn one(c: &Call<'_>, kind: Kind) -> Host<Vec<TensorType>> {
    at_most(c, 1)?;
    Ok(vec![operand(c, 0, kind)?.clone()])
}

/// A node of this operator set version or later: attributes and forms that came with it.
pub(super) fn since(c: &Call<'_>, version: u32, what: &str) -> Host<()> {
    if c.version >= version {
        return Ok(());
    }
    Err(format!("{what} exists since operator set {version}; the node is of {}", c.version))
}
