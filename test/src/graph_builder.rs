//! Small quantised networks in `cim.graph`, for tests of everything below the importer.

use cim_dialect::graph::elements::{dense, dense_ints};
use cim_dialect::graph::types::IntType;
use cim_dialect::machine;
use cim_ir::{Attribute, BlockId, Context, Ir, OpId, OpState, Type, ValueId};
use cim_machine::Machine;
use std::sync::Arc;

/// Geometry of a convolution or pool.
#[derive(Clone, Copy, Debug)]
pub struct Geometry {
    /// Kernel (h, w).
    pub kernel: [i64; 2],
    /// Strides.
    pub strides: [i64; 2],
    /// Top, left, bottom, right.
    pub pads: [i64; 4],
    /// Dilations.
    pub dilations: [i64; 2],
}

/// Builds `@network` in a module.
pub struct GraphBuilder {
    /// Where the module lives.
    pub ir: Ir,
    /// The module.
    pub module: OpId,
    ctx: Arc<Context>,
    block: BlockId,
    func: OpId,
    nodes: u32,
}

/// A signed (`s`) or unsigned integer type.
pub fn int(width: u32, signed: bool) -> IntType {
    IntType { width, signed }
}

impl GraphBuilder {
    /// A module for a machine, with a network of one float input.
    pub fn new(machine: &Machine, input: &[i64]) -> (GraphBuilder, ValueId) {
        let ctx = Context::new(cim_dialect::register);
        ctx.allow_unregistered(true);
        let ty = ctx.tensor(input, ctx.f32());
        Self::with_input(ctx, machine, ty)
    }

    /// A module with a network of one integer input.
    pub fn of_integers(machine: &Machine, input: &[i64], elem: IntType) -> (GraphBuilder, ValueId) {
        let ctx = Context::new(cim_dialect::register);
        ctx.allow_unregistered(true);
        let ty = ctx.tensor(input, elem.ty(&ctx));
        Self::with_input(ctx, machine, ty)
    }

    fn with_input(ctx: Arc<Context>, machine: &Machine, ty: Type) -> (GraphBuilder, ValueId) {
        let mut ir = Ir::new(ctx.clone());
        let loc = ctx.unknown_loc();
        let region = ir.create_region();
        let top = ir.create_block(region, &[]);
        let state = OpState::new(&ctx, "builtin.module", loc).region(region);
        let state = state.prop(&ctx, "sym_name", ctx.string_attr("test"));
        let state = state.attr(&ctx, machine::MACHINE, machine::to_attribute(&ctx, machine));
        let module = ir.create(state);
        let body = ir.create_region();
        let block = ir.create_block(body, &[ty]);
        let state =
            OpState::new(&ctx, "func.func", loc).region(body).prop(&ctx, "sym_name", ctx.string_attr("network"));
        let func = ir.create(state);
        ir.append(top, func);
        let x = ir.args(block)[0];
        (GraphBuilder { ir, module, ctx, block, func, nodes: 0 }, x)
    }

    fn push(&mut self, name: &str, operands: &[ValueId], ty: Type, props: &[(&str, Attribute)]) -> ValueId {
        let mut state = OpState::new(&self.ctx, name, self.ctx.unknown_loc()).operands(operands).results(&[ty]);
        for (key, value) in props {
            state.set_prop(&self.ctx, key, *value);
        }
        if name != "cim.graph.constant" {
            let short = name.rsplit('.').next().unwrap_or(name);
            state.set_prop(&self.ctx, "name", self.ctx.string_attr(&format!("{short}{}", self.nodes)));
            self.nodes += 1;
        }
        let op = self.ir.create(state);
        self.ir.append(self.block, op);
        self.ir.result(op, 0).expect("one result")
    }

    /// Dimensions of a value.
    pub fn dims(&self, v: ValueId) -> Vec<i64> {
        cim_ir::constraints::shape(&self.ctx, self.ir.ty(v)).unwrap_or(&[]).to_vec()
    }

