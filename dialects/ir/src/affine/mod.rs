//! Affine expressions, maps and integer sets, simplified while they are built, as MLIR does.

mod simplify;

use std::fmt;
use std::sync::Arc;

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AffineOp {
    /// `+`
    Add,
    /// `*`
    Mul,
    /// `mod`
    Mod,
    /// `floordiv`
    FloorDiv,
    /// `ceildiv`
    CeilDiv,
}

/// An affine expression over dimensions and symbols.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AffineExpr {
    /// `dN`
    Dim(u32),
    /// `sN`
    Symbol(u32),
    /// An integer.
    Const(i64),
    /// Two operands.
    Binary(AffineOp, Arc<AffineExpr>, Arc<AffineExpr>),
}

/// Divides rounding down; None on division by zero or overflow.
fn floor_div(a: i64, b: i64) -> Option<i64> {
    let q = a.checked_div(b)?;
    // `checked_div` has excluded a zero divisor and overflow.
    if a % b != 0 && ((a < 0) != (b < 0)) { q.checked_sub(1) } else { Some(q) }
}

impl AffineExpr {
    /// Value for the given dimensions and symbols; None when one is missing, on overflow or division by a non-positive number.
    pub fn eval(&self, dims: &[i64], symbols: &[i64]) -> Option<i64> {
        match self {
            AffineExpr::Dim(i) => dims.get(*i as usize).copied(),
            AffineExpr::Symbol(i) => symbols.get(*i as usize).copied(),
            AffineExpr::Const(c) => Some(*c),
            AffineExpr::Binary(op, a, b) => fold(*op, a.eval(dims, symbols)?, b.eval(dims, symbols)?),
        }
    }

    /// Constant value, if it is a constant.
    pub fn as_const(&self) -> Option<i64> {
        match self {
            AffineExpr::Const(c) => Some(*c),
            _ => None,
        }
    }

    /// True when no dimension occurs, only symbols and constants.
    pub fn is_symbolic(&self) -> bool {
        match self {
            AffineExpr::Dim(_) => false,
            AffineExpr::Symbol(_) | AffineExpr::Const(_) => true,
            AffineExpr::Binary(_, a, b) => a.is_symbolic() && b.is_symbolic(),
        }
    }

    /// `a - b`, that is `a + b * -1`.
    pub fn minus(self, b: AffineExpr) -> AffineExpr {
        AffineExpr::binary(AffineOp::Add, self, AffineExpr::binary(AffineOp::Mul, b, AffineExpr::Const(-1)))
    }

    /// Builds `a op b`, simplified as MLIR does: constants are folded and gathered on the right, `x * 2 + x` becomes `x * 3`,
    /// `x - x floordiv 4 * 4` becomes `x mod 4`, known multiples are divided; sums are neither distributed nor cancelled otherwise.
    pub fn binary(op: AffineOp, a: AffineExpr, b: AffineExpr) -> AffineExpr {
        if let (Some(x), Some(y)) = (a.as_const(), b.as_const())
            && let Some(v) = fold(op, x, y)
        {
            return AffineExpr::Const(v);
        }
        simplify::simplify(op, &a, &b).unwrap_or_else(|| AffineExpr::Binary(op, Arc::new(a), Arc::new(b)))
    }
}

/// Folds two constants; None where the result is undefined.
fn fold(op: AffineOp, a: i64, b: i64) -> Option<i64> {
    match op {
        AffineOp::Add => a.checked_add(b),
        AffineOp::Mul => a.checked_mul(b),
        AffineOp::Mod if b > 0 => Some(a.rem_euclid(b)),
        AffineOp::Mod => None,
        AffineOp::FloorDiv => floor_div(a, b),
        AffineOp::CeilDiv => floor_div(a.checked_neg()?, b)?.checked_neg(),
    }
}

/// `affine_map<(dims)[symbols] -> (results)>`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AffineMap {
    /// Number of dimensions.
    pub dims: u32,
    /// Number of symbols.
    pub symbols: u32,
    /// Results.
    pub results: Box<[AffineExpr]>,
}

impl AffineMap {
    /// Whether it maps every point to itself: `(d0, d1) -> (d0, d1)`.
    pub fn is_identity(&self) -> bool {
        self.results.len() == self.dims as usize
            && self.results.iter().enumerate().all(|(i, e)| *e == AffineExpr::Dim(i as u32))
    }
}

/// One constraint of an [`IntegerSet`]: `expr == 0` or `expr >= 0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Constraint {
    /// Left-hand side.
    pub expr: AffineExpr,
    /// Equality instead of `>= 0`.
    pub equality: bool,
}

/// `affine_set<(dims)[symbols] : (constraints)>`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IntegerSet {
    /// Number of dimensions.
    pub dims: u32,
    /// Number of symbols.
    pub symbols: u32,
    /// Constraints.
    pub constraints: Box<[Constraint]>,
}

impl fmt::Display for AffineExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, false, f)
    }
}

