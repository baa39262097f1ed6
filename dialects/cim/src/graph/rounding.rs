//! How a quantiser makes an integer of a real number.

/// Rounding of `cim.graph.quantize`. All of them are monotone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, ties to even: ONNX, and QONNX ROUND.
    #[default]
    HalfEven,
    /// To the nearest, ties away from zero.
    HalfUp,
    /// To the nearest, ties towards zero.
    HalfDown,
    /// Away from zero.
    Up,
    /// Towards zero.
    Down,
    /// Towards positive infinity.
    Ceil,
    /// Towards negative infinity.
    Floor,
    /// -1, 0 or 1: ONNX Sign.
    Sign,
    /// 1 for zero and above, else -1: QONNX BipolarQuant.
    Bipolar,
}

impl Rounding {
    /// All of them.
    pub const ALL: [Rounding; 9] = [
        Rounding::HalfEven,
        Rounding::HalfUp,
        Rounding::HalfDown,
        Rounding::Up,
        Rounding::Down,
        Rounding::Ceil,
        Rounding::Floor,
        Rounding::Sign,
        Rounding::Bipolar,
    ];

    /// Spelling in properties.
    pub fn name(self) -> &'static str {
        match self {
            Rounding::HalfEven => "half_even",
            Rounding::HalfUp => "half_up",
            Rounding::HalfDown => "half_down",
            Rounding::Up => "up",
            Rounding::Down => "down",
            Rounding::Ceil => "ceil",
            Rounding::Floor => "floor",
            Rounding::Sign => "sign",
            Rounding::Bipolar => "bipolar",
        }
    }

    /// The inverse of [`Rounding::name`].
    pub fn from_name(name: &str) -> Option<Rounding> {
        Rounding::ALL.into_iter().find(|r| r.name() == name)
    }

    /// Fails for a property that names no rounding.
    pub(crate) fn check(property: Option<&str>) -> Result<(), String> {
        match property.filter(|name| Rounding::from_name(name).is_none()) {
            None => Ok(()),
            Some(name) => {
                let known = Rounding::ALL.map(Rounding::name).join(", ");
                Err(format!("rounding must be one of {known}, but is '{name}'"))
            }
        }
    }

    /// Does it compare with zero instead of rounding?
    pub fn is_step(self) -> bool {
        matches!(self, Rounding::Sign | Rounding::Bipolar)
    }

    /// The integer of `x`, as a float. Not-a-number stays so, but has the bipolar value -1.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Rounding::HalfEven => x.round_ties_even(),
            Rounding::HalfUp => x.round(),
            Rounding::HalfDown => {
                let down = x.trunc();
                if (x - down).abs() > 0.5 { down + x.signum() } else { down }
            }
            Rounding::Up => x.signum() * x.abs().ceil(),
            Rounding::Down => x.trunc(),
            Rounding::Ceil => x.ceil(),
            Rounding::Floor => x.floor(),
            Rounding::Sign => {
                if x == 0.0 {
                    0.0
                } else {
                    x.signum()
                }
            }
            Rounding::Bipolar => {
                if x >= 0.0 {
                    1.0
                } else {
                    -1.0
                }
            }
        }
    }

    /// `x / scale`, then the zero point and the rounding: rounding first, as ONNX does, or the zero point first, as QONNX does. All in
    /// f32; not clamped.
    pub fn quantise(self, x: f32, scale: f32, zero: i64, zero_first: bool) -> i64 {
        let y = x / scale;
        // A conversion saturates and gives 0 for not-a-number.
        if zero_first { self.apply(y + zero as f32) as i64 } else { (self.apply(y) as i64).saturating_add(zero) }
    }
}

#[cfg(test)]
mod tests {
    use super::Rounding::{self, *};

    /// The table of the QONNX specification.
    #[test]
    fn the_published_table() {
        let numbers = [5.5, 2.5, 1.6, 1.1, 1.0, -1.0, -1.1, -1.6, -2.5, -5.5];
        let table: [(Rounding, [f32; 10]); 7] = [
            (HalfEven, [6., 2., 2., 1., 1., -1., -1., -2., -2., -6.]),
            (Ceil, [6., 3., 2., 2., 1., -1., -1., -1., -2., -5.]),
            (Floor, [5., 2., 1., 1., 1., -1., -2., -2., -3., -6.]),
            (Up, [6., 3., 2., 2., 1., -1., -2., -2., -3., -6.]),
            (Down, [5., 2., 1., 1., 1., -1., -1., -1., -2., -5.]),
            (HalfUp, [6., 3., 2., 1., 1., -1., -1., -2., -3., -6.]),
            (HalfDown, [5., 2., 2., 1., 1., -1., -1., -2., -2., -5.]),
        ];
        for (mode, wanted) in table {
            assert_eq!(numbers.map(|x| mode.apply(x)), wanted, "{mode:?}");
        }
        assert_eq!([-0.5, -0.0, 0.0, 1e-30].map(|x| Sign.apply(x)), [-1., 0., 0., 1.]);
        assert_eq!([-0.5, -0.0, 0.0, -1e-30].map(|x| Bipolar.apply(x)), [-1., 1., 1., -1.]);
        assert_eq!([0.5, -0.5, 0.75].map(|x| HalfDown.apply(x)), [0., 0., 1.]);
    }

    /// A tie tells the two orders apart when the zero point is odd.
    #[test]
    fn the_order_of_zero_point_and_rounding() {
        assert_eq!(HalfEven.quantise(2.5, 1.0, 1, false), 3);
        assert_eq!(HalfEven.quantise(2.5, 1.0, 1, true), 4);
        assert_eq!(HalfEven.quantise(3.5, 1.0, 1, false), 5);
        assert_eq!(HalfEven.quantise(3.5, 1.0, 1, true), 4);
        for r in [Ceil, Floor] {
            assert_eq!(r.quantise(2.5, 0.5, 3, false), r.quantise(2.5, 0.5, 3, true));
        }
        assert_eq!(Down.quantise(-2.5, 1.0, 1, false), -1);
        assert_eq!(Down.quantise(-2.5, 1.0, 1, true), -1);
        assert_eq!(Down.quantise(-0.5, 1.0, 1, true), 0);
        assert_eq!(HalfEven.quantise(f32::NAN, 1.0, 5, false), 5);
    }

    #[test]
    fn names_are_read_back() {
        for r in Rounding::ALL {
            assert_eq!(Rounding::from_name(r.name()), Some(r));
        }
        assert_eq!(Rounding::from_name("ROUND"), None);
    }

    #[test]
    fn all_are_monotone() {
        let xs: Vec<f32> = (-60..=60).map(|i| i as f32 / 8.0).collect();
        for r in Rounding::ALL {
            assert!(xs.windows(2).all(|w| r.apply(w[0]) <= r.apply(w[1])), "{r:?}");
        }
    }
}
