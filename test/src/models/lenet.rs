//! LeNet-5 on 28x28 images (LeCun et al. 1998, with relu).

use super::net::{Activation, Built, Conv, Net};

pub(super) fn build(mut net: Net) -> Built {
    let x = net.input(&[1, 1, 28, 28]);
    let x = net.conv(&x, "conv1", "", Conv::same(6, 5));
    let x = net.average_pool(&x, "pool1", Some(2));
    let x = net.conv(&x, "conv2", "", Conv::same(16, 5).pad(0));
    let x = net.average_pool(&x, "pool2", Some(2));
    let x = net.flatten(&x);
    let x = net.gemm(&x, "fc1", 120, Activation::Relu);
    let x = net.gemm(&x, "fc2", 84, Activation::Relu);
    let x = net.gemm(&x, "fc3", 10, Activation::None);
    net.finish(&x)
}
