//! Every rule of the loader has a program that breaks it, and the message says where and what.

use bytes::Bytes;
use cim_isa::program::*;
use cim_isa::reference::*;
use cim_isa::testing::{conv_relu, random_program};
use cim_isa::types::*;
use cim_isa::{Addr, Affine, Instr, Program, Space, decode, encode, validate};

use ProgramMode::{Cm, Wlm, Xbm};

/// Breaks a valid program and expects the place and the message, also when the program comes from a file.
#[track_caller]
fn refuses(mode: ProgramMode, place: &str, what: &str, break_it: impl FnOnce(&mut Program)) {
    let mut p = conv_relu(mode, 32);
    validate(&p).expect("valid before");
    break_it(&mut p);
    let e = validate(&p).expect_err("must be refused");
    assert!(e.place.contains(place) && e.what.contains(what), "expected `{place}: {what}`, got `{e}`");
    assert!(decode(Bytes::from(encode(&p))).is_err());
}

/// The innermost block of the crossbar program.
fn block(p: &mut Program) -> &mut Vec<Instr> {
    let Some(Instr::Loop { body, .. }) = p.main.get_mut(2) else { panic!("no loop") };
    let Some(Instr::Loop { body, .. }) = body.get_mut(0) else { panic!("no inner loop") };
    body
}

fn step(p: &mut Program, block_index: usize, i: usize) -> &mut Instr {
    let Instr::Parallel { body } = &mut block(p)[block_index] else { panic!("no block") };
    &mut body[i]
}

macro_rules! field {
    ($instr:expr, $var:ident . $f:ident) => {
        match $instr {
            Instr::$var { $f, .. } => $f,
            other => panic!("{other:?}"),
        }
    };
}

fn l0(at: i64) -> Addr {
    Addr { space: Space::L0, at: Affine::constant(at) }
}

#[test]
fn header() {
    refuses(Xbm, "program", "chip.cores is", |p| p.chip.cores = 1 << 20);
    refuses(Xbm, "program", "crossbars_per_core is", |p| p.chip.crossbars_per_core = 1 << 30);
    refuses(Xbm, "program", "chip.rows is", |p| p.chip.rows = 1 << 20);
    refuses(Xbm, "program", "l0_bytes is", |p| p.l0_bytes = 1 << 40);
    refuses(Xbm, "program", "l1_span * chip.cores is", |p| p.l1_span = 1 << 32);
    refuses(Xbm, "program", "rows_per_conversion is 0", |p| p.rows_per_conversion = 0);
    refuses(Xbm, "section 9", "kinds ascend", |p| {
        p.unknown.push(UnknownSection { kind: 9, align: 1, data: Bytes::new() });
    });
    refuses(Xbm, "section 70", "alignment 3", |p| {
        p.unknown.push(UnknownSection { kind: 70, align: 3, data: Bytes::new() });
    });
}

#[test]
fn constants() {
    refuses(Xbm, "constants", "the name `one` is used twice", |p| p.constants[0].name = "one".into());
    refuses(Xbm, "constant c0 `conv.weight`", "elements from", |p| {
        p.constants[0].elem = ElemType::Int(IntType::new(7, true));
    });
    refuses(Xbm, "constant c0", "needs 896 bytes", |p| p.constants[0].shape = vec![896]);
    refuses(Xbm, "constant c1", "17 dimensions", |p| p.constants[1].shape = vec![1; 17]);
}

