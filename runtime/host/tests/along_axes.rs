//! Reductions, softmax and normalization on values checked by hand, and what changed between operator sets.

mod common;

use cim_host::Tensor;
use cim_isa::types::ElemType;
use common::{Node, bools, f32s, ints, same, u64s};

fn six() -> Tensor {
    f32s(&[2, 3], &[1.0, -2.0, 3.0, 4.0, 5.0, -6.0])
}

#[test]
fn reductions_of_rows() {
    for (op, want) in [
        ("ReduceSum", [2.0, 3.0]),
        ("ReduceMean", [2.0 / 3.0, 1.0]),
        ("ReduceMax", [3.0, 5.0]),
        ("ReduceMin", [-2.0, -6.0]),
        ("ReduceProd", [-6.0, -120.0]),
        ("ReduceL1", [6.0, 15.0]),
        ("ReduceL2", [14f32.sqrt(), 77f32.sqrt()]),
        ("ReduceSumSquare", [14.0, 77.0]),
        ("ReduceLogSum", [2f32.ln(), 3f32.ln()]),
        ("ReduceLogSumExp", [3.132845, 5.313274]),
    ] {
        let before = if op == "ReduceSum" { 11 } else { 13 };
        let old = Node::new(op, before).ints("axes", &[-1]).int("keepdims", 0);
        same(&old.one(&[six()]), &f32s(&[2], &want), 1e-6);
        let new = Node::new(op, 20);
        same(&new.one(&[six(), ints(64, true, &[1], &[1])]), &f32s(&[2, 1], &want), 1e-6);
        assert!(new.ints("axes", &[1]).run(&[six()]).is_err(), "{op}: an attribute in a new version");
        assert!(Node::new(op, before).ints("axes", &[2]).run(&[six()]).is_err(), "{op}: an axis that is not there");
    }
}

#[test]
fn reductions_without_axes_and_without_elements() {
    same(&Node::new("ReduceSum", 13).one(&[six()]), &f32s(&[1, 1], &[5.0]), 0.0);
    let none = Node::new("ReduceSumSquare", 18).int("noop_with_empty_axes", 1);
    same(&none.one(&[six()]), &f32s(&[2, 3], &[1.0, 4.0, 9.0, 16.0, 25.0, 36.0]), 0.0);
    let empty = || f32s(&[2, 0], &[]);
    let over = || ints(64, true, &[1], &[1]);
    for (op, want) in [("ReduceSum", 0.0), ("ReduceProd", 1.0), ("ReduceMax", f32::NEG_INFINITY)] {
        same(&Node::new(op, 20).one(&[empty(), over()]), &f32s(&[2, 1], &[want; 2]), 0.0);
    }
    let bytes = ints(8, true, &[2, 0], &[]);
    same(&Node::new("ReduceMin", 20).one(&[bytes, over()]), &ints(8, true, &[2, 1], &[127; 2]), 0.0);
    assert!(Node::new("ArgMax", 13).int("axis", 1).run(&[empty()]).is_err());
}

#[test]
fn reductions_of_other_types() {
    let y = Node::new("ReduceMax", 20).one(&[u64s(&[1, u64::MAX, 5])]);
    same(&y, &u64s(&[u64::MAX]), 0.0);
    let y = Node::new("ReduceMin", 20).one(&[bools(&[2], &[true, false])]);
    same(&y, &bools(&[1], &[false]), 0.0);
    let y = Node::new("ReduceMean", 18).one(&[ints(32, true, &[2], &[-3, -4])]);
    same(&y, &ints(32, true, &[1], &[-3]), 0.0);
    // 2048 + 1 is no f16, but 2048 + 1 + 1 is.
    let y = Node::new("ReduceSum", 13).one(&[Tensor::floats(ElemType::F16, [3], vec![2048.0, 1.0, 1.0])]);
    same(&y, &Tensor::floats(ElemType::F16, [1], vec![2050.0]), 0.0);
    let far = Node::new("ReduceLogSumExp", 13).one(&[f32s(&[2], &[1000.0, 1000.0])]);
    same(&far, &f32s(&[1], &[1_000.693_1]), 1e-6);
}

