//! The `.npy` format, versions 1.0 to 3.0.

use std::io::{self, Write};

use anyhow::{Context, Result, anyhow, bail};

use cim_host::Tensor;
use cim_isa::types::ElemType;

use super::{Array, Elements};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// Parses a whole `.npy` file.
///
/// # Errors
/// The header is malformed, the element type is not a plain number, or the data is shorter or longer than the shape says.
pub fn parse_npy(bytes: &[u8]) -> Result<Array> {
    let rest = bytes.strip_prefix(MAGIC).context("this is not a .npy file")?;
    let (&[major, _minor], rest) = rest.split_first_chunk().context("the .npy header is cut off")?;
    let (length, rest) = match major {
        1 => {
            let (&n, rest) = rest.split_first_chunk().context("the .npy header is cut off")?;
            (u16::from_le_bytes(n) as usize, rest)
        }
        2 | 3 => {
            let (&n, rest) = rest.split_first_chunk().context("the .npy header is cut off")?;
            (u32::from_le_bytes(n) as usize, rest)
        }
        v => bail!(".npy format version {v} is not known"),
    };
    let (header, data) = rest.split_at_checked(length).context("the .npy header is cut off")?;
    let header = std::str::from_utf8(header).context("the .npy header is not text")?;
    let header = Header::parse(header)?;
    let count = header
        .shape
        .iter()
        .try_fold(1usize, |n, &d| n.checked_mul(d))
        .and_then(|n| Some((n, n.checked_mul(header.kind.size())?)));
    let Some((count, size)) = count else { bail!("shape {:?} is too large", header.shape) };
    if data.len() != size {
        bail!("shape {:?} needs {size} bytes of data, there are {}", header.shape, data.len());
    }
    let elements = header.kind.decode(data, header.big_endian)?;
    let elements = if header.fortran {
        match elements {
            Elements::F32(v) => Elements::F32(c_order(&v, &header.shape)),
            Elements::F64(v) => Elements::F64(c_order(&v, &header.shape)),
            Elements::Int(v) => Elements::Int(c_order(&v, &header.shape)),
        }
    } else {
        elements
    };
    let array = Array { shape: header.shape, elements };
    debug_assert_eq!(array.len(), count);
    Ok(array)
}

/// Writes a tensor, as `numpy.save` does, byte for byte. Integers of other widths take the next of NumPy's types; bf16 is written as f32.
///
/// # Errors
/// Those of the writer.
pub fn write_npy(out: &mut impl Write, tensor: &Tensor) -> io::Result<()> {
    let descr = match tensor.elem {
        ElemType::F32 => "<f4".to_string(),
        ElemType::F64 => "<f8".to_string(),
        ElemType::F16 => "<f2".to_string(),
        ElemType::Bool => "|b1".to_string(),
        ElemType::BF16 => return write_npy_f32(out, &tensor.shape, &tensor.to_f32()),
        ElemType::Int(t) => {
            let (order, kind) = (if t.bytes() == 1 { '|' } else { '<' }, if t.signed { 'i' } else { 'u' });
            format!("{order}{kind}{}", t.bytes())
        }
    };
    header(out, &descr, &tensor.shape)?;
    out.write_all(&tensor.to_bytes())
}

/// Writes f32 elements, as `numpy.save` does, byte for byte.
///
/// # Errors
/// Those of the writer.
pub fn write_npy_f32(out: &mut impl Write, shape: &[usize], data: &[f32]) -> io::Result<()> {
    header(out, "<f4", shape)?;
    let bytes: Vec<u8> = data.iter().flat_map(|v| v.to_le_bytes()).collect();
    out.write_all(&bytes)
}

/// Writes i64 elements, as `numpy.save` does, byte for byte.
///
/// # Errors
/// Those of the writer.
pub fn write_npy_i64(out: &mut impl Write, shape: &[usize], data: &[i64]) -> io::Result<()> {
    header(out, "<i8", shape)?;
    let bytes: Vec<u8> = data.iter().flat_map(|v| v.to_le_bytes()).collect();
    out.write_all(&bytes)
}

fn header(out: &mut impl Write, descr: &str, shape: &[usize]) -> io::Result<()> {
    let dims: Vec<String> = shape.iter().map(usize::to_string).collect();
    let dims = if let [one] = &dims[..] { format!("({one},)") } else { format!("({})", dims.join(", ")) };
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {dims}, }}");
    // NumPy leaves room for the first dimension to grow to 21 digits, then aligns the data to 64 bytes.
    let growth = 21usize.saturating_sub(shape.first().map_or(21, |d| d.to_string().len()));
    text.push_str(&" ".repeat(growth));
    let unpadded = MAGIC.len() + 4 + text.len() + 1;
    text.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    text.push('\n');
    let length = u16::try_from(text.len()).map_err(|_| io::Error::other("the shape has too many dimensions"))?;
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(text.as_bytes())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Float(usize),
    Signed(usize),
    Unsigned(usize),
    Bool,
}