    /// Sets a property of the operation that computes `v`.
    pub fn set(&mut self, v: ValueId, key: &str, value: i64) {
        let op = self.ir.defining_op(v).expect("an operation");
        let value = if key == "remap" { self.ctx.unit() } else { self.ctx.i64_attr(value) };
        self.ir.set_prop(op, key, Some(value));
    }

    fn scale(&self) -> Attribute {
        dense(&self.ctx, self.ctx.tensor(&[1], self.ctx.f32()), 0.5f32.to_le_bytes().to_vec().into(), 4)
    }

    /// Quantises with scale 0.5.
    pub fn quantize(&mut self, x: ValueId, to: IntType, zero: i64) -> ValueId {
        let ty = self.ctx.tensor(&self.dims(x), to.ty(&self.ctx));
        let (c, scale) = (self.ctx.clone(), self.scale());
        let props = [
            ("scale", scale),
            ("zero_point", c.i64_array(&[zero])),
            ("lo", c.i64_attr(to.min())),
            ("hi", c.i64_attr(to.max())),
        ];
        self.push("cim.graph.quantize", &[x], ty, &props)
    }

    /// Dequantises with scale 0.5.
    pub fn dequantize(&mut self, x: ValueId, zero: i64) -> ValueId {
        let ty = self.ctx.tensor(&self.dims(x), self.ctx.f32());
        let props = [("scale", self.scale()), ("zero_point", self.ctx.i64_array(&[zero]))];
        self.push("cim.graph.dequantize", &[x], ty, &props)
    }

    /// A constant.
    pub fn constant(&mut self, dims: &[i64], elem: IntType, values: impl Iterator<Item = i64>) -> ValueId {
        let value = dense_ints(&self.ctx, dims, elem, values);
        let ty = self.ctx.tensor(dims, elem.ty(&self.ctx));
        self.push("cim.graph.constant", &[], ty, &[("value", value)])
    }

    /// A convolution to si32.
    pub fn conv(
        &mut self,
        x: ValueId,
        w: ValueId,
        g: &Geometry,
        group: i64,
        pad_value: i64,
        weight_zero: i64,
    ) -> ValueId {
        let (d, o) = (self.dims(x), self.dims(w)[0]);
        let ty = self.ctx.tensor(&[1, o, out(g, 0, d[2]), out(g, 1, d[3])], self.ctx.int_signed(32, true));
        let c = self.ctx.clone();
        let props = [
            ("strides", c.i64_array(&g.strides)),
            ("pads", c.i64_array(&g.pads)),
            ("dilations", c.i64_array(&g.dilations)),
            ("group", c.i64_attr(group)),
            ("pad_value", c.i64_attr(pad_value)),
            ("weight_zero", c.i64_attr(weight_zero)),
        ];
        self.push("cim.graph.conv2d", &[x, w], ty, &props)
    }

    /// A linear layer to si32.
    pub fn linear(&mut self, x: ValueId, w: ValueId, transpose: bool, weight_zero: i64) -> ValueId {
        let o = self.dims(w)[usize::from(transpose)];
        let ty = self.ctx.tensor(&[1, o], self.ctx.int_signed(32, true));
        let mut props = vec![("weight_zero", self.ctx.i64_attr(weight_zero))];
        if transpose {
            props.push(("transpose", self.ctx.unit()));
        }
        self.push("cim.graph.linear", &[x, w], ty, &props)
    }

    /// Requantises with one multiplier per channel: about `acc * 2^-down`.
    pub fn requantize(&mut self, x: ValueId, to: IntType, down: u32, addend: i64) -> ValueId {
        let d = self.dims(x);
        let n = d[1];
        let m: Vec<i64> = (0..n).map(|i| (1 << 20) + i * 4099).collect();
        let b: Vec<i64> = (0..n).map(|i| (addend << (20 + down)) + i * 12_345 - 70_000).collect();
        let ty = self.ctx.tensor(&d, to.ty(&self.ctx));
        let c = self.ctx.clone();
        let props = [
            ("multiplier", c.i64_array(&m)),
            ("addend", c.i64_array(&b)),
            ("shift", c.i64_attr(i64::from(20 + down))),
            ("lo", c.i64_attr(to.min())),
            ("hi", c.i64_attr(to.max())),
        ];
        self.push("cim.graph.requantize", &[x], ty, &props)
    }

