//! Places in buffers as byte addresses.

use super::Export;
use cim_dialect::xbar::check::Mem;
use cim_ir::affine::{AffineExpr, AffineMap, AffineOp};
use cim_ir::core::AttrData;
use cim_ir::{Diagnostic, OpId, ValueId};
use cim_isa::instr::{Addr, Affine};
use cim_isa::types::IntType;
use std::collections::BTreeMap;

/// Depth of every open loop, by its index value.
pub(super) type Depths = BTreeMap<ValueId, u8>;

/// A sum of a constant and multiples of dimensions; None for anything else or on overflow.
fn linear(e: &AffineExpr, dims: usize) -> Option<(i64, Vec<i64>)> {
    match e {
        AffineExpr::Const(c) => Some((*c, vec![0; dims])),
        AffineExpr::Dim(i) => {
            let mut v = vec![0; dims];
            *v.get_mut(*i as usize)? = 1;
            Some((0, v))
        }
        AffineExpr::Symbol(_) => None,
        AffineExpr::Binary(AffineOp::Add, a, b) => {
            let ((x, v), (y, w)) = (linear(a, dims)?, linear(b, dims)?);
            let sum = v.iter().zip(&w).map(|(a, b)| a.checked_add(*b)).collect::<Option<_>>()?;
            Some((x.checked_add(y)?, sum))
        }
        AffineExpr::Binary(AffineOp::Mul, a, b) => {
            let ((x, v), (y, w)) = (linear(a, dims)?, linear(b, dims)?);
            let is_const = |v: &[i64]| v.iter().all(|c| *c == 0);
            let (k, c, coefs) = match (is_const(&v), is_const(&w)) {
                (_, true) => (y, x, v),
                (true, _) => (x, y, w),
                _ => return None,
            };
            let scaled = coefs.iter().map(|a| a.checked_mul(k)).collect::<Option<_>>()?;
            Some((c.checked_mul(k)?, scaled))
        }
        AffineExpr::Binary(..) => None,
    }
}

/// The result of `map` as an affine function of loop depths.
fn affine(map: &AffineMap, strides: &[i64], ivs: &[ValueId], depths: &Depths) -> Option<Affine> {
    let dims = map.dims as usize;
    if map.symbols != 0 || dims != ivs.len() || map.results.len() != strides.len() {
        return None;
    }
    let mut base = 0i64;
    let mut terms: BTreeMap<u8, i64> = BTreeMap::new();
    for (e, stride) in map.results.iter().zip(strides) {
        let (c, coefs) = linear(e, dims)?;
        base = base.checked_add(c.checked_mul(*stride)?)?;
        for (iv, k) in ivs.iter().zip(coefs) {
            if k != 0 {
                let t = terms.entry(*depths.get(iv)?).or_default();
                *t = t.checked_add(k.checked_mul(*stride)?)?;
            }
        }
    }
    Some(Affine { base, terms: terms.into_iter().filter(|t| t.1 != 0).collect() })
}

impl Export<'_> {
    fn map(&self, op: OpId, key: &str) -> Result<&AffineMap, Diagnostic> {
        match self.ir.attr(op, key).map(|a| self.ir.ctx().attr_data(a)) {
            Some(AttrData::Map(m)) => Ok(m),
            _ => Err(self.ir.op_error(op, format!("attribute '{key}' must be an affine map"))),
        }
    }

    /// Loop indices of an operation whose first `buffers` operands are buffers.
    pub fn ivs(&self, op: OpId, buffers: usize) -> Vec<ValueId> {
        self.ir.operands(op).skip(buffers).collect()
    }

    /// Byte address of an access and the element type there. `key` is the property with the map.
    pub fn addr(
        &self,
        op: OpId,
        value: ValueId,
        key: &str,
        ivs: &[ValueId],
        depths: &Depths,
    ) -> Result<(Addr, IntType), Diagnostic> {
        let place = match self.buffers.get(&value) {
            Some(p) => p,
            None => return self.fail(op, "uses a buffer that no cim.xbar.alloc of @main made"),
        };
        let bytes = i64::from(place.elem.bytes());
        let Some(mem) = Mem::of(self.ir.ctx(), self.ir.ty(value)) else {
            return self.fail(op, "uses a value that is no buffer");
        };
        let strides: Option<Vec<i64>> = mem.strides().iter().map(|s| s.checked_mul(bytes)).collect();
        let at = strides.and_then(|s| affine(self.map(op, key).ok()?, &s, ivs, depths));
        let Some(mut at) = at else {
            return self
                .fail(op, format!("'{key}' must be a sum of multiples of enclosing loop indices, one per dimension"));
        };
        match i64::try_from(place.base).ok().and_then(|b| at.base.checked_add(b)) {
            Some(base) => at.base = base,
            None => return self.fail(op, "addresses do not fit 63 bits"),
        }
        Ok((Addr { space: place.space, at }, place.elem))
    }

    /// A number that follows loops (crossbar rows).
    pub fn follow(&self, op: OpId, key: &str, ivs: &[ValueId], depths: &Depths) -> Result<Affine, Diagnostic> {
        match affine(self.map(op, key)?, &[1], ivs, depths) {
            Some(a) => Ok(a),
            None => self.fail(op, format!("'{key}' must be a sum of multiples of enclosing loop indices")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AffineExpr::{Const, Dim};

    #[test]
    fn sums_of_products_are_linear_and_products_of_dimensions_are_not() {
        let mul = |a, b| AffineExpr::binary(AffineOp::Mul, a, b);
        let add = |a, b| AffineExpr::binary(AffineOp::Add, a, b);
        let e = add(mul(add(Dim(0), Const(2)), Const(3)), mul(Dim(1), Const(-1)));
        assert_eq!(linear(&e, 2), Some((6, vec![3, -1])));
        assert_eq!(linear(&mul(Const(4), Dim(1)), 2), Some((0, vec![0, 4])));
        assert_eq!(linear(&mul(Dim(0), Dim(1)), 2), None);
        assert_eq!(linear(&AffineExpr::binary(AffineOp::Mod, Dim(0), Const(2)), 2), None);
        assert_eq!(linear(&mul(add(Dim(0), Const(i64::MAX)), Const(2)), 2), None);
    }
}
