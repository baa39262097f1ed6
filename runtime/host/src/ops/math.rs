//! Functions of real numbers with the same results on every machine.
//!
//! What IEEE 754 defines to the last bit comes from `std`; the rest from the crate `libm`, since `std` calls the platform's library.
//! All are associated functions, not methods: a method of the same name on `f32` would win over the trait's.

use crate::Host;
use crate::call::Call;
use crate::tensor::{Data, Tensor};
use cim_isa::types::ElemType;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `f32` or `f64`.
pub(super) trait Real:
    Copy
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// The nearest number.
    fn of(v: f64) -> Self;
    /// The same number.
    fn wide(x: Self) -> f64;
    fn abs(x: Self) -> Self;
    fn sqrt(x: Self) -> Self;
    fn floor(x: Self) -> Self;
    fn ceil(x: Self) -> Self;
    /// To the nearest integer, ties to even.
    fn round(x: Self) -> Self;
    fn is_infinite(x: Self) -> bool;
    fn exp(x: Self) -> Self;
    /// `exp(x) - 1`.
    fn expm1(x: Self) -> Self;
    fn ln(x: Self) -> Self;
    /// `ln(1 + x)`.
    fn ln1p(x: Self) -> Self;
    fn pow(x: Self, y: Self) -> Self;
    fn sin(x: Self) -> Self;
    fn cos(x: Self) -> Self;
    fn tan(x: Self) -> Self;
    fn asin(x: Self) -> Self;
    fn acos(x: Self) -> Self;
    fn atan(x: Self) -> Self;
    fn sinh(x: Self) -> Self;
    fn cosh(x: Self) -> Self;
    fn tanh(x: Self) -> Self;
    fn asinh(x: Self) -> Self;
    fn acosh(x: Self) -> Self;
    fn atanh(x: Self) -> Self;
    fn erf(x: Self) -> Self;
    /// `1 - erf(x)`.
    fn erfc(x: Self) -> Self;
}

macro_rules! real {
    ($t:ty, $($name:ident $from:ident)*) => {
        impl Real for $t {
            fn of(v: f64) -> Self { v as $t }
            fn wide(x: Self) -> f64 { f64::from(x) }
            fn abs(x: Self) -> Self { <$t>::abs(x) }
            fn sqrt(x: Self) -> Self { <$t>::sqrt(x) }
            fn floor(x: Self) -> Self { <$t>::floor(x) }
            fn ceil(x: Self) -> Self { <$t>::ceil(x) }
            fn round(x: Self) -> Self { <$t>::round_ties_even(x) }
            fn is_infinite(x: Self) -> bool { <$t>::is_infinite(x) }
            fn pow(x: Self, y: Self) -> Self { pow(x, y) }
            $(fn $name(x: Self) -> Self { libm::$from(x) })*
        }
    };
}

mod narrow {
    use super::Real;
    use libm::powf as pow;
    real!(f32, exp expf expm1 expm1f ln logf ln1p log1pf sin sinf cos cosf tan tanf asin asinf acos acosf atan atanf
        sinh sinhf cosh coshf tanh tanhf asinh asinhf acosh acoshf atanh atanhf erf erff erfc erfcf);
}

mod wide {
    use super::Real;
    use libm::pow;
    real!(f64, exp exp expm1 expm1 ln log ln1p log1p sin sin cos cos tan tan asin asin acos acos atan atan
        sinh sinh cosh cosh tanh tanh asinh asinh acosh acosh atanh atanh erf erf erfc erfc);
}

/// Floating point elements of a tensor in their own width.
pub(super) trait Stored: Real + 'static {
    /// The elements of operand `i`.
    ///
    /// # Errors
    /// It is missing or of another width.
    fn slice<'a>(c: &Call<'a>, i: usize) -> Host<&'a [Self]>;
    /// A tensor of them, rounded to a narrow type.
    fn tensor(elem: ElemType, shape: &[usize], v: Vec<Self>) -> Tensor;
}

impl Stored for f32 {
    fn slice<'a>(c: &Call<'a>, i: usize) -> Host<&'a [Self]> {
        match &c.value(i)?.data {
            Data::Float(v) => Ok(v),
            _ => Err(format!("operand {i} is of {}", c.ty(i)?.elem)),
        }
    }
    fn tensor(elem: ElemType, shape: &[usize], v: Vec<Self>) -> Tensor {
        Tensor::floats(elem, shape, v)
    }
}

impl Stored for f64 {
    fn slice<'a>(c: &Call<'a>, i: usize) -> Host<&'a [Self]> {
        match &c.value(i)?.data {
            Data::Double(v) => Ok(v),
            _ => Err(format!("operand {i} is of {}", c.ty(i)?.elem)),
        }
    }
    fn tensor(_: ElemType, shape: &[usize], v: Vec<Self>) -> Tensor {
        Tensor::doubles(shape, v)
    }
}

/// Calls a function that is generic in the width of operand 0.
macro_rules! by_width {
    ($c:expr, $f:ident($($arg:expr),*)) => {
        match $c.ty(0)?.elem {
            cim_isa::types::ElemType::F64 => $f::<f64>($($arg),*),
            _ => $f::<f32>($($arg),*),
        }
    };
}
pub(super) use by_width;

/// An attribute as a number of the operand's width.
pub(super) fn of<R: Real>(v: f32) -> R {
    R::of(f64::from(v))
}

/// The larger; NaN when either is.
pub(super) fn larger<T: PartialOrd + Copy>(a: T, b: T) -> T {
    if a > b || a.partial_cmp(&a).is_none() { a } else { b }
}

/// The smaller; NaN when either is.
pub(super) fn smaller<T: PartialOrd + Copy>(a: T, b: T) -> T {
    if a < b || a.partial_cmp(&a).is_none() { a } else { b }
}

/// `1 / (1 + exp(-x))`, without overflow.
pub(super) fn sigmoid<R: Real>(x: R) -> R {
    let one = R::of(1.0);
    let e = R::exp(-R::abs(x));
    if x < R::of(0.0) { e / (one + e) } else { one / (one + e) }
}

/// `ln(1 + exp(x))`, without overflow.
pub(super) fn softplus<R: Real>(x: R) -> R {
    larger(x, R::of(0.0)) + R::ln1p(R::exp(-R::abs(x)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_wins() {
        assert!(larger(f32::NAN, 1.0).is_nan() && larger(1.0, f32::NAN).is_nan());
        assert!(smaller(f32::NAN, 1.0).is_nan() && smaller(1.0, f32::NAN).is_nan());
        assert_eq!((larger(2, 3), smaller(2, 3)), (3, 2));
    }

    #[test]
    fn far_arguments_do_not_overflow() {
        assert_eq!(sigmoid(-200.0f32), 0.0);
        assert_eq!(sigmoid(200.0f32), 1.0);
        assert_eq!(softplus(200.0f32), 200.0);
        assert_eq!(softplus(f32::NEG_INFINITY), 0.0);
        assert!(softplus(f64::NAN).is_nan());
    }
}