    /// Residual addition.
    pub fn add(&mut self, a: ValueId, b: ValueId, to: IntType) -> ValueId {
        let ty = self.ctx.tensor(&self.dims(a), to.ty(&self.ctx));
        let c = self.ctx.clone();
        let props = [
            ("m1", c.i64_array(&[1 << 19])),
            ("m2", c.i64_array(&[700_001])),
            ("addend", c.i64_array(&[5 << 19])),
            ("shift", c.i64_attr(20)),
            ("lo", c.i64_attr(to.min())),
            ("hi", c.i64_attr(to.max())),
        ];
        self.push("cim.graph.add_requantize", &[a, b], ty, &props)
    }

    /// Relu or, with bounds, clip.
    pub fn relu(&mut self, x: ValueId) -> ValueId {
        let ty = self.ir.ty(x);
        self.push("cim.graph.relu", &[x], ty, &[])
    }

    /// Max pooling, or average pooling.
    pub fn pool(&mut self, x: ValueId, g: &Geometry, average: bool, include_pad: bool, elem: IntType) -> ValueId {
        let d = self.dims(x);
        let ty = self.ctx.tensor(&[1, d[1], out(g, 0, d[2]), out(g, 1, d[3])], elem.ty(&self.ctx));
        let c = self.ctx.clone();
        let mut props = vec![
            ("kernel", c.i64_array(&g.kernel)),
            ("strides", c.i64_array(&g.strides)),
            ("pads", c.i64_array(&g.pads)),
        ];
        if !average {
            props.push(("dilations", c.i64_array(&g.dilations)));
            return self.push("cim.graph.max_pool", &[x], ty, &props);
        }
        let n = g.kernel[0] * g.kernel[1];
        props.extend([
            ("multiplier", c.i64_array(&(1..=n).map(|k| (1 << 24) / k).collect::<Vec<_>>())),
            ("addend", c.i64_array(&vec![0; n as usize])),
            ("shift", c.i64_attr(24)),
            ("lo", c.i64_attr(elem.min())),
            ("hi", c.i64_attr(elem.max())),
        ]);
        if include_pad {
            props.push(("count_include_pad", c.bool_attr(true)));
        }
        self.push("cim.graph.average_pool", &[x], ty, &props)
    }

    /// Concatenation along channels.
    pub fn concat(&mut self, xs: &[ValueId], elem: IntType) -> ValueId {
        let mut d = self.dims(xs[0]);
        d[1] = xs.iter().map(|&x| self.dims(x)[1]).sum();
        let ty = self.ctx.tensor(&d, elem.ty(&self.ctx));
        let axis = self.ctx.i64_attr(1);
        self.push("cim.graph.concat", xs, ty, &[("axis", axis)])
    }

    /// A reshape.
    pub fn reshape(&mut self, x: ValueId, dims: &[i64]) -> ValueId {
        let elem = cim_ir::constraints::element_or_self(&self.ctx, self.ir.ty(x));
        let ty = self.ctx.tensor(dims, elem);
        self.push("cim.graph.reshape", &[x], ty, &[])
    }

    /// Ends the network.
    pub fn finish(mut self, outputs: &[ValueId]) -> (Ir, OpId) {
        let ret = self.ir.create(OpState::new(&self.ctx, "func.return", self.ctx.unknown_loc()).operands(outputs));
        self.ir.append(self.block, ret);
        let inputs: Vec<Type> = self.ir.args(self.block).iter().map(|&v| self.ir.ty(v)).collect();
        let results: Vec<Type> = outputs.iter().map(|&v| self.ir.ty(v)).collect();
        let ty = self.ctx.type_attr(self.ctx.function(&inputs, &results));
        self.ir.set_prop(self.func, "function_type", Some(ty));
        (self.ir, self.module)
    }
}

/// Extent of a window's output along an axis.
pub fn out(g: &Geometry, axis: usize, input: i64) -> i64 {
    (input + g.pads[axis] + g.pads[axis + 2] - (g.kernel[axis] - 1) * g.dilations[axis] - 1) / g.strides[axis] + 1
}