impl Kind {
    fn size(self) -> usize {
        match self {
            Kind::Float(n) | Kind::Signed(n) | Kind::Unsigned(n) => n,
            Kind::Bool => 1,
        }
    }

    fn decode(self, data: &[u8], big_endian: bool) -> Result<Elements> {
        let size = self.size();
        let raw = data.chunks_exact(size).map(move |b| {
            let fold = |v: u64, &b: &u8| v << 8 | b as u64;
            if big_endian { b.iter().fold(0, fold) } else { b.iter().rev().fold(0, fold) }
        });
        Ok(match self {
            Kind::Float(2) => Elements::F32(raw.map(|v| half(v as u16)).collect()),
            Kind::Float(4) => Elements::F32(raw.map(|v| f32::from_bits(v as u32)).collect()),
            Kind::Float(_) => Elements::F64(raw.map(f64::from_bits).collect()),
            Kind::Signed(n) => {
                let unused = 64 - 8 * n as u32;
                Elements::Int(raw.map(|v| ((v << unused) as i64) >> unused).collect())
            }
            Kind::Unsigned(_) => {
                let v: Result<Vec<i64>, _> = raw.map(i64::try_from).collect();
                Elements::Int(v.map_err(|_| anyhow!("an element is above the signed 64-bit range"))?)
            }
            Kind::Bool => Elements::Int(raw.map(|v| (v != 0) as i64).collect()),
        })
    }
}

/// IEEE binary16 to f32; every half is exact in f32.
fn half(bits: u16) -> f32 {
    let sign = (bits as u32 & 0x8000) << 16;
    let (exponent, fraction) = (bits as u32 >> 10 & 0x1f, bits as u32 & 0x3ff);
    match exponent {
        // Subnormal: fraction * 2^-24.
        0 => f32::from_bits(sign | (fraction as f32 * f32::from_bits(0x3380_0000)).to_bits()),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        e => f32::from_bits(sign | (e + 112) << 23 | fraction << 13),
    }
}

#[derive(Debug)]
struct Header {
    kind: Kind,
    big_endian: bool,
    fortran: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Parses the dictionary literal that is the header: three keys in any order.
    fn parse(text: &str) -> Result<Header> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        let body = text.trim().strip_prefix('{').and_then(|t| t.strip_suffix('}'));
        let mut rest = body.context("the .npy header is not a dictionary")?.trim();
        while !rest.is_empty() {
            let (key, after) = quoted(rest).context("a key of the .npy header is not quoted")?;
            let after = after.trim_start().strip_prefix(':').context("the .npy header lacks a colon")?.trim_start();
            let after = match key {
                "descr" => {
                    let (value, after) = quoted(after).context("structured element types are not supported")?;
                    descr = Some(element_type(value)?);
                    after
                }
                "fortran_order" => {
                    let (value, after) = if let Some(a) = after.strip_prefix("True") {
                        (true, a)
                    } else {
                        (false, after.strip_prefix("False").context("fortran_order is neither True nor False")?)
                    };
                    fortran = Some(value);
                    after
                }
                "shape" => {
                    let inner = after.strip_prefix('(').and_then(|t| t.split_once(')'));
                    let (dims, after) = inner.context("the shape of the .npy header is not a tuple")?;
                    let dims = dims.split(',').map(str::trim).filter(|d| !d.is_empty());
                    let dims: Result<Vec<usize>, _> = dims.map(|d| d.trim_end_matches('L').parse()).collect();
                    shape = Some(dims.context("a dimension of the .npy header is not a number")?);
                    after
                }
                other => bail!("key '{other}' of the .npy header is not known"),
            };
            rest = after.trim_start();
            match rest.strip_prefix(',') {
                Some(r) => rest = r.trim_start(),
                None if rest.is_empty() => {}
                None => bail!("the .npy header lacks a comma"),
            }
        }
        match (descr, fortran, shape) {
            (Some((kind, big_endian)), Some(fortran), Some(shape)) => Ok(Header { kind, big_endian, fortran, shape }),
            _ => bail!("the .npy header needs descr, fortran_order and shape"),
        }
    }
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|q| ['\'', '"'].contains(q))?;
    text.get(1..)?.split_once(quote)
}

fn element_type(descr: &str) -> Result<(Kind, bool)> {
    let unknown = || anyhow!("element type '{descr}' is not supported: use float16/32/64, an integer type or bool");
    let (order, code) = match descr.chars().next() {
        Some(c @ ('<' | '>' | '|' | '=')) => (c, descr.get(1..).unwrap_or_default()),
        _ => ('=', descr),
    };
    let kind = match code {
        "f2" | "f4" | "f8" => Kind::Float,
        "i1" | "i2" | "i4" | "i8" => Kind::Signed,
        "u1" | "u2" | "u4" | "u8" => Kind::Unsigned,
        "b1" => |_| Kind::Bool,
        _ => return Err(unknown()),
    };
    let size = code.get(1..).and_then(|n| n.parse().ok()).ok_or_else(unknown)?;
    Ok((kind(size), order == '>'))
}

