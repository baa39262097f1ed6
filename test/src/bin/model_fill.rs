//! Fills a model whose weights are absent: `model-fill MODEL.noweights.onnx -o OUT.onnx`.

use anyhow::{Context, Result};
use cim_test::models::{net::Net, refill, written::Written};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Gives every initialiser whose external data is absent seeded weights.
#[derive(Parser)]
#[command(name = "model-fill")]
struct Args {
    /// The model without weights
    model: PathBuf,
    #[command(flatten)]
    written: Written,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let bytes = std::fs::read(&args.model).with_context(|| format!("'{}'", args.model.display()))?;
    let dir = args.model.parent().unwrap_or(Path::new("."));
    let (model, filled) = refill::fill(bytes.into(), dir, args.written.seed)?;
    let shape = if args.written.input.is_some() { refill::input_shape(&model)? } else { Vec::new() };
    let count = shape.iter().product::<i64>() as usize;
    args.written.save(&model, &shape, |seed| Net::input_values(seed, count))?;
    println!("{} tensors filled, {} elements", filled.tensors, filled.elements);
    Ok(())
}