#[test]
fn tables() {
    refuses(Xbm, "buffer b0", "extent of 0", |p| p.buffers[0].shape[0] = 0);
    refuses(Xbm, "buffer b0", "are not within the allocation", |p| p.buffers[0].strides[0] += 4);
    refuses(Xbm, "buffer b0", "are not within the allocation", |p| p.buffers[0].strides[0] = u64::MAX);
    refuses(Xbm, "buffer b1", "is not within L0", |p| p.buffers[1].alloc.1 += 1);
    refuses(Xbm, "buffer b1", "is not within L0", |p| p.buffers[1].alloc.0 = u64::MAX);
    refuses(Xbm, "buffer b0", "spans several cores", |p| {
        let b = &mut p.buffers[0];
        (b.space, b.alloc, b.addr, b.shape, b.strides) = (Space::L1, (310, 20), 310, [1, 1, 1], [0; 3]);
    });
    refuses(Xbm, "buffers", "used twice", |p| p.buffers[0].name = "conv".into());
    refuses(Xbm, "buffer b0", "integer type of 64 bits", |p| p.buffers[0].elem = IntType::new(64, false));
    refuses(Xbm, "matrix m0", "there is no constant c7", |p| p.matrices[0].weights = ConstId(7));
    refuses(Xbm, "matrix m0", "holds elements of f32", |p| p.matrices[0].weights = ConstId(1));
    refuses(Xbm, "matrix m0", "element 864 of constant c0, which has 864", |p| p.matrices[0].base = 1);
    refuses(Xbm, "matrix m0", "which has 864", |p| p.matrices[0].col_stride = u64::MAX);
    refuses(Xbm, "matrix m0", "do not fit 4 bits", |p| p.matrices[0].weight = IntType::new(4, true));
    refuses(Xbm, "matrix m0", "do not fit 8 bits (-127", |p| {
        let mut data = p.constants[0].data.to_vec();
        data[5] = 0x80;
        p.constants[0].data = data.into();
        p.matrices[0].narrow = true;
    });
    refuses(Xbm, "matrix m0", "no multiple of 4 inner", |p| p.matrices[0].inner = 4);
    refuses(Xbm, "matrix m0", "an extent is 0", |p| p.matrices[0].row_dims[0].0 = 0);
    refuses(Xbm, "tile t0", "rows 1 + 27 are not within 0..27", |p| p.tiles[0].row0 = 1);
    refuses(Xbm, "tile t0", "groups 0 + 2", |p| p.tiles[0].groups = 2);
    refuses(Xbm, "tile t0", "27 rows on crossbars of 26", |p| p.chip.rows = 26);
    refuses(Xbm, "tile t0", "128 columns on crossbars of 127", |p| p.chip.columns = 127);
    refuses(Xbm, "tile t0", "9 bits per cell", |p| p.tiles[0].binding.cell_bits = 9);
    refuses(Xbm, "tile t0", "slice 1 of 1", |p| p.tiles[0].slice = 1);
    refuses(Xbm, "port p0", "accumulators are", |p| p.ports[0].output = IntType::new(16, true));
    refuses(Xbm, "port p0", "132 columns", |p| p.ports[0].outputs = 33);
    refuses(Xbm, "port p0", "3 polarities", |p| p.ports[0].polarities = 3);
    refuses(Xbm, "window w0", "stride has an extent of 0", |p| p.windows[0].stride[1] = 0);
    refuses(Xbm, "window w0", "starts beyond the padded input", |p| p.windows[0].output[0] = 35);
    refuses(Xbm, "window w0", "more than 2^20 positions", |p| p.windows[0].kernel = [1 << 11, 1 << 11]);
    refuses(Xbm, "host_tensor f0", "1 to 2^28", |p| p.host_tensors[0].shape = vec![1 << 20; 3]);
    refuses(Xbm, "host tensors", "at most 2^30", |p| {
        let t = HostTensor { name: "t".into(), shape: vec![1 << 28], elem: ElemType::F32 };
        p.host_tensors.extend(vec![t; 5]);
    });
    refuses(Xbm, "inputs 0", "there is no host tensor f9", |p| p.inputs[0].tensor = HostTensorId(9));
    refuses(Xbm, "outputs 0", "the leading dimension", |p| p.host_tensors[1].shape = vec![32, 32, 32]);
    refuses(Xbm, "layer 0", "instructions 2..9 of main", |p| p.layers[0].main[1] = 9);
    refuses(Xbm, "layer 0", "instructions 4..3 of main", |p| p.layers[0].main[0] = 4);
}

