//! Writes `cim.xbar` operations: buffers, loops, parallel blocks, accesses.

use cim_dialect::xbar::check::Mem;
use cim_ir::affine::{AffineExpr, AffineMap, AffineOp};
use cim_ir::core::AttrData;
use cim_ir::{Attribute, BlockId, Context, Ir, Location, OpId, OpState, Type, ValueId};
use cim_isa::types::IntType;
use std::collections::HashMap;
use std::sync::Arc;

/// `base + sum coefficient * loop index`; loops are numbered from the outermost open one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lin {
    /// Value when all indices are 0.
    pub base: i64,
    /// (loop, coefficient).
    pub terms: Vec<(usize, i64)>,
}

impl Lin {
    /// A constant.
    pub fn at(base: i64) -> Lin {
        Lin { base, terms: Vec::new() }
    }
    /// Adds `coefficient * index` of a loop; None stands for a loop that runs once.
    pub fn plus(mut self, index: Option<usize>, coefficient: i64) -> Lin {
        self.terms.extend(index.filter(|_| coefficient != 0).map(|i| (i, coefficient)));
        self
    }
    /// Adds a constant.
    pub fn shifted(mut self, by: i64) -> Lin {
        self.base += by;
        self
    }
}

/// A place in a buffer: one index per dimension.
#[derive(Clone, Debug)]
pub struct Access {
    /// Buffer.
    pub mem: ValueId,
    /// Index per dimension.
    pub at: Vec<Lin>,
}

impl Access {
    /// Element `i` of a one-dimensional buffer.
    pub fn flat(mem: ValueId, i: u32) -> Access {
        Access { mem, at: vec![Lin::at(i64::from(i))] }
    }
}

/// Builds operations at the end of a block; `allocs` collects buffers and loop bounds, which go first.
pub struct Emitter<'a> {
    /// Where everything lives.
    pub ir: &'a mut Ir,
    /// Context.
    pub ctx: Arc<Context>,
    /// Location of what is created.
    pub loc: Location,
    allocs: BlockId,
    block: BlockId,
    outer: Vec<BlockId>,
    ivs: Vec<ValueId>,
    indices: HashMap<i64, ValueId>,
}

impl<'a> Emitter<'a> {
    /// Writes to `block`.
    pub fn new(ir: &'a mut Ir, block: BlockId) -> Self {
        let ctx = ir.ctx().clone();
        let (loc, allocs) = (ctx.unknown_loc(), ir.create_detached_block(&[]));
        Emitter { ir, ctx, loc, allocs, block, outer: Vec::new(), ivs: Vec::new(), indices: HashMap::new() }
    }

    /// Puts buffers and loop bounds in front of what was written.
    pub fn finish(self) {
        let before = self.ir.first_op(self.block);
        for op in self.ir.ops_of(self.allocs).collect::<Vec<_>>() {
            self.ir.detach(op);
            match before {
                Some(b) => self.ir.insert_before(b, op),
                None => self.ir.append(self.block, op),
            }
        }
        self.ir.erase_block(self.allocs);
    }

    /// A new operation at the current place.
    pub fn push(&mut self, state: OpState) -> OpId {
        let op = self.ir.create(state);
        self.ir.append(self.block, op);
        op
    }

    /// A new operation among the buffers.
    pub fn push_alloc(&mut self, state: OpState) -> ValueId {
        let op = self.ir.create(state);
        self.ir.append(self.allocs, op);
        self.ir.result(op, 0).unwrap_or(self.ir.placeholder_value())
    }

    /// An operation of this name, to be filled.
    pub fn state(&self, name: &str) -> OpState {
        OpState::new(&self.ctx, name, self.loc)
    }

    /// Integer properties.
    pub fn ints(&self, state: &mut OpState, values: &[(&str, i64)]) {
        for (key, v) in values {
            state.set_prop(&self.ctx, key, self.ctx.i64_attr(*v));
        }
    }

    /// A buffer type.
    pub fn memref(&self, dims: &[u32], elem: IntType, space: &str) -> Type {
        let dims: Vec<i64> = dims.iter().map(|&d| i64::from(d)).collect();
        let elem = self.ctx.int_signed(u32::from(elem.bits), elem.signed);
        self.ctx.memref(&dims, elem, Some(self.ctx.string_attr(space)))
    }

    /// A buffer in L0.
    pub fn alloc_l0(&mut self, name: &str, dims: &[u32], elem: IntType, border: [u32; 4]) -> ValueId {
        let ty = self.memref(dims, elem, "L0");
        let mut state = self.state("cim.xbar.alloc").results(&[ty]);
        state.set_prop(&self.ctx, "name", self.ctx.string_attr(name));
        if border != [0; 4] {
            state.set_prop(&self.ctx, "border", self.ctx.i64_array(&border.map(i64::from)));
        }
        self.push_alloc(state)
    }

    /// A buffer in the L1 of a core.
    pub fn alloc_l1(&mut self, name: &str, core: u32, len: u32, elem: IntType) -> ValueId {
        let ty = self.memref(&[len.max(1)], elem, "L1");
        let mut state = self.state("cim.xbar.alloc").results(&[ty]);
        state.set_prop(&self.ctx, "name", self.ctx.string_attr(name));
        self.ints(&mut state, &[("core", i64::from(core))]);
        self.push_alloc(state)
    }

    /// An index constant.
    pub fn index(&mut self, value: i64) -> ValueId {
        if let Some(&v) = self.indices.get(&value) {
            return v;
        }
        let state = self.state("arith.constant").results(&[self.ctx.index()]);
        let state = state.prop(&self.ctx, "value", self.ctx.index_attr(value));
        let v = self.push_alloc(state);
        self.indices.insert(value, v);
        v
    }

