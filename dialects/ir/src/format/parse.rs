//! Reading custom forms by their format.

use super::Format;
use super::compile::{Kind, Node, Ref, Types};
use crate::core::{AttrData, Attribute, BlockId, Context, IntValue, OpState, RegionId, Type, TypeData};
use crate::kinds::{AttrAsm, AttrKind, I32Array, attr_type};
use crate::op_def::{Arity, InferInput, OpDef, PropSpec, Trait, ValueSpec, props_dict};
use crate::segments::{OPERAND_SIZES, RESULT_SIZES, needs_sizes};
use crate::text::asm::{Delimiter, OpParser, Operand, ParseResult, Pos};

/// What has been read of an operation so far, by name of the declaration.
pub struct Parsed {
    def: &'static OpDef,
    operands: Vec<Vec<Operand>>,
    all_operands: Option<Vec<Operand>>,
    operand_types: Vec<Option<Vec<Type>>>,
    all_operand_types: Option<Vec<Type>>,
    result_types: Vec<Option<Vec<Type>>>,
    all_result_types: Option<Vec<Type>>,
    props: Vec<(&'static str, Attribute)>,
    regions: Vec<Vec<RegionId>>,
    successors: Vec<Vec<BlockId>>,
    /// Where types were written last: position of errors about their number.
    types_pos: Pos,
}

impl Parsed {
    fn new(def: &'static OpDef, pos: Pos) -> Self {
        Parsed {
            def,
            operands: def.operands.iter().map(|_| Vec::new()).collect(),
            all_operands: None,
            operand_types: def.operands.iter().map(|_| None).collect(),
            all_operand_types: None,
            result_types: def.results.iter().map(|_| None).collect(),
            all_result_types: None,
            props: Vec::new(),
            regions: def.regions.iter().map(|_| Vec::new()).collect(),
            successors: def.successors.iter().map(|_| Vec::new()).collect(),
            types_pos: pos,
        }
    }
    /// Sets the operands of a name.
    pub fn set_operands(&mut self, name: &str, operands: Vec<Operand>) {
        if let Some(i) = self.def.operands.iter().position(|s| s.name == name) {
            self.operands[i] = operands;
        }
    }
    /// Sets the types of an operand or result name.
    pub fn set_types(&mut self, name: &str, types: Vec<Type>) {
        if let Some(i) = self.def.operands.iter().position(|s| s.name == name) {
            self.operand_types[i] = Some(types);
        } else if let Some(i) = self.def.results.iter().position(|s| s.name == name) {
            self.result_types[i] = Some(types);
        }
    }
    /// Sets a property.
    pub fn set_prop(&mut self, name: &str, value: Attribute) {
        if let Some(spec) = self.def.prop(name) {
            self.props.push((spec.name, value));
        }
    }
    /// A property read before.
    pub fn prop(&self, name: &str) -> Option<Attribute> {
        self.props.iter().rev().find(|p| p.0 == name).map(|p| p.1)
    }
    /// Adds a region.
    pub fn add_region(&mut self, name: &str, region: RegionId) {
        if let Some(i) = self.def.regions.iter().position(|s| s.name == name) {
            self.regions[i].push(region);
        }
    }
    /// Adds a successor.
    pub fn add_successor(&mut self, name: &str, block: BlockId) {
        if let Some(i) = self.def.successors.iter().position(|s| s.name == name) {
            self.successors[i].push(block);
        }
    }

