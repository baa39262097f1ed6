//! Windows of convolutions and pools.

/// Geometry of a two-dimensional window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window2d {
    /// Kernel (h, w).
    pub kernel: [i64; 2],
    /// Strides (h, w).
    pub strides: [i64; 2],
    /// Padding (top, left, bottom, right).
    pub pads: [i64; 4],
    /// Dilations (h, w).
    pub dilations: [i64; 2],
}

/// Largest extent, stride, dilation or pad.
pub const MAX_EXTENT: i64 = 1 << 24;

impl Window2d {
    /// From attribute arrays, or which of them is wrong.
    pub fn new(kernel: &[i64], strides: &[i64], pads: &[i64], dilations: &[i64]) -> Result<Self, String> {
        let pair = |name: &str, v: &[i64]| -> Result<[i64; 2], String> {
            let pair = v.try_into().map_err(|_| format!("{name} must have 2 entries, but has {}", v.len()))?;
            match v.iter().find(|x| !(1..=MAX_EXTENT).contains(*x)) {
                Some(bad) => Err(format!("{name} must be in 1..=2^24, but has {bad}")),
                None => Ok(pair),
            }
        };
        let four = pads.try_into().map_err(|_| format!("pads must have 4 entries, but has {}", pads.len()))?;
        if let Some(bad) = pads.iter().find(|x| !(0..=MAX_EXTENT).contains(*x)) {
            return Err(format!("pads must be in 0..=2^24, but has {bad}"));
        }
        Ok(Window2d {
            kernel: pair("kernel", kernel)?,
            strides: pair("strides", strides)?,
            pads: four,
            dilations: pair("dilations", dilations)?,
        })
    }

    /// Extent the kernel covers along an axis (0: h, 1: w).
    pub fn covered(&self, axis: usize) -> i64 {
        (self.kernel[axis] - 1) * self.dilations[axis] + 1
    }

    /// Output extents: `floor((input + pads - covered) / stride) + 1`.
    pub fn output(&self, input: [i64; 2]) -> Result<[i64; 2], String> {
        let mut out = [0; 2];
        for (axis, o) in out.iter_mut().enumerate() {
            let padded = input[axis].saturating_add(self.pads[axis] + self.pads[axis + 2]);
            let room = padded - self.covered(axis);
            if room < 0 {
                let name = ["height", "width"][axis];
                return Err(format!(
                    "the kernel covers {} of {name} {padded} (padding included): it does not fit",
                    self.covered(axis)
                ));
            }
            *o = room / self.strides[axis] + 1;
        }
        Ok(out)
    }

    /// For pools: an error when some window could lie completely in the padding.
    pub fn check_pool(&self) -> Result<(), String> {
        for axis in 0..2 {
            if self.pads[axis].max(self.pads[axis + 2]) >= self.covered(axis) {
                return Err("pads must be smaller than the kernel, or a window lies in the padding alone".into());
            }
        }
        Ok(())
    }
}
