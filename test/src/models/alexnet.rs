//! AlexNet as torchvision builds it (Krizhevsky 2014: one tower, no local response normalisation).

use super::net::{Activation, Built, Conv, Net};

pub(super) fn build(mut net: Net) -> Built {
    let x = net.input(&[1, 3, 224, 224]);
    let x = net.conv(&x, "features.0", "", Conv::same(64, 11).stride(4).pad(2));
    let x = net.max_pool(&x, "features.2", 3, 2, 0);
    let x = net.conv(&x, "features.3", "", Conv::same(192, 5));
    let x = net.max_pool(&x, "features.5", 3, 2, 0);
    let x = net.conv(&x, "features.6", "", Conv::same(384, 3));
    let x = net.conv(&x, "features.8", "", Conv::same(256, 3));
    let x = net.conv(&x, "features.10", "", Conv::same(256, 3));
    let x = net.max_pool(&x, "features.12", 3, 2, 0);
    // The adaptive pool to 6x6 is the identity at this size, as dropout is.
    let x = net.flatten(&x);
    let x = net.gemm(&x, "classifier.1", 4096, Activation::Relu);
    let x = net.gemm(&x, "classifier.4", 4096, Activation::Relu);
    let x = net.gemm(&x, "classifier.6", 1000, Activation::None);
    net.finish(&x)
}
