//! ResNet-18, 34, 50 and 101 as torchvision builds them (version 1.5: the 3x3 convolution of a bottleneck has the stride).

use super::net::{Activation, Built, Conv, Net, Value};

/// Mean gain of the last batch norm of a block: small, so that the trunk does not grow much.
const BRANCH: f64 = 0.4;

/// `blocks` a stage; `bottleneck` for 50 layers and more.
pub(super) fn build(mut net: Net, blocks: [usize; 4], bottleneck: bool) -> Built {
    let x = net.input(&[1, 3, 224, 224]);
    let x = net.conv(&x, "conv1", "bn1", Conv::same(64, 7).stride(2).norm(1.0));
    let mut x = net.max_pool(&x, "maxpool", 3, 2, 1);
    for (stage, count) in blocks.into_iter().enumerate() {
        let width = 64 << stage;
        for i in 0..count {
            let stride = if i == 0 && stage > 0 { 2 } else { 1 };
            x = block(&mut net, &x, &format!("layer{}.{i}", stage + 1), width, stride, bottleneck);
        }
    }
    let x = net.average_pool(&x, "avgpool", None);
    let x = net.flatten(&x);
    let x = net.gemm(&x, "fc", 1000, Activation::None);
    net.finish(&x)
}

fn block(net: &mut Net, x: &Value, name: &str, width: i64, stride: i64, bottleneck: bool) -> Value {
    let layers = if bottleneck {
        vec![Conv::same(width, 1), Conv::same(width, 3).stride(stride), Conv::same(4 * width, 1)]
    } else {
        vec![Conv::same(width, 3).stride(stride), Conv::same(width, 3)]
    };
    let last = layers.len() - 1;
    let mut y = x.clone();
    for (i, layer) in layers.into_iter().enumerate() {
        let layer = if i == last { layer.norm(BRANCH).activation(Activation::None) } else { layer.norm(1.0) };
        y = net.conv(&y, &format!("{name}.conv{}", i + 1), &format!("{name}.bn{}", i + 1), layer);
    }
    let shortcut = if x.dims == y.dims {
        x.clone()
    } else {
        let channels = y.dims.get(1).copied().unwrap_or(1);
        let project = Conv::same(channels, 1).stride(stride).norm(1.0).activation(Activation::None);
        net.conv(x, &format!("{name}.downsample.0"), &format!("{name}.downsample.1"), project)
    };
    net.add(&y, &shortcut, &format!("{name}.add"), Activation::Relu)
}
