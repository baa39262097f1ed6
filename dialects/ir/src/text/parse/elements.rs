//! Elements attributes other than `dense`: `array`, `sparse`, `dense_resource`.

use super::dense::{Element, MAX_ELEMENT_BITS, Shape, push_int, shaped, show_dims};
use super::ints::int_value;
use super::{OpParser, ParseResult, Pos};
use crate::core::{AttrData, Attribute, Type, TypeData};
use crate::text::lexer::Tok;

impl OpParser<'_> {
    // ---- array<...> ----

    pub(super) fn array_of_attr(&mut self) -> ParseResult<Attribute> {
        self.advance();
        self.expect(Tok::Less, "expected '<' after 'array'")?;
        let pos = self.pos();
        let elem = match self.ty() {
            Ok(elem) => elem,
            Err(e) => {
                let second = self.error_at(pos, "expected an integer or floating point type");
                self.later_errors.push(second);
                return Err(e);
            }
        };
        let element = match (self.ctx.type_data(elem), self.int_format(elem)) {
            (TypeData::Float(kind), _) => Element::Float(*kind),
            (_, Some(format)) if !format.index => Element::Int(format),
            _ => {
                let text = self.show_type(elem);
                return Err(self.error_at(pos, format!("expected integer or float type, got: {text}")));
            }
        };
        if elem != self.ctx.i1() && (element.bits() % 8 != 0 || element.bits() == 0) {
            return Err(self.error_at(pos, "element type bitwidth must be a multiple of 8"));
        }
        if element.bits() > MAX_ELEMENT_BITS {
            let message = format!("array elements of more than {MAX_ELEMENT_BITS} bits are not supported");
            return Err(self.error_at(pos, message));
        }
        let mut data = Vec::new();
        if !self.eat(Tok::Greater) {
            self.expect(Tok::Colon, "expected ':' after dense array type")?;
            self.comma_list(|p| {
                let negative = p.eat(Tok::Minus);
                match (element, p.tok.kind) {
                    (Element::Int(format), Tok::Int) => match int_value(format, negative, p.spelling()) {
                        Some(value) => {
                            push_int(format, &value, &mut data);
                            p.advance();
                            Ok(())
                        }
                        None => {
                            p.advance();
                            Err(p.error("integer constant out of range"))
                        }
                    },
                    (Element::Int(format), Tok::Bare) if p.is_word("true") || p.is_word("false") => {
                        p.int_element(format, negative, &mut data)?;
                        p.advance();
                        Ok(())
                    }
                    (Element::Int(_), _) => Err(p.error("expected integer literal")),
                    (Element::Float(kind), Tok::Int | Tok::Float) => {
                        p.float_element(kind, negative, &mut data)?;
                        p.advance();
                        Ok(())
                    }
                    (Element::Float(_), _) => Err(p.error("expected floating point literal")),
                }
            })?;
            self.expect(Tok::Greater, "expected '>' to close an array attribute")?;
        }
        Ok(self.ctx.attr(AttrData::DenseArray { elem, data: data.into() }))
    }

    // ---- sparse and resources ----

    pub(super) fn sparse_attr(&mut self, known: Option<Type>) -> ParseResult<Attribute> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::Less, "Expected '<' after 'sparse'")?;
        let i64 = self.ctx.i64();
        if self.eat(Tok::Greater) {
            let (ty, dims) = self.elements_type(known, start)?;
            let elem = shaped(self.ctx.type_data(ty)).map_or(i64, |s| s.1);
            let indices = self.ctx.dense(self.ctx.tensor(&[0, dims.len() as i64], i64), Vec::new(), 8, false);
            let values = self.ctx.dense(self.ctx.tensor(&[0], elem), Vec::new(), 1, false);
            return Ok(self.ctx.attr(AttrData::Sparse { ty, indices, values }));
        }
        let indices_pos = self.pos();
        let indices = self.scan_literal(false)?;
        self.expect(Tok::Comma, "expected ','")?;
        let values_pos = self.pos();
        let values = self.scan_literal(true)?;
        self.expect(Tok::Greater, "expected '>'")?;
        let (ty, dims) = self.elements_type(known, start)?;
        let rank = dims.len() as i64;
        let indices_dims: Shape =
            if indices.shape.is_empty() { [1, rank].as_slice().into() } else { indices.shape.clone() };
        let values_dims: Shape = if values.shape.is_empty() { indices_dims[..1].into() } else { values.shape.clone() };
        let elem = shaped(self.ctx.type_data(ty)).map_or(i64, |s| s.1);
        let indices_ty = self.ctx.tensor(&indices_dims, i64);
        let values_ty = self.ctx.tensor(&values_dims, elem);
        let indices = self.build_literal(Some(indices), indices_ty, &indices_dims, indices_pos)?;
        let values = self.build_literal(Some(values), values_ty, &values_dims, values_pos)?;
        self.check_sparse(ty, &dims, indices, &indices_dims, &values_dims, start)?;
        Ok(self.ctx.attr(AttrData::Sparse { ty, indices, values }))
    }

    fn check_sparse(
        &mut self,
        ty: Type,
        dims: &[i64],
        indices: Attribute,
        indices_dims: &[i64],
        values_dims: &[i64],
        start: Pos,
    ) -> ParseResult {
        if values_dims.len() != 1 {
            return Err(self.error_at(start, "expected 1-d tensor for sparse element values"));
        }
        let rank = dims.len();
        let fits = match *indices_dims {
            [_, inner] => inner == rank as i64,
            [_] => rank == 1,
            _ => false,
        };
        if !fits || indices_dims.first() != values_dims.first() {
            let message = format!(
                "expected shape ([{}]); inferred shape of indices literal ([{}]); inferred shape of values literal ([{}])",
                show_dims(dims),
                show_dims(indices_dims),
                show_dims(values_dims)
            );
            return Err(self.error_at(start, message));
        }
        let AttrData::Dense { data, .. } = self.ctx.attr_data(indices) else { return Ok(()) };
        let all: Vec<i64> = data.as_chunks::<8>().0.iter().map(|c| i64::from_le_bytes(*c)).collect();
        // A splat stands for all indices.
        let rows =
            if all.len() == 1 { vec![vec![all[0]; rank]] } else { all.chunks(rank.max(1)).map(Into::into).collect() };
        for (i, row) in rows.iter().enumerate() {
            if row.iter().zip(dims).any(|(&x, &d)| x < 0 || x >= d) {
                let message = format!(
                    "sparse index #{i} is not contained within the value shape, with index=[{}], and type={}",
                    show_dims(row),
                    self.show_type(ty)
                );
                return Err(self.error_at(start, message));
            }
        }
        Ok(())
    }

    pub(super) fn resource_attr(&mut self, known: Option<Type>) -> ParseResult<Attribute> {
        let start = self.pos();
        self.advance();
        self.expect(Tok::Less, "expected '<' after 'dense_resource'")?;
        let key = self.resource_key("for 'resource' entry")?;
        self.expect(Tok::Greater, "expected '>'")?;
        let mut pos = start;
        let ty = match known {
            Some(ty) => ty,
            None => {
                pos = self.pos();
                self.expect(Tok::Colon, "expected ':'")?;
                self.ty()?
            }
        };
        if shaped(self.ctx.type_data(ty)).is_none() {
            return Err(self.error_at(pos, "`dense_resource` expected a shaped type"));
        }
        Ok(self.ctx.attr(AttrData::DenseResource { ty, key }))
    }
}