/// Fortran order (first index fastest) to C order.
fn c_order<T: Copy>(data: &[T], shape: &[usize]) -> Vec<T> {
    let mut out = Vec::with_capacity(data.len());
    for i in 0..data.len() {
        let (mut rest, mut at, mut stride) = (i, 0, data.len());
        for &d in shape.iter().rev() {
            stride /= d.max(1);
            at += rest % d.max(1) * stride;
            rest /= d.max(1);
        }
        out.extend(data.get(at).copied());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut f = MAGIC.to_vec();
        f.extend([1, 0]);
        f.extend((header.len() as u16).to_le_bytes());
        f.extend(header.as_bytes());
        f.extend(data);
        f
    }

    #[test]
    fn reads_what_it_writes() {
        for shape in [vec![], vec![3], vec![2, 3], vec![1, 2, 0]] {
            let n = shape.iter().product();
            let data: Vec<f32> = (0..n).map(|i| i as f32 - 0.5).collect();
            let mut f = vec![];
            write_npy_f32(&mut f, &shape, &data).unwrap();
            assert_eq!(f.len() % 64, n * 4 % 64, "the data starts at a multiple of 64");
            assert_eq!(parse_npy(&f).unwrap(), Array { shape: shape.clone(), elements: Elements::F32(data) });
            let data: Vec<i64> = (0..n as i64).map(|i| i - 1).collect();
            let mut f = vec![];
            write_npy_i64(&mut f, &shape, &data).unwrap();
            assert_eq!(parse_npy(&f).unwrap(), Array { shape, elements: Elements::Int(data) });
        }
    }

    #[test]
    fn fortran_order_is_turned() {
        let f = file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", &[1, 4, 2, 5, 3, 6]);
        assert_eq!(parse_npy(&f).unwrap().elements, Elements::Int(vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn element_types_and_byte_orders() {
        let one = |descr: &str, data: &[u8]| {
            parse_npy(&file(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': (1,)}}"), data))
                .map(|a| a.elements)
        };
        assert_eq!(one(">i2", &[0xff, 0xfe]).unwrap(), Elements::Int(vec![-2]));
        assert_eq!(one("<u2", &[0xfe, 0xff]).unwrap(), Elements::Int(vec![65534]));
        assert_eq!(one("|b1", &[7]).unwrap(), Elements::Int(vec![1]));
        assert_eq!(one(">f8", &1.5f64.to_be_bytes()).unwrap(), Elements::F64(vec![1.5]));
        assert_eq!(one("<f2", &[0x00, 0xc1]).unwrap(), Elements::F32(vec![-2.5]));
        assert_eq!(one("<f2", &[0x01, 0x00]).unwrap(), Elements::F32(vec![2f32.powi(-24)]));
        assert_eq!(one("<f2", &[0x00, 0x7c]).unwrap(), Elements::F32(vec![f32::INFINITY]));
        assert!(one("<u8", &[0xff; 8]).is_err());
        assert!(one("<c8", &[0; 8]).is_err());
        assert!(one("f16", &[0; 16]).is_err());
    }

    #[test]
    fn every_truncation_is_an_error() {
        let mut f = vec![];
        write_npy_f32(&mut f, &[2, 2], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        for n in 0..f.len() {
            assert!(parse_npy(&f[..n]).is_err(), "{n} bytes");
        }
    }

    #[test]
    fn no_flipped_byte_is_a_panic() {
        let mut f = vec![];
        write_npy_f32(&mut f, &[2, 2], &[1.0, 2.0, 3.0, 4.0]).unwrap();
        for i in 0..f.len() {
            for mask in [1, 0x10, 0x80, 0xff] {
                let mut damaged = f.clone();
                damaged[i] ^= mask;
                if let Ok(a) = parse_npy(&damaged) {
                    assert_eq!(a.shape.iter().product::<usize>(), a.len());
                }
            }
        }
    }

    #[test]
    fn hostile_headers_are_errors() {
        for shape in ["(18446744073709551615, 18446744073709551615)", "(4611686018427387904, 4)", "(-1,)", "(9999999,)"]
        {
            let f = file(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"), &[0; 16]);
            assert!(parse_npy(&f).is_err(), "{shape}");
        }
        for h in ["", "{", "{}", "{'descr'}", "{'descr': [('a', '<f4')]}", "{'x': 1}", "é", "{'descr': '<f4' 'a'"] {
            assert!(parse_npy(&file(h, &[])).is_err(), "{h}");
        }
    }
}