#[test]
fn host_operators() {
    refuses(Xbm, "host_op h0", "differ in size", |p| p.host_tensors[0].shape = vec![1, 5]);
    refuses(Xbm, "host_op h0", "wrong operands", |p| p.host_ops[0].output = HostValue::Tensor(HostTensorId(1)));
    refuses(Xbm, "host_op h0", "there is no buffer b9", |p| p.host_ops[0].output = HostValue::Buffer(BufferId(9)));
    let quantise = |scale, lo, hi| HostKind::Quantise {
        scale,
        zero: 0,
        lo,
        hi,
        rounding: None,
        zero_first: false,
        channels_last: false,
    };
    refuses(Xbm, "host_op h0", "is not a positive number", |p| p.host_ops[0].kind = quantise(f32::NAN, 0, 1));
    refuses(Xbm, "host_op h0", "bounds 0..256", |p| p.host_ops[0].kind = quantise(1.0, 0, 256));
    refuses(Xbm, "host_op h1", "scale c0 has elements of", |p| {
        p.host_ops[1].kind = HostKind::Dequantise { scale: ConstId(0), zero: 0, bias: None, channels_last: false };
    });
    refuses(Xbm, "host_op h1", "zero 8589934592 is beyond", |p| {
        p.host_ops[1].kind =
            HostKind::Dequantise { scale: ConstId(1), zero: 1 << 33, bias: None, channels_last: false };
    });
}

#[test]
fn structure() {
    refuses(Xbm, "main[2] (loop)", "trip count 0", |p| p.main[2] = Instr::Loop { trip: 0, body: p.main.clone() });
    refuses(Xbm, "main[2] (loop)", "empty body", |p| p.main[2] = Instr::Loop { trip: 1, body: vec![] });
    refuses(Xbm, "main[2] (parallel)", "empty body", |p| p.main[2] = Instr::Parallel { body: vec![] });
    refuses(Xbm, "main[2] (parallel)", "neither loops", |p| {
        p.main[2] = Instr::Parallel { body: vec![p.main[2].clone()] }
    });
    refuses(Xbm, "(loop)", "deeper than 16", |p| {
        for _ in 0..17 {
            p.main[0] = Instr::Loop { trip: 1, body: vec![p.main[0].clone()] };
        }
    });
    refuses(Xbm, "main[0].body[0] (loop)", "more than 2^40", |p| {
        for _ in 0..2 {
            p.main[0] = Instr::Loop { trip: 1 << 21, body: vec![p.main[0].clone()] };
        }
    });
    refuses(Xbm, "main[1] (loop)", "more than 2^40", |p| {
        p.main[1] = Instr::Loop { trip: u64::MAX, body: vec![p.main[0].clone()] }
    });
    refuses(Xbm, "main[1].body[0] (host)", "more than 2^40 executed", |p| {
        p.main[1] = Instr::Loop { trip: 1 << 40, body: vec![p.main[1].clone()] };
    });
    refuses(Xbm, "init[0] (write_row)", "not an instruction of mode Xbm", |p| p.init = conv_relu(Wlm, 32).init);
    refuses(Cm, "init[0] (write_xb)", "not an instruction of mode Cm", |p| p.init = conv_relu(Xbm, 32).init);
    refuses(Xbm, "main[0].body[0] (host)", "there is no host_op h2", |p| {
        p.main[0] = Instr::Loop { trip: 1, body: vec![Instr::Host { op: HostOpId(2) }] };
    });
}

