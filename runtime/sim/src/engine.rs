//! One matrix-vector product on the cells of one crossbar.
//!
//! Inputs are sent bit-serially, `dac` bits at a time; each conversion sees at most `rows_per_conversion` rows and gives
//! `min(column sum, 2^adc - 1)`; slices and polarities are combined digitally. The top bit plane of a signed input is
//! sent alone and counts negative.

use cim_isa::types::IntType;

use crate::cells::View;
use crate::error::Fault;
use crate::kernels::{self, BitJob, InputPlane, IntJob, Level, Scratch};
use crate::products::{Products, declared, fits_16_bits, fits_32_bits};

/// Which arithmetic computes a product. Both give the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum EngineChoice {
    /// `Exact` where no conversion can clip, else `BitSliced`.
    #[default]
    Auto,
    /// Integer products of the stored numbers; refuses programs in which a conversion can clip.
    Exact,
    /// Plane by plane over the cells.
    BitSliced,
}

impl std::str::FromStr for EngineChoice {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "auto" => Ok(EngineChoice::Auto),
            "exact" => Ok(EngineChoice::Exact),
            "bit-sliced" => Ok(EngineChoice::BitSliced),
            _ => Err(format!("`{s}` is not an engine: auto, exact or bit-sliced")),
        }
    }
}

/// Converters of a machine, and how a program uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converters {
    /// Bits per input step; None = the whole input at once.
    pub dac: Option<u8>,
    /// Largest code of an output conversion; None = never clips.
    pub top_code: Option<u64>,
    /// Rows that one conversion sees.
    pub rows: u32,
    /// Bits per cell.
    pub cell_bits: u8,
}

impl Converters {
    /// Can a conversion over `rows` rows of `input` clip?
    pub fn can_clip(&self, rows: u32, input: IntType) -> bool {
        let Some(top) = self.top_code else { return false };
        let step = self.dac.unwrap_or(input.bits).min(input.bits).min(32);
        let per_row = ((1u128 << self.cell_bits.min(16)) - 1) * ((1u128 << step) - 1);
        u128::from(rows.min(self.rows)) * per_row > u128::from(top)
    }
}

/// Computes products; holds the reused memory.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Arithmetic.
    pub choice: EngineChoice,
    /// Converters.
    pub converters: Converters,
    pub(crate) level: Level,
    scratch: Scratch,
    raw: Vec<u8>,
    packed: Vec<u8>,
    planes: Vec<InputPlane>,
    ints: Vec<i32>,
    products: Products,
    values: Vec<i64>,
    sums: Vec<i32>,
    active: Vec<(u32, u8)>,
    counts: Vec<u8>,
    codes: Vec<u64>,
}

impl Engine {
    /// An engine for these converters, with the best kernels of this processor.
    pub fn new(choice: EngineChoice, converters: Converters) -> Engine {
        Engine {
            choice,
            converters,
            level: Level::detect(),
            scratch: Scratch::default(),
            raw: Vec::new(),
            packed: Vec::new(),
            planes: Vec::new(),
            ints: Vec::new(),
            products: Products::default(),
            values: Vec::new(),
            sums: Vec::new(),
            active: Vec::new(),
            counts: Vec::new(),
            codes: Vec::new(),
        }
    }

    /// Multiplies rows `row .. row + len` with the `len` elements of `input` bytes and writes one sum per output into
    /// `acc` (resized). `xb` is used in errors.
    pub fn read(
        &mut self,
        view: &View,
        xb: u64,
        row: u32,
        len: u32,
        input: (&[u8], IntType),
        acc: &mut Vec<i64>,
    ) -> Result<(), Fault> {
        acc.clear();
        acc.resize(view.format.outputs as usize, 0);
        let end = row.saturating_add(len);
        if view.run_end.get(row as usize).is_none_or(|e| *e < end) {
            return Err(Fault::Unprogrammed { xb, row, end, cols: view.format.cols() });
        }
        let clips = self.converters.can_clip(len, input.1);
        if clips && self.choice == EngineChoice::Exact {
            let rows = len.min(self.converters.rows);
            return Err(Fault::Invalid(format!(
                "crossbar {xb}: a conversion over {rows} rows can clip; use --engine bit-sliced"
            )));
        }
        if !clips && self.choice != EngineChoice::BitSliced && self.exact(view, row, len, input, acc) {
            return Ok(());
        }
        self.pack(row, len, input);
        if clips {
            self.clipped(view, row, len, acc)
        } else {
            self.sliced(view, row, acc)
        }
        Ok(())
    }

    /// Integer products; false when the sums may not fit 32 bits (the plane-by-plane form then computes the same).
    fn exact(&mut self, view: &View, row: u32, len: u32, input: (&[u8], IntType), acc: &mut [i64]) -> bool {
        let (bytes, elem) = input;
        if !fits_32_bits(view, len, elem) {
            return false;
        }
        let sums: &[i32] = if let Some(pairs) = view.pairs().filter(|_| fits_16_bits(elem)) {
            self.products.begin(1, row, len);
            self.products.input(0, bytes, elem);
            self.products.run(self.level, view, pairs, row)
        } else {
            self.sums.clear();
            self.sums.resize(view.weight_stride, 0);
            self.ints.clear();
            crate::memory::load(bytes, elem, &mut self.values);
            self.ints.extend(self.values.iter().map(|v| declared(*v, elem) as i32));
            let weights = &view.weights()[row as usize * view.weight_stride..];
            let job = IntJob { weights, stride: view.weight_stride, inputs: &self.ints };
            kernels::integer(self.level, &job, &mut self.sums);
            &self.sums
        };
        acc.iter_mut().zip(sums).for_each(|(a, s)| *a = i64::from(*s));
        true
    }

