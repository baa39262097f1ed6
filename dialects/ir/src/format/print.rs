//! Printing custom forms by their format.

use super::Format;
use super::compile::{Anchor, Kind, Node, Ref, Types};
use crate::core::{AttrData, Attribute, Context, Ident, IntValue, Ir, OpId, RegionId, Type, TypeData};
use crate::kinds::AttrAsm;
use crate::op_def::{OpDef, PropSpec, Trait};
use crate::segments::{self, OPERAND_SIZES, RESULT_SIZES};
use crate::text::asm::{OpPrinter, RegionOptions};

impl Format {
    /// Prints what follows the name of an operation.
    pub fn print(&self, def: &'static OpDef, p: &mut OpPrinter<'_>, ir: &Ir, op: OpId) {
        // A malformed format is reported by the parser; here the generic form stands in.
        match self.nodes(def) {
            Ok(nodes) => elements(&Job { format: self, def, ir, op, all: nodes }, nodes, p),
            Err(_) => p.generic_form(ir, op, false),
        }
    }
    /// Prints the parameters of a type or attribute, in angle brackets.
    pub fn print_params(&self, specs: &'static [PropSpec], p: &mut OpPrinter<'_>, values: &[Attribute]) {
        p.str("<");
        if let Ok(nodes) = self.param_nodes(specs) {
            let mut first = true;
            params(nodes, specs, values, p, &mut first);
        }
        p.str(">");
    }
}

struct Job<'a> {
    format: &'a Format,
    def: &'static OpDef,
    ir: &'a Ir,
    op: OpId,
    /// The whole format: what it writes elsewhere is not in the dictionaries.
    all: &'a [Node],
}

fn elements(job: &Job<'_>, nodes: &[Node], p: &mut OpPrinter<'_>) {
    nodes.iter().for_each(|n| element(job, n, p));
}

fn element(job: &Job<'_>, node: &Node, p: &mut OpPrinter<'_>) {
    let Job { def, ir, op, .. } = *job;
    let dict = matches!(node.kind, Kind::AttrDict | Kind::AttrDictWithKeyword | Kind::PropDict);
    let silent = matches!(node.kind, Kind::Var(Ref::Prop(i)) if matches!(def.props[i].asm, AttrAsm::Unit));
    if node.space && !dict && !silent {
        p.str(" ");
    }
    match &node.kind {
        Kind::Literal(text) => p.str(text),
        Kind::Space("\n") => p.newline(),
        Kind::Space(text) => p.str(text),
        Kind::Var(Ref::Operand(i)) => p.operands(ir, segments::operands(ir, op, def, *i)),
        Kind::Var(Ref::Result(_)) => {}
        Kind::Var(Ref::Prop(i)) => {
            let spec = &def.props[*i];
            let default = || spec.default.map(|d| d(ir.ctx()));
            if let Some(value) = segments::prop(ir, op, spec.name).or_else(default) {
                attribute(p, spec, value);
            }
        }
        Kind::Var(Ref::Region(i)) => {
            let regions = ir.regions_of(op);
            let own = if def.regions[*i].variadic { regions.get(*i..) } else { regions.get(*i..*i + 1) };
            print_regions(p, job, own.unwrap_or_default());
        }
        Kind::Var(Ref::Successor(i)) => {
            let all = ir.successors(op);
            let own = if def.successors[*i].variadic { all.get(*i..) } else { all.get(*i..*i + 1) };
            successors(p, own.unwrap_or_default());
        }
        Kind::AttrDict => p.dict_items(&remaining(job, false)),
        Kind::AttrDictWithKeyword => {
            let items = remaining(job, false);
            if !items.is_empty() {
                p.str(" attributes");
                p.dict_items(&items);
            }
        }
        Kind::PropDict => {
            let items = remaining(job, true);
            if !items.is_empty() {
                let dict = ir.ctx().dict(items);
                p.str(" <");
                p.attr(dict);
                p.str(">");
            }
        }
        Kind::Operands => p.operands(ir, ir.operands(op)),
        Kind::Regions => print_regions(p, job, ir.regions_of(op)),
        Kind::Successors => successors(p, ir.successors(op)),
        Kind::Type(which) => {
            let types = types(job, *which);
            p.types(types);
        }
        Kind::FunctionalType(from, to) => {
            let (from, to) = (types(job, *from), types(job, *to));
            p.function_type(&from, &to);
        }
        Kind::Custom { hook, args } => {
            if let Some(functions) = job.format.custom(hook) {
                (functions.print)(p, ir, op, args);
            }
        }
        Kind::Group { then, otherwise, anchor } => {
            elements(job, if present(job, *anchor) { then } else { otherwise }, p);
        }
    }
}

