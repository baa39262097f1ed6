//! Declarations of operations, types and attributes as data: the one source of accessors, verification, assembly and
//! documentation. [`crate::op!`], [`crate::ty!`] and [`crate::attr!`] write them:
//!
//! ```
//! use cim_ir::{constraints::*, kinds::*, op, view::Verify, Diagnostic, Ir};
//!
//! op! {
//!     /// Sums windows.
//!     pub WindowSum = "nn.window_sum" : [Pure] {
//!         operands { input: ANY_TENSOR, bias?: ANY_TENSOR, more*: ANY_TYPE }
//!         props    { strides: I64Array, group: I64Attr = 1, note?: StrAttr }
//!         results  { result: ANY_TENSOR }
//!         format   "$input (`,` $bias^)? (`with` $more^)? attr-dict `:` functional-type(operands, results)"
//!         verify
//!     }
//! }
//! impl Verify for WindowSum {
//!     fn verify(self, ir: &Ir) -> Result<(), Diagnostic> {
//!         if self.group(ir) < 1 {
//!             return Err(ir.op_error(self.op(), "group must be positive"));
//!         }
//!         Ok(())
//!     }
//! }
//! ```
//!
//! Sections, each at most once: `operands`, `props`, `results`, `regions`, `successors` (`name?` may be absent, `name*` is any
//! number), `interfaces [..]`, `format ".."` (see [`crate::format`]), and the words `verify`, `verify_regions`, `fold`, `canonicalize`, `infer`,
//! `parse` with `print` ([`crate::view::CustomAsm`]), `default_dialect ".."`, each of which says that the trait of that name in [`crate::view`] is implemented by hand.

use crate::core::{Attribute, Context, Ir, Location, OpId, OpState, Type};
use crate::diag::Diagnostic;
use crate::format::Format;
use crate::kinds::{AttrAsm, AttrKind};
use crate::rewrite::{FoldResult, PatternSet};
use crate::text::asm::{ParseOpFn, ParseParamsFn, PrintOpFn, PrintParamsFn};
use smallvec::SmallVec;
use std::any::Any;

/// How many values an operand or result name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// None or one.
    Optional,
    /// Any number.
    Variadic,
}

/// What a type must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct TypeConstraint {
    /// Completes "must be ...".
    pub what: &'static str,
    /// The check.
    pub check: fn(&Context, Type) -> bool,
    /// The type, when there is only one.
    pub only: Option<fn(&Context) -> Type>,
}

impl TypeConstraint {
    /// Says which type is the only one, so that custom forms need not write it.
    pub const fn built(mut self, only: fn(&Context) -> Type) -> Self {
        self.only = Some(only);
        self
    }
}

/// What an attribute must satisfy.
#[derive(Clone, Copy, Debug)]
pub struct AttrConstraint {
    /// Completes "attribute 'x' failed to satisfy constraint: ...".
    pub what: &'static str,
    /// The check.
    pub check: fn(&Context, Attribute) -> bool,
}

/// A named operand or result.
#[derive(Clone, Copy, Debug)]
pub struct ValueSpec {
    /// Name in the declaration.
    pub name: &'static str,
    /// Arity.
    pub arity: Arity,
    /// Constraint on each value.
    pub constraint: TypeConstraint,
}

/// A named region or successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameSpec {
    /// Name in the declaration.
    pub name: &'static str,
    /// Any number; only the last of its list.
    pub variadic: bool,
}

/// A named property (inherent attribute) or a parameter of a type or attribute.
#[derive(Clone, Copy, Debug)]
pub struct PropSpec {
    /// Key.
    pub name: &'static str,
    /// May be absent.
    pub optional: bool,
    /// Value that absence stands for.
    pub default: Option<fn(&Context) -> Attribute>,
    /// The default is stored when an operation is built or read.
    pub stores_default: bool,
    /// Constraint on its value.
    pub constraint: AttrConstraint,
    /// How format strings write it.
    pub asm: AttrAsm,
}