#[test]
fn addresses() {
    let relu = |src: Addr, len| Instr::Relu { dst: l0(0), src, len, elem: IntType::I32 };
    let terms = |terms: &[(u8, i64)]| Addr { space: Space::L0, at: Affine { base: 0, terms: terms.to_vec() } };
    refuses(Xbm, "main[0] (relu)", "bytes -1..3 are not within L0, 0..134540", |p| p.main[0] = relu(l0(-1), 1));
    refuses(Xbm, "main[0] (relu)", "bytes 134537..134541", |p| p.main[0] = relu(l0(134537), 1));
    refuses(Xbm, "main[0] (relu)", "bytes 0..17179869180", |p| p.main[0] = relu(l0(0), u32::MAX));
    refuses(Xbm, "main[0] (relu)", "0 elements", |p| p.main[0] = relu(l0(0), 0));
    refuses(Xbm, "main[0] (relu)", "i0 is not that of an enclosing loop", |p| p.main[0] = relu(terms(&[(0, 4)]), 1));
    let inside = |i: Instr| Instr::Loop { trip: 10, body: vec![Instr::Loop { trip: 3, body: vec![i] }] };
    refuses(Xbm, "(relu)", "coefficient of i1 is 0", |p| p.main[0] = inside(relu(terms(&[(1, 0)]), 1)));
    refuses(Xbm, "(relu)", "i0 stands after i1", |p| p.main[0] = inside(relu(terms(&[(1, 4), (0, 4)]), 1)));
    refuses(Xbm, "(relu)", "i1 stands after i1", |p| p.main[0] = inside(relu(terms(&[(1, 4), (1, 4)]), 1)));
    refuses(Xbm, "(relu)", "bytes -8..", |p| p.main[0] = inside(relu(terms(&[(1, -4)]), 1)));
    refuses(Xbm, "(relu)", "are not within L0", |p| {
        p.main[0] = inside(relu(terms(&[(0, i64::MAX), (1, i64::MIN)]), 1))
    });
    let in_l1 = |at: i64, t: &[(u8, i64)]| Addr { space: Space::L1, at: Affine { base: at, terms: t.to_vec() } };
    refuses(Xbm, "(relu)", "from core 0 into core 1", |p| p.main[0] = relu(in_l1(316, &[]), 2));
    refuses(Xbm, "(relu)", "from core 0 into core 1", |p| p.main[0] = inside(relu(in_l1(0, &[(0, 40)]), 1)));
    refuses(Xbm, "(relu)", "are not within L1, 0..640", |p| p.main[0] = inside(relu(in_l1(0, &[(1, 320)]), 1)));
    // Terms of whole cores are no crossing.
    let mut p = conv_relu(Xbm, 32);
    p.main[0] = Instr::Loop { trip: 2, body: vec![relu(in_l1(0, &[(0, 320)]), 80)] };
    validate(&p).unwrap();
    refuses(Xbm, "(mov)", "dst: bytes", |p| field!(step(p, 0, 0), Mov.dims)[0].dst_stride = -1);
    refuses(Xbm, "(mov)", "a dimension has 0 steps", |p| field!(step(p, 0, 0), Mov.dims)[0].count = 0);
    refuses(Xbm, "(mov)", "at most 2^34", |p| {
        let dims = field!(step(p, 0, 0), Mov.dims);
        dims[0] = cim_isa::instr::MoveDim { count: u32::MAX, src_stride: 0, dst_stride: 0 };
    });
    refuses(Xbm, "(mov)", "5 outer dimensions", |p| {
        let dims = field!(step(p, 0, 0), Mov.dims);
        *dims = vec![dims[0]; 5];
    });
    refuses(Xbm, "(mov)", "2 bytes of 4-byte elements", |p| *field!(step(p, 3, 0), Mov.bytes) = 2);
    refuses(Xbm, "main[0] (fill)", "bounds 256..256", |p| *field!(&mut p.main[0], Fill.value) = 256);
    refuses(Xbm, "main[0] (fill)", "no source strides", |p| {
        let dim = cim_isa::instr::MoveDim { count: 1, src_stride: 1, dst_stride: 0 };
        *field!(&mut p.main[0], Fill.dims) = vec![dim];
    });
}

