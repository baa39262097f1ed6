//! Channels last and channels first: `cim.graph` works on (N, C, H, W). Values of (N, H, W, C) are held turned as long as possible;
//! a transpose is made where somebody needs the other order, and only once.

use crate::data::Dense;
use crate::net::{Net, Refusal, Repr, Try, ints};
use cim_ir::ValueId;
use cim_onnx::proto::data_type;

/// From (N, H, W, C) to (N, C, H, W), and back.
pub(crate) const FIRST: [i64; 4] = [0, 3, 1, 2];
pub(crate) const LAST: [i64; 4] = [0, 2, 3, 1];

/// A tensor and whether it is held with channels first though its value has them last.
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) channels: bool,
}

impl Held {
    pub(crate) fn repr(self) -> Repr {
        if self.channels { Repr::Channels(self.name) } else { Repr::Plain(self.name) }
    }
}

impl Net<'_> {
    /// The transposed tensor.
    fn turned(&mut self, name: &str, first: bool) -> String {
        if let Some(t) = self.transposes.get(&(name.to_string(), first)) {
            return t.clone();
        }
        let t = self.node("Transpose", &[name], vec![ints("perm", if first { &FIRST } else { &LAST })]);
        self.transposes.insert((name.to_string(), first), t.clone());
        self.transposes.insert((t.clone(), !first), name.to_string());
        t
    }

    pub(crate) fn reshaped(&mut self, name: &str, dims: &[i64]) -> String {
        let shape = self.longs("shape", dims);
        self.node("Reshape", &[name, &shape], Vec::new())
    }

    /// A value as a tensor of the graph, in the layout it is held in.
    pub(crate) fn held(&mut self, value: ValueId) -> Try<Held> {
        let plain = |name| Held { name, channels: false };
        let held = match self.repr(value)? {
            Repr::Plain(name) => return Ok(plain(name)),
            Repr::Channels(name) => return Ok(Held { name, channels: true }),
            Repr::Rows { name, .. } => {
                let image = self.turned(&name, false);
                let dims = self.dims(value)?;
                plain(self.reshaped(&image, &dims))
            }
            Repr::Constant(attr) => {
                let dense = Dense::of(self.ir.ctx(), attr)?;
                plain(self.dense("constant", dense))
            }
            Repr::Fill(v) => {
                let (dims, elem) = (self.dims(value)?, self.elem(value)?);
                let one = self.scalar("fill", elem, v)?;
                let shape = self.longs("shape", &dims);
                plain(self.node("Expand", &[&one, &shape], Vec::new()))
            }
            Repr::Along { vector, axis } => {
                let dims = self.dims(value)?;
                let name = self.held(vector)?.name;
                let mut ones = vec![1; dims.len()];
                if let (Some(o), Some(d)) = (ones.get_mut(axis), dims.get(axis)) {
                    *o = *d;
                }
                let column = self.reshaped(&name, &ones);
                let shape = self.longs("shape", &dims);
                plain(self.node("Expand", &[&column, &shape], Vec::new()))
            }
            Repr::Padded { of, low, high, value: v } => self.padded(of, &low, &high, v)?,
            Repr::Sums { averages, area, channels } => {
                let factor = self.floats("area", &[1], &[area as f32]);
                Held { name: self.node("Mul", &[&averages, &factor], Vec::new()), channels }
            }
            Repr::Scalar(_) => return Err(Refusal::new("an operand is a number, not a tensor")),
            Repr::Empty => {
                return Err(Refusal::new("reads the elements of tensor.empty, which are undefined")
                    .remedy("initialise it with linalg.fill"));
            }
            Repr::Missing => return Err(Refusal::new("an operand could not be translated")),
        };
        // A pool of sums keeps its own form for those who divide by the area.
        if !matches!(self.repr(value)?, Repr::Sums { .. } | Repr::Padded { .. } | Repr::Fill(_) | Repr::Along { .. }) {
            self.set(value, Held { name: held.name.clone(), ..held }.repr());
        }
        Ok(held)
    }

    fn padded(&mut self, of: ValueId, low: &[i64], high: &[i64], v: f64) -> Try<Held> {
        let held = self.held(of)?;
        let order = |pads: &[i64]| -> Vec<i64> {
            if !held.channels {
                return pads.to_vec();
            }
            FIRST.iter().map(|&i| pads.get(i as usize).copied().unwrap_or(0)).collect()
        };
        let amounts: Vec<i64> = order(low).into_iter().chain(order(high)).collect();
        let elem = if self.is_real(of) { data_type::FLOAT } else { self.elem(of)? };
        let pads = self.longs("pads", &amounts);
        let around = self.scalar("value", elem, v)?;
        Ok(Held { name: self.node("Pad", &[&held.name, &pads, &around], Vec::new()), channels: held.channels })
    }

    /// A value as a tensor with its own dimensions.
    pub(crate) fn plain(&mut self, value: ValueId) -> Try<String> {
        let held = self.held(value)?;
        Ok(if held.channels { self.turned(&held.name, false) } else { held.name })
    }

    /// A value of (N, H, W, C) as a tensor of (N, C, H, W).
    pub(crate) fn first(&mut self, value: ValueId) -> Try<String> {
        self.dims_of::<4>(value, "operand")?;
        let held = self.held(value)?;
        Ok(if held.channels { held.name } else { self.turned(&held.name, true) })
    }

    /// Tensors in one layout: with channels first as soon as one of them is held so and all have four dimensions.
    pub(crate) fn together(&mut self, tensors: Vec<Held>, rank: usize) -> (Vec<String>, bool) {
        let channels = rank == 4 && tensors.iter().any(|t| t.channels);
        let turn = |t: Held| match (t.channels, channels) {
            (false, true) => self.turned(&t.name, true),
            (true, false) => self.turned(&t.name, false),
            _ => t.name,
        };
        (tensors.into_iter().map(turn).collect(), channels)
    }

    /// The value inside a padding of `fill` around the dimensions `spatial`, and its (top, left, bottom, right).
    pub(crate) fn without_padding(
        &self,
        value: ValueId,
        spatial: [usize; 2],
        fill: impl Fn(f64) -> bool,
    ) -> Try<(ValueId, [i64; 4])> {
        if let Repr::Padded { of, low, high, value: v } = self.repr(value)? {
            let outside = |pads: &[i64]| pads.iter().enumerate().any(|(i, p)| *p != 0 && !spatial.contains(&i));
            let at = |pads: &[i64], i: usize| pads.get(i).copied().unwrap_or(0);
            if fill(v) && !outside(&low) && !outside(&high) {
                let [h, w] = spatial;
                return Ok((of, [at(&low, h), at(&low, w), at(&high, h), at(&high, w)]));
            }
        }
        Ok((value, [0; 4]))
    }
}
