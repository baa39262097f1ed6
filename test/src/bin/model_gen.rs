//! Writes a network with seeded weights: `model-gen NAME -o OUT.onnx`.

use anyhow::{Context, Result};
use cim_test::models::{Form, NETWORKS, file::write_npy, find};
use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

#[derive(Clone, Copy, ValueEnum)]
enum FormName {
    /// Float operators
    Float,
    /// QuantizeLinear and DequantizeLinear around products with weights
    Qdq,
    /// As qdq, also around the products of activations in attention
    QdqAttention,
}

/// Writes a network with seeded weights. The same arguments give the same bytes on every machine.
#[derive(Parser)]
#[command(name = "model-gen")]
struct Args {
    /// The network
    #[arg(value_parser = PossibleValuesParser::new(NETWORKS.iter().map(|n| n.name)))]
    name: String,
    /// How it is stored
    #[arg(long, value_enum, default_value_t = FormName::Float)]
    form: FormName,
    /// Seed of the weights
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The model file
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
    let network = find(&args.name).context("no such network")?;
    let form = match args.form {
        FormName::Float => Form::Float,
        FormName::Qdq => Form::Qdq,
        FormName::QdqAttention => Form::QdqAttention,
    };
    let built = network.build(form, args.seed);
    built.model.save(&args.output, args.external).with_context(|| format!("'{}'", args.output.display()))?;
    if let Some(path) = &args.input {
        let mut out = BufWriter::new(File::create(path).with_context(|| format!("'{}'", path.display()))?);
        write_npy(&mut out, &network.input, &network.input_values(args.seed))?;
        out.flush()?;
    }
    println!("{}: {} parameters, {} bytes of data", network.name, built.parameters, built.model.data_bytes());
    Ok(())
}
