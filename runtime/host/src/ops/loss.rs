//! Losses of a classification: kernels of the training operators.

use super::kinds::{Kind, alike, at_most, operand, since};
use super::math::{Stored, by_width};
use super::rows::Along;
use super::softmax::log_softmax;
use crate::Host;
use crate::call::{Call, Operator};
use crate::tensor::{Data, Tensor, TensorType};

/// The family.
pub(super) const OPERATORS: &[Operator] = &[
    Operator {
        name: "NegativeLogLikelihoodLoss",
        attributes: &["ignore_index", "reduction"],
        infer: likelihood_type,
        evaluate: |c, _| by_width!(c, likelihood(c)),
    },
    Operator {
        name: "SoftmaxCrossEntropyLoss",
        attributes: &["ignore_index", "reduction"],
        infer: entropy_types,
        evaluate: |c, _| by_width!(c, entropy(c)),
    },
];

/// How the losses of the samples become the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reduction {
    None,
    Sum,
    Mean,
}

fn reduction(c: &Call<'_>) -> Host<Reduction> {
    match c.attributes.string("reduction", "mean") {
        "none" => Ok(Reduction::None),
        "sum" => Ok(Reduction::Sum),
        "mean" => Ok(Reduction::Mean),
        other => Err(format!("attribute 'reduction' is '{other}'; it must be 'none', 'sum' or 'mean'")),
    }
}

/// Type of the loss: scores are `N x C x D...`, targets `N x D...`, weights, if any, `C`.
fn loss_type(c: &Call<'_>) -> Host<TensorType> {
    since(c, 12, "this loss")?;
    at_most(c, 3)?;
    let x = operand(c, 0, Kind::Float)?;
    let [n, classes, rest @ ..] = &x.shape[..] else {
        return Err(format!("operand 0 must have batch and classes, but has the shape {:?}", x.shape));
    };
    let samples: Vec<usize> = std::iter::once(n).chain(rest).copied().collect();
    let targets = operand(c, 1, Kind::Int)?;
    if targets.shape != samples {
        return Err(format!("operand 1 must have the shape {samples:?}, but has {:?}", targets.shape));
    }
    if c.maybe(2).is_some() {
        alike(c, 2)?;
        if *c.shape(2)? != [*classes] {
            return Err(format!("operand 2 must have the shape [{classes}], but has {:?}", c.shape(2)?));
        }
    }
    let shape = if reduction(c)? == Reduction::None { samples } else { vec![] };
    Ok(TensorType::new(x.elem, shape))
}

fn likelihood_type(c: &Call<'_>) -> Host<Vec<TensorType>> {
    Ok(vec![loss_type(c)?])
}

fn entropy_types(c: &Call<'_>) -> Host<Vec<TensorType>> {
    let mut types = vec![loss_type(c)?, c.ty(0)?.clone()];
    types.truncate(c.results.clamp(1, 2));
    Ok(types)
}

/// The loss of logarithms of probabilities in the shape of operand 0; operand 1 says which of them count, operand 2 how much.
fn loss<R: Stored>(c: &Call<'_>, logs: &[R]) -> Host<Tensor> {
    let (x, targets) = (c.value(0)?, c.value(1)?);
    let Data::Int(classes) = &targets.data else { return Err(format!("operand 1 is of {}", targets.elem)) };
    let weights = c.maybe_value(2)?.map(Tensor::to_f64);
    let ignored = c.attributes.maybe_int("ignore_index")?;
    let along = Along::new(&x.shape, 1, 2);
    let (mut losses, mut total) = (Vec::with_capacity(classes.len()), 0.0);
    for (i, class) in classes.iter().enumerate() {
        if Some(*class) == ignored {
            losses.push(0.0);
            continue;
        }
        let outside = || format!("class {class} is not one of {}", along.size);
        let class = usize::try_from(*class).ok().filter(|k| *k < along.size).ok_or_else(outside)?;
        let weight = weights.as_ref().map_or(Some(1.0), |w| w.get(class).copied()).ok_or_else(outside)?;
        let at = (i / along.inner * along.size + class) * along.inner + i % along.inner;
        let log = logs.get(at).copied().ok_or_else(outside)?;
        losses.push(-R::wide(log) * weight);
        total += weight;
    }
    let sum: f64 = losses.iter().sum();
    Ok(match reduction(c)? {
        Reduction::None => R::tensor(x.elem, &targets.shape, losses.into_iter().map(R::of).collect()),
        Reduction::Sum => R::tensor(x.elem, &[], vec![R::of(sum)]),
        Reduction::Mean => R::tensor(x.elem, &[], vec![R::of(sum / total)]),
    })
}

fn likelihood<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    Ok(vec![loss(c, R::slice(c, 0)?)?])
}

fn entropy<R: Stored>(c: &Call<'_>) -> Host<Vec<Tensor>> {
    let x = c.value(0)?;
    let mut v = R::slice(c, 0)?.to_vec();
    Along::new(&x.shape, 1, 2).each(&mut v, log_softmax);
    let mut out = vec![loss(c, &v)?];
    if c.results > 1 {
        out.push(R::tensor(x.elem, &x.shape, v));
    }
    Ok(out)
}
