//! What the user may decide about an import.

use crate::proto::DimensionProto;
use std::collections::{BTreeMap, BTreeSet};

/// Sizes for dimensions that the model leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Images that run at once: the size of symbolic leading dimensions. None = the network is compiled for one image and run for
    /// each.
    pub batch: Option<i64>,
    /// Sizes of symbolic dimensions, by symbol; a leading one that is here is not taken for a batch.
    pub dims: BTreeMap<String, i64>,
}

/// Sizes for the open dimensions of a model, and which of them it asked for.
pub(crate) struct Sizes<'a> {
    options: &'a ImportOptions,
    symbols: BTreeSet<String>,
    batch_used: bool,
}

impl<'a> Sizes<'a> {
    pub(crate) fn new(options: &'a ImportOptions) -> Self {
        Sizes { options, symbols: BTreeSet::new(), batch_used: false }
    }

    /// The size chosen for dimension `index` of an input; None when it is up to the model.
    pub(crate) fn of(&mut self, index: usize, dim: &DimensionProto) -> Option<i64> {
        if let Some(v) = dim.dim_value.filter(|v| *v > 0) {
            self.batch_used |= index == 0 && Some(v) == self.options.batch;
            return None;
        }
        let symbol = dim.dim_param.as_deref().unwrap_or_default();
        if !symbol.is_empty() {
            self.symbols.insert(symbol.to_string());
        }
        if let Some(size) = self.options.dims.get(symbol).filter(|_| !symbol.is_empty()) {
            return Some(*size);
        }
        let batch = self.options.batch.filter(|_| index == 0);
        self.batch_used |= batch.is_some();
        batch
    }

    /// Choices that no input asked for, and sizes that are none.
    pub(crate) fn unused(self) -> impl Iterator<Item = String> {
        let known = match self.symbols.len() {
            0 => "it has none".to_string(),
            _ => format!("it has {}", self.symbols.iter().map(String::as_str).collect::<Vec<_>>().join(", ")),
        };
        let mut out = Vec::new();
        for (symbol, size) in &self.options.dims {
            if !self.symbols.contains(symbol) {
                out.push(format!("no input has a symbolic dimension '{symbol}' (--dim); {known}"));
            } else if *size < 1 {
                out.push(format!("dimension '{symbol}' cannot be {size} (--dim)"));
            }
        }
        match self.options.batch {
            Some(n) if n < 1 => out.push(format!("a batch of {n} images is none (--batch)")),
            Some(n) if !self.batch_used => {
                out.push(format!("no input has a symbolic leading dimension or one of {n} (--batch)"));
            }
            _ => {}
        }
        out.into_iter()
    }
}
