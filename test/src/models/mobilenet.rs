//! MobileNetV2 as torchvision builds it: inverted residuals with depthwise convolutions, linear bottlenecks.

use super::net::{Activation, Built, Conv, Net};

/// Expansion, output channels, blocks, stride of the first.
const STAGES: [(i64, i64, usize, i64); 7] =
    [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)];

pub(super) fn build(mut net: Net) -> Built {
    let relu6 = |out, kernel| Conv::same(out, kernel).norm(1.0).activation(Activation::Relu6);
    let x = net.input(&[1, 3, 224, 224]);
    let mut x = net.conv(&x, "features.0.0", "features.0.1", relu6(32, 3).stride(2));
    let mut module = 1;
    for (expansion, out, blocks, first) in STAGES {
        for i in 0..blocks {
            let name = format!("features.{module}.conv");
            module += 1;
            let (stride, channels) = (if i == 0 { first } else { 1 }, x.dims.get(1).copied().unwrap_or(1));
            let (hidden, mut y, mut part) = (expansion * channels, x.clone(), 0);
            if expansion != 1 {
                y = net.conv(&y, &format!("{name}.0.0"), &format!("{name}.0.1"), relu6(hidden, 1));
                part = 1;
            }
            let depthwise = relu6(hidden, 3).stride(stride).group(hidden);
            y = net.conv(&y, &format!("{name}.{part}.0"), &format!("{name}.{part}.1"), depthwise);
            let residual = stride == 1 && channels == out;
            let project = Conv::same(out, 1).norm(if residual { 0.5 } else { 1.0 }).activation(Activation::None);
            y = net.conv(&y, &format!("{name}.{}", part + 1), &format!("{name}.{}", part + 2), project);
            x = if residual { net.add(&x, &y, &format!("{name}.add"), Activation::None) } else { y };
        }
    }
    let x = net.conv(&x, "features.18.0", "features.18.1", relu6(1280, 1));
    let x = net.average_pool(&x, "avgpool", None);
    let x = net.flatten(&x);
    let x = net.gemm(&x, "classifier.1", 1000, Activation::None);
    net.finish(&x)
}
