//! Affine maps and integer sets.

use super::{OpParser, ParseResult, Pos};
use crate::affine::{AffineExpr, AffineMap, AffineOp, Constraint, IntegerSet};
use crate::text::lexer::Tok;

/// Longest chain of operators in one expression: expressions are trees that recursive functions walk.
const MAX_OPERATORS: u32 = 500;

/// Names of dimensions and symbols, and operators seen in the current expression.
struct Scope<'s> {
    names: Vec<(&'s [u8], AffineExpr)>,
    operators: u32,
}

/// A map or a set.
pub(super) enum MapOrSet {
    Map(AffineMap),
    Set(IntegerSet),
}

impl<'s> OpParser<'s> {
    /// `(dims)[symbols] -> (exprs)` or `(dims)[symbols] : (constraints)`
    pub(super) fn map_or_set(&mut self) -> ParseResult<MapOrSet> {
        let mut scope = Scope { names: Vec::new(), operators: 0 };
        let dims = self.affine_names(&mut scope, false)?;
        let symbols = if self.is(Tok::LSquare) { self.affine_names(&mut scope, true)? } else { 0 };
        if self.eat(Tok::Arrow) {
            let mut results = Vec::new();
            self.affine_list(&mut scope, "affine map range", |p, scope| {
                results.push(p.affine_expr(scope)?);
                Ok(())
            })?;
            return Ok(MapOrSet::Map(AffineMap { dims, symbols, results: results.into() }));
        }
        self.expect(Tok::Colon, "expected '->' or ':'")?;
        let mut constraints = Vec::new();
        self.affine_list(&mut scope, "integer set constraint list", |p, scope| {
            constraints.push(p.affine_constraint(scope)?);
            Ok(())
        })?;
        if constraints.is_empty() {
            constraints.push(Constraint { expr: AffineExpr::Const(0), equality: true });
        }
        Ok(MapOrSet::Set(IntegerSet { dims, symbols, constraints: constraints.into() }))
    }

