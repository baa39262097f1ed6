//! From `cim.xbar` and `cim.row` to the meta-operator program: a translation without decisions.
//!
//! - [`tables`]: constants, windows, ports, tiles, each once
//! - [`code`]: operations to instructions
//! - [`reference`]: the reference section from `@network`

mod access;
mod code;
mod reference;
mod tables;

use crate::network::{self, host_elem};
use cim_dialect::machine::machine_of;
use cim_dialect::xbar::check::{Mem, int};
use cim_dialect::xbar::program::{Alloc, Matrix, Requant};
use cim_dialect::xbar::{crossbar, moves};
use cim_ir::{Attribute, Diagnostic, Ir, OpId, ValueId};
use cim_isa::instr::Space;
use cim_isa::program::{Chip, HostTensor, Interface, Program, ProgramMode};
use cim_isa::types::*;
use std::collections::HashMap;
use tables::Tables;

/// What the IR does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExportOptions {
    /// Mode of the program.
    pub mode: ProgramMode,
    /// Converters may clip: a conversion sees all parallel rows.
    pub allow_adc_clipping: bool,
}

/// A buffer of `@main`.
#[derive(Clone, Copy)]
struct Place {
    id: BufferId,
    space: Space,
    /// Byte address of the first element of the allocation.
    base: u64,
    elem: IntType,
}

/// The export under way.
struct Export<'a> {
    ir: &'a Ir,
    module: OpId,
    p: Program,
    t: Tables,
    buffers: HashMap<ValueId, Place>,
    hosts: HashMap<ValueId, HostTensorId>,
    host_constants: HashMap<ValueId, ConstId>,
    matrices: HashMap<String, (MatrixId, OpId)>,
    requants: HashMap<String, RequantId>,
    residents: HashMap<String, OpId>,
    resident_ids: HashMap<String, ResidentId>,
    /// Node of the network (position in its function) to the buffer that holds its output and the instruction after which it does.
    probes: HashMap<i64, cim_isa::reference::Probe>,
}

/// Translates a module whose buffers have addresses (`cim-allocate`). Equal modules give equal programs.
///
/// # Errors
/// An operation, symbol, address or number that no meta-operator program can express.
pub fn to_program(ir: &Ir, module: OpId, options: ExportOptions) -> Result<Program, Diagnostic> {
    let machine = machine_of(ir, module)?;
    let func = crate::find_function(ir, module, "network")?;
    let net = network::read(ir, func)?;
    let rows = match options.allow_adc_clipping {
        true => cim_machine::rows_per_conversion_clipping(&machine),
        false => cim_machine::rows_per_conversion(&machine),
    };
    let ctx = ir.ctx();
    let name = ir.attr(module, "sym_name").and_then(|a| ctx.as_str(a)).unwrap_or("network").to_string();
    let chip = Chip {
        cores: machine.cores() as u32,
        crossbars_per_core: machine.crossbars_per_core() as u32,
        rows: machine.crossbar.rows,
        columns: machine.crossbar.cols,
    };
    let p = Program {
        name,
        mode: options.mode,
        machine: machine.to_yaml(),
        lossy: options.allow_adc_clipping,
        rows_per_conversion: rows,
        chip,
        ..Program::default()
    };
    let mut e = Export {
        ir,
        module,
        p,
        t: Tables::default(),
        buffers: HashMap::new(),
        hosts: HashMap::new(),
        host_constants: HashMap::new(),
        matrices: HashMap::new(),
        requants: HashMap::new(),
        residents: HashMap::new(),
        resident_ids: HashMap::new(),
        probes: HashMap::new(),
    };
    e.symbols()?;
    let main = crate::find_function(ir, module, "main")?;
    e.interface(main, &net)?;
    e.buffers(main)?;
    let init = crate::find_function(ir, module, "init")?;
    e.p.init = e.function(init)?;
    e.p.main = e.main(main)?;
    e.reference(&net)?;
    e.t.finish(&mut e.p);
    Ok(e.p)
}