#[test]
fn crossbars() {
    refuses(Xbm, "init[0] (write_xb)", "crossbars 4..5 are not within 0..4", |p| {
        field!(&mut p.init[0], WriteXb.xb).base = 4
    });
    refuses(Xbm, "init[0] (write_xb)", "there is no tile t1", |p| *field!(&mut p.init[0], WriteXb.tile) = TileId(1));
    refuses(Xbm, "(read_xb)", "crossbars 3..5", |p| *field!(step(p, 1, 3), ReadXb.len) = 2);
    refuses(Xbm, "(read_xb)", "from core 0 into core 1", |p| *field!(step(p, 1, 1), ReadXb.len) = 2);
    refuses(Xbm, "(read_xb)", "33 rows", |p| *field!(step(p, 1, 0), ReadXb.rows) = 33);
    refuses(Xbm, "(read_xb)", "src is not in the L1 of the crossbar's core", |p| {
        field!(step(p, 1, 0), ReadXb.src).at.base = 320
    });
    refuses(Xbm, "(read_xb)", "dst is in L0", |p| *field!(step(p, 1, 0), ReadXb.dst) = l0(0));
    refuses(Xbm, "(read_xb)", "reaches from core 0", |p| field!(step(p, 1, 0), ReadXb.dst).at.base = 200);
    refuses(Xbm, "(read_xb)", "shift 32 of a 32-bit", |p| *field!(step(p, 1, 0), ReadXb.shift) = 32);
    refuses(Xbm, "(read_xb)", "there is no port p1", |p| *field!(step(p, 1, 0), ReadXb.port) = PortId(1));
    refuses(Xbm, "(read_xb)", "combines columns unlike any tile", |p| p.ports[0].slices = 2);
    refuses(Wlm, "init[0] (write_row)", "rows 12 + 16 of a tile with 27", |p| {
        *field!(&mut p.init[0], WriteRow.tile_row) = 12
    });
    refuses(Wlm, "init[0] (write_row)", "rows 17 + 16 of a crossbar with 32", |p| {
        *field!(&mut p.init[0], WriteRow.row) = 17
    });
    refuses(Wlm, "(read_row)", "17 rows in one conversion, at most 16", |p| *field!(step(p, 1, 0), ReadRow.len) = 17);
    refuses(Wlm, "(read_row)", "rows 17..33 are not within 0..32", |p| field!(step(p, 1, 0), ReadRow.row).base = 17);
}

#[test]
fn core_mode() {
    fn first(p: &mut Program) -> &mut Instr {
        let Instr::Parallel { body } = &mut p.main[1] else { panic!("no block") };
        &mut body[0]
    }
    refuses(Cm, "resident r0", "cores 0..3 of 2", |p| p.residents[0].cores = 3);
    refuses(Cm, "resident r0", "crossbar 2 is not one", |p| p.residents[0].placement[0].1 = 2);
    refuses(Cm, "resident r0", "taken twice", |p| {
        let x = p.residents[0].placement[0];
        p.residents[0].placement.push(x);
    });
    refuses(Cm, "resident r0", "no crossbars", |p| p.residents[0].placement.clear());
    refuses(Cm, "resident r0", "does not combine the columns", |p| p.ports[0].slices = 2);
    refuses(Cm, "resident r0", "has 32 outputs, the port 31", |p| p.ports[0].outputs = 31);
    refuses(Cm, "resident r1", "of another matrix", |p| {
        p.matrices.push(p.matrices[0].clone());
        p.tiles.push(Tile { matrix: MatrixId(1), ..p.tiles[0] });
        p.residents[1].placement.push((TileId(1), 3));
    });
    refuses(Cm, "init[1] (write_core)", "there is no resident r5", |p| {
        *field!(&mut p.init[1], WriteCore.resident) = ResidentId(5)
    });
    refuses(Cm, "(read_core)", "the window has 108 inputs", |p| p.windows[1].kernel = [6, 6]);
    refuses(Cm, "(read_core)", "output pixels of 128 bytes every 127", |p| *field!(first(p), ReadCore.dst_pitch) = 127);
    refuses(Cm, "(read_core)", "src: bytes", |p| *field!(first(p), ReadCore.src_pitch) = u64::MAX);
    refuses(Cm, "(read_core)", "expected L0", |p| field!(first(p), ReadCore.src).space = Space::L1);
    refuses(Cm, "(read_core)", "bounds -1..-1", |p| p.windows[1].pad_value = -1);
}