/// Prints with parentheses where `strong` binds tighter than the expression.
fn print(e: &AffineExpr, strong: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let AffineExpr::Binary(op, a, b) = e else {
        return match e {
            AffineExpr::Dim(i) => write!(f, "d{i}"),
            AffineExpr::Symbol(i) => write!(f, "s{i}"),
            AffineExpr::Const(c) => write!(f, "{c}"),
            AffineExpr::Binary(..) => Ok(()),
        };
    };
    if *op != AffineOp::Add {
        if strong {
            f.write_str("(")?;
        }
        if *op == AffineOp::Mul && b.as_const() == Some(-1) {
            f.write_str("-")?;
            print(a, true, f)?;
        } else {
            print(a, true, f)?;
            f.write_str(match op {
                AffineOp::Mul => " * ",
                AffineOp::Mod => " mod ",
                AffineOp::FloorDiv => " floordiv ",
                _ => " ceildiv ",
            })?;
            print(b, true, f)?;
        }
        return if strong { f.write_str(")") } else { Ok(()) };
    }
    if strong {
        f.write_str("(")?;
    }
    match &**b {
        AffineExpr::Binary(AffineOp::Mul, x, c) if c.as_const() == Some(-1) => {
            print(a, false, f)?;
            f.write_str(" - ")?;
            print(x, matches!(&**x, AffineExpr::Binary(AffineOp::Add, ..)), f)?;
        }
        AffineExpr::Binary(AffineOp::Mul, x, c) if c.as_const().is_some_and(|c| c < -1) => {
            print(a, false, f)?;
            f.write_str(" - ")?;
            print(x, true, f)?;
            write!(f, " * {}", c.as_const().unwrap_or(0).unsigned_abs())?;
        }
        AffineExpr::Const(c) if *c < 0 => {
            print(a, false, f)?;
            write!(f, " - {}", c.unsigned_abs())?;
        }
        other => {
            print(a, false, f)?;
            f.write_str(" + ")?;
            print(other, false, f)?;
        }
    }
    if strong { f.write_str(")") } else { Ok(()) }
}

fn print_space(dims: u32, symbols: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list = |prefix: &str, n: u32| (0..n).map(|i| format!("{prefix}{i}")).collect::<Vec<_>>().join(", ");
    write!(f, "({})", list("d", dims))?;
    if symbols > 0 { write!(f, "[{}]", list("s", symbols)) } else { Ok(()) }
}

impl fmt::Display for AffineMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_space(self.dims, self.symbols, f)?;
        let results: Vec<_> = self.results.iter().map(|r| r.to_string()).collect();
        write!(f, " -> ({})", results.join(", "))
    }
}

impl fmt::Display for IntegerSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print_space(self.dims, self.symbols, f)?;
        let constraint = |c: &Constraint| format!("{} {} 0", c.expr, if c.equality { "==" } else { ">=" });
        let all: Vec<_> = self.constraints.iter().map(constraint).collect();
        write!(f, " : ({})", if all.is_empty() { "1 == 0".to_string() } else { all.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AffineExpr::{Const, Dim, Symbol};

    fn add(a: AffineExpr, b: AffineExpr) -> AffineExpr {
        AffineExpr::binary(AffineOp::Add, a, b)
    }
    fn mul(a: AffineExpr, b: AffineExpr) -> AffineExpr {
        AffineExpr::binary(AffineOp::Mul, a, b)
    }

    #[test]
    fn constants_gather_on_the_right() {
        assert_eq!(add(add(Const(2), Dim(0)), Const(3)).to_string(), "d0 + 5");
        assert_eq!(mul(mul(Dim(0), Const(2)), Const(3)).to_string(), "d0 * 6");
        assert_eq!(add(Dim(0), Const(0)), Dim(0));
        assert_eq!(mul(add(Dim(0), Const(1)), Const(2)).to_string(), "(d0 + 1) * 2");
    }

    #[test]
    fn minus_is_printed_as_minus() {
        assert_eq!(add(mul(Dim(0), Const(-1)), Symbol(0)).to_string(), "-d0 + s0");
        assert_eq!(add(Dim(1), mul(Dim(0), Const(-3))).to_string(), "d1 - d0 * 3");
        assert_eq!(add(Dim(1), Const(-3)).to_string(), "d1 - 3");
    }

    #[test]
    fn division_rounds_as_named_and_never_panics() {
        let f = |op, a, b| AffineExpr::binary(op, Const(a), Const(b)).as_const();
        assert_eq!(f(AffineOp::FloorDiv, -7, 2), Some(-4));
        assert_eq!(f(AffineOp::CeilDiv, -7, 2), Some(-3));
        assert_eq!(f(AffineOp::Mod, -7, 4), Some(1));
        assert_eq!(f(AffineOp::FloorDiv, 7, 0), None);
        assert_eq!(f(AffineOp::CeilDiv, i64::MIN, 1), Some(i64::MIN));
        assert_eq!(f(AffineOp::FloorDiv, i64::MIN, -1), None);
    }

    #[test]
    fn maps_and_sets() {
        let m = AffineMap { dims: 2, symbols: 1, results: vec![Dim(0), add(Dim(1), Symbol(0))].into() };
        assert_eq!(m.to_string(), "(d0, d1)[s0] -> (d0, d1 + s0)");
        let empty = IntegerSet { dims: 1, symbols: 0, constraints: Box::default() };
        assert_eq!(empty.to_string(), "(d0) : (1 == 0)");
    }
}
