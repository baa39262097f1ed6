//! BatchNormalization, in inference form.

use crate::node::{Import, Node, Refusal};
use cim_dialect::graph;

pub(crate) fn batch_norm(n: &mut Node<'_, '_>) -> Import {
    let epsilon = n.float("epsilon", 1e-5)?;
    n.ignore("momentum");
    if n.int("training_mode", 0)? != 0 {
        return Err(Refusal::new("training is not supported")
            .attribute("training_mode")
            .remedy("export the model in evaluation mode"));
    }
    if n.opset() < 9 && n.int("spatial", 1)? != 1 {
        return Err(Refusal::new("normalising each position on its own is not supported")
            .attribute("spatial")
            .remedy("convert the model to operator set 9 or newer"));
    }
    n.only_first_output("statistics of training")?;
    let x = n.float_value(0)?;
    let [scale, bias, mean, var] = [n.weights(1)?, n.weights(2)?, n.weights(3)?, n.weights(4)?];
    let state = graph::BatchNorm::builder(&n.ctx(), n.loc)
        .input(x)
        .scale(scale)
        .bias(bias)
        .mean(mean)
        .var(var)
        .epsilon(epsilon)
        .name(&n.name)
        .result(n.ty(x))
        .build();
    let y = n.create(state)?;
    n.output_value(y)
}