#[test]
fn digital() {
    let i32s = IntType::I32;
    let at = || l0(0);
    let set = |p: &mut Program, i: Instr| p.main[0] = i;
    refuses(Xbm, "(clip)", "bounds 5..4", |p| {
        set(p, Instr::Clip { dst: at(), src: at(), len: 1, elem: i32s, lo: 5, hi: 4 })
    });
    refuses(Xbm, "(shift_acc)", "shift 32", |p| {
        set(p, Instr::ShiftAcc { dst: at(), src: at(), len: 1, shift: 32, negate: false, elem: i32s });
    });
    refuses(Xbm, "(reduce_add)", "src: bytes", |p| {
        let (count, stride, accumulate) = (3, u64::MAX, false);
        set(p, Instr::ReduceAdd { dst: at(), src: at(), count, stride, len: 1, elem: i32s, accumulate });
    });
    refuses(Xbm, "(reduce_add)", "count 0", |p| {
        set(p, Instr::ReduceAdd { dst: at(), src: at(), count: 0, stride: 1, len: 1, elem: i32s, accumulate: false });
    });
    refuses(Xbm, "(offset)", "src: bytes", |p| *field!(step(p, 2, 0), Offset.positions) = u32::MAX);
    refuses(Xbm, "(offset)", "dst: bytes", |p| *field!(step(p, 2, 0), Offset.outputs) = 1 << 20);
    refuses(Xbm, "(offset)", "factor", |p| *field!(step(p, 2, 0), Offset.factor) = i64::MIN);

    let with_requant = |p: &mut Program, n: usize, two: bool| {
        let i64s = |name: &str| Constant {
            name: name.into(),
            elem: ElemType::Int(IntType::I64),
            shape: vec![n as u32],
            data: vec![0u8; 8 * n].into(),
        };
        p.constants.extend([i64s("m"), i64s("b")]);
        let m2 = two.then_some(ConstId(2));
        p.requants.push(Requant { m: ConstId(2), b: ConstId(3), m2, shift: 8, lo: 0, hi: 255 });
    };
    let ui8 = IntType::new(8, false);
    let requantise = |channel: i64, channels, len, to| Instr::Requantise {
        dst: at(),
        to,
        src: at(),
        from: i32s,
        len,
        channel: Affine::constant(channel),
        channels,
        requant: RequantId(0),
    };
    let mut p = conv_relu(Xbm, 32);
    with_requant(&mut p, 4, false);
    p.main[0] = requantise(1, 3, 6, ui8);
    validate(&p).unwrap();
    refuses(Xbm, "(requantise)", "there is no requant q0", |p| set(p, requantise(0, 1, 1, ui8)));
    refuses(Xbm, "(requantise)", "channels 2..5 of 4", |p| {
        with_requant(p, 4, false);
        set(p, requantise(2, 3, 3, ui8));
    });
    refuses(Xbm, "(requantise)", "channels -1..2 of 4", |p| {
        with_requant(p, 4, false);
        set(p, requantise(-1, 3, 3, ui8));
    });
    refuses(Xbm, "(requantise)", "4 elements of 3 channels", |p| {
        with_requant(p, 4, false);
        set(p, requantise(0, 3, 4, ui8));
    });
    refuses(Xbm, "(requantise)", "4 elements of 0 channels", |p| {
        with_requant(p, 4, false);
        set(p, requantise(0, 0, 4, ui8));
    });
    refuses(Xbm, "(requantise)", "bounds 0..255", |p| {
        with_requant(p, 4, false);
        set(p, requantise(0, 4, 4, IntType::new(7, false)));
    });
    refuses(Xbm, "(requantise)", "for two inputs", |p| {
        with_requant(p, 4, true);
        set(p, requantise(0, 4, 4, ui8));
    });
    refuses(Xbm, "requant q0", "shift 63", |p| {
        with_requant(p, 4, false);
        p.requants[0].shift = 63;
    });
    refuses(Xbm, "requant q0", "addends c0 has elements of", |p| {
        with_requant(p, 4, false);
        p.requants[0].b = ConstId(0);
    });
    let add = || Instr::AddRequantise {
        dst: at(),
        to: ui8,
        a: at(),
        a_elem: ui8,
        b: at(),
        b_elem: ui8,
        len: 4,
        requant: RequantId(0),
    };
    refuses(Xbm, "(add_requantise)", "has 4 multipliers, expected 1", |p| {
        with_requant(p, 4, true);
        set(p, add());
    });
    refuses(Xbm, "(add_requantise)", "for one input", |p| {
        with_requant(p, 1, false);
        set(p, add());
    });
}

