//! Counts what decoding would allocate, before decoding.
//!
//! Two bytes can stand for an empty message that takes 200 in memory. Models have few messages and strings for their bytes,
//! so a limit on their number bounds memory by a constant plus a small multiple of the file.

/// Most messages and strings of a model; the largest exported networks have some 100,000.
const MAX_RECORDS: usize = 1 << 20;
/// Deepest nesting of messages, as in prost.
const MAX_DEPTH: usize = 90;

/// Messages the decoder knows.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    OpsetId,
    Function,
    Graph,
    Sparse,
    Node,
    Attribute,
    Tensor,
    Entry,
    ValueInfo,
    Type,
    Opaque,
    TensorType,
    Shape,
    Dimension,
}

/// What a length-delimited field is.
enum Field {
    Message(Kind),
    /// A string or byte string: an allocation or a handle each.
    Text,
    /// Packed numbers, or a field the decoder skips.
    Flat,
}

fn field(kind: Kind, number: u64) -> Field {
    use Field::{Flat, Message, Text};
    use Kind::*;
    match (kind, number) {
        (Model, 7) => Message(Graph),
        (Model, 8) => Message(OpsetId),
        (Model, 25) => Message(Function),
        (Graph, 1) => Message(Node),
        (Graph, 5) => Message(Tensor),
        (Graph, 11..=13) => Message(ValueInfo),
        (Graph, 15) => Message(Sparse),
        (Sparse, 1) => Message(Tensor),
        (Node, 5) => Message(Attribute),
        (Function, 7) => Message(Node),
        (Function, 9) => Message(OpsetId),
        (Function, 11) => Message(Attribute),
        (Attribute, 5) => Message(Tensor),
        (Attribute, 6) => Message(Graph),
        (Tensor, 13) => Message(Entry),
        (ValueInfo, 2) => Message(Type),
        (Type, 1) => Message(TensorType),
        (Type, 4 | 5 | 8 | 9) => Message(Opaque),
        (TensorType, 2) => Message(Shape),
        (Shape, 1) => Message(Dimension),
        (Node, 1..=4 | 7 | 8) | (Attribute, 1 | 4 | 9 | 21) | (Tensor, 8 | 9) | (Graph, 2) | (ValueInfo, 1) => Text,
        (OpsetId | Function | Entry | Dimension, _) | (Model, 2) => Text,
        _ => Flat,
    }
}

/// Fails when the bytes are no protocol buffer or hold too many records.
pub(crate) fn check(bytes: &[u8]) -> Result<(), String> {
    let mut records = 0;
    let mut work = vec![(Kind::Model, bytes, 0)];
    while let Some((kind, mut rest, depth)) = work.pop() {
        if depth > MAX_DEPTH {
            return Err(format!("messages are nested more than {MAX_DEPTH} deep"));
        }
        while !rest.is_empty() {
            let key = varint(&mut rest)?;
            match key & 7 {
                0 => drop(varint(&mut rest)?),
                1 => drop(take(&mut rest, 8)?),
                5 => drop(take(&mut rest, 4)?),
                2 => {
                    let len = varint(&mut rest)?;
                    let body = take(&mut rest, len)?;
                    match field(kind, key >> 3) {
                        Field::Message(kind) => work.push((kind, body, depth + 1)),
                        Field::Text => {}
                        Field::Flat => continue,
                    }
                    records += 1;
                    if records > MAX_RECORDS {
                        return Err(format!("the model has more than {MAX_RECORDS} messages and strings"));
                    }
                }
                wire => return Err(format!("the file is no ONNX model: it has a field of wire type {wire}")),
            }
        }
    }
    Ok(())
}

const TRUNCATED: &str = "the file is no ONNX model, or it is truncated";

fn take<'a>(rest: &mut &'a [u8], len: u64) -> Result<&'a [u8], String> {
    let at = usize::try_from(len).ok().filter(|l| *l <= rest.len()).ok_or(TRUNCATED)?;
    let (head, tail) = rest.split_at(at);
    *rest = tail;
    Ok(head)
}

fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest, 1)?.first().copied().unwrap_or(0);
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err("the file is no ONNX model: a number has more than 10 bytes".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_messages_are_counted_and_payloads_are_not() {
        // graph { node {} node {} ... }
        let nodes: Vec<u8> = [0x0a, 0x00].repeat(MAX_RECORDS);
        let mut model = vec![0x3a];
        prost::encode_length_delimiter(nodes.len(), &mut model).unwrap();
        model.extend(&nodes);
        assert!(check(&model).unwrap_err().contains("more than"));
        // metadata_props, which the decoder skips.
        let flat: Vec<u8> = [0x72, 0x00].repeat(MAX_RECORDS + 1);
        assert_eq!(check(&flat), Ok(()));
    }

    #[test]
    fn truncation_and_foreign_bytes_are_refused() {
        assert!(check(b"\x3a\x05\x00").is_err());
        assert!(check(b"<!DOCTYPE html>").is_err());
        assert!(check(&[0xff; 16]).is_err());
        assert_eq!(check(b""), Ok(()));
    }
}
