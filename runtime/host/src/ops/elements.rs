//! Moving elements between tensors of any type, and small readers that the families share.

use crate::Host;
use crate::call::Call;
use crate::tensor::{Data, MAX_ELEMENTS, Tensor, TensorType};

/// Applies a generic function to the vector of whatever variant.
macro_rules! map_data {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            crate::tensor::Data::Float($v) => crate::tensor::Data::Float($body),
            crate::tensor::Data::Double($v) => crate::tensor::Data::Double($body),
            crate::tensor::Data::Int($v) => crate::tensor::Data::Int($body),
            crate::tensor::Data::Bool($v) => crate::tensor::Data::Bool($body),
        }
    };
}
pub(super) use map_data;

const OUTSIDE: &str = "an index is outside its tensor";

/// The elements at these offsets, in that order, in a tensor of this shape.
pub(super) fn pick(x: &Tensor, shape: &[usize], at: impl Iterator<Item = usize>) -> Host<Tensor> {
    let data = map_data!(&x.data, v => at.map(|i| v.get(i).copied().ok_or(OUTSIDE)).collect::<Result<_, _>>()?);
    Ok(Tensor { elem: x.elem, shape: shape.to_vec(), data })
}

/// As [`pick`], with the first element of `fill` where there is no offset. Both have one type.
pub(super) fn pick_or(
    x: &Tensor,
    fill: &Tensor,
    shape: &[usize],
    at: impl Iterator<Item = Option<usize>>,
) -> Host<Tensor> {
    fn go<T: Copy>(v: &[T], fill: &[T], at: impl Iterator<Item = Option<usize>>) -> Host<Vec<T>> {
        let fill = fill.first().copied().ok_or("the fill value is missing")?;
        at.map(|i| i.map_or(Ok(fill), |i| v.get(i).copied().ok_or_else(|| OUTSIDE.into()))).collect()
    }
    let data = match (&x.data, &fill.data) {
        (Data::Float(v), Data::Float(f)) => Data::Float(go(v, f, at)?),
        (Data::Double(v), Data::Double(f)) => Data::Double(go(v, f, at)?),
        (Data::Int(v), Data::Int(f)) => Data::Int(go(v, f, at)?),
        (Data::Bool(v), Data::Bool(f)) => Data::Bool(go(v, f, at)?),
        _ => return Err(format!("the fill value is of {}, the data of {}", fill.elem, x.elem)),
    };
    Ok(Tensor { elem: x.elem, shape: shape.to_vec(), data })
}

/// A tensor of zeros.
pub(super) fn zeros(ty: &TensorType) -> Tensor {
    filled(ty, 0)
}

/// A tensor of one small integer.
pub(super) fn filled(ty: &TensorType, value: i8) -> Tensor {
    use cim_isa::types::ElemType as E;
    let n = ty.count();
    let data = match ty.elem {
        E::F32 | E::F16 | E::BF16 => Data::Float(vec![f32::from(value); n]),
        E::F64 => Data::Double(vec![f64::from(value); n]),
        E::Int(t) => Data::Int(vec![crate::tensor::wrap(t, i64::from(value)); n]),
        E::Bool => Data::Bool(vec![value != 0; n]),
    };
    Tensor { elem: ty.elem, shape: ty.shape.clone(), data }
}

/// Integers that are operand `i` in newer versions of an operator and an attribute in older ones.
pub(super) fn list(c: &Call<'_>, i: usize, attribute: &str) -> Host<Option<Vec<i64>>> {
    match c.maybe_i64(i)? {
        Some(v) => Ok(Some(v)),
        None => Ok(c.attributes.ints(attribute).map(<[i64]>::to_vec)),
    }
}

/// A dimension from a program: not negative and of a size a tensor can have.
pub(super) fn dimension(d: i64) -> Host<usize> {
    usize::try_from(d).ok().filter(|d| *d <= MAX_ELEMENTS).ok_or_else(|| format!("{d} is no dimension"))
}

/// Axes that may count from the end; none may be given twice.
pub(super) fn axes(list: &[i64], rank: usize) -> Host<Vec<usize>> {
    let out = list.iter().map(|a| crate::call::axis(*a, rank)).collect::<Host<Vec<_>>>()?;
    for (i, a) in out.iter().enumerate() {
        if out.iter().take(i).any(|b| a == b) {
            return Err(format!("axis {a} is given twice"));
        }
    }
    Ok(out)
}

/// Product of dimensions; saturates.
pub(super) fn size(dims: &[usize]) -> usize {
    dims.iter().fold(1, |n, d| n.saturating_mul(*d))
}

/// The element type of an ONNX code (`TensorProto.DataType`).
pub(super) fn element_type(code: i64) -> Host<cim_isa::types::ElemType> {
    use cim_isa::types::{ElemType as E, IntType};
    Ok(match code {
        1 => E::F32,
        10 => E::F16,
        11 => E::F64,
        16 => E::BF16,
        9 => E::Bool,
        2 => E::Int(IntType::new(8, false)),
        3 => E::Int(IntType::new(8, true)),
        4 => E::Int(IntType::new(16, false)),
        5 => E::Int(IntType::new(16, true)),
        6 => E::Int(IntType::new(32, true)),
        7 => E::Int(IntType::new(64, true)),
        12 => E::Int(IntType::new(32, false)),
        13 => E::Int(IntType::new(64, false)),
        21 => E::Int(IntType::new(4, false)),
        22 => E::Int(IntType::new(4, true)),
        25 => E::Int(IntType::new(2, false)),
        26 => E::Int(IntType::new(2, true)),
        _ => return Err(format!("element type {code} is not supported")),
    })
}

/// Elements chosen along each axis independently: element `(i, j, ...)` of the result is element `(tables[0][i], tables[1][j], ...)` of `x`,
/// or the first element of `fill` where a table has none.
pub(super) fn select(x: &Tensor, fill: &Tensor, tables: &[Vec<Option<usize>>]) -> Host<Tensor> {
    let shape: Vec<usize> = tables.iter().map(Vec::len).collect();
    TensorType::new(x.elem, &shape[..]).check()?;
    let steps = crate::broadcast::strides(&x.shape);
    let Some((inner, outer)) = tables.split_last() else {
        return pick(x, &shape, std::iter::once(0));
    };
    let mut starts = vec![Some(0usize)];
    for (table, step) in outer.iter().zip(&steps) {
        starts = starts.iter().flat_map(|s| table.iter().map(move |i| Some((*s)? + (*i)? * step))).collect();
    }
    let at = starts.iter().flat_map(|s| inner.iter().map(move |i| Some((*s)? + (*i)?)));
    pick_or(x, fill, &shape, at)
}

/// The axes of `x`, seen in the shape `from`, in another order.
pub(super) fn transposed(x: &Tensor, from: &[usize], perm: &[usize]) -> Host<Tensor> {
    let (shape, steps) = turned(from, perm);
    pick(x, &shape, crate::broadcast::offsets(&shape, &steps))
}

/// Shape and strides of a transposed tensor.
pub(super) fn turned(from: &[usize], perm: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let steps = crate::broadcast::strides(from);
    let through = |v: &[usize]| perm.iter().filter_map(|p| v.get(*p).copied()).collect::<Vec<_>>();
    (through(from), through(&steps))
}