/// Whether the anchor of a group is there.
fn present(job: &Job<'_>, anchor: Anchor) -> bool {
    let Job { def, ir, op, .. } = *job;
    let Anchor::Name(name) = anchor;
    match name {
        Ref::Operand(i) => !segments::operand_range(ir, op, def, i).is_empty(),
        Ref::Result(i) => !segments::result_range(ir, op, def, i).is_empty(),
        Ref::Prop(i) => {
            let spec = &def.props[i];
            match segments::prop(ir, op, spec.name) {
                Some(value) => !is_default(ir.ctx(), spec, value),
                None => false,
            }
        }
        Ref::Region(i) => ir.regions_of(op).len() > i,
        Ref::Successor(i) => ir.successors(op).len() > i,
    }
}

fn is_default(ctx: &Context, spec: &PropSpec, value: Attribute) -> bool {
    spec.default.is_some_and(|d| d(ctx) == value)
}

fn types(job: &Job<'_>, which: Types) -> Vec<Type> {
    let Job { def, ir, op, .. } = *job;
    match which {
        Types::Operand(i) => segments::operands(ir, op, def, i).map(|v| ir.ty(v)).collect(),
        Types::Result(i) => segments::results(ir, op, def, i).map(|v| ir.ty(v)).collect(),
        Types::Operands => ir.operands(op).map(|v| ir.ty(v)).collect(),
        Types::Results => ir.results(op).map(|v| ir.ty(v)).collect(),
    }
}

fn successors(p: &mut OpPrinter<'_>, blocks: &[crate::BlockId]) {
    for (i, &block) in blocks.iter().enumerate() {
        if i > 0 {
            p.str(", ");
        }
        p.successor(block);
    }
}

fn print_regions(p: &mut OpPrinter<'_>, job: &Job<'_>, regions: &[RegionId]) {
    for (i, &region) in regions.iter().enumerate() {
        if i > 0 {
            p.str(", ");
        }
        let terminators = !hides_terminator(job, region);
        p.region(job.ir, region, RegionOptions { terminators, ..RegionOptions::default() });
    }
}

/// The implied terminator is left out when it carries nothing.
fn hides_terminator(job: &Job<'_>, region: RegionId) -> bool {
    let ir = job.ir;
    let implied = job.def.traits.iter().any(|t| matches!(t, Trait::ImplicitTerminator(_)));
    implied && region_end_is_plain(ir, region)
}

/// Whether the last operation of a region has no operands, results, properties or attributes.
pub fn region_end_is_plain(ir: &Ir, region: RegionId) -> bool {
    let last = ir.blocks_of(region).last().and_then(|b| ir.last_op(b));
    last.is_none_or(|op| {
        let bare = |dict| ir.ctx().dict_items(dict).is_empty();
        ir.num_operands(op) == 0 && ir.num_results(op) == 0 && bare(ir.attrs(op)) && ir.props(op).is_none_or(bare)
    })
}

/// Properties (and attributes, unless only properties are asked for) that nothing else in the format writes.
fn remaining(job: &Job<'_>, only_props: bool) -> Vec<(Ident, Attribute)> {
    let Job { def, ir, op, .. } = *job;
    let ctx = ir.ctx();
    let mut out: Vec<(Ident, Attribute)> = Vec::new();
    let prop_dict = job.all.iter().any(|n| matches!(n.kind, Kind::PropDict));
    if only_props || !prop_dict {
        for &(key, value) in ir.props(op).map_or(&[][..], |p| ctx.dict_items(p)) {
            let name = ctx.str(key);
            if ([OPERAND_SIZES, RESULT_SIZES].contains(&name) && sizes_follow(job)) || written(job.all, def, name) {
                continue;
            }
            if !def.prop(name).is_some_and(|s| is_default(ctx, s, value)) {
                out.push((key, value));
            }
        }
    }
    if !only_props {
        out.extend_from_slice(ctx.dict_items(ir.attrs(op)));
        out.sort_by_key(|i| ctx.str(i.0));
    }
    out
}

