//! Walks over attributes and types inside attributes and types, without recursion on the way down.

use crate::core::{AttrData, Attribute, Context, LocData, Type, TypeData};
use rustc_hash::FxHashMap;

/// An attribute or a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// Attribute.
    Attr(Attribute),
    /// Type.
    Type(Type),
}

/// Pushes what a node directly consists of, in order.
pub fn children(ctx: &Context, node: Node, out: &mut Vec<Node>) {
    match node {
        Node::Attr(a) => attr_children(ctx, a, out),
        Node::Type(t) => type_children(ctx, t, out),
    }
}

fn attr_children(ctx: &Context, attr: Attribute, out: &mut Vec<Node>) {
    match ctx.attr_data(attr) {
        AttrData::Integer { ty, .. }
        | AttrData::Float { ty, .. }
        | AttrData::Dense { ty, .. }
        | AttrData::DenseStrings { ty, .. }
        | AttrData::DenseResource { ty, .. }
        | AttrData::Type(ty)
        | AttrData::DenseArray { elem: ty, .. } => out.push(Node::Type(*ty)),
        AttrData::String { ty, .. } | AttrData::Opaque { ty, .. } => out.extend(ty.map(Node::Type)),
        AttrData::Array(items) => out.extend(items.iter().map(|a| Node::Attr(*a))),
        AttrData::Dictionary(items) => out.extend(items.iter().map(|i| Node::Attr(i.1))),
        AttrData::Sparse { ty, indices, values } => {
            out.extend([Node::Type(*ty), Node::Attr(*indices), Node::Attr(*values)]);
        }
        AttrData::Distinct { body, .. } => out.push(Node::Attr(*body)),
        AttrData::Dialect { params, .. } => out.extend(params.iter().map(|a| Node::Attr(*a))),
        AttrData::Location(loc) => {
            if let LocData::Fused { metadata: Some(m), .. } = ctx.loc_data(*loc) {
                out.push(Node::Attr(*m));
            }
        }
        AttrData::Unit | AttrData::Symbol { .. } | AttrData::Strided { .. } | AttrData::Map(_) | AttrData::Set(_) => {}
    }
}

fn type_children(ctx: &Context, ty: Type, out: &mut Vec<Node>) {
    match ctx.type_data(ty) {
        TypeData::Complex(t) | TypeData::UnrankedTensor(t) => out.push(Node::Type(*t)),
        TypeData::Tuple(ts) => out.extend(ts.iter().map(|t| Node::Type(*t))),
        TypeData::Function { inputs, results } => out.extend(inputs.iter().chain(results).map(|t| Node::Type(*t))),
        TypeData::Vector { elem, .. } => out.push(Node::Type(*elem)),
        TypeData::Tensor { elem, encoding, .. } => {
            out.push(Node::Type(*elem));
            out.extend(encoding.map(Node::Attr));
        }
        TypeData::MemRef { elem, layout, space, .. } => {
            out.push(Node::Type(*elem));
            out.extend(layout.iter().chain(space).map(|a| Node::Attr(*a)));
        }
        TypeData::UnrankedMemRef { elem, space } => {
            out.push(Node::Type(*elem));
            out.extend(space.map(Node::Attr));
        }
        TypeData::Dialect { params, .. } => out.extend(params.iter().map(|a| Node::Attr(*a))),
        TypeData::Integer { .. } | TypeData::Float(_) | TypeData::Index | TypeData::None | TypeData::Opaque { .. } => {}
    }
}

/// Calls `visit` for an attribute and everything inside it, each occurrence, outer ones first.
pub fn walk(ctx: &Context, attr: Attribute, visit: &mut dyn FnMut(Node)) {
    let mut stack = vec![Node::Attr(attr)];
    let mut inner = Vec::new();
    while let Some(node) = stack.pop() {
        visit(node);
        children(ctx, node, &mut inner);
        stack.extend(inner.drain(..).rev());
    }
}

/// Replaces attributes inside an attribute: `replace` sees each one, inner ones already replaced, and may return another.
/// Results are kept in `cache`, so that shared parts are looked at once. Types are left as they are.
pub fn replace(
    ctx: &Context,
    attr: Attribute,
    cache: &mut FxHashMap<Attribute, Attribute>,
    replace: &mut dyn FnMut(Attribute) -> Option<Attribute>,
) -> Attribute {
    let mut stack = vec![(attr, false)];
    while let Some((a, inner_done)) = stack.pop() {
        if cache.contains_key(&a) {
            continue;
        }
        if !inner_done {
            stack.push((a, true));
            match ctx.attr_data(a) {
                AttrData::Array(items) => stack.extend(items.iter().map(|i| (*i, false))),
                AttrData::Dictionary(items) => stack.extend(items.iter().map(|i| (i.1, false))),
                AttrData::Dialect { params, .. } => stack.extend(params.iter().map(|i| (*i, false))),
                _ => {}
            }
            continue;
        }
        let new = |i: &Attribute| cache.get(i).copied().unwrap_or(*i);
        let rebuilt = match ctx.attr_data(a) {
            AttrData::Array(items) => ctx.array_attr(&items.iter().map(new).collect::<Vec<_>>()),
            AttrData::Dictionary(items) => ctx.dict(items.iter().map(|i| (i.0, new(&i.1))).collect()),
            AttrData::Dialect { def, params } => {
                let params = params.iter().map(new).collect();
                ctx.attr(AttrData::Dialect { def, params })
            }
            _ => a,
        };
        cache.insert(a, replace(rebuilt).unwrap_or(rebuilt));
    }
    cache.get(&attr).copied().unwrap_or(attr)
}
