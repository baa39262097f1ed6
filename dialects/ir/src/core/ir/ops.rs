//! What operations have, and changes to it.

use super::super::{Attribute, BlockId, Location, OpId, OpName, RegionId, ValueId};
use super::{Ir, NO_USE, OpData, OperandSlot};

impl Ir {
    /// Name.
    pub fn name(&self, op: OpId) -> OpName {
        self.ops.get(op).name
    }
    /// Text of the name.
    pub fn name_str(&self, op: OpId) -> &str {
        self.ctx.op_str(self.name(op))
    }
    /// Definition, if registered.
    pub fn def(&self, op: OpId) -> Option<&'static crate::op_def::OpDef> {
        self.ctx.op_name_data(self.name(op)).def
    }
    /// Whether the definition has a trait; false for unregistered operations.
    pub fn has_trait(&self, op: OpId, t: crate::op_def::Trait) -> bool {
        self.ctx.op_name_data(self.name(op)).traits.has(t)
    }
    /// An error at the operation: "'name' op message".
    pub fn op_error(&self, op: OpId, message: impl std::fmt::Display) -> crate::Diagnostic {
        crate::Diagnostic::error(self.loc(op), format!("'{}' op {message}", self.name_str(op)))
    }
    /// Location.
    pub fn loc(&self, op: OpId) -> Location {
        self.ops.get(op).loc
    }
    /// Changes the location.
    pub fn set_loc(&mut self, op: OpId, loc: Location) {
        self.ops.get_mut(op).loc = loc;
    }
    /// Discardable attributes.
    pub fn attrs(&self, op: OpId) -> Attribute {
        self.ops.get(op).attrs
    }
    /// Replaces the discardable attributes.
    pub fn set_attrs(&mut self, op: OpId, attrs: Attribute) {
        self.ops.get_mut(op).attrs = attrs;
    }
    /// Properties.
    pub fn props(&self, op: OpId) -> Option<Attribute> {
        self.ops.get(op).props
    }
    /// Replaces the properties.
    pub fn set_props(&mut self, op: OpId, props: Option<Attribute>) {
        self.ops.get_mut(op).props = props;
    }
    /// A property, or else a discardable attribute, by name.
    pub fn attr(&self, op: OpId, key: &str) -> Option<Attribute> {
        let key = self.ctx.ident(key);
        let o = self.ops.get(op);
        o.props.and_then(|p| self.ctx.dict_get(p, key)).or_else(|| self.ctx.dict_get(o.attrs, key))
    }
    /// Sets or removes a property.
    pub fn set_prop(&mut self, op: OpId, key: &str, value: Option<Attribute>) {
        let props = self.props(op).unwrap_or(self.ctx.empty_dict());
        let dict = self.with_entry(props, key, value);
        self.ops.get_mut(op).props = Some(dict);
    }
    /// Sets or removes a discardable attribute.
    pub fn set_attr(&mut self, op: OpId, key: &str, value: Option<Attribute>) {
        let dict = self.with_entry(self.attrs(op), key, value);
        self.ops.get_mut(op).attrs = dict;
    }
    fn with_entry(&self, dict: Attribute, key: &str, value: Option<Attribute>) -> Attribute {
        let key = self.ctx.ident(key);
        let mut items: Vec<_> = self.ctx.dict_items(dict).iter().filter(|i| i.0 != key).copied().collect();
        items.extend(value.map(|v| (key, v)));
        self.ctx.dict(items)
    }

    /// Number of operands.
    pub fn num_operands(&self, op: OpId) -> usize {
        self.ops.get(op).num_operands as usize
    }
    /// Operands in order.
    pub fn operands(&self, op: OpId) -> impl ExactSizeIterator<Item = ValueId> + '_ {
        let o = self.ops.get(op);
        let filler = self.placeholder_value();
        self.operands.range(o.operands, o.num_operands as usize).iter().map(move |s| s.value.unwrap_or(filler))
    }
    /// One operand.
    pub fn operand(&self, op: OpId, index: usize) -> Option<ValueId> {
        self.operands(op).nth(index)
    }
    /// Changes one operand.
    pub fn set_operand(&mut self, op: OpId, index: usize, value: ValueId) {
        let o = self.ops.get(op);
        if index < o.num_operands as usize {
            let slot = o.operands + index as u32;
            self.unlink_use(slot);
            self.link_use(slot, value);
        }
    }
    /// Replaces all operands.
    pub fn set_operands(&mut self, op: OpId, values: &[ValueId]) {
        let OpData { operands, num_operands, .. } = *self.ops.get(op);
        for slot in operands..operands + num_operands {
            self.unlink_use(slot);
        }
        let start = if values.len() <= num_operands as usize { operands } else { self.operands.bound() as u32 };
        for (i, &value) in values.iter().enumerate() {
            let slot = start + i as u32;
            if slot as usize == self.operands.bound() {
                self.operands.insert(OperandSlot { value: None, owner: op, next: NO_USE, prev: NO_USE });
            }
            self.link_use(slot, value);
        }
        let o = self.ops.get_mut(op);
        (o.operands, o.num_operands) = (start, values.len() as u32);
    }
    /// Number of results.
    pub fn num_results(&self, op: OpId) -> usize {
        self.ops.get(op).num_results as usize
    }
    /// Results in order.
    pub fn results(&self, op: OpId) -> impl ExactSizeIterator<Item = ValueId> + DoubleEndedIterator + use<> {
        let o = self.ops.get(op);
        (o.results as usize..(o.results + o.num_results) as usize).map(ValueId::from_index)
    }
    /// One result.
    pub fn result(&self, op: OpId, index: usize) -> Option<ValueId> {
        self.results(op).nth(index)
    }
    /// Regions.
    pub fn regions_of(&self, op: OpId) -> &[RegionId] {
        let o = self.ops.get(op);
        &self.op_regions[o.regions as usize..o.regions as usize + o.num_regions as usize]
    }
    /// Successor blocks.
    pub fn successors(&self, op: OpId) -> &[BlockId] {
        let o = self.ops.get(op);
        self.op_successors.range(o.successors, o.num_successors as usize)
    }
    /// Changes one successor.
    pub fn set_successor(&mut self, op: OpId, index: usize, block: BlockId) {
        let start = self.ops.get(op).successors;
        if index < self.ops.get(op).num_successors as usize {
            *self.op_successors.get_mut(start + index as u32) = block;
        }
    }
    /// Block that holds the operation.
    pub fn block_of(&self, op: OpId) -> Option<BlockId> {
        self.ops.get(op).block
    }
    /// Next operation of the block.
    pub fn next(&self, op: OpId) -> Option<OpId> {
        self.ops.get(op).next
    }
    /// Previous operation of the block.
    pub fn prev(&self, op: OpId) -> Option<OpId> {
        self.ops.get(op).prev
    }
    /// Operation whose region holds this one.
    pub fn parent_op(&self, op: OpId) -> Option<OpId> {
        self.block_of(op).and_then(|b| self.parent_of_block(b))
    }
    /// True when `op` is `ancestor` or inside it.
    pub fn is_inside(&self, mut op: OpId, ancestor: OpId) -> bool {
        loop {
            if op == ancestor {
                return true;
            }
            match self.parent_op(op) {
                Some(p) => op = p,
                None => return false,
            }
        }
    }
}
