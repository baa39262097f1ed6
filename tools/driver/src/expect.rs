//! Comparison of outputs with recorded outputs and with labels.

use anyhow::{Context, Result, bail};
use cim_host::Tensor;

use crate::report::{Expectation, OutputDifference};
use crate::tensor_file::{Array, Elements};

/// An element meets the expectation when `|y - e| <= atol + rtol*|e|`, or both are NaN, or both the same infinity.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// Absolute.
    pub atol: f64,
    /// Relative to the expected value.
    pub rtol: f64,
}

impl Expectation {
    /// Adds the comparison of one output.
    ///
    /// # Errors
    /// The shapes differ.
    pub fn add(&mut self, name: &str, found: &Tensor, expected: &Array, t: Tolerance) -> Result<()> {
        let shape = &found.shape[..];
        let found = found.to_f64();
        if shape != expected.shape || found.len() != expected.len() {
            bail!("output '{name}' has shape {shape:?}, the expected array {:?}", expected.shape);
        }
        let value = |i: usize| -> Option<f64> {
            match &expected.elements {
                Elements::F32(v) => v.get(i).map(|&v| v as f64),
                Elements::F64(v) => v.get(i).copied(),
                Elements::Int(v) => v.get(i).map(|&v| v as f64),
            }
        };
        for (i, &y) in found.iter().enumerate() {
            let e = value(i).context("the expected array is shorter than its shape")?;
            self.compared += 1;
            if y == e || y.is_nan() && e.is_nan() {
                self.worst = self.worst.or(Some(0.0));
                continue;
            }
            let difference = (y - e).abs();
            let at = || OutputDifference { output: name.to_string(), index: index(i, shape), expected: e, found: y };
            // A NaN difference (one side NaN) is worse than any number.
            if self.worst.is_none_or(|w| !w.is_nan() && (difference.is_nan() || difference > w)) {
                self.worst = Some(difference);
                self.worst_difference = Some(at());
            }
            let inside = difference <= t.atol + t.rtol * e.abs() && difference.is_finite();
            if !inside {
                self.outside += 1;
                self.first_difference.get_or_insert_with(at);
            }
        }
        Ok(())
    }
}

/// Share of images whose largest output (the first of equals) is the label.
///
/// # Errors
/// Labels are not one whole number per image.
pub fn accuracy(outputs: &[f32], images: usize, labels: &Array) -> Result<f64> {
    if labels.len() != images {
        bail!("there are {} labels for {images} images", labels.len());
    }
    let labels = labels.to_i64().context("labels must be whole numbers")?;
    if images == 0 || outputs.is_empty() || !outputs.len().is_multiple_of(images) {
        bail!("{} outputs do not divide into {images} images", outputs.len());
    }
    let classes = outputs.len() / images;
    let met = outputs.chunks(classes).zip(&labels).filter(|(y, label)| argmax(y) as i64 == **label).count();
    Ok(met as f64 / images as f64)
}

/// Index of the largest element, the first of equals; NaN is never the largest.
pub fn argmax(values: &[f32]) -> usize {
    let mut best = 0;
    for (i, v) in values.iter().enumerate() {
        if values.get(best).is_none_or(|b| v > b || b.is_nan() && !v.is_nan()) {
            best = i;
        }
    }
    best
}

fn index(i: usize, shape: &[usize]) -> Vec<usize> {
    let mut rest = i;
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&d| {
            let digit = rest % d.max(1);
            rest /= d.max(1);
            digit
        })
        .collect();
    index.reverse();
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use cim_isa::types::ElemType;

    fn compare(found: &[f32], expected: &[f32], t: Tolerance) -> Expectation {
        let mut e = Expectation::default();
        let array = Array { shape: vec![1, expected.len()], elements: Elements::F32(expected.to_vec()) };
        e.add("y", &Tensor::floats(ElemType::F32, [1, found.len()], found.to_vec()), &array, t).unwrap();
        e
    }

    #[test]
    fn tolerances_add_up() {
        let t = Tolerance { atol: 0.5, rtol: 0.1 };
        let e = compare(&[10.0, 11.5, 11.6, -11.5], &[10.0, 10.0, 10.0, -10.0], t);
        assert_eq!((e.compared, e.outside), (4, 1));
        assert_eq!(e.first_difference.unwrap().index, vec![0, 2]);
        assert_eq!(e.worst, Some(11.6f32 as f64 - 10.0));
    }

    #[test]
    fn nan_and_infinity() {
        let loose = Tolerance { atol: 1e30, rtol: 1.0 };
        let (nan, inf) = (f32::NAN, f32::INFINITY);
        assert_eq!(compare(&[nan, inf, -inf], &[nan, inf, -inf], Tolerance::default()).outside, 0);
        assert_eq!(compare(&[nan, 1.0, inf, -inf], &[1.0, nan, 1.0, inf], loose).outside, 4);
        assert!(compare(&[5.0, nan, 7.0], &[1.0, 1.0, 1.0], loose).worst.unwrap().is_nan());
    }

    #[test]
    fn shapes_must_agree() {
        let array = Array { shape: vec![2], elements: Elements::F32(vec![0.0; 2]) };
        let error = Expectation::default()
            .add("y", &Tensor::floats(ElemType::F32, [1, 2], vec![0.0; 2]), &array, Tolerance::default())
            .unwrap_err();
        assert_eq!(error.to_string(), "output 'y' has shape [1, 2], the expected array [2]");
    }

    #[test]
    fn accuracy_takes_the_first_of_equals() {
        let labels = |v: Vec<i64>| Array { shape: vec![v.len()], elements: Elements::Int(v) };
        assert_eq!(accuracy(&[0.0, 1.0, 1.0, 3.0, 2.0, 2.0], 2, &labels(vec![1, 0])).unwrap(), 1.0);
        assert_eq!(accuracy(&[0.0, 1.0, 1.0, 3.0, 2.0, 2.0], 2, &labels(vec![2, 0])).unwrap(), 0.5);
        assert!(accuracy(&[0.0; 6], 2, &labels(vec![1])).is_err());
        assert_eq!(argmax(&[f32::NAN, -1.0]), 1);
    }
}
