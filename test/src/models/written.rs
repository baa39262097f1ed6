//! What the generators of models write, and their common options.

use super::file::Model;
use anyhow::{Context, Result};
use cim_driver::tensor_file::write_npy_f32;
use clap::Args;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Options of every generator.
#[derive(Debug, Args)]
pub struct Written {
    /// Seed of the weights
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The model file
    #[arg(short, long)]
    pub output: PathBuf,
    /// Keep large tensors in OUT.data (always done above 1 GB)
    #[arg(long)]
    pub external: bool,
    /// Also write a seeded input
    #[arg(long, value_name = "FILE.npy")]
    pub input: Option<PathBuf>,
}

impl Written {
    /// Writes the model, and an input of `shape` where one is asked for; `values` gives its elements.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save(&self, model: &Model, shape: &[i64], values: impl FnOnce(u64) -> Vec<f32>) -> Result<()> {
        model.save(&self.output, self.external).with_context(|| format!("'{}'", self.output.display()))?;
        let Some(path) = &self.input else { return Ok(()) };
        let mut out = BufWriter::new(File::create(path).with_context(|| format!("'{}'", path.display()))?);
        let shape: Vec<usize> = shape.iter().map(|d| *d as usize).collect();
        write_npy_f32(&mut out, &shape, &values(self.seed))?;
        Ok(out.flush()?)
    }
}
