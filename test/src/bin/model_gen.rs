//! Writes a network with seeded weights: `model-gen NAME -o OUT.onnx`.

use anyhow::{Context, Result};
use cim_test::models::{Form, NETWORKS, find, written::Written};
use clap::builder::PossibleValuesParser;
use clap::{Parser, ValueEnum};

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
    #[command(flatten)]
    written: Written,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let network = find(&args.name).context("no such network")?;
    let form = match args.form {
        FormName::Float => Form::Float,
        FormName::Qdq => Form::Qdq,
        FormName::QdqAttention => Form::QdqAttention,
    };
    let built = network.build(form, args.written.seed);
    args.written.save(&built.model, &network.input, |seed| network.input_values(seed))?;
    println!("{}: {} parameters, {} bytes of data", network.name, built.parameters, built.model.data_bytes());
    Ok(())
}