impl PropSpec {
    /// A property of a kind.
    pub const fn of<K: AttrKind>(
        name: &'static str,
        optional: bool,
        default: Option<fn(&Context) -> Attribute>,
    ) -> Self {
        let spec = K::SPEC;
        let optional = optional || spec.absent_is_false;
        let stores_default = spec.stores_default;
        PropSpec { name, optional, default, stores_default, constraint: spec.constraint, asm: spec.asm }
    }
    /// With its default stored when an operation is built or read.
    pub const fn stored(mut self) -> Self {
        self.stores_default = true;
        self
    }
}

/// Facts about an operation that generic code relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// Must be last in its block.
    Terminator,
    /// Its regions use no value from outside.
    IsolatedFromAbove,
    /// No side effects: may be removed when unused and merged with an equal one.
    Pure,
    /// Its effects are those of the operations in its regions.
    RecursiveMemoryEffects,
    /// Its regions have exactly one block.
    SingleBlock,
    /// That block needs no terminator.
    NoTerminator,
    /// Its single-block regions end with this operation, added when the text leaves it out.
    ImplicitTerminator(&'static [&'static str]),
    /// Its regions are graph regions: no order, no dominance.
    GraphRegion,
    /// The entry blocks of its regions have no arguments.
    NoRegionArguments,
    /// Operands and results have one type.
    SameOperandsAndResultType,
    /// Operands have one type.
    SameTypeOperands,
    /// Operands have one element type.
    SameOperandsElementType,
    /// Operands and results have one element type.
    SameOperandsAndResultElementType,
    /// Operands and results have compatible shapes.
    SameOperandsAndResultShape,
    /// The named operands, results and typed properties have one type.
    AllTypesMatch(&'static [&'static str]),
    /// Must be directly inside one of these operations.
    HasParent(&'static [&'static str]),
    /// Ends the body of its parent and passes its operands to it.
    ReturnLike,
    /// Defines the symbol `sym_name`.
    Symbol,
    /// Its region is a symbol table.
    SymbolTable,
    /// Operands may be exchanged.
    Commutative,
    /// Applying it twice is applying it once.
    Idempotent,
    /// Applying it twice is nothing.
    Involution,
    /// A constant with its value in the property `value`.
    ConstantLike,
    /// Group sizes of operands are in `operandSegmentSizes`.
    AttrSizedOperandSegments,
    /// Group sizes of results are in `resultSegmentSizes`.
    AttrSizedResultSegments,
    /// Values from outside may be used in its regions only through its operands; allocations end with it.
    AutomaticAllocationScope,
}

impl Trait {
    /// Bit in a [`TraitSet`].
    const fn bit(self) -> u32 {
        match self {
            Trait::Terminator => 0,
            Trait::IsolatedFromAbove => 1,
            Trait::Pure => 2,
            Trait::RecursiveMemoryEffects => 3,
            Trait::SingleBlock => 4,
            Trait::NoTerminator => 5,
            Trait::ImplicitTerminator(_) => 6,
            Trait::GraphRegion => 7,
            Trait::NoRegionArguments => 8,
            Trait::SameOperandsAndResultType => 9,
            Trait::SameTypeOperands => 10,
            Trait::SameOperandsElementType => 11,
            Trait::SameOperandsAndResultElementType => 12,
            Trait::SameOperandsAndResultShape => 13,
            Trait::AllTypesMatch(_) => 14,
            Trait::HasParent(_) => 15,
            Trait::ReturnLike => 16,
            Trait::Symbol => 17,
            Trait::SymbolTable => 18,
            Trait::Commutative => 19,
            Trait::Idempotent => 20,
            Trait::Involution => 21,
            Trait::ConstantLike => 22,
            Trait::AttrSizedOperandSegments => 23,
            Trait::AttrSizedResultSegments => 24,
            Trait::AutomaticAllocationScope => 25,
        }
    }
}

/// Traits as bits: one test instead of a search. Arguments of traits are not compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TraitSet(u32);