    /// Enters the only region of an operation.
    pub fn enter(&mut self, mut state: OpState, args: &[Type]) -> (OpId, BlockId) {
        let region = self.ir.create_region();
        let block = self.ir.create_block(region, args);
        state.regions.push(region);
        let op = self.push(state);
        self.outer.push(self.block);
        self.block = block;
        (op, block)
    }

    /// Leaves the region entered last.
    pub fn leave(&mut self) {
        if let Some(outer) = self.outer.pop() {
            self.block = outer;
        }
    }

    /// Opens a loop; a loop of one trip is left out (None).
    pub fn open_loop(&mut self, trips: u32) -> Option<usize> {
        if trips <= 1 {
            return None;
        }
        let bounds = [self.index(0), self.index(i64::from(trips)), self.index(1)];
        let state = self.state("scf.for").operands(&bounds);
        let index = self.ctx.index();
        let (_, block) = self.enter(state, &[index]);
        self.ivs.push(self.ir.args(block)[0]);
        Some(self.ivs.len() - 1)
    }

    /// Closes what [`Emitter::open_loop`] opened.
    pub fn close_loop(&mut self, index: Option<usize>) {
        if index.is_none() {
            return;
        }
        let end = self.state("scf.yield");
        self.push(end);
        self.ivs.pop();
        self.leave();
    }

    /// Runs `body`; if it wrote more than one operation they become a parallel block.
    pub fn parallel(&mut self, body: impl FnOnce(&mut Self)) {
        let state = self.state("cim.xbar.parallel");
        let (op, block) = self.enter(state, &[]);
        body(self);
        self.leave();
        let first = self.ir.first_op(block);
        if first == self.ir.last_op(block) {
            if let Some(only) = first {
                self.ir.detach(only);
                self.ir.insert_before(op, only);
            }
            self.ir.erase(op);
        }
    }

    /// The map of an access over all open loops.
    pub fn map(&self, at: &[Lin]) -> Attribute {
        let result = |lin: &Lin| {
            let term = |&(i, c): &(usize, i64)| {
                AffineExpr::binary(AffineOp::Mul, AffineExpr::Dim(i as u32), AffineExpr::Const(c))
            };
            let sum = lin.terms.iter().map(term).reduce(|a, b| AffineExpr::binary(AffineOp::Add, a, b));
            match sum {
                Some(e) => AffineExpr::binary(AffineOp::Add, e, AffineExpr::Const(lin.base)),
                None => AffineExpr::Const(lin.base),
            }
        };
        let map = AffineMap { dims: self.ivs.len() as u32, symbols: 0, results: at.iter().map(result).collect() };
        self.ctx.attr(AttrData::Map(map))
    }

    /// An operation on buffers: (operand name, access) in order, integer properties, unit properties that are set.
    pub fn access_op(
        &mut self,
        name: &str,
        on: &[(&str, &Access)],
        ints: &[(&str, i64)],
        units: &[(&str, bool)],
    ) -> OpId {
        let state = self.access_state(name, on, ints, units);
        self.push(state)
    }

    /// As [`Emitter::access_op`], not yet created.
    pub fn access_state(
        &self,
        name: &str,
        on: &[(&str, &Access)],
        ints: &[(&str, i64)],
        units: &[(&str, bool)],
    ) -> OpState {
        let mut state = self.state(name);
        let mut props: Vec<(cim_ir::Ident, Attribute)> = Vec::with_capacity(on.len() + ints.len());
        for (what, access) in on {
            state.operands.push(access.mem);
            props.push((self.ctx.ident(&format!("{what}_at")), self.map(&access.at)));
        }
        props.extend(ints.iter().map(|(k, v)| (self.ctx.ident(k), self.ctx.i64_attr(*v))));
        props.extend(units.iter().filter(|u| u.1).map(|u| (self.ctx.ident(u.0), self.ctx.unit())));
        state.operands.extend_from_slice(&self.ivs);
        state.props = Some(self.ctx.dict(props));
        state
    }

    /// A strided copy; `dims` are (count, destination stride, source stride), outermost first.
    pub fn mov(&mut self, dst: &Access, src: &Access, dims: &[(i64, i64, i64)], len: i64) {
        let mut state = self.access_state("cim.xbar.mov", &[("dst", dst), ("src", src)], &[("len", len)], &[]);
        for (key, list) in [
            ("counts", dims.iter().map(|d| d.0).collect::<Vec<_>>()),
            ("dst_strides", dims.iter().map(|d| d.1).collect()),
            ("src_strides", dims.iter().map(|d| d.2).collect()),
        ] {
            state.set_prop(&self.ctx, key, self.ctx.i64_array(&list));
        }
        self.push(state);
    }

    /// Writes a value; `dims` are (count, stride), outermost first.
    pub fn fill(&mut self, dst: &Access, dims: &[(i64, i64)], len: i64, value: i64) {
        let mut state = self.access_state("cim.xbar.fill", &[("dst", dst)], &[("len", len), ("value", value)], &[]);
        let (counts, strides): (Vec<i64>, Vec<i64>) = dims.iter().copied().unzip();
        state.set_prop(&self.ctx, "counts", self.ctx.i64_array(&counts));
        state.set_prop(&self.ctx, "dst_strides", self.ctx.i64_array(&strides));
        self.push(state);
    }

    /// Extents of a buffer.
    pub fn dims(&self, mem: ValueId) -> Vec<i64> {
        Mem::of(&self.ctx, self.ir.ty(mem)).map_or(Vec::new(), |m| m.dims.to_vec())
    }
}