#[test]
fn pooling() {
    let pool = |p: &mut Program, average: bool, edit: &dyn Fn(&mut Program)| {
        let window = Window {
            input: [32, 32, 32],
            output: [16, 16],
            kernel: [2, 2],
            stride: [2, 2],
            pad: [0, 0],
            pad_end: [0, 0],
            ..p.windows[0]
        };
        p.windows.push(window);
        let mut out = p.buffers[1].clone();
        (out.name, out.shape) = ("pooled".into(), [16, 16, 32]);
        p.buffers.push(out);
        let data = vec![0u8; 32];
        let elem = ElemType::Int(IntType::I64);
        p.constants.push(Constant { name: "m".into(), elem, shape: vec![4], data: data.into() });
        p.requants.push(Requant { m: ConstId(2), b: ConstId(2), m2: None, shift: 1, lo: 0, hi: 9 });
        let kind = match average {
            true => cim_isa::instr::PoolKind::Average(RequantId(0)),
            false => cim_isa::instr::PoolKind::Max,
        };
        p.main[0] = Instr::Pool { kind, dst: BufferId(2), src: BufferId(1), window: WindowId(1) };
        edit(p);
    };
    for average in [false, true] {
        let mut p = conv_relu(Xbm, 32);
        pool(&mut p, average, &|_| {});
        validate(&p).unwrap();
        refuses(Xbm, "(pool)", "source [32, 32, 32], window over", |p| {
            pool(p, average, &|p| p.windows[1].input[0] = 31)
        });
        refuses(Xbm, "(pool)", "window gives [15, 16, 32]", |p| pool(p, average, &|p| p.windows[1].output[0] = 15));
        refuses(Xbm, "(pool)", "lies in the padding", |p| pool(p, average, &|p| p.windows[1].pad[1] = 2));
        refuses(Xbm, "(pool)", "starts beyond the input", |p| {
            pool(p, average, &|p| {
                p.windows[1].stride[0] = 3;
                p.windows[1].pad_end[0] = 20;
            });
        });
    }
    refuses(Xbm, "(pool)", "4 multipliers, one for each count 1..=6", |p| {
        pool(p, true, &|p| p.windows[1].kernel = [2, 3]);
    });
    refuses(Xbm, "(pool)", "differ in element type", |p| {
        pool(p, false, &|p| p.buffers[2].elem = IntType::new(31, true))
    });
}

