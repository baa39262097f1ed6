//! Simplification of affine expressions while they are built. The rules and their order are MLIR's, because printed maps show them.

use super::{AffineExpr, AffineOp, fold};
use AffineExpr::{Binary, Const};

fn binary(op: AffineOp, a: &AffineExpr, b: &AffineExpr) -> AffineExpr {
    AffineExpr::binary(op, a.clone(), b.clone())
}

/// Operands when the expression has this operator.
fn parts(op: AffineOp, e: &AffineExpr) -> Option<(&AffineExpr, &AffineExpr)> {
    match e {
        Binary(o, a, b) if *o == op => Some((a, b)),
        _ => None,
    }
}

/// Operands when the expression has this operator and a constant on the right.
fn with_const(op: AffineOp, e: &AffineExpr) -> Option<(&AffineExpr, i64)> {
    parts(op, e).and_then(|(a, b)| Some((a, b.as_const()?)))
}

/// A simpler form of `a op b`; None when there is none.
pub(super) fn simplify(op: AffineOp, a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    match op {
        AffineOp::Add => add(a, b),
        AffineOp::Mul => mul(a, b),
        AffineOp::Mod => modulo(a, b),
        AffineOp::FloorDiv => floor_div(a, b),
        AffineOp::CeilDiv => ceil_div(a, b),
    }
}

fn add(a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    use AffineOp::{Add, FloorDiv, Mod, Mul};
    // A constant, else what is symbolic, goes to the right. Two constants come here only on overflow.
    if (a.as_const().is_some() && b.as_const().is_none()) || (a.is_symbolic() && !b.is_symbolic()) {
        return Some(binary(Add, b, a));
    }
    if b.as_const() == Some(0) {
        return Some(a.clone());
    }
    if let (Some((x, c)), Some(d)) = (with_const(Add, a), b.as_const())
        && let Some(sum) = c.checked_add(d)
    {
        return Some(binary(Add, x, &Const(sum)));
    }
    // c1 * x + c2 * x
    let (x, c) = with_const(Mul, a).unwrap_or((a, 1));
    let (y, d) = with_const(Mul, b).unwrap_or((b, 1));
    if x == y
        && let Some(sum) = c.checked_add(d)
    {
        return Some(binary(Mul, x, &Const(sum)));
    }
    // (x + 2) + y becomes (x + y) + 2.
    if b.as_const().is_none()
        && let Some((x, c)) = with_const(Add, a)
    {
        return Some(binary(Add, &binary(Add, x, b), &Const(c)));
    }
    // x - (x floordiv q) * q, with q symbolic or constant.
    let Binary(op, left, right) = b else { return None };
    if right.as_const() == Some(-1)
        && let Some((quotient, q)) = parts(Mul, left)
    {
        let (x, divisor) = parts(FloorDiv, quotient)?;
        return (divisor == q && x == a).then(|| binary(Mod, a, q));
    }
    let (x, divisor) = parts(FloorDiv, left)?;
    let q = divisor.as_const().filter(|&q| q > 0)?;
    (*op == Mul && x == a && right.as_const() == Some(-q)).then(|| binary(Mod, a, divisor))
}

fn mul(a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    use AffineOp::Mul;
    if (!b.is_symbolic() && a.is_symbolic()) || (a.as_const().is_some() && b.as_const().is_none()) {
        return Some(binary(Mul, b, a));
    }
    match b.as_const() {
        Some(1) => return Some(a.clone()),
        Some(0) => return Some(Const(0)),
        _ => {}
    }
    let (x, c) = with_const(Mul, a)?;
    match b.as_const() {
        Some(d) => Some(binary(Mul, x, &Const(c.checked_mul(d)?))),
        None => Some(binary(Mul, &binary(Mul, x, b), &Const(c))),
    }
}

/// Whether `n` is a multiple of `d`.
fn divides(d: i64, n: i64) -> bool {
    n.checked_rem(d) == Some(0)
}

fn floor_div(a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    use AffineOp::{Add, FloorDiv, Mul};
    let d = b.as_const().filter(|&d| d != 0)?;
    if d == 1 {
        return Some(a.clone());
    }
    if let Some((x, c)) = with_const(Mul, a)
        && divides(d, c)
    {
        return Some(binary(Mul, x, &Const(c / d)));
    }
    if let Some((x, y)) = parts(Add, a)
        && (divides(d, known_divisor(x)) || divides(d, known_divisor(y)))
    {
        return Some(binary(Add, &binary(FloorDiv, x, b), &binary(FloorDiv, y, b)));
    }
    None
}

fn ceil_div(a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    let d = b.as_const().filter(|&d| d != 0)?;
    if d == 1 {
        return Some(a.clone());
    }
    let (x, c) = with_const(AffineOp::Mul, a)?;
    divides(d, c).then(|| binary(AffineOp::Mul, x, &Const(c / d)))
}

fn modulo(a: &AffineExpr, b: &AffineExpr) -> Option<AffineExpr> {
    use AffineOp::{Add, Mod};
    let d = b.as_const().filter(|&d| d >= 1)?;
    if divides(d, known_divisor(a)) {
        return Some(Const(0));
    }
    if let Some((x, y)) = parts(Add, a) {
        if divides(d, known_divisor(x)) {
            return Some(binary(Mod, y, b));
        }
        if divides(d, known_divisor(y)) {
            return Some(binary(Mod, x, b));
        }
    }
    let (x, c) = with_const(Mod, a)?;
    (c >= 1 && fold(Mod, c, d) == Some(0)).then(|| binary(Mod, x, b))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The greatest number known to divide the expression for all values.
fn known_divisor(e: &AffineExpr) -> i64 {
    match e {
        AffineExpr::Dim(_) | AffineExpr::Symbol(_) => 1,
        Const(c) => c.checked_abs().unwrap_or(1),
        Binary(AffineOp::FloorDiv | AffineOp::CeilDiv, a, b) => match b.as_const() {
            Some(d) if d != 0 => {
                let n = known_divisor(a);
                if divides(d, n) { (n / d).checked_abs().unwrap_or(1) } else { 1 }
            }
            _ => 1,
        },
        Binary(AffineOp::Mul, a, b) => known_divisor(a).checked_mul(known_divisor(b)).unwrap_or(1),
        Binary(AffineOp::Add | AffineOp::Mod, a, b) => {
            gcd(known_divisor(a).unsigned_abs(), known_divisor(b).unsigned_abs()) as i64
        }
    }
}
