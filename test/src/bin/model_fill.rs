//! Fills a model whose weights are absent: `model-fill MODEL.noweights.onnx -o OUT.onnx`.

use anyhow::{Context, Result};
use cim_test::models::{file::write_npy, net::Net, refill};
use clap::Parser;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Gives every initialiser whose external data is absent seeded weights.
#[derive(Parser)]
#[command(name = "model-fill")]
struct Args {
    /// The model without weights
    model: PathBuf,
    /// Seed of the weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The filled model
    #[arg(short, long)]
    output: PathBuf,
    /// Keep large tensors in OUT.data (always done above 1 GB)
    #[arg(long)]
    external: bool,
    /// Also write a seeded input
    #[arg(long, value_name = "FILE.npy")]
    input: Option<PathBuf>,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let bytes = std::fs::read(&args.model).with_context(|| format!("'{}'", args.model.display()))?;
    let dir = args.model.parent().unwrap_or(Path::new("."));
    let (model, filled) = refill::fill(bytes.into(), dir, args.seed)?;
    model.save(&args.output, args.external).with_context(|| format!("'{}'", args.output.display()))?;
    if let Some(path) = &args.input {
        let shape = refill::input_shape(&model)?;
        let values = Net::input_values(args.seed, shape.iter().product::<i64>() as usize);
        let mut out = BufWriter::new(File::create(path).with_context(|| format!("'{}'", path.display()))?);
        write_npy(&mut out, &shape, &values)?;
        out.flush()?;
    }
    println!("{} tensors filled, {} elements", filled.tensors, filled.elements);
    Ok(())
}