#[test]
fn reference() {
    fn nodes(p: &mut Program) -> &mut Vec<RefNode> {
        &mut p.reference.as_mut().unwrap().nodes
    }
    fn tensors(p: &mut Program) -> &mut Vec<RefTensor> {
        &mut p.reference.as_mut().unwrap().tensors
    }
    refuses(Xbm, "reference node 1 `conv`", "input x2 is not computed before", |p| {
        nodes(p)[1].inputs[0] = RefTensorId(2)
    });
    refuses(Xbm, "reference node 1", "there is no reference tensor x8", |p| nodes(p)[1].inputs[0] = RefTensorId(8));
    refuses(Xbm, "reference node 2", "x1 is computed twice", |p| nodes(p)[2].output = RefTensorId(1));
    refuses(Xbm, "reference node 2", "2 inputs, expected 1", |p| nodes(p)[2].inputs.push(RefTensorId(1)));
    refuses(Xbm, "reference node 2", "differ in shape", |p| tensors(p)[2].shape[1] = 31);
    refuses(Xbm, "reference node 0", "output [3, 32, 31]", |p| tensors(p)[0].shape[2] = 31);
    refuses(Xbm, "reference node 1", "window over", |p| {
        if let RefKind::Conv { window, .. } = &mut nodes(p)[1].kind {
            window.input[0] = 33;
        }
    });
    refuses(Xbm, "reference node 1", "864 weights, expected", |p| {
        if let RefKind::Conv { window, .. } = &mut nodes(p)[1].kind {
            window.kernel[0] = 2;
        }
    });
    refuses(Xbm, "reference node 1", "in 2 groups", |p| {
        if let RefKind::Conv { groups, .. } = &mut nodes(p)[1].kind {
            *groups = 2;
        }
    });
    refuses(Xbm, "reference node 2", "probe after instruction 4 of main", |p| {
        nodes(p)[2].probe.as_mut().unwrap().after = 4
    });
    refuses(Xbm, "reference node 2", "probe buffer", |p| nodes(p)[2].probe.as_mut().unwrap().buffer = BufferId(0));
    refuses(Xbm, "reference outputs", "x2 is never computed", |p| {
        nodes(p).pop();
    });
    refuses(Xbm, "reference tensor x1", "1 to 2^28", |p| tensors(p)[1].shape = [u32::MAX; 3]);
    refuses(Xbm, "reference tensor", "2^30", |p| {
        let t = RefTensor { name: "t".into(), shape: [1 << 28, 1, 1], elem: IntType::I64 };
        tensors(p).extend(vec![t; 5]);
    });
}

/// Valid programs keep every promise that executors rely on: all addresses of all instructions, tried out.
#[test]
fn addresses_of_random_programs_are_in_memory() {
    fn walk(p: &Program, body: &[Instr], indices: &mut Vec<u64>, seen: &mut u64) {
        for i in body {
            match i {
                Instr::Loop { trip, body } => {
                    for at in [0, trip / 2, trip - 1] {
                        indices.push(at);
                        walk(p, body, indices, seen);
                        indices.pop();
                    }
                }
                Instr::Parallel { body } => walk(p, body, indices, seen),
                Instr::Mov { dst, src, dims, bytes, .. } => {
                    for (a, pick) in [(src, 0), (dst, 1)] {
                        let end = match a.space {
                            Space::L0 => p.l0_bytes,
                            Space::L1 => p.l1_span * p.chip.cores as u64,
                        };
                        let ranges: Vec<u32> = dims.iter().map(|d| d.count).collect();
                        let corners = 1u32 << ranges.len();
                        for corner in 0..corners {
                            let mut at = a.at.eval(indices);
                            for (k, d) in dims.iter().enumerate() {
                                let stride = if pick == 0 { d.src_stride } else { d.dst_stride };
                                at += if corner >> k & 1 == 1 { stride * (d.count as i64 - 1) } else { 0 };
                            }
                            assert!(at >= 0 && at as u64 + *bytes as u64 <= end);
                            *seen += 1;
                        }
                    }
                }
                _ => {}
            }
        }
    }
    let mut seen = 0;
    for seed in 0..200 {
        let p = random_program(seed, 40);
        walk(&p, &p.main, &mut Vec::new(), &mut seen);
    }
    assert!(seen > 1000, "{seen} addresses tried");
}