#[test]
fn axes_that_are_no_neighbours() {
    let x = f32s(&[2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
    let y = Node::new("ReduceSum", 13).int("keepdims", 0).one(&[x, ints(64, true, &[2], &[0, 2])]);
    same(&y, &f32s(&[2], &[14.0, 22.0]), 0.0);
}

#[test]
fn indices_of_extremes() {
    let x = || f32s(&[2, 3], &[2.0, 2.0, 1.0, 3.0, f32::NAN, 3.0]);
    let first = Node::new("ArgMax", 13).int("axis", 1).int("keepdims", 0);
    same(&first.one(&[x()]), &ints(64, true, &[2], &[0, 1]), 0.0);
    same(&first.clone().int("select_last_index", 1).one(&[x()]), &ints(64, true, &[2], &[1, 1]), 0.0);
    same(&Node::new("ArgMin", 13).one(&[u64s(&[u64::MAX, 1])]), &ints(64, true, &[1], &[1]), 0.0);
    assert!(Node::new("ArgMax", 11).int("select_last_index", 1).run(&[x()]).is_err());
}

#[test]
fn running_sums() {
    let x = || f32s(&[3], &[1.0, 2.0, 3.0]);
    let run = |n: Node| n.one(&[x(), ints(32, true, &[], &[0])]);
    let new = || Node::new("CumSum", 14);
    same(&run(new()), &f32s(&[3], &[1.0, 3.0, 6.0]), 0.0);
    same(&run(new().int("exclusive", 1)), &f32s(&[3], &[0.0, 1.0, 3.0]), 0.0);
    same(&run(new().int("reverse", 1)), &f32s(&[3], &[6.0, 5.0, 3.0]), 0.0);
    same(&run(new().int("reverse", 1).int("exclusive", 1)), &f32s(&[3], &[5.0, 3.0, 0.0]), 0.0);
    assert!(new().run(&[x(), ints(32, true, &[], &[1])]).is_err());
}

/// Until version 12, all axes from the given one on are one.
#[test]
fn softmax_of_old_and_new() {
    let x = || f32s(&[1, 2, 2], &[0.0, 3f32.ln(), 0.0, 0.0]);
    same(&Node::new("Softmax", 13).one(&[x()]), &f32s(&[1, 2, 2], &[0.25, 0.75, 0.5, 0.5]), 1e-6);
    let sixth = 1.0 / 6.0;
    same(&Node::new("Softmax", 11).one(&[x()]), &f32s(&[1, 2, 2], &[sixth, 0.5, sixth, sixth]), 1e-6);
    same(&Node::new("Softmax", 13).int("axis", 1).one(&[x()]), &f32s(&[1, 2, 2], &[0.5, 0.75, 0.5, 0.25]), 1e-6);
    let y = Node::new("LogSoftmax", 13).one(&[f32s(&[2], &[1000.0, 0.0])]);
    same(&y, &f32s(&[2], &[0.0, -1000.0]), 1e-6);
    same(&Node::new("Hardmax", 13).one(&[f32s(&[3], &[1.0, 2.0, 2.0])]), &f32s(&[3], &[0.0, 1.0, 0.0]), 0.0);
}

#[test]
fn layers() {
    let x = || f32s(&[2, 2], &[1.0, 3.0, 1e6, 1e6 + 2.0]);
    let node = Node::new("LayerNormalization", 17).float("epsilon", 0.0).results(3);
    let out = node.run(&[x(), f32s(&[2], &[1.0, 2.0]), f32s(&[2], &[0.5, 0.0])]).unwrap();
    same(&out[0], &f32s(&[2, 2], &[-0.5, 2.0, -0.5, 2.0]), 1e-6);
    same(&out[1], &f32s(&[2, 1], &[2.0, 1e6 + 1.0]), 0.0);
    same(&out[2], &f32s(&[2, 1], &[1.0, 1.0]), 0.0);
    assert!(node.run(&[x(), f32s(&[3], &[1.0; 3])]).is_err());
    let y = Node::new("RMSNormalization", 23)
        .float("epsilon", 0.0)
        .one(&[f32s(&[2], &[3.0, 3.0]), f32s(&[2], &[1.0, 2.0])]);
    same(&y, &f32s(&[2], &[1.0, 2.0]), 1e-6);
    assert!(Node::new("RMSNormalization", 22).run(&[f32s(&[1], &[3.0]), f32s(&[1], &[1.0])]).is_err());
}

#[test]
fn channels_and_groups() {
    let x = || f32s(&[1, 2, 2], &[1.0, 3.0, 10.0, 14.0]);
    let (scale, offset) = (|| f32s(&[2], &[1.0, 2.0]), || f32s(&[2], &[0.0, 1.0]));
    let y = Node::new("InstanceNormalization", 6).float("epsilon", 0.0).one(&[x(), scale(), offset()]);
    same(&y, &f32s(&[1, 2, 2], &[-1.0, 1.0, -1.0, 3.0]), 1e-6);
    for version in [18, 21] {
        let y = Node::new("GroupNormalization", version).float("epsilon", 0.0).int("num_groups", 2);
        same(&y.one(&[x(), scale(), offset()]), &f32s(&[1, 2, 2], &[-1.0, 1.0, -1.0, 3.0]), 1e-6);
    }
    let three = Node::new("GroupNormalization", 21).int("num_groups", 3);
    assert!(three.run(&[x(), scale(), offset()]).is_err());
    let mean = || f32s(&[2], &[1.0, 10.0]);
    let variance = || f32s(&[2], &[4.0, 1.0]);
    let all = || [x(), scale(), offset(), mean(), variance()];
    let batch = Node::new("BatchNormalization", 15).float("epsilon", 0.0);
    same(&batch.one(&all()), &f32s(&[1, 2, 2], &[0.0, 1.0, 1.0, 9.0]), 1e-6);
    let out = batch.clone().int("training_mode", 1).float("momentum", 0.5).results(3).run(&all()).unwrap();
    same(&out[0], &f32s(&[1, 2, 2], &[-1.0, 1.0, -1.0, 3.0]), 1e-6);
    same(&out[1], &f32s(&[2], &[1.5, 11.0]), 1e-6);
    same(&out[2], &f32s(&[2], &[2.5, 2.5]), 1e-6);
    assert!(batch.results(3).run(&all()).is_err());
}

#[test]
fn norms() {
    let x = f32s(&[2, 2], &[3.0, -4.0, 0.0, 2.0]);
    same(&Node::new("LpNormalization", 22).one(std::slice::from_ref(&x)), &f32s(&[2, 2], &[0.6, -0.8, 0.0, 1.0]), 1e-6);
    let y = Node::new("LpNormalization", 22).int("p", 1).one(std::slice::from_ref(&x));
    same(&y, &f32s(&[2, 2], &[3.0 / 7.0, -4.0 / 7.0, 0.0, 1.0]), 1e-6);
    let y = Node::new("MeanVarianceNormalization", 13).ints("axes", &[0]).one(&[x]);
    same(&y, &f32s(&[2, 2], &[1.0, -1.0, -1.0, 1.0]), 1e-6);
    // Neighbours of three channels, the middle one with both.
    let y = Node::new("LRN", 13)
        .int("size", 3)
        .float("alpha", 3.0)
        .float("beta", 1.0)
        .one(&[f32s(&[1, 3], &[1.0, 2.0, 3.0])]);
    same(&y, &f32s(&[1, 3], &[1.0 / 6.0, 2.0 / 15.0, 3.0 / 14.0]), 1e-6);
    assert!(Node::new("LRN", 13).int("size", 0).run(&[f32s(&[1, 1], &[1.0])]).is_err());
}

#[test]
fn losses() {
    let logs = f32s(&[2, 2], &[-1.0, -2.0, -3.0, -4.0]);
    let node = |reduction| Node::new("NegativeLogLikelihoodLoss", 13).text("reduction", reduction);
    let target = || ints(64, true, &[2], &[1, 0]);
    same(&node("none").one(&[logs.clone(), target()]), &f32s(&[2], &[2.0, 3.0]), 0.0);
    let weights = f32s(&[2], &[1.0, 3.0]);
    same(&node("mean").one(&[logs.clone(), target(), weights]), &f32s(&[], &[9.0 / 4.0]), 1e-6);
    same(&node("mean").int("ignore_index", 1).one(&[logs.clone(), target()]), &f32s(&[], &[3.0]), 1e-6);
    assert!(node("sum").run(&[logs, ints(64, true, &[2], &[1, 2])]).unwrap_err().contains("class 2"));
    let even = f32s(&[1, 2], &[5.0, 5.0]);
    let out = Node::new("SoftmaxCrossEntropyLoss", 13).results(2).run(&[even, ints(64, true, &[1], &[0])]).unwrap();
    same(&out[0], &f32s(&[], &[2f32.ln()]), 1e-6);
    same(&out[1], &f32s(&[1, 2], &[-(2f32.ln()); 2]), 1e-6);
}
