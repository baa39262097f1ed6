//! Operations, regions and blocks.

use super::OpPrinter;
use crate::core::{Attribute, BlockId, Ir, OpId, RegionId, TypeData, ValueId};
use crate::op_def::Trait;

/// Spaces per nesting level.
const INDENT: usize = 2;

/// What of a region is printed.
#[derive(Clone, Copy, Debug)]
pub struct RegionOptions {
    /// The label with the arguments of the entry block, if it has arguments.
    pub entry_args: bool,
    /// The terminators of blocks.
    pub terminators: bool,
    /// The label of an empty entry block.
    pub empty_block: bool,
}

impl Default for RegionOptions {
    fn default() -> Self {
        RegionOptions { entry_args: true, terminators: true, empty_block: false }
    }
}

impl OpPrinter<'_> {
    /// Prints an operation with the names of its results and its location.
    pub(super) fn op(&mut self, ir: &Ir, op: OpId) {
        self.result_names(ir, op);
        if self.options.generic || !self.custom_form(ir, op) {
            self.generic_form(ir, op, true);
        }
        self.trailing_location(ir.loc(op), true);
    }

    /// Prints the custom form if the operation has one.
    pub(super) fn custom_form(&mut self, ir: &Ir, op: OpId) -> bool {
        let Some(def) = ir.def(op) else { return false };
        let Some(print) = def.print else { return false };
        let name = match self.default_dialects.last() {
            Some(d) if !d.is_empty() => {
                let rest = def.name.strip_prefix(d).and_then(|r| r.strip_prefix('.'));
                rest.filter(|r| !r.contains('.')).unwrap_or(def.name)
            }
            _ => def.name,
        };
        self.out.str(name);
        print(self, ir, op);
        true
    }

    /// Prints the generic form, with or without the name.
    pub fn generic_form(&mut self, ir: &Ir, op: OpId, name: bool) {
        if self.collector.is_some() {
            return self.collect_generic(ir, op);
        }
        if name {
            self.out.str("\"");
            self.escaped(ir.name_str(op).as_bytes());
            self.out.str("\"");
        }
        self.out.str("(");
        self.operands(ir, ir.operands(op));
        self.out.str(")");
        let successors = ir.successors(op);
        if !successors.is_empty() {
            self.out.str("[");
            for (i, &s) in successors.iter().enumerate() {
                if i > 0 {
                    self.out.str(", ");
                }
                self.successor(s);
            }
            self.out.str("]");
        }
        if let Some(props) = ir.props(op) {
            self.out.str(" <");
            self.attr(props);
            self.out.str(">");
        }
        let regions = ir.regions_of(op);
        if !regions.is_empty() {
            self.out.str(" (");
            for (i, &region) in regions.iter().enumerate() {
                if i > 0 {
                    self.out.str(", ");
                }
                self.region(ir, region, RegionOptions { empty_block: true, ..RegionOptions::default() });
            }
            self.out.str(")");
        }
        let attrs = self.ctx.dict_items(ir.attrs(op));
        if !attrs.is_empty() {
            self.out.str(" ");
            self.dict(attrs);
        }
        self.out.str(" : ");
        self.functional_type(ir, op);
    }

    /// Prints values, separated by commas.
    pub fn operands(&mut self, ir: &Ir, values: impl IntoIterator<Item = ValueId>) {
        for (i, value) in values.into_iter().enumerate() {
            if i > 0 {
                self.out.str(", ");
            }
            self.operand(ir, value);
        }
    }

    /// Prints `(operand types) -> result types` of an operation.
    pub fn functional_type(&mut self, ir: &Ir, op: OpId) {
        self.out.str("(");
        self.types(ir.operands(op).map(|v| ir.ty(v)));
        self.out.str(") -> ");
        let mut results = ir.results(op);
        if let (1, Some(only)) = (results.len(), results.next()) {
            let ty = ir.ty(only);
            if !matches!(self.ctx.type_data(ty), TypeData::Function { .. }) {
                return self.ty(ty);
            }
        }
        self.out.str("(");
        self.types(ir.results(op).map(|v| ir.ty(v)));
        self.out.str(")");
    }

    /// Prints `{ ... }`.
    pub fn region(&mut self, ir: &Ir, region: RegionId, options: RegionOptions) {
        if self.options.skip_regions {
            return self.out.str("{...}");
        }
        if self.collector.is_some() {
            return self.collect_region(ir, region, options);
        }
        self.out.str("{\n");
        let parent = ir.region_parent(region).and_then(|op| ir.def(op));
        self.default_dialects.push(parent.map_or("", |d| d.default_dialect));
        for (i, block) in ir.blocks_of(region).enumerate() {
            let label = if i > 0 {
                true
            } else {
                (options.empty_block && ir.first_op(block).is_none())
                    || (options.entry_args && !ir.args(block).is_empty())
            };
            self.block(ir, block, label, i == 0, options.terminators || i > 0);
        }
        self.default_dialects.pop();
        self.out.indent(self.indent);
        self.out.str("}");
    }

    /// Aliases of what a region in custom form shows.
    fn collect_region(&mut self, ir: &Ir, region: RegionId, options: RegionOptions) {
        for (i, block) in ir.blocks_of(region).enumerate() {
            if i > 0 || options.entry_args {
                for &arg in ir.args(block) {
                    self.visit_type(ir.ty(arg), false);
                    if self.options.debug_info {
                        self.visit_loc(ir.arg_loc(arg), false);
                    }
                }
            }
            for op in self.shown_ops(ir, block, options.terminators || i > 0) {
                self.collect_one(ir, op);
            }
        }
    }

    fn shown_ops<'i>(&self, ir: &'i Ir, block: BlockId, terminators: bool) -> impl Iterator<Item = OpId> + use<'i> {
        let hidden =
            ir.last_op(block).filter(|&op| !terminators && ir.def(op).is_some_and(|d| d.has(Trait::Terminator)));
        ir.ops_of(block).filter(move |&op| Some(op) != hidden)
    }

    fn block(&mut self, ir: &Ir, block: BlockId, label: bool, entry: bool, terminators: bool) {
        if label {
            self.out.indent(self.indent);
            self.successor(block);
            let args = ir.args(block);
            if !args.is_empty() {
                self.out.str("(");
                for (i, &arg) in args.iter().enumerate() {
                    if i > 0 {
                        self.out.str(", ");
                    }
                    self.value_name(arg);
                    self.out.str(": ");
                    self.ty(ir.ty(arg));
                    self.trailing_location(ir.arg_loc(arg), false);
                }
                self.out.str(")");
            }
            self.out.str(":");
            self.predecessors(block, entry);
            self.out.str("\n");
        }
        self.indent += INDENT;
        for op in self.shown_ops(ir, block, terminators) {
            self.out.indent(self.indent);
            self.op(ir, op);
            self.out.str("\n");
        }
        self.indent -= INDENT;
    }

    /// Prints `%arg: type` of an entry argument, for custom forms that show arguments outside the region.
    pub fn region_argument(&mut self, ir: &Ir, arg: ValueId, attrs: Option<Attribute>) {
        self.value_name(arg);
        self.out.str(": ");
        self.ty(ir.ty(arg));
        if let Some(attrs) = attrs {
            let items = self.ctx.dict_items(attrs);
            if !items.is_empty() {
                self.out.str(" ");
                if self.collector.is_some() { self.attr(attrs) } else { self.dict(items) }
            }
        }
        if self.collector.is_some() {
            if self.options.debug_info {
                self.visit_loc(ir.arg_loc(arg), false);
            }
        } else {
            self.trailing_location(ir.arg_loc(arg), false);
        }
    }
}
