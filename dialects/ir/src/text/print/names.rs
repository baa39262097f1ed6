//! Names of values and blocks.
//!
//! Entry-block arguments are `%argN`, everything else `%N`, unless the operation proposes names in custom form. All values directly
//! in a region are numbered before those in nested regions, and nested regions from the last to the first: the order MLIR has.

use super::OpPrinter;
use crate::core::{BlockId, Ir, OpId, RegionId, ValueDef, ValueId};
use crate::interfaces::{self, AsmNames};
use rustc_hash::{FxHashMap, FxHashSet};

/// Name of a value, packed: two bits of kind, thirty of number.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Name(u32);

impl Name {
    const NONE: Name = Name(0);
    fn number(n: u32) -> Self {
        Name(1 << 30 | n & 0x3fff_ffff)
    }
    fn argument(n: u32) -> Self {
        Name(2 << 30 | n & 0x3fff_ffff)
    }
    fn text(n: u32) -> Self {
        Name(3 << 30 | n & 0x3fff_ffff)
    }
}

/// Names of everything that is printed.
#[derive(Default)]
pub(super) struct Names {
    values: Vec<Name>,
    texts: Vec<String>,
    /// Number of a block in its region; 0 when it is not printed.
    blocks: Vec<u32>,
    /// Edges between blocks: target, then origin, both as numbers in their region with the target's index in front.
    edges: Vec<(u32, u32)>,
    /// First results of the groups of operations that have several.
    groups: FxHashMap<OpId, Vec<u32>>,
}

/// Counters that sibling regions share with their parent.
#[derive(Clone, Copy, Default)]
struct Counters {
    value: u32,
    argument: u32,
    conflict: u32,
}

/// Names in use, scope by scope.
#[derive(Default)]
struct Used {
    names: FxHashSet<String>,
    order: Vec<String>,
    /// Length of `order` where each open scope begins.
    scopes: Vec<usize>,
}

impl Used {
    fn close_to(&mut self, depth: usize) {
        while self.scopes.len() > depth {
            let start = self.scopes.pop().unwrap_or(0);
            for name in self.order.drain(start..) {
                self.names.remove(&name);
            }
        }
    }
    fn insert(&mut self, name: &str) {
        self.names.insert(name.to_string());
        self.order.push(name.to_string());
    }
}

/// Makes a name fit for an SSA identifier.
fn sanitize(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        out.push('_');
    }
    for b in name.bytes() {
        match b {
            b' ' => out.push('_'),
            _ if b.is_ascii_alphanumeric() || b"$._-".contains(&b) => out.push(b as char),
            _ => out.push_str(&format!("{b:X}")),
        }
    }
    out
}

/// One run of numbering.
struct Numbering<'n> {
    ir: &'n Ir,
    names: &'n mut Names,
    counters: Counters,
    used: Used,
    custom: bool,
}

impl Numbering<'_> {
    fn set(&mut self, value: ValueId, name: Name) {
        if let Some(slot) = self.names.values.get_mut(value.index()) {
            *slot = name;
        }
    }

    fn is_named(&self, value: ValueId) -> bool {
        self.names.values.get(value.index()).is_some_and(|n| *n != Name::NONE)
    }

    fn next_number(&mut self) -> Name {
        self.counters.value += 1;
        Name::number(self.counters.value - 1)
    }

    fn set_text(&mut self, value: ValueId, text: &str) {
        if text.is_empty() {
            let name = self.next_number();
            return self.set(value, name);
        }
        let base = sanitize(text);
        let mut name = base.clone();
        while self.used.names.contains(&name) {
            name = format!("{base}_{}", self.counters.conflict);
            self.counters.conflict += 1;
        }
        self.used.insert(&name);
        self.names.texts.push(name);
        let name = Name::text(self.names.texts.len() as u32 - 1);
        self.set(value, name);
    }

    fn op(&mut self, op: OpId) {
        let mut results = self.ir.results(op);
        let Some(first) = results.next() else { return };
        if self.custom
            && let Some(asm) = interfaces::find::<AsmNames>(self.ir, op)
        {
            let mut proposed = Vec::new();
            (asm.result_names)(op, self.ir, &mut |value, text| proposed.push((value, text.to_string())));
            let mut groups = vec![0];
            for (value, text) in proposed {
                let ValueDef::Result { op: owner, index } = self.ir.value_def(value) else { continue };
                if owner != op || self.is_named(value) {
                    continue;
                }
                self.set_text(value, &text);
                if index > 0 {
                    groups.push(index);
                }
            }
            if groups.len() > 1 {
                groups.sort_unstable();
                self.names.groups.insert(op, groups);
            }
        }
        if !self.is_named(first) {
            let name = self.next_number();
            self.set(first, name);
        }
    }

    fn region(&mut self, region: RegionId) {
        if self.custom
            && let Some(parent) = self.ir.region_parent(region)
            && let Some(asm) = interfaces::find::<AsmNames>(self.ir, parent)
        {
            let mut proposed = Vec::new();
            (asm.argument_names)(parent, self.ir, &mut |value, text| proposed.push((value, text.to_string())));
            for (value, text) in proposed {
                let inside = self.ir.value_block(value).and_then(|b| self.ir.region_of(b)) == Some(region);
                if inside && !self.is_named(value) {
                    self.set_text(value, &text);
                }
            }
        }
        let ir = self.ir;
        for (number, block) in ir.blocks_of(region).enumerate() {
            if let Some(slot) = self.names.blocks.get_mut(block.index()) {
                *slot = number as u32 + 1;
            }
            for &arg in ir.args(block) {
                if self.is_named(arg) {
                    continue;
                }
                let name = if number == 0 { self.argument() } else { self.next_number() };
                self.set(arg, name);
            }
            for op in ir.ops_of(block) {
                self.op(op);
                for &successor in ir.successors(op) {
                    self.names.edges.push((successor.index() as u32, number as u32));
                }
            }
        }
    }

    /// The next `%argN`, unless a value has been given just that name.
    fn argument(&mut self) -> Name {
        let number = self.counters.argument;
        self.counters.argument += 1;
        if self.custom {
            let text = format!("arg{number}");
            if self.used.names.contains(&text) {
                let mut name = text.clone();
                while self.used.names.contains(&name) {
                    name = format!("{text}_{}", self.counters.conflict);
                    self.counters.conflict += 1;
                }
                self.used.insert(&name);
                self.names.texts.push(name);
                return Name::text(self.names.texts.len() as u32 - 1);
            }
            self.used.insert(&text);
        }
        Name::argument(number)
    }
}

