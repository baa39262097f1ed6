//! Types.

use super::OpPrinter;
use super::attrs::Elide;
use crate::core::{Attribute, DYNAMIC, Signedness, Type, TypeData};

impl OpPrinter<'_> {
    /// Prints a type, by its alias if it has one.
    pub fn ty(&mut self, ty: Type) {
        if self.collector.is_some() {
            self.visit_type(ty, false);
            return;
        }
        if let TypeData::Tuple(_) | TypeData::Dialect { .. } = self.ctx.type_data(ty)
            && self.type_alias(ty)
        {
            return;
        }
        self.ty_inline(ty);
    }

    /// Prints types, separated by commas.
    pub fn types(&mut self, types: impl IntoIterator<Item = Type>) {
        for (i, ty) in types.into_iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            self.ty(ty);
        }
    }

    /// Prints `(inputs) -> results`.
    pub fn function_type(&mut self, inputs: &[Type], results: &[Type]) {
        self.out.str("(");
        self.types(inputs.iter().copied());
        self.out.str(") -> ");
        self.result_types(results);
    }

    /// Prints the results of a function type: one without parentheses unless it is a function type.
    pub fn result_types(&mut self, results: &[Type]) {
        if let [one] = results
            && !matches!(self.ctx.type_data(*one), TypeData::Function { .. })
        {
            return self.ty(*one);
        }
        self.out.str("(");
        self.types(results.iter().copied());
        self.out.str(")");
    }

    pub(super) fn ty_inline(&mut self, ty: Type) {
        match self.ctx.type_data(ty) {
            TypeData::Integer { width, sign } => {
                self.out.str(match sign {
                    Signedness::Signless => "i",
                    Signedness::Signed => "si",
                    Signedness::Unsigned => "ui",
                });
                self.out.uint((*width).into());
            }
            TypeData::Float(kind) => self.out.str(kind.name()),
            TypeData::Index => self.out.str("index"),
            TypeData::None => self.out.str("none"),
            TypeData::Complex(elem) => {
                self.out.str("complex<");
                self.ty(*elem);
                self.out.str(">");
            }
            TypeData::Tuple(types) => {
                self.out.str("tuple<");
                self.types(types.iter().copied());
                self.out.str(">");
            }
            TypeData::Function { inputs, results } => self.function_type(inputs, results),
            TypeData::Vector { dims, scalable, elem } => {
                self.out.str("vector<");
                for (i, &d) in dims.iter().enumerate() {
                    if scalable.get(i) == Some(&true) {
                        self.out.str("[");
                        self.out.int(d);
                        self.out.str("]x");
                    } else {
                        self.out.int(d);
                        self.out.str("x");
                    }
                }
                self.ty(*elem);
                self.out.str(">");
            }
            TypeData::Tensor { dims, elem, encoding } => {
                self.out.str("tensor<");
                self.dims(dims);
                self.ty(*elem);
                self.trailing_attr(*encoding, Elide::Never);
                self.out.str(">");
            }
            TypeData::UnrankedTensor(elem) => {
                self.out.str("tensor<*x");
                self.ty(*elem);
                self.out.str(">");
            }
            TypeData::MemRef { dims, elem, layout, space } => {
                self.out.str("memref<");
                self.dims(dims);
                self.ty(*elem);
                self.trailing_attr(*layout, Elide::May);
                self.trailing_attr(*space, Elide::May);
                self.out.str(">");
            }
            TypeData::UnrankedMemRef { elem, space } => {
                self.out.str("memref<*x");
                self.ty(*elem);
                self.trailing_attr(*space, Elide::May);
                self.out.str(">");
            }
            TypeData::Opaque { dialect, body } => self.dialect_symbol("!", self.ctx.str(*dialect), body),
            TypeData::Dialect { def, params } => {
                self.out.str("!");
                self.out.str(def.name);
                match def.print {
                    Some(print) => print(self, params),
                    None => self.default_params(params),
                }
            }
        }
    }

    fn dims(&mut self, dims: &[i64]) {
        for &d in dims {
            if d == DYNAMIC {
                self.out.str("?")
            } else {
                self.out.int(d)
            }
            self.out.str("x");
        }
    }

    fn trailing_attr(&mut self, attr: Option<Attribute>, elide: Elide) {
        if let Some(attr) = attr {
            self.out.str(", ");
            self.attr_eliding(attr, elide);
        }
    }

    /// `<a, b>`, or nothing without parameters.
    pub(super) fn default_params(&mut self, params: &[Attribute]) {
        if params.is_empty() {
            return;
        }
        self.out.str("<");
        for (i, &p) in params.iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            self.attr(p);
        }
        self.out.str(">");
    }

    /// A dialect symbol kept as text: `!dialect.body` where the body reads back that way, else `!dialect<body>`.
    pub(super) fn dialect_symbol(&mut self, sigil: &str, dialect: &str, body: &str) {
        self.out.str(sigil);
        self.out.str(dialect);
        let rest = body.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_');
        let starts = body.starts_with(|c: char| c.is_ascii_alphabetic());
        if starts && (rest.is_empty() || (rest.starts_with('<') && rest.ends_with('>'))) {
            self.out.str(".");
            self.out.str(body);
        } else {
            self.out.str("<");
            self.out.str(body);
            self.out.str(">");
        }
    }
}
