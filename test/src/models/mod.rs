//! The networks of the papers, built here: torchvision's structure with seeded weights, so that no download is needed.
//!
//! - [`tensors`]: seeded numbers, tensors as recipes
//! - [`file`]: model files without holding weights in memory
//! - [`net`]: layers in float and quantised form
//! - [`refill`]: seeded weights for models whose weights are absent
//! - `lenet`, `vgg`, `alexnet`, `resnet`, `mobilenet`, `vit`: the families

mod alexnet;
pub mod file;
mod lenet;
mod mobilenet;
pub mod net;
pub mod refill;
mod resnet;
pub mod tensors;
mod vgg;
mod vit;
pub mod written;

use net::{Built, Net};
use vit::Size;

/// How a network is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Float operators.
    Float,
    /// QuantizeLinear and DequantizeLinear around every product with weights; between all operators of convolutional networks.
    Qdq,
    /// As [`Form::Qdq`], also around the products of activations in attention.
    QdqAttention,
}

/// A network that can be built.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Name, as `model-gen` takes it.
    pub name: &'static str,
    /// Trained numbers of the float form; for networks of torchvision the published count.
    pub parameters: u64,
    /// Shape of the input.
    pub input: [i64; 4],
    build: fn(Net) -> Built,
}

const IMAGENET: [i64; 4] = [1, 3, 224, 224];

/// Every network, smallest family first.
pub const NETWORKS: &[Network] = &[
    Network { name: "lenet", parameters: 61_706, input: [1, 1, 28, 28], build: lenet::build },
    Network { name: "vgg7", parameters: 12_978_058, input: [1, 3, 32, 32], build: vgg::cifar },
    Network { name: "vgg11", parameters: 132_863_336, input: IMAGENET, build: |n| vgg::imagenet(n, vgg::VGG11) },
    Network { name: "vgg16", parameters: 138_357_544, input: IMAGENET, build: |n| vgg::imagenet(n, vgg::VGG16) },
    Network { name: "alexnet", parameters: 61_100_840, input: IMAGENET, build: alexnet::build },
    Network {
        name: "resnet18",
        parameters: 11_689_512,
        input: IMAGENET,
        build: |n| resnet::build(n, [2, 2, 2, 2], false),
    },
    Network {
        name: "resnet34",
        parameters: 21_797_672,
        input: IMAGENET,
        build: |n| resnet::build(n, [3, 4, 6, 3], false),
    },
    Network {
        name: "resnet50",
        parameters: 25_557_032,
        input: IMAGENET,
        build: |n| resnet::build(n, [3, 4, 6, 3], true),
    },
    Network {
        name: "resnet101",
        parameters: 44_549_160,
        input: IMAGENET,
        build: |n| resnet::build(n, [3, 4, 23, 3], true),
    },
    Network { name: "mobilenetv2", parameters: 3_504_872, input: IMAGENET, build: mobilenet::build },
    Network { name: "vit-xs", parameters: 1_239_400, input: IMAGENET, build: |n| vit::build(n, VIT_XS) },
    Network { name: "vit-s", parameters: 2_613_480, input: IMAGENET, build: |n| vit::build(n, VIT_S) },
    Network { name: "vit-b-32", parameters: 88_224_232, input: IMAGENET, build: |n| vit::build(n, VIT_B_32) },
    Network { name: "vit-b-16", parameters: 86_567_656, input: IMAGENET, build: |n| vit::build(n, VIT_B_16) },
];

const VIT_XS: Size = Size { patch: 32, width: 192, depth: 2, heads: 3, mlp: 192 };
const VIT_S: Size = Size { patch: 16, width: 256, depth: 4, heads: 4, mlp: 512 };
const VIT_B_32: Size = Size { patch: 32, width: 768, depth: 12, heads: 12, mlp: 3072 };
const VIT_B_16: Size = Size { patch: 16, ..VIT_B_32 };

/// The network of a name.
pub fn find(name: &str) -> Option<&'static Network> {
    NETWORKS.iter().find(|n| n.name == name)
}

impl Network {
    /// Builds the model; weights are made when it is written.
    pub fn build(&self, form: Form, seed: u64) -> Built {
        (self.build)(Net::new(self.name, form, seed))
    }
    /// Elements of a seeded input for the network.
    pub fn input_values(&self, seed: u64) -> Vec<f32> {
        Net::input_values(seed, self.input.iter().product::<i64>() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_counts_are_the_published_ones() {
        for network in NETWORKS {
            let built = network.build(Form::Float, 1);
            assert_eq!(built.parameters, network.parameters, "{}", network.name);
        }
    }

    #[test]
    fn files_stay_what_they_are() {
        // Recorded once: the same arguments give the same bytes in every release and on every machine.
        let digest = |form| {
            let bytes = find("lenet").unwrap().build(form, 1).model.bytes().unwrap();
            bytes.iter().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
        };
        assert_eq!([digest(Form::Float), digest(Form::Qdq)], [10_472_204_975_734_644_202, 3_933_110_697_120_904_842]);
        assert_eq!(digest(Form::Qdq), digest(Form::QdqAttention));
    }

    #[test]
    fn quantised_networks_hold_few_bytes_a_parameter() {
        for network in NETWORKS {
            let built = network.build(Form::Qdq, 1);
            let share = built.model.data_bytes() as f64 / network.parameters as f64;
            assert!((1.0..1.1).contains(&share) || network.parameters < 5_000_000, "{} {share}", network.name);
        }
    }
}
