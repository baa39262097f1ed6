//! Operations to visit: a stack without duplicates from which any element can be taken.

use cim_ir::OpId;

const ABSENT: u32 = u32::MAX;

#[derive(Default)]
pub(super) struct Worklist {
    stack: Vec<Option<OpId>>,
    /// Position on the stack, by operation.
    position: Vec<u32>,
}

impl Worklist {
    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.position.clear();
    }
    pub(super) fn push(&mut self, op: OpId) {
        if self.position.len() <= op.index() {
            self.position.resize(op.index() + 1, ABSENT);
        }
        if self.position[op.index()] == ABSENT {
            self.position[op.index()] = self.stack.len() as u32;
            self.stack.push(Some(op));
        }
    }
    pub(super) fn pop(&mut self) -> Option<OpId> {
        while let Some(top) = self.stack.pop() {
            if let Some(op) = top {
                self.position[op.index()] = ABSENT;
                return Some(op);
            }
        }
        None
    }
    pub(super) fn remove(&mut self, op: OpId) {
        if let Some(p) = self.position.get_mut(op.index())
            && *p != ABSENT
        {
            self.stack[*p as usize] = None;
            *p = ABSENT;
        }
    }
    /// The first pushed is popped first from now on.
    pub(super) fn reverse(&mut self) {
        self.stack.reverse();
        for (i, op) in self.stack.iter().enumerate() {
            if let Some(op) = op {
                self.position[op.index()] = i as u32;
            }
        }
    }
}
