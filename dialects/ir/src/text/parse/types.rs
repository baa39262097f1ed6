//! Types.

use super::{OpParser, ParseResult};
use crate::core::{AttrData, Attribute, DYNAMIC, FloatKind, IntValue, Signedness, Type, TypeData};
use crate::mlir_namespaces::is_mlir_namespace;
use crate::text::lexer::Tok;
use smallvec::SmallVec;

/// Widest integer type.
const MAX_INT_WIDTH: u64 = 16_777_215;

type Dims = SmallVec<[i64; 6]>;

impl OpParser<'_> {
    /// Any type.
    pub(in crate::text) fn ty(&mut self) -> ParseResult<Type> {
        if self.is(Tok::LParen) {
            return self.nested(|p| {
                let (mut inputs, mut results) = (SmallVec::<[Type; 4]>::new(), SmallVec::<[Type; 2]>::new());
                p.function_signature(&mut inputs, &mut results)?;
                Ok(p.ctx.function(&inputs, &results))
            });
        }
        self.non_function_type()
    }

    /// `(inputs) -> results`
    pub(in crate::text) fn function_signature(
        &mut self,
        inputs: &mut SmallVec<[Type; 4]>,
        results: &mut SmallVec<[Type; 2]>,
    ) -> ParseResult {
        self.type_list_parens(|t| inputs.push(t))?;
        self.expect(Tok::Arrow, "expected '->' in function type")?;
        self.result_types(|t| results.push(t))
    }

    /// `type` or `(types)`
    pub(in crate::text) fn result_types(&mut self, mut push: impl FnMut(Type)) -> ParseResult {
        if self.is(Tok::LParen) {
            return self.type_list_parens(push);
        }
        push(self.non_function_type()?);
        Ok(())
    }

    pub(in crate::text) fn type_list_parens(&mut self, mut push: impl FnMut(Type)) -> ParseResult {
        self.expect(Tok::LParen, "expected '('")?;
        if self.eat(Tok::RParen) {
            return Ok(());
        }
        self.comma_list(|p| {
            push(p.ty()?);
            Ok(())
        })?;
        self.expect(Tok::RParen, "expected ')'")
    }

    /// Whether the current token can begin a type.
    pub(in crate::text) fn at_type(&self) -> bool {
        match self.tok.kind {
            Tok::LParen | Tok::IntType | Tok::Excl => true,
            Tok::Bare => {
                let word = self.spelling();
                matches!(word, b"memref" | b"tensor" | b"complex" | b"tuple" | b"vector" | b"index" | b"none")
                    || float_kind(word).is_some()
            }
            _ => false,
        }
    }

    fn non_function_type(&mut self) -> ParseResult<Type> {
        match self.tok.kind {
            Tok::IntType => self.int_type(),
            Tok::Excl => self.nested(|p| p.extended_type()),
            Tok::Bare => match self.spelling() {
                b"tensor" => self.nested(|p| p.tensor_type()),
                b"memref" => self.nested(|p| p.memref_type()),
                b"vector" => self.nested(|p| p.vector_type()),
                b"complex" => self.nested(|p| p.complex_type()),
                b"tuple" => self.nested(|p| p.tuple_type()),
                b"index" => {
                    self.advance();
                    Ok(self.ctx.index())
                }
                b"none" => {
                    self.advance();
                    Ok(self.ctx.none())
                }
                word => match float_kind(word) {
                    Some(kind) => {
                        self.advance();
                        Ok(self.ctx.float(kind))
                    }
                    None => Err(self.wrong_token("expected non-function type")),
                },
            },
            _ => Err(self.wrong_token("expected non-function type")),
        }
    }

    fn int_type(&mut self) -> ParseResult<Type> {
        let word = self.spelling();
        let (sign, digits) = match word.first() {
            Some(b's') => (Signedness::Signed, 2),
            Some(b'u') => (Signedness::Unsigned, 2),
            _ => (Signedness::Signless, 1),
        };
        let digits = std::str::from_utf8(word.get(digits..).unwrap_or_default()).unwrap_or("");
        // MLIR reads the width as 32 bits.
        let Ok(width) = digits.parse::<u32>() else { return Err(self.error("invalid integer width")) };
        if u64::from(width) > MAX_INT_WIDTH {
            return Err(self.error(format!("integer bitwidth is limited to {MAX_INT_WIDTH} bits")));
        }
        self.advance();
        Ok(self.ctx.ty(TypeData::Integer { width, sign }))
    }

    fn complex_type(&mut self) -> ParseResult<Type> {
        self.advance();
        self.expect(Tok::Less, "expected '<' in complex type")?;
        let pos = self.pos();
        let elem = self.ty()?;
        self.expect(Tok::Greater, "expected '>' in complex type")?;
        if !matches!(self.ctx.type_data(elem), TypeData::Integer { .. } | TypeData::Float(_)) {
            return Err(self.error_at(pos, "invalid element type for complex"));
        }
        Ok(self.ctx.ty(TypeData::Complex(elem)))
    }

    fn tuple_type(&mut self) -> ParseResult<Type> {
        self.advance();
        self.expect(Tok::Less, "expected '<' in tuple type")?;
        let mut types = Vec::new();
        if !self.eat(Tok::Greater) {
            self.comma_list(|p| {
                types.push(p.ty()?);
                Ok(())
            })?;
            self.expect(Tok::Greater, "expected '>' in tuple type")?;
        }
        Ok(self.ctx.ty(TypeData::Tuple(types.into())))
    }

    fn tensor_type(&mut self) -> ParseResult<Type> {
        self.advance();
        self.expect(Tok::Less, "expected '<' in tensor type")?;
        let unranked = self.eat(Tok::Star);
        let mut dims = Dims::new();
        if unranked {
            self.dimension_x()?
        } else {
            self.dimensions(&mut dims)?
        }
        let pos = self.pos();
        let elem = self.ty()?;
        let encoding = if self.eat(Tok::Comma) && self.at_attr() { Some(self.attr()?) } else { None };
        self.expect(Tok::Greater, "expected '>' in tensor type")?;
        use TypeData as T;
        let valid = matches!(
            self.ctx.type_data(elem),
            T::Complex(_)
                | T::Float(_)
                | T::Integer { .. }
                | T::Opaque { .. }
                | T::Dialect { .. }
                | T::Vector { .. }
                | T::Index
        );
        if !valid {
            return Err(self.error_at(pos, "invalid tensor element type"));
        }
        if unranked {
            if encoding.is_some() {
                return Err(self.error("cannot apply encoding to unranked tensor"));
            }
            return Ok(self.ctx.ty(T::UnrankedTensor(elem)));
        }
        Ok(self.ctx.tensor_with(&dims, elem, encoding))
    }

    fn vector_type(&mut self) -> ParseResult<Type> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::Less, "expected '<' in vector type")?;
        let mut dims = Dims::new();
        let mut scalable = SmallVec::<[bool; 6]>::new();
        while matches!(self.tok.kind, Tok::Int | Tok::LSquare) {
            let bracket = self.eat(Tok::LSquare);
            if !self.is(Tok::Int) {
                return Err(self.error("invalid dimension"));
            }
            dims.push(self.dimension()?);
            if bracket && !self.eat(Tok::RSquare) {
                return Err(self.wrong_token("missing ']' closing scalable dimension"));
            }
            scalable.push(bracket);
            self.dimension_x()?;
        }
        let elem = self.ty()?;
        self.expect(Tok::Greater, "expected '>' in vector type")?;
        if dims.iter().any(|&d| d <= 0) {
            let sizes = dims.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            return Err(self.error_at(start, format!("vector types must have positive constant sizes but got {sizes}")));
        }
        use TypeData as T;
        let valid = matches!(self.ctx.type_data(elem), T::Float(_) | T::Integer { .. } | T::Index | T::Dialect { .. });
        if !valid && !self.is_mlir_type(elem) {
            return Err(self.error_at(start, "failed to verify 'elementType': VectorElementTypeInterface instance"));
        }
        Ok(self.ctx.ty(T::Vector { dims: dims.as_slice().into(), scalable: scalable.as_slice().into(), elem }))
    }

    fn memref_type(&mut self) -> ParseResult<Type> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::Less, "expected '<' in memref type")?;
        let unranked = self.eat(Tok::Star);
        let mut dims = Dims::new();
        if unranked {
            self.dimension_x()?
        } else {
            self.dimensions(&mut dims)?
        }
        let pos = self.pos();
        let elem = self.ty()?;
        use TypeData as T;
        let valid = matches!(
            self.ctx.type_data(elem),
            T::Integer { .. }
                | T::Index
                | T::Float(_)
                | T::Complex(_)
                | T::MemRef { .. }
                | T::UnrankedMemRef { .. }
                | T::Vector { .. }
                | T::Dialect { .. }
        );
        if !valid && !self.is_mlir_type(elem) {
            return Err(self.error_at(pos, "invalid memref element type"));
        }
        let (mut layout, mut space) = (None, None);
        if !self.eat(Tok::Greater) {
            self.expect(Tok::Comma, "expected ',' or '>' in memref type")?;
            self.comma_list_until(Tok::Greater, false, |p| {
                let attr = p.attr()?;
                if matches!(p.ctx.attr_data(attr), AttrData::Map(_) | AttrData::Strided { .. }) {
                    layout = Some(attr);
                } else if space.is_some() {
                    return Err(p.error("multiple memory spaces specified in memref type"));
                } else {
                    space = Some(attr);
                    return Ok(());
                }
                if unranked {
                    return Err(p.error("cannot have affine map for unranked memref type"));
                }
                if space.is_some() {
                    return Err(p.error("expected memory space to be last in memref type"));
                }
                Ok(())
            })?;
        }
        let space = self.memory_space(space, start)?;
        if unranked {
            return Ok(self.ctx.ty(T::UnrankedMemRef { elem, space }));
        }
        let layout = self.memref_layout(layout, dims.len(), start)?;
        Ok(self.ctx.ty(T::MemRef { dims: dims.as_slice().into(), elem, layout, space }))
    }

    /// Whether a type is one of MLIR's own dialects that we do not define: MLIR may allow it as an element.
    fn is_mlir_type(&self, ty: Type) -> bool {
        matches!(self.ctx.type_data(ty), TypeData::Opaque { dialect, .. } if is_mlir_namespace(self.ctx.str(*dialect)))
    }

    /// Checks a memory space; the default space 0 is none.
    fn memory_space(&mut self, space: Option<Attribute>, start: super::Pos) -> ParseResult<Option<Attribute>> {
        let Some(attr) = space else { return Ok(None) };
        match self.ctx.attr_data(attr) {
            AttrData::Integer { value: IntValue::Small(0), .. } => Ok(None),
            AttrData::Integer { .. } | AttrData::String { .. } | AttrData::Dictionary(_) | AttrData::Dialect { .. } => {
                Ok(Some(attr))
            }
            // MLIR knows its own dialects' attributes, if we do not.
            AttrData::Opaque { dialect, .. } if is_mlir_namespace(self.ctx.str(*dialect)) => Ok(Some(attr)),
            _ => Err(self.error_at(start, "unsupported memory space Attribute")),
        }
    }

    /// Checks a layout; the identity is none.
    fn memref_layout(
        &mut self,
        layout: Option<Attribute>,
        rank: usize,
        start: super::Pos,
    ) -> ParseResult<Option<Attribute>> {
        let Some(attr) = layout else { return Ok(None) };
        match self.ctx.attr_data(attr) {
            AttrData::Map(map) if map.dims as usize != rank => {
                let message = format!("memref layout mismatch between rank and affine map: {rank} != {}", map.dims);
                Err(self.error_at(start, message))
            }
            AttrData::Map(map) if map.is_identity() => Ok(None),
            AttrData::Strided { strides, .. } if strides.len() != rank => {
                Err(self.error_at(start, "expected the number of strides to match the rank"))
            }
            _ => Ok(Some(attr)),
        }
    }

    /// `4x?x`, up to the element type.
    pub(in crate::text) fn dimensions(&mut self, dims: &mut Dims) -> ParseResult {
        while matches!(self.tok.kind, Tok::Int | Tok::Question) {
            if self.eat(Tok::Question) {
                dims.push(DYNAMIC);
            } else {
                dims.push(self.dimension()?);
            }
            self.dimension_x()?;
        }
        Ok(())
    }

    /// An integer dimension; `0x10` is a zero, an `x` and a ten.
    pub(in crate::text) fn dimension(&mut self) -> ParseResult<i64> {
        if self.spelling().get(1) == Some(&b'x') {
            self.reset(self.tok.start + 1);
            return Ok(0);
        }
        match self.int_token_u64().and_then(|v| i64::try_from(v).ok()) {
            Some(v) => {
                self.advance();
                Ok(v)
            }
            None => Err(self.error("invalid dimension")),
        }
    }

    /// The `x` after a dimension, possibly the first letter of a longer word.
    pub(in crate::text) fn dimension_x(&mut self) -> ParseResult {
        if !self.is(Tok::Bare) || self.spelling().first() != Some(&b'x') {
            return Err(self.wrong_token("expected 'x' in dimension list"));
        }
        self.reset(self.tok.start + 1);
        Ok(())
    }
}

fn float_kind(word: &[u8]) -> Option<FloatKind> {
    match word {
        b"f32" => Some(FloatKind::F32),
        b"f64" => Some(FloatKind::F64),
        [b'f' | b'b' | b't', ..] => FloatKind::ALL.iter().find(|k| k.1.as_bytes() == word).map(|k| k.0),
        _ => None,
    }
}
