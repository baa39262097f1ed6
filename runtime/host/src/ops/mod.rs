//! The operators, one file a family.

mod activation;
mod arg;
mod attention;
mod batch;
mod binary;
mod cast;
mod col2im;
mod conv;
mod einsum;
mod elements;
mod gather;
mod generate;
mod integer;
mod kinds;
mod logic;
mod loss;
mod math;
mod matmul;
mod movement;
mod multiply;
mod normalize;
mod pad;
mod pool;
mod quantize;
mod reduce;
mod resize;
mod rows;
mod sample;
mod shape;
mod softmax;
mod topk;
mod unary;
mod window;
mod zip;

use crate::call::Operator;

/// Families, in the order of the documentation.
const FAMILIES: &[&[Operator]] = &[
    unary::OPERATORS,
    activation::OPERATORS,
    binary::OPERATORS,
    logic::OPERATORS,
    cast::OPERATORS,
    reduce::OPERATORS,
    arg::OPERATORS,
    softmax::OPERATORS,
    normalize::OPERATORS,
    batch::OPERATORS,
    loss::OPERATORS,
    shape::OPERATORS,
    movement::OPERATORS,
    pad::OPERATORS,
    generate::OPERATORS,
    gather::OPERATORS,
    topk::OPERATORS,
    resize::OPERATORS,
    attention::OPERATORS,
    conv::OPERATORS,
    pool::OPERATORS,
    matmul::OPERATORS,
    integer::OPERATORS,
    quantize::OPERATORS,
    einsum::OPERATORS,
    sample::OPERATORS,
    col2im::OPERATORS,
];

/// All operators of the host.
pub fn operators() -> impl Iterator<Item = &'static Operator> {
    FAMILIES.iter().copied().flatten()
}

/// The operator of a name.
pub fn find(name: &str) -> Option<&'static Operator> {
    operators().find(|o| o.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_declared_once() {
        let mut names: Vec<_> = operators().map(|o| o.name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