impl Export<'_> {
    fn fail<T>(&self, op: OpId, text: impl std::fmt::Display) -> Result<T, Diagnostic> {
        Err(self.ir.op_error(op, text))
    }

    /// A number that must fit 32 bits.
    fn u32(&self, op: OpId, what: &str, value: i64) -> Result<u32, Diagnostic> {
        match u32::try_from(value) {
            Ok(v) => Ok(v),
            Err(_) => self.fail(op, format!("{what} must be in 0..2^32, got {value}")),
        }
    }

    fn constant(&mut self, op: OpId, name: &str, value: Attribute) -> Result<ConstId, Diagnostic> {
        let ctx = self.ir.ctx();
        self.t.elements(ctx, name, value, false).map_err(|e| self.ir.op_error(op, e))
    }

    /// Module symbols: matrices, requantisation constants, residents.
    fn symbols(&mut self) -> Result<(), Diagnostic> {
        let ir = self.ir;
        for op in ir.body(self.module).into_iter().flat_map(|b| ir.ops_of(b)) {
            if let Some(m) = Matrix::cast(ir, op) {
                self.matrix(op, m)?;
            } else if let Some(r) = Requant::cast(ir, op) {
                let name = r.sym_name(ir).to_string();
                let m = self.t.ints(&format!("{name}.m"), r.multiplier(ir));
                let b = self.t.ints(&format!("{name}.b"), r.addend(ir));
                let m2 = r.multiplier2(ir).map(|v| self.t.ints(&format!("{name}.m2"), v));
                let shift = u8::try_from(r.shift(ir)).ok().filter(|s| (1..=62).contains(s));
                let Some(shift) = shift else { return self.fail(op, "shift must be in 1..=62") };
                self.requants.insert(name, RequantId(self.p.requants.len() as u32));
                self.p.requants.push(cim_isa::types::Requant { m, b, m2, shift, lo: r.lo(ir), hi: r.hi(ir) });
            } else if let Some(r) = crossbar::Resident::cast(ir, op) {
                self.residents.insert(r.sym_name(ir).to_string(), op);
            }
        }
        Ok(())
    }

    fn matrix(&mut self, op: OpId, m: Matrix) -> Result<(), Diagnostic> {
        let ir = self.ir;
        let name = m.sym_name(ir).to_string();
        let value = m.weights(ir);
        let weights = self.constant(op, &format!("{name}.weights"), value)?;
        let ElemType::Int(weight) = self.t.constants[weights.index()].elem else {
            return self.fail(op, "weights must be integers");
        };
        let unsigned = |v: i64| u64::try_from(v).unwrap_or(0);
        let mut row_dims = Vec::new();
        for d in m.row_dims(ir).chunks_exact(2) {
            row_dims.push((self.u32(op, "each extent", d[0])?, unsigned(d[1])));
        }
        let matrix = cim_isa::types::Matrix {
            name: name.clone(),
            weights,
            base: unsigned(m.base(ir)),
            groups: self.u32(op, "groups", m.groups(ir))?,
            group_stride: unsigned(m.group_stride(ir)),
            row_dims,
            cols: self.u32(op, "cols", m.cols(ir))?,
            col_stride: unsigned(m.col_stride(ir)),
            inner: self.u32(op, "inner", m.inner(ir))?,
            weight,
            narrow: m.narrow(ir),
        };
        self.matrices.insert(name, (MatrixId(self.p.matrices.len() as u32), op));
        self.p.matrices.push(matrix);
        Ok(())
    }

    /// Inputs and outputs of the model: the arguments of `@main`.
    fn interface(&mut self, main: OpId, net: &network::Net) -> Result<(), Diagnostic> {
        let ir = self.ir;
        let Some(block) = ir.body(main) else { return self.fail(main, "has no body") };
        let args = ir.args(block);
        if args.len() != net.inputs.len() + net.outputs.len() {
            return self.fail(main, "must take one host buffer per input and output of @network");
        }
        let names = net.inputs.iter().chain(&net.outputs).map(|x| x.0.as_str());
        for (k, (&arg, name)) in args.iter().zip(names).enumerate() {
            let tensor = self.host_tensor(main, arg, name)?;
            let interface = Interface { name: name.to_string(), tensor, batched: net.batched };
            if k < net.inputs.len() { self.p.inputs.push(interface) } else { self.p.outputs.push(interface) }
        }
        Ok(())
    }

    fn host_tensor(&mut self, op: OpId, value: ValueId, name: &str) -> Result<HostTensorId, Diagnostic> {
        let Some(mem) = Mem::of(self.ir.ctx(), self.ir.ty(value)).filter(|m| m.space == "host") else {
            return self.fail(op, format!("'{name}' must be a memref in memory space \"host\""));
        };
        let mut shape = Vec::with_capacity(mem.dims.len());
        for &d in mem.dims {
            shape.push(self.u32(op, "each dimension", d)?);
        }
        let id = HostTensorId(self.p.host_tensors.len() as u32);
        let name = self.t.unique(name);
        let Some(elem) = host_elem(self.ir.ctx(), mem.elem) else {
            return self.fail(op, format!("'{name}' must hold floats or sized integers"));
        };
        self.p.host_tensors.push(HostTensor { name, shape, elem });
        self.hosts.insert(value, id);
        Ok(id)
    }

    /// Buffers with their addresses; the L1 span is what the fullest core needs.
    fn buffers(&mut self, main: OpId) -> Result<(), Diagnostic> {
        let ir = self.ir;
        let allocs: Vec<Alloc> =
            ir.body(main).into_iter().flat_map(|b| ir.ops_of(b)).filter_map(|op| Alloc::cast(ir, op)).collect();
        let mut sized = Vec::with_capacity(allocs.len());
        for a in &allocs {
            let value = a.buffer(ir);
            let Some(mem) = Mem::of(ir.ctx(), ir.ty(value)) else { return self.fail(a.op(), "is no buffer") };
            if mem.space == "host" {
                let name = a.name(ir).to_string();
                self.host_tensor(a.op(), value, &name)?;
                continue;
            }
            let Some((bits, signed)) = int(ir.ctx(), mem.elem) else { return self.fail(a.op(), "must hold integers") };
            let elem = IntType::new(bits, signed);
            let Some(address) = a.address(ir).and_then(|x| u64::try_from(x).ok()) else {
                return self.fail(a.op(), "has no address; run cim-allocate first");
            };
            let bytes = (mem.len() as u64).saturating_mul(u64::from(elem.bytes()));
            let end = address.saturating_add(bytes);
            match mem.space {
                "L0" => self.p.l0_bytes = self.p.l0_bytes.max(end),
                _ => self.p.l1_span = self.p.l1_span.max(end.next_multiple_of(crate::allocate::ALIGN)),
            }
            sized.push((*a, value, mem, elem, address, bytes));
        }
        for (a, value, mem, elem, address, bytes) in sized {
            let core = self.u32(a.op(), "core", a.core(ir).unwrap_or(0))?;
            let (space, base) = match mem.space {
                "L0" => (Space::L0, address),
                _ => (Space::L1, u64::from(core) * self.p.l1_span + address),
            };
            let e = u64::from(elem.bytes());
            let border = a.border(ir).unwrap_or_else(|| vec![0; 4]);
            let (shape, strides, inner) = match *mem.dims {
                [h, w, c] => {
                    let (pitch, b) = (w as u64 * c as u64 * e, &border);
                    let skip = b[0] as u64 * pitch + b[1] as u64 * c as u64 * e;
                    ([h - b[0] - b[2], w - b[1] - b[3], c], [pitch, c as u64 * e, e], skip)
                }
                [n] => ([1, 1, n], [n as u64 * e, n as u64 * e, e], 0),
                _ => return self.fail(a.op(), "must have the dimensions H, W, C or be a vector"),
            };
            let mut extents = [0; 3];
            for (x, s) in extents.iter_mut().zip(shape) {
                *x = self.u32(a.op(), "each extent", s)?;
            }
            let id = BufferId(self.p.buffers.len() as u32);
            let name = self.t.unique(a.name(ir));
            let alloc = (base, bytes);
            self.p.buffers.push(Buffer { name, space, addr: base + inner, alloc, shape: extents, strides, elem });
            self.buffers.insert(value, Place { id, space, base, elem });
        }
        for op in ir.body(main).into_iter().flat_map(|b| ir.ops_of(b)) {
            if let Some(c) = moves::HostConstant::cast(ir, op) {
                let (name, value) = (c.name(ir).to_string(), c.value(ir));
                let id = self.t.elements(ir.ctx(), &name, value, true).map_err(|e| ir.op_error(op, e))?;
                self.host_constants.insert(c.result(ir), id);
            }
        }
        Ok(())
    }
}