impl OpPrinter<'_> {
    /// Names everything inside `root` and its results.
    pub(super) fn number(&mut self, ir: &Ir, root: OpId) {
        self.names =
            Names { values: vec![Name::NONE; ir.value_bound()], blocks: vec![0; ir.block_bound()], ..Names::default() };
        let unique = self.options.generic || self.options.unique_ids;
        let mut n = Numbering {
            ir,
            names: &mut self.names,
            counters: Counters::default(),
            used: Used { scopes: vec![0], ..Used::default() },
            custom: !self.options.generic,
        };
        n.op(root);
        let mut work: Vec<(RegionId, Counters, usize)> =
            ir.regions_of(root).iter().map(|&r| (r, n.counters, 1)).collect();
        while let Some((region, counters, depth)) = work.pop() {
            if !unique {
                n.counters = counters;
            }
            n.used.close_to(depth);
            n.used.scopes.push(n.used.order.len());
            n.region(region);
            let depth = n.used.scopes.len();
            for block in ir.blocks_of(region) {
                for op in ir.ops_of(block) {
                    work.extend(ir.regions_of(op).iter().map(|&r| (r, n.counters, depth)));
                }
            }
        }
        self.names.edges.sort_unstable();
    }

    /// Prints a value's name: `%0`, `%0#1`, `%arg0`.
    pub fn operand(&mut self, ir: &Ir, value: ValueId) {
        let (base, index) = match ir.value_def(value) {
            ValueDef::Result { op, index } if ir.num_results(op) > 1 => {
                let group = self.names.groups.get(&op);
                match group.and_then(|g| g.iter().rposition(|&first| first <= index).map(|i| (g, i))) {
                    Some((g, i)) => {
                        let end = g.get(i + 1).copied().unwrap_or(ir.num_results(op) as u32);
                        let base = ir.result(op, g[i] as usize).unwrap_or(value);
                        (base, (end - g[i] > 1).then_some(index - g[i]))
                    }
                    None => (ir.result(op, 0).unwrap_or(value), Some(index)),
                }
            }
            _ => (value, None),
        };
        self.value_name(base);
        if let Some(index) = index {
            self.out.str("#");
            self.out.uint(index.into());
        }
    }

    /// Prints the name of a value or of the group it begins.
    pub(super) fn value_name(&mut self, value: ValueId) {
        let Name(packed) = self.names.values.get(value.index()).copied().unwrap_or(Name::NONE);
        let number = packed & 0x3fff_ffff;
        match packed >> 30 {
            0 => return self.out.str("<<UNKNOWN SSA VALUE>>"),
            1 => self.out.str("%"),
            2 => self.out.str("%arg"),
            _ => {
                self.out.str("%");
                if let Some(text) = self.names.texts.get(number as usize) {
                    self.out.str(text);
                }
                return;
            }
        }
        self.out.uint(number.into());
    }

    /// Prints the names of an operation's results and ` = `.
    pub(super) fn result_names(&mut self, ir: &Ir, op: OpId) {
        let count = ir.num_results(op);
        if count == 0 {
            return;
        }
        let groups = self.names.groups.get(&op).cloned().unwrap_or_else(|| vec![0]);
        for (i, &start) in groups.iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            let end = groups.get(i + 1).map_or(count, |&e| e as usize);
            if let Some(value) = ir.result(op, start as usize) {
                self.value_name(value);
            }
            let size = end - start as usize;
            if size > 1 {
                self.out.str(":");
                self.out.uint(size as u64);
            }
        }
        self.out.str(" = ");
    }

    /// Prints `^bbN`.
    pub fn successor(&mut self, block: BlockId) {
        match self.names.blocks.get(block.index()) {
            Some(&n) if n > 0 => self.block_number(n - 1),
            _ => self.out.str("INVALIDBLOCK"),
        }
    }

    fn block_number(&mut self, number: u32) {
        self.out.str("^bb");
        self.out.uint(number.into());
    }

    /// Prints which blocks a block can be reached from, as a comment.
    pub(super) fn predecessors(&mut self, block: BlockId, entry: bool) {
        let target = block.index() as u32;
        let start = self.names.edges.partition_point(|e| e.0 < target);
        let end = self.names.edges.partition_point(|e| e.0 <= target);
        match end - start {
            0 if entry => {}
            0 => self.out.str("  // no predecessors"),
            1 => {
                self.out.str("  // pred: ");
                self.block_number(self.names.edges[start].1);
            }
            count => {
                self.out.str("  // ");
                self.out.uint(count as u64);
                self.out.str(" preds: ");
                for i in start..end {
                    if i > start {
                        self.out.str(", ");
                    }
                    self.block_number(self.names.edges[i].1);
                }
            }
        }
    }
}
