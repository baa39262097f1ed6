//! Markdown documentation of a dialect from its declarations.

use crate::op_def::{Arity, AttrDef, NameSpec, OpDef, PropSpec, Trait, TypeDef, ValueSpec};
use crate::registry::Dialect;
use std::fmt::Write;

/// The page of a dialect: its text, then operations, types and attributes in order of name.
pub fn dialect(d: &Dialect) -> String {
    let mut out = format!("# '{}' dialect\n\n{}\n", d.name, d.doc.trim());
    if d.open {
        out.push_str("\nOperations of this namespace that are not listed are kept as they are.\n");
    }
    let mut ops = d.ops.to_vec();
    ops.sort_by_key(|o| o.name);
    if !ops.is_empty() {
        out.push_str("\n## Operations\n");
        ops.iter().for_each(|o| operation(&mut out, o));
    }
    let mut types = d.types.to_vec();
    types.sort_by_key(|t| t.name);
    if !types.is_empty() {
        out.push_str("\n## Types\n");
        types.iter().for_each(|t| type_def(&mut out, t));
    }
    let mut attrs = d.attrs.to_vec();
    attrs.sort_by_key(|a| a.name);
    if !attrs.is_empty() {
        out.push_str("\n## Attributes\n");
        attrs.iter().for_each(|a| attr_def(&mut out, a));
    }
    out
}

/// The section of one operation.
pub fn operation(out: &mut String, def: &OpDef) {
    push(out, format_args!("\n### `{}`\n\n{}\n", def.name, def.doc.trim()));
    if let Some(format) = def.format {
        push(out, format_args!("\n```\noperation ::= `{}` {}\n```\n", def.name, format.text()));
    }
    if !def.traits.is_empty() {
        let traits: Vec<String> = def.traits.iter().map(|t| format!("`{}`", trait_name(*t))).collect();
        push(out, format_args!("\nTraits: {}\n", traits.join(", ")));
    }
    values(out, "Operand", def.operands);
    props(out, "Property", def.props);
    values(out, "Result", def.results);
    names(out, "Region", def.regions);
    names(out, "Successor", def.successors);
}

fn type_def(out: &mut String, def: &TypeDef) {
    named(out, '!', def.name, def.doc, def.format.map(|f| f.text()), def.params);
}

fn attr_def(out: &mut String, def: &AttrDef) {
    named(out, '#', def.name, def.doc, def.format.map(|f| f.text()), def.params);
}

fn named(out: &mut String, sigil: char, name: &str, doc: &str, format: Option<&str>, params: &[PropSpec]) {
    push(out, format_args!("\n### `{sigil}{name}`\n\n{}\n", doc.trim()));
    if !params.is_empty() {
        let all: Vec<String> = params.iter().map(|p| format!("${}", p.name)).collect();
        let text = format.map_or(all.join(" `,` "), str::to_string);
        push(out, format_args!("\n```\n{sigil}{name}< {text} >\n```\n"));
    }
    props(out, "Parameter", params);
}

/// Name with arguments.
fn trait_name(t: Trait) -> String {
    match t {
        Trait::ImplicitTerminator(names) => format!("ImplicitTerminator({})", names.join(", ")),
        Trait::AllTypesMatch(names) => format!("AllTypesMatch({})", names.join(", ")),
        Trait::HasParent(names) => format!("HasParent({})", names.join(", ")),
        t => format!("{t:?}"),
    }
}

fn values(out: &mut String, what: &str, specs: &[ValueSpec]) {
    let row = |s: &ValueSpec| {
        let arity = match s.arity {
            Arity::One => "",
            Arity::Optional => "optional ",
            Arity::Variadic => "variadic of ",
        };
        (s.name.to_string(), format!("{arity}{}", s.constraint.what))
    };
    table(out, what, "Type", specs.iter().map(row));
}

fn props(out: &mut String, what: &str, specs: &[PropSpec]) {
    let row = |s: &PropSpec| {
        let presence = match (s.optional, s.default.is_some()) {
            (true, _) => ", optional",
            (false, true) => ", with a default",
            (false, false) => "",
        };
        (s.name.to_string(), format!("{}{presence}", s.constraint.what))
    };
    table(out, what, "Kind", specs.iter().map(row));
}

fn names(out: &mut String, what: &str, specs: &[NameSpec]) {
    let row = |s: &NameSpec| (s.name.to_string(), if s.variadic { "any number" } else { "one" }.to_string());
    table(out, what, "Number", specs.iter().map(row));
}

fn table(out: &mut String, first: &str, second: &str, rows: impl ExactSizeIterator<Item = (String, String)>) {
    if rows.len() == 0 {
        return;
    }
    push(out, format_args!("\n| {first} | {second} |\n| --- | --- |\n"));
    for (name, text) in rows {
        push(out, format_args!("| `{name}` | {} |\n", text.replace('|', "\\|")));
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constraints::*;
    use crate::kinds::*;

    crate::op! {
        /// Multiplies.
        ///
        /// Second paragraph.
        Mul = "d.mul" : [Pure, AllTypesMatch("a", "result")] {
            operands { a: ANY_TENSOR, more*: ANY_TYPE }
            props { shift: I64Attr = 0, note?: StrAttr }
            results { result: ANY_TENSOR }
            format "$a (`,` $more^)? attr-dict `:` functional-type(operands, results)"
        }
    }
    crate::ty! {
        /// A tile.
        Tile = "d.tile" { params { rows: I64Attr } }
    }
    static D: Dialect = Dialect { ops: &[Mul::DEF], types: &[Tile::DEF], ..Dialect::new("d", "Test dialect.") };

    #[test]
    fn page() {
        let expected = "\
# 'd' dialect

Test dialect.

## Operations

### `d.mul`

Multiplies.

Second paragraph.

```
operation ::= `d.mul` $a (`,` $more^)? attr-dict `:` functional-type(operands, results)
```

Traits: `Pure`, `AllTypesMatch(a, result)`

| Operand | Type |
| --- | --- |
| `a` | tensor of any type values |
| `more` | variadic of any type |

| Property | Kind |
| --- | --- |
| `shift` | 64-bit signless integer attribute, with a default |
| `note` | string attribute, optional |

| Result | Type |
| --- | --- |
| `result` | tensor of any type values |

## Types

### `!d.tile`

A tile.

```
!d.tile< $rows >
```

| Parameter | Kind |
| --- | --- |
| `rows` | 64-bit signless integer attribute |
";
        assert_eq!(dialect(&D), expected);
    }
}
