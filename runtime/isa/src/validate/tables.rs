//! Tables: buffers, matrices, tiles, ports, core-residency entries, windows, requantisation, host operators, layers.

use std::collections::HashSet;

use crate::error::InvalidProgram;
use crate::instr::Space;
use crate::program::{HostKind, HostOp, HostTensor, HostValue, Interface, Layer, Program};
use crate::types::*;
use crate::validate::constants::Facts;
use crate::validate::window::{self, product};
use crate::validate::{What, bounds, ensure, entry, factor, int_type, l1_bytes, limits, unique};

pub(crate) fn check(p: &Program, facts: &Facts) -> Result<(), InvalidProgram> {
    each("buffer b", &p.buffers, |b| buffer(p, b))?;
    unique(p.buffers.iter().map(|b| b.name.as_str()), "buffers")?;
    each("matrix m", &p.matrices, |m| matrix(facts, m))?;
    each("tile t", &p.tiles, |t| tile(p, t))?;
    each("port p", &p.ports, |t| port(p, t))?;
    each("window w", &p.windows, window::check)?;
    each("requant q", &p.requants, |q| requant(facts, q))?;
    each("resident r", &p.residents, |r| resident(p, r))?;
    each("host_tensor f", &p.host_tensors, host_tensor)?;
    let total = p.host_tensors.iter().fold(0u64, |n, t| n.saturating_add(product(&t.shape)));
    if total > limits::ALL_ELEMENTS {
        return Err(InvalidProgram::new("host tensors", format!("{total} elements, at most 2^30")));
    }
    each("host_op h", &p.host_ops, |h| host_op(p, facts, h))?;
    each("inputs ", &p.inputs, |i| interface(p, i))?;
    each("outputs ", &p.outputs, |i| interface(p, i))?;
    unique(p.inputs.iter().map(|i| i.name.as_str()), "inputs")?;
    unique(p.outputs.iter().map(|i| i.name.as_str()), "outputs")?;
    each("layer ", &p.layers, |l| layer(p, l))
}

fn each<T>(name: &str, rows: &[T], check: impl Fn(&T) -> What) -> Result<(), InvalidProgram> {
    for (i, row) in rows.iter().enumerate() {
        check(row).map_err(|w| InvalidProgram::new(format!("{name}{i}"), w))?;
    }
    Ok(())
}

fn buffer(p: &Program, b: &Buffer) -> What {
    int_type(b.elem)?;
    ensure(b.shape.iter().all(|&d| d >= 1), || format!("shape {:?} has an extent of 0", b.shape))?;
    ensure(product(&b.shape) <= limits::TENSOR_ELEMENTS, || {
        format!("shape {:?} has more than 2^28 elements", b.shape)
    })?;
    let (start, len) = b.alloc;
    let size = match b.space {
        Space::L0 => p.l0_bytes,
        Space::L1 => l1_bytes(p),
    };
    let end = start.checked_add(len).filter(|&e| e <= size);
    let Some(end) = end else {
        return Err(format!("allocation {start} + {len} is not within {:?}, 0..{size}", b.space));
    };
    if b.space == Space::L1 && len > 0 {
        let span = p.l1_span.max(1);
        ensure(start / span == (end - 1) / span, || format!("allocation {start}..{end} spans several cores"))?;
    }
    let reach: u128 = b.shape.iter().zip(b.strides).map(|(&d, s)| (d as u128 - 1) * s as u128).sum();
    let last = b.addr as u128 + reach + b.elem.bytes() as u128;
    ensure(b.addr >= start && last <= end as u128, || {
        format!("elements {}..{last} are not within the allocation {start}..{end}", b.addr)
    })
}

fn matrix(facts: &Facts, m: &Matrix) -> What {
    int_type(m.weight)?;
    ensure(m.weight.bits <= 16, || format!("weights of {} bits, at most 16", m.weight.bits))?;
    let (_, elements) = facts.integers(m.weights)?;
    facts.fits(m.weights, m.weight, m.narrow)?;
    ensure(m.row_dims.len() <= 4, || format!("{} row dimensions, at most 4", m.row_dims.len()))?;
    ensure(m.row_dims.iter().all(|d| d.0 >= 1) && m.groups >= 1 && m.cols >= 1, || "an extent is 0".into())?;
    let rows = m.row_dims.iter().fold(1u64, |n, d| n.saturating_mul(d.0 as u64));
    ensure(rows <= u32::MAX as u64, || format!("{rows} rows"))?;
    ensure(m.inner >= 1 && rows % m.inner as u64 == 0, || {
        format!("{rows} rows are no multiple of {} inner channels", m.inner)
    })?;
    let step = |extent: u32, stride: u64| (extent as u128 - 1) * stride as u128;
    let last = m.base as u128
        + step(m.groups, m.group_stride)
        + step(m.cols, m.col_stride)
        + m.row_dims.iter().map(|d| step(d.0, d.1)).sum::<u128>();
    ensure(last < elements as u128, || format!("element {last} of constant c{}, which has {elements}", m.weights.0))
}