impl TraitSet {
    /// The set of these traits.
    pub const fn of(traits: &[Trait]) -> Self {
        let (mut bits, mut i) = (0, 0);
        while i < traits.len() {
            bits |= 1 << traits[i].bit();
            i += 1;
        }
        TraitSet(bits)
    }
    /// Whether it holds `t`, whatever the arguments.
    pub const fn has(self, t: Trait) -> bool {
        self.0 >> t.bit() & 1 == 1
    }
    /// Whether it holds none of `other`.
    pub const fn disjoint(self, other: TraitSet) -> bool {
        self.0 & other.0 == 0
    }
}

/// Checks beyond what the declaration says.
pub type VerifyFn = fn(&Ir, OpId) -> Result<(), Diagnostic>;
/// Computes results from constant operands (None where an operand is no constant).
pub type FoldFn = fn(&Ir, OpId, &[Option<Attribute>]) -> FoldResult;
/// Result types from what the operation is made of.
pub type InferFn = fn(&InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String>;

/// What result types are inferred from.
#[derive(Clone, Copy)]
pub struct InferInput<'a> {
    /// Context.
    pub ctx: &'a Context,
    /// Location.
    pub loc: Location,
    /// Operand types.
    pub operands: &'a [Type],
    /// Properties, a dictionary.
    pub props: Attribute,
}

impl InferInput<'_> {
    /// A property.
    pub fn prop(&self, key: &str) -> Option<Attribute> {
        self.ctx.dict_items(self.props).iter().find(|i| self.ctx.str(i.0) == key).map(|i| i.1)
    }
}

/// Declaration of an operation.
#[derive(Debug)]
pub struct OpDef {
    /// Full name.
    pub name: &'static str,
    /// Documentation, Markdown.
    pub doc: &'static str,
    /// Operands in order.
    pub operands: &'static [ValueSpec],
    /// Results in order.
    pub results: &'static [ValueSpec],
    /// Properties.
    pub props: &'static [PropSpec],
    /// Regions in order.
    pub regions: &'static [NameSpec],
    /// Successors in order.
    pub successors: &'static [NameSpec],
    /// Traits.
    pub traits: &'static [Trait],
    /// Interfaces: tables of functions, found by their type; see [`crate::interfaces`].
    pub interfaces: &'static [&'static (dyn Any + Send + Sync)],
    /// Custom assembly from a format string.
    pub format: Option<&'static Format>,
    /// Reads the custom form; see [`crate::text::asm`].
    pub parse: Option<ParseOpFn>,
    /// Prints the custom form.
    pub print: Option<PrintOpFn>,
    /// Namespace that names in its regions may leave out, in custom form; empty: none.
    pub default_dialect: &'static str,
    /// Checks beyond what the declaration says.
    pub verify: Option<VerifyFn>,
    /// Checks of the finished regions, after everything inside them.
    pub verify_regions: Option<VerifyFn>,
    /// Folding.
    pub fold: Option<FoldFn>,
    /// Adds canonicalisation patterns.
    pub canonicalize: Option<fn(&mut PatternSet)>,
    /// Result types from operands and properties.
    pub infer: Option<InferFn>,
}

