//! Interfaces: what generic passes ask of operations they do not know.
//!
//! An interface is a Rust trait with a table of functions beside it. [`op!`](crate::op) fills in the table for the operations that name
//! it under `interfaces [..]`; [`Registry::attach`](crate::Registry::attach) gives it to operations of other crates.
//! [`op_interface!`](crate::op_interface) declares one.

use crate::core::{Attribute, Context, Ir, OpId, RegionId, Type, ValueId};
use crate::diag::Diagnostic;
use crate::op_def::Trait;
use crate::rewrite::Rewriter;
use crate::symbols::SymbolTables;
use std::any::Any;
use std::ops::Range;

/// Declares an interface: the trait that operations implement, and the table through which generic code calls it.
///
/// ```
/// cim_ir::op_interface! {
///     /// Operations with a cost.
///     pub trait CostOp => Cost {
///         /// Cycles.
///         fn cycles(self, ir: &Ir) -> u64;
///         provided {
///             /// Energy; free unless said otherwise.
///             fn energy(self, ir: &Ir) -> f64 { 0.0 }
///         }
///     }
/// }
/// ```
#[macro_export]
macro_rules! op_interface {
    ($(#[$m:meta])* $vis:vis trait $Trait:ident => $Table:ident {
        $($(#[$fm:meta])* fn $f:ident(self, $ir:ident : &Ir $(, $a:ident : $t:ty)* $(,)?) $(-> $r:ty)?;)*
        $(provided {
            $($(#[$pm:meta])* fn $p:ident(self, $pir:ident : &Ir $(, $pa:ident : $pt:ty)* $(,)?) $(-> $pr:ty)? $body:block)*
        })?
    }) => {
        $(#[$m])*
        // Default bodies may ignore arguments whose names document them: hence the allow below.
        $vis trait $Trait: $crate::view::OpView {
            $($(#[$fm])* fn $f(self, $ir: &$crate::Ir $(, $a: $t)*) $(-> $r)?;)*
            $($($(#[$pm])* #[allow(unused_variables)] fn $p(self, $pir: &$crate::Ir $(, $pa: $pt)*) $(-> $pr)? $body)*)?
        }
        #[doc = concat!("Functions of [`", stringify!($Trait), "`] of some operation.")]
        #[derive(Clone, Copy, Debug)]
        $vis struct $Table {
            $($(#[$fm])* pub $f: fn($crate::OpId, &$crate::Ir $(, $t)*) $(-> $r)?,)*
            $($($(#[$pm])* pub $p: fn($crate::OpId, &$crate::Ir $(, $pt)*) $(-> $pr)?,)*)?
        }
        impl $Table {
            /// The table of an operation that implements the trait.
            pub const fn of<O: $Trait>() -> Self {
                $Table {
                    $($f: |op, $ir $(, $a)*| <O as $Trait>::$f(<O as $crate::view::OpView>::wrap(op), $ir $(, $a)*),)*
                    $($($p: |op, $pir $(, $pa)*| <O as $Trait>::$p(<O as $crate::view::OpView>::wrap(op), $pir $(, $pa)*),)*)?
                }
            }
            /// The table of an operation, if it has the interface.
            pub fn get(ir: &$crate::Ir, op: $crate::OpId) -> ::core::option::Option<&'static Self> {
                $crate::interfaces::find::<Self>(ir, op)
            }
        }
    };
}

/// An interface of an operation: declared, or attached to its name (also to unregistered ones).
pub fn find<T: Any>(ir: &Ir, op: OpId) -> Option<&'static T> {
    let (ctx, name) = (ir.ctx(), ir.name(op));
    match ctx.op_name_data(name).def {
        Some(def) => ctx.registry().interface(def),
        None => ctx.registry().attached_interface(ctx.op_str(name)),
    }
}

/// What an operation does to memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EffectKind {
    /// Makes new memory.
    Allocate,
    /// Ends its life.
    Free,
    /// Reads.
    Read,
    /// Writes.
    Write,
}

/// One effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// Kind.
    pub kind: EffectKind,
    /// The memory, when it is a value; None: anything of the resource.
    pub value: Option<ValueId>,
    /// Which kind of memory; effects on different resources do not meet.
    pub resource: &'static str,
}

impl Effect {
    /// Ordinary memory.
    pub const MEMORY: &'static str = "memory";
    /// An effect on ordinary memory behind a value.
    pub fn on(kind: EffectKind, value: ValueId) -> Self {
        Effect { kind, value: Some(value), resource: Self::MEMORY }
    }
    /// An effect on a resource as a whole.
    pub fn anywhere(kind: EffectKind, resource: &'static str) -> Self {
        Effect { kind, value: None, resource }
    }
}

op_interface! {
    /// Operations that say what they do to memory. Those without this interface and without the traits `Pure` and
    /// `RecursiveMemoryEffects` may do anything.
    pub trait MemoryEffectOp => MemoryEffects {
        /// Adds the effects of the operation itself.
        fn effects(self, ir: &Ir, out: &mut Vec<Effect>);
    }
}

op_interface! {
    /// Operations that call.
    pub trait CallOp => CallLike {
        /// Reference to the callee.
        fn callee(self, ir: &Ir) -> Option<Attribute>;
        /// Arguments, in order.
        fn arguments(self, ir: &Ir) -> Vec<ValueId>;
    }
}

op_interface! {
    /// Operations that can be called: symbols with a body.
    pub trait CallableOp => CallableLike {
        /// Body; None for a declaration.
        fn callable_region(self, ir: &Ir) -> Option<RegionId>;
        /// Types of the arguments and results.
        fn signature(self, ir: &Ir) -> (Vec<Type>, Vec<Type>);
    }
}

op_interface! {
    /// Terminators that pass operands to the arguments of their successors.
    pub trait BranchOp => BranchLike {
        /// Positions of the operands for successor `index`.
        fn successor_operands(self, ir: &Ir, index: usize) -> Range<usize>;
    }
}

op_interface! {
    /// Loops.
    pub trait LoopOp => LoopLike {
        /// Bodies.
        fn loop_regions(self, ir: &Ir) -> Vec<RegionId>;
        /// Values that count iterations, arguments of the bodies.
        fn induction_values(self, ir: &Ir) -> Vec<ValueId>;
        provided {
            /// Number of iterations, if it is known.
            fn trip_count(self, ir: &Ir) -> Option<u64> { None }
        }
    }
}

op_interface! {
    /// Operations that refer to symbols in a way to be checked.
    pub trait SymbolUserOp => SymbolUser {
        /// Checks the references; runs after everything else in the symbol table is verified.
        fn verify_symbol_uses(self, ir: &Ir, tables: &mut SymbolTables) -> Result<(), Diagnostic>;
    }
}

op_interface! {
    /// Operations that propose names for values, used by custom assembly (`%c1_i32`).
    pub trait AsmNamesOp => AsmNames {
        /// Proposes names of results.
        fn result_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str));
        provided {
            /// Proposes names of the arguments of entry blocks.
            fn argument_names(self, ir: &Ir, name: &mut dyn FnMut(ValueId, &str)) {}
        }
    }
}

/// How a dialect takes part in inlining; an interface of the dialect.
#[derive(Clone, Copy, Debug)]
pub struct Inlining {
    /// Whether a call may be replaced by the body of the callee.
    pub may_inline_call: fn(&Ir, call: OpId, callee: OpId) -> bool,
    /// Whether an operation of the dialect may be moved into another function.
    pub may_inline: fn(&Ir, op: OpId) -> bool,
    /// Replaces a terminator of an inlined one-block body: the results of the call become its operands; the terminator is
    /// erased by the caller.
    pub replace_terminator: fn(&mut Rewriter<'_>, terminator: OpId, results: &[ValueId]),
}

impl Inlining {
    /// Everything may be inlined, and terminators pass their operands on.
    pub const ALWAYS: Inlining = Inlining {
        may_inline_call: |_, _, _| true,
        may_inline: |_, _| true,
        replace_terminator: |rw, terminator, results| {
            let values: Vec<ValueId> = rw.operands(terminator).collect();
            for (&from, &to) in results.iter().zip(&values) {
                rw.replace_all_uses_with(from, to);
            }
        },
    };
    /// That of the dialect of an operation.
    pub fn of(ir: &Ir, op: OpId) -> Option<&'static Self> {
        ir.ctx().registry().dialect_of(ir.name_str(op))?.interface()
    }
}

/// Effects of an operation with everything inside it; None when they are unknown.
pub fn effects(ir: &Ir, op: OpId) -> Option<Vec<Effect>> {
    let mut out = Vec::new();
    let mut work = vec![op];
    while let Some(op) = work.pop() {
        let traits = ir.ctx().op_name_data(ir.name(op)).traits;
        let own = MemoryEffects::get(ir, op);
        if let Some(own) = own {
            (own.effects)(op, ir, &mut out);
        }
        if traits.has(Trait::RecursiveMemoryEffects) {
            work.extend(ir.regions_of(op).iter().flat_map(|&r| ir.blocks_of(r)).flat_map(|b| ir.ops_of(b)));
        } else if own.is_none() && !traits.has(Trait::Pure) {
            return None;
        }
    }
    Some(out)
}

/// Whether the operation, with everything inside it, touches no memory.
pub fn is_effect_free(ir: &Ir, op: OpId) -> bool {
    if ir.has_trait(op, Trait::Pure) && ir.regions_of(op).is_empty() {
        return true;
    }
    effects(ir, op).is_some_and(|e| e.is_empty())
}

/// Whether the operation may be erased once its results are unused: it only reads, or only allocates what nobody sees.
pub fn is_removable(ir: &Ir, op: OpId) -> bool {
    let traits = ir.ctx().op_name_data(ir.name(op)).traits;
    if traits.has(Trait::Terminator) || traits.has(Trait::Symbol) {
        return false;
    }
    if traits.has(Trait::Pure) && ir.regions_of(op).is_empty() {
        return true;
    }
    let Some(effects) = effects(ir, op) else { return false };
    let fresh: Vec<_> = effects.iter().filter(|e| e.kind == EffectKind::Allocate).filter_map(|e| e.value).collect();
    effects.iter().all(|e| match e.kind {
        EffectKind::Read => true,
        EffectKind::Allocate => e.value.is_none_or(|v| ir.defining_op(v) == Some(op)),
        EffectKind::Write | EffectKind::Free => e.value.is_some_and(|v| fresh.contains(&v)),
    })
}

/// Whether the operation is unused and may be erased.
pub fn is_trivially_dead(ir: &Ir, op: OpId) -> bool {
    ir.results(op).all(|r| ir.is_unused(r)) && is_removable(ir, op)
}

/// Whether two operations of one name, types and attributes may be merged: the second does nothing that the first did not.
/// Operations that read need a further check that nobody writes between them.
pub fn reads_only(ir: &Ir, op: OpId) -> bool {
    effects(ir, op).is_some_and(|e| e.iter().all(|e| e.kind == EffectKind::Read))
}

/// Name of a constant as MLIR's own dialects give it: `c1_i32`, `true`, `c3` for an index, `cst`.
pub fn constant_name(ctx: &Context, value: Attribute) -> String {
    match crate::kinds::attr_type(ctx, value) {
        Some(ty) => match (ctx.attr_data(value), ctx.as_i64(value)) {
            (_, Some(v)) if ty == ctx.i1() => if v != 0 { "true" } else { "false" }.into(),
            (_, Some(v)) if ty == ctx.index() => format!("c{v}"),
            (crate::core::AttrData::Integer { .. }, Some(v)) => match ctx.type_data(ty) {
                crate::core::TypeData::Integer { width, .. } => format!("c{v}_i{width}"),
                _ => "cst".into(),
            },
            _ => "cst".into(),
        },
        None => "cst".into(),
    }
}
