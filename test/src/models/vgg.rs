//! VGG-7 for 32x32 images, VGG-11 and VGG-16 as torchvision builds them (plain).

use super::net::{Activation, Built, Conv, Net};

/// Channels of the convolutions between two pools.
pub(super) const VGG11: &[&[i64]] = &[&[64], &[128], &[256, 256], &[512, 512], &[512, 512]];
/// As [`VGG11`].
pub(super) const VGG16: &[&[i64]] = &[&[64, 64], &[128, 128], &[256, 256, 256], &[512, 512, 512], &[512, 512, 512]];

pub(super) fn imagenet(mut net: Net, stages: &[&[i64]]) -> Built {
    let mut x = net.input(&[1, 3, 224, 224]);
    // Modules are counted as torchvision does: convolution, relu, pool.
    let mut module = 0;
    for stage in stages {
        for &out in *stage {
            x = net.conv(&x, &format!("features.{module}"), "", Conv::same(out, 3));
            module += 2;
        }
        x = net.max_pool(&x, &format!("features.{module}"), 2, 2, 0);
        module += 1;
    }
    // The adaptive pool to 7x7 is the identity at this size, as dropout is.
    let x = net.flatten(&x);
    let x = net.gemm(&x, "classifier.0", 4096, Activation::Relu);
    let x = net.gemm(&x, "classifier.3", 4096, Activation::Relu);
    let x = net.gemm(&x, "classifier.6", 1000, Activation::None);
    net.finish(&x)
}

/// 2x128, 2x256, 2x512 with batch norm, two linear layers.
pub(super) fn cifar(mut net: Net) -> Built {
    let mut x = net.input(&[1, 3, 32, 32]);
    for (stage, out) in [128, 256, 512].into_iter().enumerate() {
        for i in 0..2 {
            let name = format!("stage{}.conv{}", stage + 1, i + 1);
            let norm = format!("stage{}.bn{}", stage + 1, i + 1);
            x = net.conv(&x, &name, &norm, Conv::same(out, 3).norm(1.0));
        }
        x = net.max_pool(&x, &format!("stage{}.pool", stage + 1), 2, 2, 0);
    }
    let x = net.flatten(&x);
    let x = net.gemm(&x, "fc1", 1024, Activation::Relu);
    let x = net.gemm(&x, "fc2", 10, Activation::None);
    net.finish(&x)
}