/// Columns of a crossbar that one output of a tile takes.
fn columns_per_output(m: &Matrix, b: &BindingSpec) -> u32 {
    if b.bits_to_crossbars {
        return 1;
    }
    let sign = (b.differential && m.weight.signed && m.narrow) as u8;
    let bits = m.weight.bits.saturating_sub(sign).max(1);
    bits.div_ceil(b.cell_bits.max(1)) as u32 * (1 + b.differential as u32)
}

fn tile(p: &Program, t: &Tile) -> What {
    let m = entry(&p.matrices, t.matrix.0, "matrix m")?;
    let part = |what: &str, first: u32, len: u32, end: u64| {
        ensure(len >= 1 && first as u64 + len as u64 <= end, || {
            format!("{what} {first} + {len} are not within 0..{end}")
        })
    };
    part("groups", t.group0, t.groups, m.groups as u64)?;
    part("rows", t.row0, t.rows, m.rows())?;
    part("columns", t.col0, t.cols, m.cols as u64)?;
    ensure(t.groups == 1 || (t.rows as u64 == m.rows() && t.cols == m.cols), || {
        "a tile of several groups must hold their whole rows and columns".into()
    })?;
    ensure((1..=8).contains(&t.binding.cell_bits), || format!("{} bits per cell, 1 to 8", t.binding.cell_bits))?;
    let slices = m.weight.bits.div_ceil(t.binding.cell_bits) as u32 * (1 + t.binding.differential as u32);
    let end = if t.binding.bits_to_crossbars { slices } else { 1 };
    ensure(t.slice < end, || format!("slice {} of {end}", t.slice))?;
    let rows = t.rows as u64 * t.groups as u64;
    ensure(rows <= p.chip.rows as u64, || format!("{rows} rows on crossbars of {}", p.chip.rows))?;
    let columns = (t.cols as u64 * t.groups as u64).saturating_mul(columns_per_output(m, &t.binding) as u64);
    ensure(columns <= p.chip.columns as u64, || format!("{columns} columns on crossbars of {}", p.chip.columns))
}

fn port(p: &Program, t: &Port) -> What {
    int_type(t.input)?;
    ensure(t.input.bits <= limits::INPUT_BITS, || {
        format!("inputs of {} bits, at most {}", t.input.bits, limits::INPUT_BITS)
    })?;
    ensure(t.output == IntType::I32 || t.output == IntType::I64, || "accumulators are si32 or si64".into())?;
    ensure(t.outputs >= 1 && t.slices >= 1, || "outputs or slices are 0".into())?;
    ensure((1..=2).contains(&t.polarities), || format!("{} polarities, 1 or 2", t.polarities))?;
    ensure((1..=8).contains(&t.cell_bits), || format!("{} bits per cell, 1 to 8", t.cell_bits))?;
    ensure((t.slices as u32 - 1) * (t.cell_bits as u32) < 16, || {
        format!("{} slices of {} bits", t.slices, t.cell_bits)
    })?;
    let columns = t.outputs as u64 * t.slices as u64 * t.polarities as u64;
    ensure(columns <= p.chip.columns as u64, || format!("{columns} columns on crossbars of {}", p.chip.columns))
}

/// The port combines columns the way the tile lays them out.
pub(crate) fn port_fits_tile(t: &Port, m: &Matrix, tile: &Tile) -> bool {
    t.cell_bits == tile.binding.cell_bits
        && t.slices as u32 * t.polarities as u32 == columns_per_output(m, &tile.binding)
        && (t.polarities == 2) == (tile.binding.differential && !tile.binding.bits_to_crossbars)
}

fn requant(facts: &Facts, q: &Requant) -> What {
    let i64s = ElemType::Int(IntType::I64);
    let n = facts.elements(q.m, i64s, "multipliers")?;
    ensure(n >= 1, || "no multipliers".into())?;
    let same = |id, what| {
        let k = facts.elements(id, i64s, what)?;
        ensure(k == n, || format!("{k} {what}, {n} multipliers"))
    };
    same(q.b, "addends")?;
    if let Some(m2) = q.m2 {
        same(m2, "second multipliers")?;
    }
    ensure((1..=62).contains(&q.shift), || format!("shift {}, 1 to 62", q.shift))?;
    ensure(q.lo <= q.hi, || format!("bounds {}..{} are not ordered", q.lo, q.hi))
}

