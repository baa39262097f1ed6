//! `cim-quantize-operators`: float operators between `dequantize` and `quantize` become integer operators.
//!
//! - [`view`]: what a float value is in integers, as far as that is known
//! - [`analyse`]: goes through the operations in order and works the views out
//! - [`exact`]: integers on a grid that nothing quantised
//! - [`weights`]: integer weights, and the bound of their sums
//! - [`emit`]: integer operations for a view that meets a `quantize`; [`round`]: its rounding
//! - [`finish`]: float outputs, dead operations, reasons of what stays float

mod analyse;
mod emit;
mod exact;
mod finish;
mod round;
mod view;
mod weights;

use cim_ir::{Diagnostic, Ir, OpId};
use cim_pass::{Pass, PassResult, PassRun, pass};

pass! {
    /// Makes quantised operators integer.
    ///
    /// Recognises `quantize`, an integer `clip`, `dequantize` (QDQ and QCDQ) around convolutions, linear layers, additions, pools,
    /// reshapes and concatenations, and replaces them by integer operations with explicit requantisation:
    ///
    /// - `conv2d` and `linear` give raw sums; scales, zero points, bias, batch norm, relu and clip become constants of `requantize`
    /// - weights keep the integers of the model; a `clip` narrows their type ([-1, 1] is si2) and that of activations (0..63 is ui6)
    /// - the sum of two quantised tensors becomes `add_requantize`; averages become integer averages
    /// - maxima, reshapes and concatenations move through the quantisation
    /// - a layer with float output ends in `dequantize` with a bias
    ///
    /// What cannot be integer stays float and carries `host` with the reason.
    pub struct QuantizeOperators = "cim-quantize-operators", "QuantizeOperators" {
        statistics {
            /// Convolutions and linear layers made integer
            integer = "num-integer",
            /// Operations that stay on the host
            host = "num-host",
        }
    }
}

impl Pass for QuantizeOperators {
    fn run(&self, run: &mut PassRun<'_>) -> PassResult {
        let root = run.op();
        let summary = quantize_operators(run.ir, root)?;
        self.integer.add(summary.integer);
        self.host.add(summary.host);
        Ok(())
    }
}

/// What the pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Convolutions and linear layers made integer.
    pub integer: u64,
    /// Operations that stay on the host, quantisation of inputs and dequantisation of outputs included.
    pub host: u64,
}

/// Makes the quantised operators inside `root` integer.
pub fn quantize_operators(ir: &mut Ir, root: OpId) -> Result<Summary, Diagnostic> {
    let mut state = view::State::new(ir);
    let promised = finish::promised(&state, root);
    analyse::run(&mut state, root);
    finish::keep_promises(&mut state, &promised);
    let host = finish::run(&mut state, root);
    Ok(Summary { integer: state.integer, host })
}
