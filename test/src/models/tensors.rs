//! Tensors as recipes: seeded weights are made when they are written, so that 138 million of them need no memory.
//!
//! A number is a function of the seed, the tensor's name and the index: it depends neither on the order of the tensors nor on the
//! machine. The distribution is the mean of three uniform numbers, a bell on [-1, 1] with standard deviation 1/3.

use bytes::Bytes;
use cim_onnx::proto::data_type;
use std::io::{self, Write};

/// Elements written at a time.
const CHUNK: usize = 1 << 16;
/// Numbers are multiples of `1 / STEPS`.
const STEPS: i64 = 3 * ((1 << 21) - 1);
/// Standard deviation of the numbers.
pub const DEVIATION: f64 = 1.0 / 3.0;

/// Numbers on [-1, 1] of one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of a tensor's name under a seed.
    pub fn new(seed: u64, name: &str) -> Self {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Numbers(mix(hash ^ mix(seed)))
    }
    /// Number of an index, in units of `1 / STEPS`.
    fn steps(self, index: u64) -> i64 {
        let bits = mix(self.0.wrapping_add(index.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let part = |shift: u32| (bits >> shift & 0x1f_ffff) as i64;
        2 * (part(0) + part(21) + part(42)) - STEPS
    }
    /// Number of an index.
    pub fn at(self, index: u64) -> f64 {
        self.steps(index) as f64 / STEPS as f64
    }
    /// The number in steps of 1/127, as an int8 stores it.
    pub fn int8(self, index: u64) -> i8 {
        (self.at(index) * 127.0).round() as i8
    }
}

/// The finaliser of splitmix64.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Half width of the numbers of each channel: the same, or spread around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Width {
    half: f64,
    /// Relative spread, its numbers, elements of a channel that lie side by side, channels.
    spread: Option<(f64, Numbers, u64, u64)>,
}

impl Width {
    /// The same for all channels.
    pub fn all(half: f64) -> Self {
        Width { half, spread: None }
    }
    /// Different for each index of a dimension of `dims`: at most `spread` times larger or smaller.
    pub fn per_channel(half: f64, spread: f64, numbers: Numbers, dims: &[i64], axis: usize) -> Self {
        let inner: i64 = dims.iter().skip(axis + 1).product();
        let channels = dims.get(axis).copied().unwrap_or(1);
        Width { half, spread: Some((spread, Numbers(mix(numbers.0)), inner.max(1) as u64, channels.max(1) as u64)) }
    }
    /// Half width of one channel.
    pub fn channel(&self, channel: u64) -> f64 {
        self.half * self.spread.map_or(1.0, |(spread, numbers, ..)| 1.0 + spread * numbers.at(channel))
    }
    fn at(&self, index: u64) -> f64 {
        match self.spread {
            None => self.half,
            Some((_, _, inner, channels)) => self.channel(index / inner % channels),
        }
    }
}

/// What a tensor holds.
#[derive(Clone, Debug)]
pub enum Fill {
    /// These bytes.
    Raw(Bytes),
    /// f32: `centre + width * number`.
    Float(Numbers, f64, Width),
    /// int8: the number in steps of 1/127.
    Int8(Numbers),
}

/// One initialiser.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Name.
    pub name: String,
    /// Shape.
    pub dims: Vec<i64>,
    /// ONNX element type.
    pub data_type: i32,
    /// Elements.
    pub fill: Fill,
}

impl Tensor {
    /// A tensor of these floats.
    pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> Self {
        let raw: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Tensor { name: name.into(), dims: dims.to_vec(), data_type: data_type::FLOAT, fill: Fill::Raw(raw.into()) }
    }
    /// A tensor of these integers.
    pub fn ints(name: &str, data_type: i32, dims: &[i64], values: &[i64]) -> Self {
        let raw = crate::onnx_builder::ints(name, data_type, dims, values).raw_data;
        Tensor { name: name.into(), dims: dims.to_vec(), data_type, fill: Fill::Raw(raw) }
    }
    /// Number of elements.
    pub fn count(&self) -> u64 {
        self.dims.iter().map(|d| (*d).max(0) as u64).product()
    }
    /// Bytes of the elements.
    pub fn bytes(&self) -> u64 {
        match &self.fill {
            Fill::Raw(raw) => raw.len() as u64,
            Fill::Float(..) => 4 * self.count(),
            Fill::Int8(_) => self.count(),
        }
    }
    /// Writes the elements, little-endian.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mut chunk = Vec::with_capacity(4 * CHUNK);
        match &self.fill {
            Fill::Raw(raw) => return out.write_all(raw),
            Fill::Float(numbers, centre, width) => {
                for from in (0..self.count()).step_by(CHUNK) {
                    chunk.clear();
                    for i in from..self.count().min(from + CHUNK as u64) {
                        let v = (centre + width.at(i) * numbers.at(i)) as f32;
                        chunk.extend_from_slice(&v.to_le_bytes());
                    }
                    out.write_all(&chunk)?;
                }
            }
            Fill::Int8(numbers) => {
                for from in (0..self.count()).step_by(CHUNK) {
                    chunk.clear();
                    chunk.extend((from..self.count().min(from + CHUNK as u64)).map(|i| numbers.int8(i) as u8));
                    out.write_all(&chunk)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_centred_on_zero_with_a_third_of_deviation() {
        let numbers = Numbers::new(1, "conv1.weight");
        let all: Vec<f64> = (0..100_000).map(|i| numbers.at(i)).collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let deviation = (all.iter().map(|v| v * v).sum::<f64>() / all.len() as f64).sqrt();
        assert!(mean.abs() < 0.005 && (deviation - DEVIATION).abs() < 0.005, "{mean} {deviation}");
        assert!(all.iter().all(|v| (-1.0..=1.0).contains(v)));
    }

    #[test]
    fn numbers_depend_on_seed_name_and_index() {
        let of = |seed, name| [0, 1, 2].map(|i| Numbers::new(seed, name).at(i));
        assert_eq!(of(1, "a"), of(1, "a"));
        assert_ne!(of(1, "a"), of(2, "a"));
        assert_ne!(of(1, "a"), of(1, "b"));
    }

    #[test]
    fn numbers_stay_what_they_are() {
        // Recorded once: models must not change from release to release.
        let numbers = Numbers::new(7, "fc.weight");
        assert_eq!([0, 1, 2, 1_000_000].map(|i| numbers.int8(i)), [-7, 63, 57, 42]);
    }

    #[test]
    fn integers_are_the_floats_in_steps_of_their_channel() {
        let numbers = Numbers::new(3, "w");
        let width = Width::per_channel(0.5, 0.3, numbers, &[4, 5], 0);
        let tensor = |fill, data_type| Tensor { name: "w".into(), dims: vec![4, 5], data_type, fill };
        let (mut floats, mut ints) = (Vec::new(), Vec::new());
        tensor(Fill::Float(numbers, 0.0, width), data_type::FLOAT).write(&mut floats).unwrap();
        tensor(Fill::Int8(numbers), data_type::INT8).write(&mut ints).unwrap();
        for (i, (f, q)) in floats.chunks(4).zip(&ints).enumerate() {
            let (f, step) = (f32::from_le_bytes(f.try_into().unwrap()), width.channel(i as u64 / 5) / 127.0);
            assert_eq!((f64::from(f) / step).round() as i8, *q as i8);
        }
    }
}