fn resident(p: &Program, r: &Resident) -> What {
    let port = entry(&p.ports, r.port.0, "port p")?;
    let end = r.core as u64 + r.cores as u64;
    ensure(r.cores >= 1 && end <= p.chip.cores as u64, || format!("cores {}..{end} of {}", r.core, p.chip.cores))?;
    ensure(!r.placement.is_empty(), || "no crossbars".into())?;
    factor("offset", r.offset)?;
    let per = p.chip.crossbars_per_core as u64;
    let (first, last) = (r.core as u64 * per, end * per);
    let mut seen = HashSet::new();
    let mut matrix = None;
    for &(id, xb) in &r.placement {
        let t = entry(&p.tiles, id.0, "tile t")?;
        ensure((first..last).contains(&(xb as u64)), || {
            format!("crossbar {xb} is not one of its cores' {first}..{last}")
        })?;
        ensure(seen.insert(xb), || format!("crossbar {xb} is taken twice"))?;
        ensure(*matrix.get_or_insert(t.matrix) == t.matrix, || format!("tile t{} is of another matrix", id.0))?;
        let m = entry(&p.matrices, t.matrix.0, "matrix m")?;
        ensure(port_fits_tile(port, m, t), || {
            format!("port p{} does not combine the columns of tile t{}", r.port.0, id.0)
        })?;
        let outputs = t.cols as u64 * t.groups as u64;
        ensure(outputs <= port.outputs as u64, || {
            format!("tile t{} has {outputs} outputs, the port {}", id.0, port.outputs)
        })?;
    }
    Ok(())
}

fn host_tensor(t: &HostTensor) -> What {
    ensure(t.shape.len() <= limits::RANK, || format!("{} dimensions, at most {}", t.shape.len(), limits::RANK))?;
    let n = product(&t.shape);
    ensure((1..=limits::TENSOR_ELEMENTS).contains(&n), || format!("shape {:?} has {n} elements, 1 to 2^28", t.shape))
}

fn interface(p: &Program, i: &Interface) -> What {
    let t = entry(&p.host_tensors, i.tensor.0, "host tensor f")?;
    ensure(!i.batched || t.shape.first() == Some(&1), || {
        format!("batched, but the leading dimension of {:?} is not 1", t.shape)
    })
}

fn host_op(p: &Program, facts: &Facts, h: &HostOp) -> What {
    ensure(h.inputs.len() <= limits::OPERANDS, || format!("{} inputs, at most {}", h.inputs.len(), limits::OPERANDS))?;
    ensure(h.output != HostValue::Absent, || "it has no output".into())?;
    for v in h.inputs.iter().chain([&h.output]) {
        match v {
            HostValue::Tensor(t) => entry(&p.host_tensors, t.0, "host tensor f").map(drop)?,
            HostValue::Buffer(b) => entry(&p.buffers, b.0, "buffer b").map(drop)?,
            HostValue::Constant(c) => facts.constant(*c).map(drop)?,
            HostValue::Absent => {}
        }
    }
    let tensor = |id: HostTensorId| entry(&p.host_tensors, id.0, "host tensor f");
    let buffer = |id: BufferId| entry(&p.buffers, id.0, "buffer b");
    let same = |t: &HostTensor, b: &Buffer| {
        ensure(product(&t.shape) == product(&b.shape), || {
            format!("tensor {:?} and buffer {:?} differ in size", t.shape, b.shape)
        })
    };
    match (&h.kind, h.inputs.as_slice(), h.output) {
        (&HostKind::Quantise { scale, zero, lo, hi, .. }, [HostValue::Tensor(x)], HostValue::Buffer(y)) => {
            let (x, y) = (tensor(*x)?, buffer(y)?);
            same(x, y)?;
            bounds(lo, hi, y.elem)?;
            factor("zero", zero)?;
            ensure(scale.is_finite() && scale > 0.0, || format!("scale {scale} is not a positive number"))
        }
        (&HostKind::Dequantise { scale, zero, bias, .. }, [HostValue::Buffer(x)], HostValue::Tensor(y)) => {
            let (x, y) = (buffer(*x)?, tensor(y)?);
            same(y, x)?;
            factor("zero", zero)?;
            let channels = x.shape[2] as u64;
            for (id, what) in [(Some(scale), "scale"), (bias, "bias")] {
                let Some(id) = id else { continue };
                let n = facts.elements(id, ElemType::F32, what)?;
                ensure(n == 1 || n == channels, || format!("{what} has {n} elements, 1 or {channels} expected"))?;
            }
            Ok(())
        }
        (HostKind::Onnx { .. }, inputs, HostValue::Tensor(_)) => {
            ensure(!inputs.iter().any(|v| matches!(v, HostValue::Buffer(_))), || {
                "an ONNX operator reads host tensors and constants, not buffers".into()
            })
        }
        _ => Err(
            "wrong operands: quantise is tensor to buffer, dequantise buffer to tensor, ONNX operators write a tensor"
                .into(),
        ),
    }
}

fn layer(p: &Program, l: &Layer) -> What {
    if let Some(w) = &l.window {
        window::check(w)?;
    }
    let [first, end] = l.main;
    ensure(first <= end && end as usize <= p.main.len(), || {
        format!("instructions {first}..{end} of main, which has {}", p.main.len())
    })?;
    ensure(l.weight_bits <= 64 && l.activation_bits <= 64, || "more than 64 bits".into())
}