/// Group sizes follow from the text unless all operands are written as one list.
fn sizes_follow(job: &Job<'_>) -> bool {
    !job.all.iter().any(|n| matches!(n.kind, Kind::Operands))
}

/// Whether a property is written by `$name` or passed to a `custom` directive.
fn written(nodes: &[Node], def: &OpDef, name: &str) -> bool {
    nodes.iter().any(|n| match &n.kind {
        Kind::Var(Ref::Prop(i)) => def.props[*i].name == name,
        Kind::Custom { args, .. } => args.iter().any(|a| matches!(a, super::Arg::Var(v) if v == name)),
        Kind::Group { then, otherwise, .. } => written(then, def, name) || written(otherwise, def, name),
        _ => false,
    })
}

/// Prints an attribute in the form of its kind; one of another kind as any attribute.
pub fn attribute(p: &mut OpPrinter<'_>, spec: &PropSpec, value: Attribute) {
    let ctx = p.ctx();
    match spec.asm {
        AttrAsm::Plain => p.attr(value),
        AttrAsm::Typeless(_) => p.attr_without_type(value),
        AttrAsm::List(elem) => match ctx.attr_data(value) {
            AttrData::DenseArray { elem: e, data } if *e == elem(ctx) => list(p, *e, data),
            _ => p.attr(value),
        },
        AttrAsm::Symbol => match ctx.as_str(value) {
            Some(name) => p.symbol(name),
            None => p.attr(value),
        },
        AttrAsm::Keyword(words) => match ctx.as_str(value) {
            Some(word) if words.contains(&word) => p.str(word),
            _ => p.attr(value),
        },
        AttrAsm::Type => match ctx.attr_data(value) {
            AttrData::Type(ty) => p.ty(*ty),
            _ => p.attr(value),
        },
        AttrAsm::Unit => {}
    }
}

/// A dense array as `[1, 2]`.
fn list(p: &mut OpPrinter<'_>, elem: Type, data: &[u8]) {
    let ctx = p.ctx();
    let (bytes, int) = match ctx.type_data(elem) {
        TypeData::Integer { width, .. } => ((*width as usize).div_ceil(8).max(1), true),
        TypeData::Float(kind) => ((kind.width() as usize).div_ceil(8).max(1), false),
        _ => (1, true),
    };
    p.str("[");
    for (i, chunk) in data.chunks(bytes).enumerate() {
        if i > 0 {
            p.str(", ");
        }
        let mut raw = [0u8; 16];
        raw[..chunk.len().min(16)].copy_from_slice(&chunk[..chunk.len().min(16)]);
        let bits = u128::from_le_bytes(raw);
        let item = if int {
            let shift = 128 - 8 * bytes as u32;
            let value = ((bits << shift) as i128 >> shift) as i64;
            let value = if elem == ctx.i1() { -(value & 1) } else { value };
            ctx.attr(AttrData::Integer { ty: elem, value: IntValue::Small(value) })
        } else {
            ctx.attr(AttrData::Float { ty: elem, bits })
        };
        p.attr_without_type(item);
    }
    p.str("]");
}

fn params(nodes: &[Node], specs: &[PropSpec], values: &[Attribute], p: &mut OpPrinter<'_>, first: &mut bool) {
    for node in nodes {
        // The opening bracket stands for the name: no space after it.
        let unit = p.ctx().unit();
        if node.space && !*first && !matches!(node.kind, Kind::Group { .. }) {
            p.str(" ");
        }
        match &node.kind {
            Kind::Literal(text) => p.str(text),
            Kind::Space("\n") => p.newline(),
            Kind::Space(text) => p.str(text),
            Kind::Var(Ref::Prop(i)) => {
                if let Some(&value) = values.get(*i) {
                    attribute(p, &specs[*i], value);
                }
            }
            Kind::Group { then, otherwise, anchor: Anchor::Name(Ref::Prop(i)) } => {
                let there = values.get(*i).is_some_and(|v| !(specs[*i].optional && *v == unit));
                params(if there { then } else { otherwise }, specs, values, p, first);
                continue;
            }
            _ => {}
        }
        *first = false;
    }
}