impl OpDef {
    /// An operation without operands, results, properties, regions or successors: the base of a declaration.
    pub const fn new(name: &'static str, doc: &'static str) -> Self {
        OpDef {
            name,
            doc,
            operands: &[],
            results: &[],
            props: &[],
            regions: &[],
            successors: &[],
            traits: &[],
            interfaces: &[],
            format: None,
            parse: None,
            print: None,
            default_dialect: "",
            verify: None,
            verify_regions: None,
            fold: None,
            canonicalize: None,
            infer: None,
        }
    }
    /// Whether it has a trait; arguments of traits are not compared.
    pub fn has(&self, t: Trait) -> bool {
        self.traits.iter().any(|x| x.bit() == t.bit())
    }
    /// Full name without the dialect.
    pub fn mnemonic(&self, dialect: &str) -> &'static str {
        self.name.strip_prefix(dialect).and_then(|n| n.strip_prefix('.')).unwrap_or(self.name)
    }
    /// A property of this name.
    pub fn prop(&self, name: &str) -> Option<&'static PropSpec> {
        self.props.iter().find(|p| p.name == name)
    }
    /// Adds stored defaults of properties that are absent.
    pub fn store_defaults(&self, ctx: &Context, state: &mut OpState) {
        for spec in self.props.iter().filter(|p| p.stores_default) {
            let items = ctx.dict_items(props_dict(ctx, state));
            let absent = !items.iter().chain(ctx.dict_items(state.attrs)).any(|i| ctx.str(i.0) == spec.name);
            if let Some(default) = spec.default
                && absent
            {
                state.set_prop(ctx, spec.name, default(ctx));
            }
        }
    }
    /// Whether some result type can be computed from the rest of the operation.
    pub fn infers_results(&self) -> bool {
        self.infer.is_some() || self.has(Trait::SameOperandsAndResultType) || self.results.is_empty()
    }
    /// Result types from the rest of the operation, where the declaration says how.
    pub fn infer_results(&self, input: &InferInput<'_>) -> Result<SmallVec<[Type; 2]>, String> {
        if let Some(infer) = self.infer {
            return infer(input);
        }
        if self.has(Trait::SameOperandsAndResultType) {
            let first = input.operands.first().ok_or("has no operand to take the result type from")?;
            return Ok(self.results.iter().map(|_| *first).collect());
        }
        if self.results.is_empty() {
            return Ok(SmallVec::new());
        }
        Err("has result types that must be given".into())
    }
}

/// Properties of a new operation, as a dictionary.
pub(crate) fn props_dict(ctx: &Context, state: &OpState) -> Attribute {
    state.props.unwrap_or(ctx.empty_dict())
}

macro_rules! named_def {
    ($(#[$m:meta])* $name:ident) => {
        $(#[$m])*
        #[derive(Debug)]
        pub struct $name {
            /// Full name with the dialect.
            pub name: &'static str,
            /// Documentation, Markdown.
            pub doc: &'static str,
            /// Parameters; an absent optional one is stored as `unit`.
            pub params: &'static [PropSpec],
            /// Text between the angle brackets; None: the parameters, separated by commas.
            pub format: Option<&'static Format>,
            /// Reads the parameters, angle brackets included; see [`crate::text::asm`].
            pub parse: Option<ParseParamsFn>,
            /// Prints the parameters, angle brackets included.
            pub print: Option<PrintParamsFn>,
            /// Checks parameters beyond their constraints; the message completes "invalid ...: ".
            pub verify: Option<fn(&Context, &[Attribute]) -> Result<(), String>>,
        }
        impl $name {
            /// One without parameters: the base of a declaration.
            pub const fn new(name: &'static str, doc: &'static str) -> Self {
                $name { name, doc, params: &[], format: None, parse: None, print: None, verify: None }
            }
            /// Checks number, constraints and meaning of parameters.
            pub fn check(&self, ctx: &Context, params: &[Attribute]) -> Result<(), String> {
                check_params(ctx, self.params, params)?;
                self.verify.map_or(Ok(()), |v| v(ctx, params))
            }
        }
        // Definitions are statics with unique names: identity is the name.
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool { self.name == other.name }
        }
        impl Eq for $name {}
        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) { self.name.hash(state); }
        }
    };
}
named_def!(
    /// Declaration of a dialect type.
    TypeDef
);
named_def!(
    /// Declaration of a dialect attribute.
    AttrDef
);

fn check_params(ctx: &Context, specs: &[PropSpec], params: &[Attribute]) -> Result<(), String> {
    if specs.len() != params.len() {
        return Err(format!("expected {} parameters, but got {}", specs.len(), params.len()));
    }
    for (spec, &value) in specs.iter().zip(params) {
        let absent = spec.optional && value == ctx.unit();
        if !absent && !(spec.constraint.check)(ctx, value) {
            return Err(format!("parameter '{}' failed to satisfy constraint: {}", spec.name, spec.constraint.what));
        }
    }
    Ok(())
}
