//! Einsum: sums of products over named dimensions, in the order in which the names that vanish first appear.

use super::multiply::{Number, check_work};
use crate::Host;
use crate::broadcast::{offsets, strides};
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};
use cim_isa::types::ElemType;

/// The family.
pub(super) const OPERATORS: &[Operator] =
    &[Operator { name: "Einsum", attributes: &["equation"], infer: types, evaluate: einsum }];

/// Most products that are summed for an element: their places are listed once.
const MAX_DEPTH: usize = 1 << 24;

/// A dimension: a letter, or one that an ellipsis stands for, counted from the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Name {
    Dots(usize),
    Letter(char),
}

struct Plan {
    /// Names with their extents: those of the result, then those that are summed.
    names: Vec<(Name, usize)>,
    /// How many of them the result has.
    kept: usize,
    /// Names of each operand's dimensions.
    operands: Vec<Vec<Name>>,
}

/// Reads a term; `dots` is how many dimensions an ellipsis stands for.
fn term(text: &str, dots: usize) -> Host<Vec<Name>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(ch) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("...") {
            out.extend((0..dots).rev().map(Name::Dots));
            rest = after;
        } else if ch.is_ascii_alphabetic() {
            out.push(Name::Letter(ch));
            rest = &rest[1..];
        } else {
            return Err(format!("'{ch}' in the equation is neither letter nor ellipsis"));
        }
    }
    Ok(out)
}

fn plan(c: &Call<'_>) -> Host<Plan> {
    let equation: String = c.attributes.string("equation", "").chars().filter(|c| !c.is_whitespace()).collect();
    let (left, right) = match equation.split_once("->") {
        Some((l, r)) => (l, Some(r)),
        None => (&equation[..], None),
    };
    let terms: Vec<&str> = left.split(',').collect();
    if terms.len() != c.operands.len() {
        return Err(format!("equation '{equation}' has {} terms for {} operands", terms.len(), c.operands.len()));
    }
    let mut operands = Vec::new();
    let mut extents: Vec<(Name, usize)> = Vec::new();
    let mut most_dots = 0;
    for (i, text) in terms.iter().enumerate() {
        let shape = c.shape(i)?;
        let letters = text.chars().filter(|c| *c != '.').count();
        let has_dots = text.contains("...");
        let dots = if has_dots { shape.len().saturating_sub(letters) } else { 0 };
        most_dots = most_dots.max(dots);
        let names = term(text, dots)?;
        if names.len() != shape.len() {
            return Err(format!("term '{text}' does not fit operand {i} of {}", c.ty(i)?));
        }
        for (n, &d) in names.iter().zip(shape) {
            match extents.iter_mut().find(|(m, _)| m == n) {
                None => extents.push((*n, d)),
                Some((_, e)) if *e == d || d == 1 => {}
                Some((_, e)) if *e == 1 => *e = d,
                Some((_, e)) => return Err(format!("a dimension in '{text}' is {d}, but {e} elsewhere")),
            }
        }
        operands.push(names);
    }
    let result = match right {
        Some(r) => term(r, most_dots)?,
        None => {
            let count = |n: Name| operands.iter().flatten().filter(|m| **m == n).count();
            let mut letters: Vec<_> =
                extents.iter().map(|e| e.0).filter(|n| matches!(n, Name::Letter(_)) && count(*n) == 1).collect();
            letters.sort_unstable();
            (0..most_dots).rev().map(Name::Dots).chain(letters).collect()
        }
    };
    let mut names = Vec::new();
    for n in &result {
        let extent = extents.iter().find(|(m, _)| m == n);
        match extent {
            Some(e) if !names.contains(e) => names.push(*e),
            _ => return Err(format!("the result of '{equation}' has an unknown or repeated dimension")),
        }
    }
    let kept = names.len();
    names.extend(extents.iter().filter(|(n, _)| !result.contains(n)));
    Ok(Plan { names, kept, operands })
}

fn types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let p = plan(c)?;
    let shape: Vec<usize> = p.names.iter().take(p.kept).map(|n| n.1).collect();
    let t = TensorType::new(c.ty(0)?.elem, shape);
    t.check()?;
    let depth = p.names.iter().skip(p.kept).fold(1, |n: usize, d| n.saturating_mul(d.1));
    if depth > MAX_DEPTH {
        return Err(format!("more than {MAX_DEPTH} products an element are not supported"));
    }
    check_work(t.count(), depth)?;
    Ok(vec![t])
}

impl Plan {
    /// Strides of an operand over all names.
    fn steps(&self, i: usize, shape: &[usize]) -> Vec<usize> {
        let mut out = vec![0; self.names.len()];
        for ((n, &d), step) in self.operands[i].iter().zip(shape).zip(strides(shape)) {
            // A name that is repeated walks the diagonal; an extent of 1 is stretched.
            if let Some(at) = self.names.iter().position(|(m, _)| m == n).filter(|_| d != 1) {
                out[at] += step;
            }
        }
        out
    }

    fn run<T: Number>(&self, operands: &[(&[T], &[usize])]) -> Host<Vec<T>> {
        let extents: Vec<usize> = self.names.iter().map(|n| n.1).collect();
        let (result, summed) = extents.split_at(self.kept);
        let steps: Vec<Vec<usize>> = operands.iter().enumerate().map(|(i, o)| self.steps(i, o.1)).collect();
        let inner: Vec<Vec<usize>> = steps.iter().map(|s| offsets(summed, &s[self.kept..]).collect()).collect();
        let mut outer: Vec<_> = steps.iter().map(|s| offsets(result, &s[..self.kept])).collect();
        let count: usize = result.iter().product();
        let depth: usize = summed.iter().product();
        let mut y = Vec::with_capacity(count);
        for _ in 0..count {
            let starts: Vec<usize> = outer.iter_mut().filter_map(Iterator::next).collect();
            let mut sum = T::default();
            for k in 0..depth {
                let mut product = T::ONE;
                let mut last = T::ONE;
                for ((o, start), inner) in operands.iter().zip(&starts).zip(&inner) {
                    product = product.times(last);
                    last = *o.0.get(start + inner[k]).ok_or("an operand is shorter than its shape")?;
                }
                sum = sum.add_product(product, last);
            }
            y.push(sum);
        }
        Ok(y)
    }
}

fn einsum(c: &Call<'_>, types: &[TensorType]) -> Host<Vec<Tensor>> {
    let to = types.first().ok_or("no result")?;
    let p = plan(c)?;
    let (mut floats, mut doubles, mut ints) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..c.operands.len() {
        let t = c.value(i)?;
        match &t.data {
            Data::Float(v) => floats.push((&v[..], &t.shape[..])),
            Data::Double(v) => doubles.push((&v[..], &t.shape[..])),
            Data::Int(v) => ints.push((&v[..], &t.shape[..])),
            Data::Bool(_) => return Err("operands must be numbers".into()),
        }
    }
    let all = c.operands.len();
    Ok(vec![match to.elem {
        ElemType::Int(t) if ints.len() == all => Tensor::ints(t, &to.shape[..], p.run(&ints)?),
        ElemType::F64 if doubles.len() == all => Tensor::doubles(&to.shape[..], p.run(&doubles)?),
        e if floats.len() == all => Tensor::floats(e, &to.shape[..], p.run(&floats)?),
        _ => return Err("operands must be numbers of one type".into()),
    }])
}