    /// Packs the input's bit planes: one byte per eight crossbar rows, aligned to the crossbar's rows.
    fn pack(&mut self, row: u32, len: u32, input: (&[u8], IntType)) {
        let (bytes, elem) = input;
        let size = elem.bytes() as usize;
        let lead = (row % 8) as usize;
        let blocks = (lead + len as usize).div_ceil(8);
        self.planes.clear();
        self.planes
            .extend((0..elem.bits).map(|b| InputPlane { shift: b, negative: elem.signed && b + 1 == elem.bits }));
        self.packed.clear();
        self.raw.clear();
        self.raw.resize(blocks * 8, 0);
        for byte in 0..size {
            if size == 1 {
                self.raw[lead..lead + bytes.len()].copy_from_slice(bytes);
            } else {
                let picked = bytes.iter().skip(byte).step_by(size);
                self.raw[lead..].iter_mut().zip(picked).for_each(|(r, b)| *r = *b);
            }
            let planes = (usize::from(elem.bits).saturating_sub(8 * byte)).min(8);
            for plane in 0..planes {
                // Gathers bit `plane` of eight bytes into one byte, lowest address first.
                self.packed.extend(self.raw.as_chunks::<8>().0.iter().map(|eight| {
                    let v = u64::from_le_bytes(*eight) >> plane & 0x0101_0101_0101_0101;
                    (v.wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8
                }));
            }
        }
    }

    /// Conversions that cannot clip add up to the full sum, so all groups are counted together.
    fn sliced(&mut self, view: &View, row: u32, acc: &mut [i64]) {
        let job = BitJob {
            bits: &view.bits[row as usize / 8 * view.stride..],
            stride: view.stride,
            outputs: view.format.outputs as usize,
            planes: &view.planes,
            inputs: &self.packed,
            input_planes: &self.planes,
        };
        kernels::bit_sliced(self.level, &job, &mut self.scratch, acc);
    }

    /// Every conversion on its own: groups of rows, input steps, columns; codes saturate at the top code.
    fn clipped(&mut self, view: &View, row: u32, len: u32, acc: &mut [i64]) {
        let outputs = view.format.outputs as usize;
        let top = self.converters.top_code.unwrap_or(u64::MAX);
        let group = self.converters.rows.max(1);
        let blocks = self.packed.len() / self.planes.len().max(1);
        let dac = usize::from(self.converters.dac.unwrap_or(64)).max(1);
        let base = row as usize / 8;
        let lead = row % 8;
        self.counts.resize(view.stride, 0);
        let magnitude = self.planes.iter().filter(|p| !p.negative).count();
        let steps = (0..magnitude).step_by(dac).map(|s| s..(s + dac).min(magnitude));
        let sign = (magnitude < self.planes.len()).then_some(magnitude..magnitude + 1);
        for step in steps.chain(sign) {
            let (shift, negative) = (self.planes[step.start].shift, self.planes[step.start].negative);
            for start in (0..len).step_by(group as usize) {
                let (first, last) = (lead + start, lead + (start + group).min(len));
                for (cell, planes) in view.planes.chunk_by(|a, b| a.cell == b.cell).enumerate() {
                    self.codes.clear();
                    self.codes.resize(outputs, 0);
                    for plane in step.clone() {
                        let input = &self.packed[plane * blocks..][..blocks];
                        // Blocks are counted in pieces whose counts fit a byte.
                        let all: Vec<u32> = (first / 8..last.div_ceil(8)).collect();
                        for piece in all.chunks(31) {
                            self.active.clear();
                            self.active.extend(piece.iter().map(|b| {
                                let rows = |r: u32| first <= b * 8 + r && b * 8 + r < last;
                                let mask = (0..8).filter(|r| rows(*r)).fold(0u8, |m, r| m | 1 << r);
                                (base as u32 + b, input[*b as usize] & mask)
                            }));
                            kernels::count(self.level, &view.bits, view.stride, &self.active, &mut self.counts);
                            let offset = cell * planes.len() * outputs;
                            let weight = (plane - step.start) as u8;
                            for (p, counts) in planes.iter().zip(self.counts[offset..].chunks(outputs.max(1))) {
                                let codes = self.codes.iter_mut().zip(counts);
                                codes.for_each(|(code, n)| *code += u64::from(*n) << (p.bit + weight));
                            }
                        }
                    }
                    let Some(first_plane) = planes.first() else { continue };
                    let shift = shift + first_plane.shift;
                    let negative = negative != first_plane.negative;
                    for (a, code) in acc.iter_mut().zip(&self.codes) {
                        let code = ((*code).min(top) as i64) << shift;
                        *a += if negative { -code } else { code };
                    }
                }
            }
        }
    }
}
