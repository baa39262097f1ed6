//! Errors of the reference executor and the host operators.

/// What went wrong and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The program carries no reference section.
    #[error("the program has no reference section: compile it again with one, or run without verification")]
    Missing,
    /// A layer of the reference section is malformed or its integers do not fit.
    #[error("reference layer '{layer}': {reason}")]
    Layer {
        /// Layer name.
        layer: String,
        /// What is wrong.
        reason: String,
    },
    /// A host operator is malformed or not supported.
    #[error("host operator '{op}': {reason}")]
    Host {
        /// Operator name.
        op: String,
        /// What is wrong.
        reason: String,
    },
    /// A model input or output does not fit.
    #[error("{what} '{name}': {reason}")]
    Interface {
        /// `input` or `output`.
        what: &'static str,
        /// Name in the model.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

/// A kernel's complaint; the executor adds the layer or operator.
pub(crate) type Kernel<T> = Result<T, String>;

/// Adds the layer's name to a kernel's complaint.
pub(crate) fn at_layer(layer: &str) -> impl FnOnce(String) -> ReferenceError + '_ {
    move |reason| ReferenceError::Layer { layer: layer.to_string(), reason }
}