    fn set(&mut self, which: Types, types: Vec<Type>) {
        match which {
            Types::Operand(i) => self.operand_types[i] = Some(types),
            Types::Result(i) => self.result_types[i] = Some(types),
            Types::Operands => self.all_operand_types = Some(types),
            Types::Results => self.all_result_types = Some(types),
        }
    }
}

impl Format {
    /// Reads an operation from after its name to its end, without location.
    pub fn parse(&self, def: &'static OpDef, p: &mut OpParser<'_>, state: &mut OpState) -> ParseResult {
        let nodes = match self.nodes(def) {
            Ok(nodes) => nodes,
            Err(message) => return Err(p.op_error(format!("format of '{}': {message}", def.name))),
        };
        let mut parsed = Parsed::new(def, p.pos());
        elements(self, nodes, p, &mut parsed, state)?;
        finish(p, parsed, state)
    }
    /// Reads parameters of a type or attribute, in angle brackets.
    pub fn parse_params(&self, specs: &'static [PropSpec], p: &mut OpParser<'_>) -> ParseResult<Vec<Attribute>> {
        let nodes = match self.param_nodes(specs) {
            Ok(nodes) => nodes,
            Err(message) => return Err(p.error(format!("format: {message}"))),
        };
        let mut values = vec![None; specs.len()];
        p.less()?;
        params(nodes, p, specs, &mut values)?;
        p.greater()?;
        let ctx = p.ctx();
        let absent = |s: &PropSpec| s.default.map_or(ctx.unit(), |d| d(ctx));
        Ok(specs.iter().zip(values).map(|(s, v)| v.unwrap_or_else(|| absent(s))).collect())
    }
}

fn elements(
    format: &Format,
    nodes: &[Node],
    p: &mut OpParser<'_>,
    parsed: &mut Parsed,
    state: &mut OpState,
) -> ParseResult {
    nodes.iter().try_for_each(|n| element(format, n, p, parsed, state))
}

fn element(format: &Format, node: &Node, p: &mut OpParser<'_>, out: &mut Parsed, state: &mut OpState) -> ParseResult {
    match &node.kind {
        Kind::Literal(text) => p.literal(text)?,
        Kind::Space(_) => {}
        Kind::Var(Ref::Operand(i)) => {
            out.operands[*i] = match out.def.operands[*i].arity {
                Arity::One => vec![p.operand()?],
                Arity::Optional => p.optional_operand()?.into_iter().collect(),
                Arity::Variadic => p.operand_list(Delimiter::None)?,
            };
        }
        Kind::Var(Ref::Result(_)) => {}
        Kind::Var(Ref::Prop(i)) => {
            let spec = &out.def.props[*i];
            let value = attribute(p, spec)?;
            out.props.push((spec.name, value));
        }
        Kind::Var(Ref::Region(i)) => {
            if !out.def.regions[*i].variadic || p.at_literal("{") {
                region(p, out, *i)?;
                while out.def.regions[*i].variadic && p.optional_comma() {
                    region(p, out, *i)?;
                }
            }
        }
        Kind::Var(Ref::Successor(i)) => {
            let block = p.successor()?;
            out.successors[*i].push(block);
            while out.def.successors[*i].variadic && p.optional_comma() {
                let block = p.successor()?;
                out.successors[*i].push(block);
            }
        }
        Kind::AttrDict => p.attr_dict_into(state)?,
        Kind::AttrDictWithKeyword => p.attr_dict_with_keyword_into(state)?,
        Kind::PropDict => {
            if p.optional_less() {
                for (key, value) in p.attr_dict()? {
                    match out.def.prop(p.ctx().str(key)) {
                        Some(spec) => out.props.push((spec.name, value)),
                        None => {
                            let text = format!("'{}' is not a property of '{}'", p.ctx().str(key), out.def.name);
                            return Err(p.error(text));
                        }
                    }
                }
                p.greater()?;
            }
        }
        Kind::Operands => out.all_operands = Some(p.operand_list(Delimiter::None)?),
        Kind::Regions => {
            for i in 0..out.def.regions.len() {
                if i > 0 && !out.def.regions[i].variadic {
                    p.comma()?;
                } else if i > 0 && !p.optional_comma() {
                    break;
                }
                region(p, out, i)?;
                while out.def.regions[i].variadic && p.optional_comma() {
                    region(p, out, i)?;
                }
            }
        }
        Kind::Successors => {
            for i in 0..out.def.successors.len() {
                if i > 0 && !out.def.successors[i].variadic {
                    p.comma()?;
                } else if i > 0 && !p.optional_comma() {
                    break;
                }
                let block = p.successor()?;
                out.successors[i].push(block);
                while out.def.successors[i].variadic && p.optional_comma() {
                    let block = p.successor()?;
                    out.successors[i].push(block);
                }
            }
        }
        Kind::Type(which) => {
            out.types_pos = p.pos();
            let arity = match which {
                Types::Operand(i) => out.def.operands[*i].arity,
                Types::Result(i) => out.def.results[*i].arity,
                _ => Arity::Variadic,
            };
            let types = match arity {
                Arity::One => vec![p.parse_type()?],
                Arity::Optional => p.optional_type()?.into_iter().collect(),
                Arity::Variadic => p.type_list(Delimiter::None)?,
            };
            out.set(*which, types);
        }
        Kind::FunctionalType(from, to) => {
            out.types_pos = p.pos();
            let (inputs, results) = p.functional_type()?;
            out.set(*from, inputs);
            out.set(*to, results);
        }
        Kind::Custom { hook, args } => match format.custom(hook) {
            Some(functions) => (functions.parse)(p, out, args)?,
            None => return Err(p.op_error(format!("format of '{}': no `custom<{hook}>`", out.def.name))),
        },
        Kind::Group { then, otherwise, .. } => match starts(then, p, out) {
            Start::Literal(rest) => elements(format, rest, p, out, state)?,
            Start::Yes => elements(format, then, p, out, state)?,
            Start::No => elements(format, otherwise, p, out, state)?,
        },
    }
    Ok(())
}

enum Start<'n> {
    /// The first literal was read.
    Literal(&'n [Node]),
    Yes,
    No,
}

/// Whether an optional group is next.
fn starts<'n>(nodes: &'n [Node], p: &mut OpParser<'_>, out: &Parsed) -> Start<'n> {
    let first = nodes.iter().position(|n| !matches!(n.kind, Kind::Space(_))).unwrap_or(0);
    let yes = match nodes.get(first).map(|n| &n.kind) {
        Some(Kind::Literal(text)) => {
            return if p.optional_literal(text) { Start::Literal(&nodes[first + 1..]) } else { Start::No };
        }
        Some(Kind::Var(Ref::Operand(_))) => p.at_operand(),
        Some(Kind::Var(Ref::Region(_))) => p.at_literal("{"),
        Some(Kind::Var(Ref::Prop(i))) => at_attribute(p, &out.def.props[*i]),
        _ => false,
    };
    if yes { Start::Yes } else { Start::No }
}

fn at_attribute(p: &OpParser<'_>, spec: &PropSpec) -> bool {
    match spec.asm {
        AttrAsm::Keyword(words) => words.iter().any(|w| p.at_literal(w)),
        AttrAsm::List(_) => p.at_literal("["),
        _ => p.at_attr(),
    }
}

fn region(p: &mut OpParser<'_>, out: &mut Parsed, index: usize) -> ParseResult {
    let region = p.region()?;
    let def = out.def;
    let terminator = def.traits.iter().find_map(|t| match t {
        Trait::ImplicitTerminator(names) => names.first(),
        _ => None,
    });
    if let Some(name) = terminator {
        let loc = p.op_loc();
        p.ensure_block(region);
        crate::build::ensure_terminator(p.ir_mut(), region, name, loc);
    } else if def.has(Trait::SingleBlock) {
        p.ensure_block(region);
    }
    out.regions[index].push(region);
    Ok(())
}

/// Reads an attribute in the form of its kind.
pub fn attribute(p: &mut OpParser<'_>, spec: &PropSpec) -> ParseResult<Attribute> {
    let ctx = p.ctx();
    let pos = p.pos();
    let value = match spec.asm {
        AttrAsm::Plain => p.attribute()?,
        AttrAsm::Typeless(ty) => p.attribute_of_type(ty(ctx))?,
        AttrAsm::List(elem) => list(p, elem(ctx))?,
        AttrAsm::Symbol => {
            let name = p.symbol_name()?;
            ctx.string_attr(&name)
        }
        AttrAsm::Keyword(words) => {
            let i = p.one_of(words)?;
            ctx.string_attr(words.get(i).copied().unwrap_or_default())
        }
        AttrAsm::Type => {
            let ty = p.parse_type()?;
            ctx.type_attr(ty)
        }
        AttrAsm::Unit => ctx.unit(),
    };
    if !(spec.constraint.check)(ctx, value) {
        let text = format!("attribute '{}' failed to satisfy constraint: {}", spec.name, spec.constraint.what);
        return Err(p.error_at(pos, text));
    }
    Ok(value)
}

/// `[1, 2]` as a dense array.
fn list(p: &mut OpParser<'_>, elem: Type) -> ParseResult<Attribute> {
    let ctx = p.ctx();
    let mut data = Vec::new();
    p.list(Delimiter::Square, |p| {
        let pos = p.pos();
        let item = p.attribute_of_type(elem)?;
        if push_element(ctx, item, elem, &mut data) {
            Ok(())
        } else {
            Err(p.error_at(pos, "expected a number of the list's element type"))
        }
    })?;
    Ok(ctx.attr(AttrData::DenseArray { elem, data: data.into() }))
}

fn push_element(ctx: &Context, item: Attribute, elem: Type, data: &mut Vec<u8>) -> bool {
    let bits = match ctx.type_data(elem) {
        TypeData::Integer { width, .. } => *width,
        TypeData::Float(kind) => kind.width(),
        _ => return false,
    };
    let bytes = (bits as usize).div_ceil(8);
    match ctx.attr_data(item) {
        AttrData::Integer { ty, value: IntValue::Small(v) } if *ty == elem => {
            // One byte per i1, 0 or 1.
            let v = if bits == 1 { v & 1 } else { *v };
            data.extend_from_slice(v.to_le_bytes().get(..bytes).unwrap_or_default());
        }
        AttrData::Float { ty, bits } if *ty == elem => {
            data.extend_from_slice(bits.to_le_bytes().get(..bytes).unwrap_or_default());
        }
        _ => return false,
    }
    true
}

fn params(
    nodes: &[Node],
    p: &mut OpParser<'_>,
    specs: &'static [PropSpec],
    values: &mut [Option<Attribute>],
) -> ParseResult {
    for node in nodes {
        match &node.kind {
            Kind::Literal(text) => p.literal(text)?,
            Kind::Var(Ref::Prop(i)) => values[*i] = Some(attribute(p, &specs[*i])?),
            Kind::Group { then, otherwise, .. } => {
                let first = then.iter().position(|n| !matches!(n.kind, Kind::Space(_))).unwrap_or(0);
                match then.get(first).map(|n| &n.kind) {
                    Some(Kind::Literal(text)) if p.optional_literal(text) => {
                        params(&then[first + 1..], p, specs, values)?;
                    }
                    Some(Kind::Var(Ref::Prop(i))) if at_attribute(p, &specs[*i]) => params(then, p, specs, values)?,
                    _ => params(otherwise, p, specs, values)?,
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Works out types, resolves operands, and fills the state.
fn finish(p: &mut OpParser<'_>, mut out: Parsed, state: &mut OpState) -> ParseResult {
    let ctx = p.ctx();
    let def = out.def;
    let mut props: Vec<_> = out.props.iter().map(|(k, v)| (ctx.ident(k), *v)).collect();

    let twice = |key: &str| ctx.dict_items(state.attrs).iter().any(|i| ctx.str(i.0) == key);
    if let Some((key, _)) = out.props.iter().find(|p| twice(p.0)) {
        return Err(p.op_error(format!("attribute '{key}' occurs twice: in the form and in the dictionary")));
    }

    // Operands.
    let pos = out.types_pos;
    if let Some(types) = out.all_operand_types.take() {
        let flat: Vec<Operand> = match &out.all_operands {
            Some(all) => all.clone(),
            None => out.operands.iter().flatten().copied().collect(),
        };
        state.operands = p.resolve_operands(&flat, &types, pos)?.into();
    } else if let Some(all) = out.all_operands.take() {
        let ty = one_operand_type(ctx, &out);
        match ty {
            Some(ty) => {
                for operand in &all {
                    let value = p.resolve_operand(operand, ty)?;
                    state.operands.push(value);
                }
            }
            None if all.is_empty() => {}
            None => return Err(p.op_error(format!("format of '{}' gives no types of operands", def.name))),
        }
    } else {
        for (i, spec) in def.operands.iter().enumerate() {
            let group = std::mem::take(&mut out.operands[i]);
            if let Some(types) = &out.operand_types[i] {
                let values = p.resolve_operands(&group, types, pos)?;
                state.operands.extend(values);
                out.operands[i] = group;
                continue;
            }
            if !group.is_empty() {
                let Some(ty) = operand_type(ctx, &out, i) else {
                    return Err(
                        p.op_error(format!("format of '{}' gives no type of operand '{}'", def.name, spec.name))
                    );
                };
                for operand in &group {
                    let value = p.resolve_operand(operand, ty)?;
                    state.operands.push(value);
                }
            }
            out.operands[i] = group;
        }
    }
    if needs_sizes(def.operands) && state.operands.len() == out.operands.iter().map(Vec::len).sum() {
        props.push((ctx.ident(OPERAND_SIZES), sizes(ctx, out.operands.iter().map(Vec::len))));
    }
    if !props.is_empty() {
        let mut all = state.props.map_or(Vec::new(), |d| ctx.dict_items(d).to_vec());
        all.extend(props);
        state.props = Some(ctx.dict(all));
    }
    def.store_defaults(ctx, state);
    state.regions.extend(out.regions.iter().flatten().copied());
    state.successors.extend(out.successors.iter().flatten().copied());
    results(p, out, state)
}

fn sizes(ctx: &Context, lens: impl Iterator<Item = usize>) -> Attribute {
    let sizes: Vec<i32> = lens.map(|n| i32::try_from(n).unwrap_or(i32::MAX)).collect();
    I32Array::make(ctx, &sizes)
}

fn results(p: &mut OpParser<'_>, mut out: Parsed, state: &mut OpState) -> ParseResult {
    let ctx = p.ctx();
    let def = out.def;
    if let Some(types) = out.all_result_types.take() {
        state.results = types.into();
        return Ok(());
    }
    let operands: Vec<Type> = state.operands.iter().map(|&v| p.ir().ty(v)).collect();
    let missing = (0..def.results.len()).any(|i| out.result_types[i].is_none() && result_type(ctx, &out, i).is_none());
    if missing {
        // Properties may stand in the attribute dictionary.
        let mut all = ctx.dict_items(state.attrs).to_vec();
        all.extend_from_slice(ctx.dict_items(props_dict(ctx, state)));
        let input = InferInput { ctx, loc: state.loc, operands: &operands, props: ctx.dict(all) };
        match def.infer_results(&input) {
            Ok(types) => {
                state.results = types;
                return Ok(());
            }
            Err(message) => return Err(p.op_error(format!("'{}' op {message}", def.name))),
        }
    }
    for i in 0..def.results.len() {
        let types = match out.result_types[i].take() {
            Some(types) => types,
            None => result_type(ctx, &out, i).into_iter().collect(),
        };
        state.results.extend(types.iter().copied());
        out.result_types[i] = Some(types);
    }
    if needs_sizes(def.results) {
        let lens = out.result_types.iter().map(|t| t.as_ref().map_or(0, Vec::len));
        state.set_prop(ctx, RESULT_SIZES, sizes(ctx, lens));
    }
    Ok(())
}

/// The one type that all operands have, if the declaration says so and it is known.
fn one_operand_type(ctx: &Context, out: &Parsed) -> Option<Type> {
    let def = out.def;
    let same = def.has(Trait::SameTypeOperands) || def.has(Trait::SameOperandsAndResultType);
    if same && let Some(t) = out.operand_types.iter().flatten().flatten().next() {
        return Some(*t);
    }
    if def.has(Trait::SameOperandsAndResultType) {
        let known = out.result_types.iter().flatten().chain(&out.all_result_types).flatten().next();
        if let Some(t) = known {
            return Some(*t);
        }
    }
    match def.operands {
        [only] => only.constraint.only.map(|f| f(ctx)),
        _ => None,
    }
}

/// Type of an operand that is not written: the same as another one's, or the only one possible.
fn operand_type(ctx: &Context, out: &Parsed, index: usize) -> Option<Type> {
    let spec = &out.def.operands[index];
    one_operand_type(ctx, out)
        .or_else(|| matching_type(ctx, out, spec))
        .or_else(|| spec.constraint.only.map(|f| f(ctx)))
}

fn result_type(ctx: &Context, out: &Parsed, index: usize) -> Option<Type> {
    let spec = &out.def.results[index];
    if spec.arity == Arity::Variadic {
        return None;
    }
    let same = if out.def.has(Trait::SameOperandsAndResultType) { one_operand_type(ctx, out) } else { None };
    same.or_else(|| matching_type(ctx, out, spec)).or_else(|| spec.constraint.only.map(|f| f(ctx)))
}

/// From `AllTypesMatch`.
fn matching_type(ctx: &Context, out: &Parsed, spec: &ValueSpec) -> Option<Type> {
    let known = |name: &str| {
        let find = |specs: &[ValueSpec], types: &[Option<Vec<Type>>]| {
            let i = specs.iter().position(|s| s.name == name)?;
            types.get(i)?.as_ref()?.first().copied()
        };
        find(out.def.operands, &out.operand_types)
            .or_else(|| find(out.def.results, &out.result_types))
            .or_else(|| attr_type(ctx, out.prop(name)?))
    };
    out.def.traits.iter().find_map(|t| match t {
        Trait::AllTypesMatch(names) if names.contains(&spec.name) => names.iter().find_map(|n| known(n)),
        _ => None,
    })
}
