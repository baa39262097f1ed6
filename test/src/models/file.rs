//! Model files, written as they are made: no tensor is held in memory.

use super::tensors::Tensor;
use bytes::{BufMut, Bytes};
use cim_onnx::proto::{GraphProto, ModelProto, StringStringEntryProto, TensorProto};
use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// A protobuf message must stay below 2 GB; a model with more data than this keeps it beside the file.
pub const MOST_INSIDE: u64 = 1 << 30;
/// Smaller tensors stay in the model even when the others do not.
const SMALL: u64 = 1024;
/// Tensors in the data file start at multiples of this.
const ALIGN: u64 = 64;

// Field numbers of the messages that are written piece by piece.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;
const TENSOR_RAW_DATA: u32 = 9;

/// A model: everything but the initialisers as a message, the initialisers as recipes.
#[derive(Clone, Debug)]
pub struct Model {
    /// The model without initialisers.
    pub proto: ModelProto,
    /// Its initialisers.
    pub tensors: Vec<Tensor>,
}

impl Model {
    /// Bytes of all initialisers.
    pub fn data_bytes(&self) -> u64 {
        self.tensors.iter().map(Tensor::bytes).sum()
    }

    /// Writes the model file; with `external` (or more than [`MOST_INSIDE`] bytes of data) the large tensors go to `PATH.data`.
    ///
    /// # Errors
    /// Those of the files, and a path without a UTF-8 file name for external data.
    pub fn save(&self, path: &Path, external: bool) -> io::Result<()> {
        let mut out = BufWriter::new(File::create(path)?);
        if external || self.data_bytes() > MOST_INSIDE {
            let name = path.file_name().and_then(|n| n.to_str()).map(|n| format!("{n}.data"));
            let name = name.ok_or_else(|| io::Error::other("external data needs a plain file name"))?;
            let data = BufWriter::new(File::create(path.with_file_name(&name))?);
            self.write(&mut out, Some((data, &name)))?;
        } else {
            self.write(&mut out, None::<(io::Sink, _)>)?;
        }
        out.flush()
    }

    /// The model in memory.
    ///
    /// # Errors
    /// None in practice: memory takes everything.
    pub fn bytes(&self) -> io::Result<Bytes> {
        let mut out = Vec::new();
        self.write(&mut out, None::<(io::Sink, _)>)?;
        Ok(out.into())
    }

    fn write(&self, out: &mut impl Write, mut data: Option<(impl Write, &str)>) -> io::Result<()> {
        // Headers first: the lengths around them must be known before anything is written.
        let mut offset = 0;
        let headers: Vec<(Vec<u8>, u64)> = self
            .tensors
            .iter()
            .map(|t| {
                let mut head = TensorProto {
                    dims: t.dims.clone(),
                    data_type: t.data_type,
                    name: t.name.clone(),
                    ..Default::default()
                };
                let mut inside = t.bytes();
                if let Some((_, file)) = data.as_ref().filter(|_| inside >= SMALL) {
                    head.data_location = 1;
                    head.external_data = entries(file, offset, inside);
                    offset += inside.next_multiple_of(ALIGN);
                    inside = 0;
                }
                let mut bytes = head.encode_to_vec();
                if inside > 0 {
                    open(&mut bytes, TENSOR_RAW_DATA, inside);
                }
                (bytes, inside)
            })
            .collect();
        let graph = self.proto.graph.as_ref().map(GraphProto::encode_to_vec).unwrap_or_default();
        let mut head = ModelProto { graph: None, ..self.proto.clone() }.encode_to_vec();
        let length = |(header, inside): &(Vec<u8>, u64)| {
            let n = header.len() as u64 + inside;
            let mut prefix = Vec::new();
            open(&mut prefix, GRAPH_INITIALIZER, n);
            prefix.len() as u64 + n
        };
        open(&mut head, MODEL_GRAPH, graph.len() as u64 + headers.iter().map(length).sum::<u64>());
        out.write_all(&head)?;
        out.write_all(&graph)?;
        for (tensor, (header, inside)) in self.tensors.iter().zip(&headers) {
            let mut prefix = Vec::new();
            open(&mut prefix, GRAPH_INITIALIZER, header.len() as u64 + inside);
            out.write_all(&prefix)?;
            out.write_all(header)?;
            if *inside > 0 {
                tensor.write(out)?;
            } else if let Some((file, _)) = data.as_mut().filter(|_| tensor.bytes() > 0) {
                tensor.write(file)?;
                let padding = tensor.bytes().next_multiple_of(ALIGN) - tensor.bytes();
                file.write_all(&[0; ALIGN as usize][..padding as usize])?;
            }
        }
        data.map_or(Ok(()), |(mut file, _)| file.flush())
    }
}

/// Key and length of a field whose bytes follow.
fn open(out: &mut impl BufMut, field: u32, length: u64) {
    encode_key(field, WireType::LengthDelimited, out);
    encode_varint(length, out);
}

fn entries(file: &str, offset: u64, length: u64) -> Vec<StringStringEntryProto> {
    let entry = |key: &str, value: String| StringStringEntryProto { key: key.into(), value };
    vec![entry("location", file.into()), entry("offset", offset.to_string()), entry("length", length.to_string())]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::tensors::{Fill, Numbers, Width};
    use cim_onnx::proto::data_type;

    fn model() -> Model {
        let numbers = Numbers::new(1, "w");
        let w = Tensor {
            name: "w".into(),
            dims: vec![30, 50],
            data_type: data_type::FLOAT,
            fill: Fill::Float(numbers, 0.0, Width::all(1.0)),
        };
        let graph = GraphProto { name: "g".into(), ..Default::default() };
        let proto = ModelProto { ir_version: 8, graph: Some(graph), ..Default::default() };
        Model { proto, tensors: vec![Tensor::ints("i", data_type::INT64, &[2], &[-1, 7]), w] }
    }

    #[test]
    fn a_written_model_decodes_to_the_same_message() {
        let model = model();
        let decoded = ModelProto::decode(model.bytes().unwrap()).unwrap();
        let graph = decoded.graph.as_ref().unwrap();
        assert_eq!((decoded.ir_version, graph.name.as_str(), graph.initializer.len()), (8, "g", 2));
        assert_eq!(graph.initializer[0].raw_data[..8], [0xff; 8]);
        let mut expected = Vec::new();
        model.tensors[1].write(&mut expected).unwrap();
        assert_eq!(graph.initializer[1].raw_data, expected);
        assert_eq!(graph.initializer[1].dims, [30, 50]);
    }

    #[test]
    fn external_data_lies_beside_the_model_and_small_tensors_inside() {
        let model = model();
        let (mut out, mut data) = (Vec::new(), Vec::new());
        model.write(&mut out, Some((&mut data, "m.onnx.data"))).unwrap();
        let graph = ModelProto::decode(&out[..]).unwrap().graph.unwrap();
        assert_eq!((graph.initializer[0].data_location, graph.initializer[1].data_location), (0, 1));
        assert_eq!(graph.initializer[1].external_data, entries("m.onnx.data", 0, 6000));
        assert_eq!(data.len(), 6016);
        let mut expected = Vec::new();
        model.tensors[1].write(&mut expected).unwrap();
        assert_eq!(data[..6000], expected);
    }
}