    fn affine_list(
        &mut self,
        scope: &mut Scope<'s>,
        what: &str,
        mut item: impl FnMut(&mut Self, &mut Scope<'s>) -> ParseResult,
    ) -> ParseResult {
        self.expect(Tok::LParen, format!("expected '(' in {what}"))?;
        if self.eat(Tok::RParen) {
            return Ok(());
        }
        self.comma_list(|p| {
            scope.operators = 0;
            item(p, scope)
        })?;
        self.expect(Tok::RParen, format!("expected ')' in {what}"))
    }

    fn affine_names(&mut self, scope: &mut Scope<'s>, symbols: bool) -> ParseResult<u32> {
        let (open, close, what) = if symbols {
            (Tok::LSquare, Tok::RSquare, "symbol list")
        } else {
            (Tok::LParen, Tok::RParen, "dimensional identifier list")
        };
        self.expect(open, format!("expected '{}' in {what}", open.spelling()))?;
        let mut count = 0;
        if self.eat(close) {
            return Ok(0);
        }
        self.comma_list(|p| {
            if !p.is(Tok::Bare) && !p.is(Tok::IntType) {
                return Err(p.wrong_token("expected bare identifier"));
            }
            let name = p.spelling();
            if scope.names.iter().any(|n| n.0 == name) {
                return Err(p.error(format!("redefinition of identifier '{}'", Self::show_bytes(name))));
            }
            p.advance();
            let expr = if symbols { AffineExpr::Symbol(count) } else { AffineExpr::Dim(count) };
            scope.names.push((name, expr));
            count += 1;
            Ok(())
        })?;
        self.expect(close, format!("expected '{}' in {what}", close.spelling()))?;
        Ok(count)
    }

    fn affine_constraint(&mut self, scope: &mut Scope<'s>) -> ParseResult<Constraint> {
        let a = self.affine_expr(scope)?;
        let comparison = self.tok.kind;
        if matches!(comparison, Tok::Greater | Tok::Less | Tok::Equal) {
            self.advance();
            if self.eat(Tok::Equal) {
                let b = self.affine_expr(scope)?;
                let (a, b) = if comparison == Tok::Less { (b, a) } else { (a, b) };
                return Ok(Constraint { expr: a.minus(b), equality: comparison == Tok::Equal });
            }
        }
        Err(self.error("expected '== affine-expr' or '>= affine-expr' at end of affine constraint"))
    }

    fn affine_expr(&mut self, scope: &mut Scope<'s>) -> ParseResult<AffineExpr> {
        self.nested(|p| p.affine_sum(scope))
    }

    fn count_operator(&mut self, scope: &mut Scope<'s>) -> ParseResult {
        scope.operators += 1;
        if scope.operators > MAX_OPERATORS {
            return Err(self.error(format!("affine expression with more than {MAX_OPERATORS} operators")));
        }
        Ok(())
    }

    fn affine_sum(&mut self, scope: &mut Scope<'s>) -> ParseResult<AffineExpr> {
        let mut sum = self.affine_product(scope, false)?;
        while matches!(self.tok.kind, Tok::Plus | Tok::Minus) {
            self.count_operator(scope)?;
            let minus = self.is(Tok::Minus);
            self.advance();
            let term = self.affine_product(scope, true)?;
            sum = if minus { sum.minus(term) } else { AffineExpr::binary(AffineOp::Add, sum, term) };
        }
        Ok(sum)
    }

    fn affine_operator(&self) -> Option<AffineOp> {
        match self.tok.kind {
            Tok::Star => Some(AffineOp::Mul),
            Tok::Bare => match self.spelling() {
                b"floordiv" => Some(AffineOp::FloorDiv),
                b"ceildiv" => Some(AffineOp::CeilDiv),
                b"mod" => Some(AffineOp::Mod),
                _ => None,
            },
            _ => None,
        }
    }

    fn affine_product(&mut self, scope: &mut Scope<'s>, has_left: bool) -> ParseResult<AffineExpr> {
        let mut product = self.affine_operand(scope, has_left)?;
        while let Some(op) = self.affine_operator() {
            self.count_operator(scope)?;
            let pos = self.pos();
            self.advance();
            let right = self.affine_operand(scope, true)?;
            // In a chain of operators an error is reported at the next one.
            let pos = if self.affine_operator().is_some() { self.pos() } else { pos };
            self.check_affine(op, &product, &right, pos)?;
            product = AffineExpr::binary(op, product, right);
        }
        Ok(product)
    }

    fn check_affine(&mut self, op: AffineOp, a: &AffineExpr, b: &AffineExpr, pos: Pos) -> ParseResult {
        let message = match op {
            AffineOp::Mul if !a.is_symbolic() && !b.is_symbolic() => {
                "non-affine expression: at least one of the multiply operands has to be either a constant or symbolic"
            }
            AffineOp::FloorDiv if !b.is_symbolic() => {
                "non-affine expression: right operand of floordiv has to be either a constant or symbolic"
            }
            AffineOp::CeilDiv if !b.is_symbolic() => {
                "non-affine expression: right operand of ceildiv has to be either a constant or symbolic"
            }
            AffineOp::Mod if !b.is_symbolic() => {
                "non-affine expression: right operand of mod has to be either a constant or symbolic"
            }
            _ => return Ok(()),
        };
        Err(self.error_at(pos, message))
    }

    fn affine_operand(&mut self, scope: &mut Scope<'s>, has_left: bool) -> ParseResult<AffineExpr> {
        match self.tok.kind {
            Tok::Int => match self.int_token_u64().and_then(|v| i64::try_from(v).ok()) {
                Some(v) => {
                    self.advance();
                    Ok(AffineExpr::Const(v))
                }
                None => Err(self.error("constant too large for index")),
            },
            Tok::LParen => {
                self.advance();
                if self.is(Tok::RParen) {
                    return Err(self.error("no expression inside parentheses"));
                }
                let expr = self.affine_expr(scope)?;
                self.expect(Tok::RParen, "expected ')'")?;
                Ok(expr)
            }
            Tok::Minus => {
                self.advance();
                self.count_operator(scope)?;
                let expr = self.nested(|p| p.affine_operand(scope, has_left));
                let expr = expr.or_else(|e| self.and_also(e, "missing operand of negation"))?;
                Ok(AffineExpr::binary(AffineOp::Mul, expr, AffineExpr::Const(-1)))
            }

            Tok::Bare | Tok::IntType => {
                let name = self.spelling();
                match scope.names.iter().find(|n| n.0 == name) {
                    Some(found) => {
                        let expr = found.1.clone();
                        self.advance();
                        Ok(expr)
                    }
                    None => Err(self.wrong_token("use of undeclared identifier")),
                }
            }
            _ if has_left => Err(self.error("missing right operand of binary operator")),
            Tok::Plus | Tok::Star => Err(self.error("missing left operand of binary operator")),
            _ => Err(self.error("expected affine expression")),
        }
    }
}
