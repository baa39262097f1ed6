//! Quantities that carry their unit in text, and limits that may be ideal.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// A bound that may be absent: *ideal* means "no constraint, no cost".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit<T> {
    /// No constraint and no cost.
    Ideal,
    /// A finite value.
    Finite(T),
}

impl<T> Limit<T> {
    /// The finite value, or None when ideal.
    pub fn finite(self) -> Option<T> {
        match self {
            Limit::Ideal => None,
            Limit::Finite(v) => Some(v),
        }
    }
    /// The finite value by reference.
    pub fn as_finite(&self) -> Option<&T> {
        match self {
            Limit::Ideal => None,
            Limit::Finite(v) => Some(v),
        }
    }
    /// True when ideal.
    pub fn is_ideal(&self) -> bool {
        matches!(self, Limit::Ideal)
    }
}

impl<T: fmt::Display> fmt::Display for Limit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Ideal => f.write_str("ideal"),
            Limit::Finite(v) => v.fmt(f),
        }
    }
}

/// A quantity that is written as text with a unit.
pub trait Quantity: Sized + fmt::Display {
    /// How a value looks, for messages: "a size such as `96 KiB`".
    const FORM: &'static str;
    /// Regular expression of the text, for the JSON schema.
    const PATTERN: &'static str;
    /// Whether a bare integer is accepted (a count has no unit).
    const BARE: bool = false;
    /// Parses number and unit.
    fn parse(text: &str) -> Result<Self, String>;
    /// A bare integer, when [`Quantity::BARE`].
    fn from_integer(value: u64) -> Result<Self, String> {
        Self::parse(&value.to_string())
    }
}

fn wrong<Q: Quantity>(text: &str) -> String {
    format!("`{text}` is not {}", Q::FORM)
}

/// Splits `1.4 us` into a decimal number, as (digits without the point, number of decimals), and the unit.
fn split(text: &str) -> Option<(u64, u32, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    if whole.is_empty() || fraction.contains('.') || (number.contains('.') && fraction.is_empty()) {
        return None;
    }
    let digits: u64 = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, fraction.len() as u32, unit.trim()))
}

/// `digits * 10^-decimals * factor`, when that is a whole number in range.
fn scaled(digits: u64, decimals: u32, factor: u64) -> Option<u64> {
    let product = u128::from(digits) * u128::from(factor);
    let divisor = 10u128.checked_pow(decimals)?;
    if product % divisor != 0 {
        return None;
    }
    u64::try_from(product / divisor).ok()
}

fn with_units<Q: Quantity>(text: &str, units: &[(&str, u64)]) -> Result<u64, String> {
    let (digits, decimals, unit) = split(text).ok_or_else(|| wrong::<Q>(text))?;
    let factor = units.iter().find(|u| u.0 == unit).ok_or_else(|| {
        let known: Vec<&str> = units.iter().map(|u| u.0).filter(|u| !u.is_empty()).collect();
        format!("{}: the unit must be one of {}", wrong::<Q>(text), known.join(", "))
    })?;
    scaled(digits, decimals, factor.1).ok_or_else(|| format!("{}: not a whole number in range", wrong::<Q>(text)))
}

/// A buffer size in bytes. Text: `96 KiB`, `1024 B`, `8192 b` (bits, a multiple of 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Quantity for Bytes {
    const FORM: &'static str = "a size such as `96 KiB`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?(b|Kib|Mib|B|KB|MB|GB|KiB|MiB|GiB)$";
    fn parse(text: &str) -> Result<Self, String> {
        const UNITS: &[(&str, u64)] = &[
            ("b", 1),
            ("Kib", 1 << 10),
            ("Mib", 1 << 20),
            ("B", 8),
            ("KB", 8_000),
            ("MB", 8_000_000),
            ("GB", 8_000_000_000),
            ("KiB", 8 << 10),
            ("MiB", 8 << 20),
            ("GiB", 8 << 30),
        ];
        let bits = with_units::<Self>(text, UNITS)?;
        if bits % 8 != 0 {
            return Err(format!("`{text}` is not a whole number of bytes"));
        }
        Ok(Bytes(bits / 8))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if self.0 >= size && self.0.is_multiple_of(size) {
                return write!(f, "{} {unit}", self.0 / size);
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// A bandwidth in bits per cycle. Text: `384 b/cycle`, `48 B/cycle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BitsPerCycle(pub u64);

impl Quantity for BitsPerCycle {
    const FORM: &'static str = "a bandwidth such as `384 b/cycle`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?(b|B|KiB)/cycle$";
    fn parse(text: &str) -> Result<Self, String> {
        let v = with_units::<Self>(text, &[("b/cycle", 1), ("B/cycle", 8), ("KiB/cycle", 8192)])?;
        if v == 0 {
            return Err(format!("`{text}`: a bandwidth is at least 1 b/cycle; leave the limit out with `ideal`"));
        }
        Ok(BitsPerCycle(v))
    }
}

impl fmt::Display for BitsPerCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} b/cycle", self.0)
    }
}

/// Digital compute speed in operations per cycle. Text: `1024 ops/cycle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpsPerCycle(pub u64);

impl Quantity for OpsPerCycle {
    const FORM: &'static str = "a speed such as `1024 ops/cycle`";
    const PATTERN: &'static str = r"^[0-9]+ ?ops?/cycle$";
    fn parse(text: &str) -> Result<Self, String> {
        let v = with_units::<Self>(text, &[("ops/cycle", 1), ("op/cycle", 1)])?;
        if v == 0 {
            return Err(format!("`{text}`: a speed is at least 1 ops/cycle; leave the limit out with `ideal`"));
        }
        Ok(OpsPerCycle(v))
    }
}

impl fmt::Display for OpsPerCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ops/cycle", self.0)
    }
}

/// A precision in bits, 1 to 32. Text: `8 bit`, or the bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits(pub u8);

impl Quantity for Bits {
    const FORM: &'static str = "a precision such as `8 bit`";
    const PATTERN: &'static str = r"^[0-9]+ ?bits?$";
    const BARE: bool = true;
    fn parse(text: &str) -> Result<Self, String> {
        let v = with_units::<Self>(text, &[("", 1), ("bit", 1), ("bits", 1), ("b", 1)])?;
        if !(1..=32).contains(&v) {
            return Err(format!("`{text}`: a precision is between 1 and 32 bit"));
        }
        Ok(Bits(v as u8))
    }
}

impl fmt::Display for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bit", self.0)
    }
}

/// A time in picoseconds. Text: `1.4 us`, `100 ns`; a clock may also be a frequency (`10 MHz`, kept as its period).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Time {
    /// Picoseconds, at least 1.
    pub picoseconds: u64,
}

const TIME_UNITS: &[(&str, u64)] =
    &[("ps", 1), ("ns", 1_000), ("us", 1_000_000), ("ms", 1_000_000_000), ("s", 1_000_000_000_000)];

impl Time {
    /// Seconds.
    pub fn seconds(self) -> f64 {
        self.picoseconds as f64 * 1e-12
    }
}

impl Quantity for Time {
    const FORM: &'static str = "a time such as `100 ns`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?(ps|ns|us|ms|s|kHz|MHz|GHz)$";
    fn parse(text: &str) -> Result<Self, String> {
        const RATES: &[(&str, u64)] = &[("kHz", 1_000), ("MHz", 1_000_000), ("GHz", 1_000_000_000)];
        let picoseconds = match split(text) {
            Some((digits, decimals, unit)) if RATES.iter().any(|r| r.0 == unit) => {
                let rate = RATES.iter().find(|r| r.0 == unit).map_or(1, |r| r.1);
                let hertz = scaled(digits, decimals, rate)
                    .filter(|h| *h > 0)
                    .ok_or_else(|| format!("`{text}` is not a frequency in whole hertz"))?;
                (1_000_000_000_000 + hertz / 2) / hertz
            }
            _ => with_units::<Self>(text, TIME_UNITS)?,
        };
        if picoseconds == 0 {
            return Err(format!("`{text}`: a time is at least 1 ps"));
        }
        Ok(Time { picoseconds })
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = TIME_UNITS
            .iter()
            .rev()
            .find(|u| self.picoseconds >= u.1 && self.picoseconds.is_multiple_of(u.1))
            .copied()
            .unwrap_or(("ps", 1));
        write!(f, "{} {unit}", self.picoseconds / size)
    }
}

/// Time to write one row of cells: in cycles of the machine's clock, or absolute. Text: `10 cycles`, `1.4 us`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WriteTime {
    /// Clock cycles.
    Cycles(u64),
    /// An absolute time.
    Time(Time),
}

impl Quantity for WriteTime {
    const FORM: &'static str = "a write time such as `10 cycles` or `1.4 us`";
    const PATTERN: &'static str = r"^[0-9]+(\.[0-9]+)? ?(cycles?|ps|ns|us|ms|s)$";
    fn parse(text: &str) -> Result<Self, String> {
        match split(text) {
            Some((_, _, "cycle" | "cycles")) => {
                with_units::<Self>(text, &[("cycles", 1), ("cycle", 1)]).map(WriteTime::Cycles)
            }
            _ => {
                let picoseconds = with_units::<Self>(text, TIME_UNITS)?;
                Ok(WriteTime::Time(Time { picoseconds }))
            }
        }
    }
}

impl fmt::Display for WriteTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteTime::Cycles(n) => write!(f, "{n} cycles"),
            WriteTime::Time(t) => t.fmt(f),
        }
    }
}

/// A plain count with no unit.
impl Quantity for u32 {
    const FORM: &'static str = "a count such as `128`";
    const PATTERN: &'static str = "^[0-9]+$";
    const BARE: bool = true;
    fn parse(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|_| wrong::<u32>(text))
    }
}

struct QuantityVisitor<Q>(std::marker::PhantomData<Q>);

impl<Q: Quantity> Visitor<'_> for QuantityVisitor<Q> {
    type Value = Q;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Q::FORM)
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Q, E> {
        Q::parse(v).map_err(E::custom)
    }
    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Q, E> {
        if Q::BARE { Q::from_integer(v).map_err(E::custom) } else { Err(E::custom(wrong::<Q>(&format!("{v}")))) }
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Q, E> {
        u64::try_from(v).map_err(|_| E::custom(wrong::<Q>(&format!("{v}")))).and_then(|v| self.visit_u64(v))
    }
    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Q, E> {
        Err(E::custom(wrong::<Q>(&format!("{v}"))))
    }
}

macro_rules! quantity_serde {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_any(QuantityVisitor(std::marker::PhantomData))
            }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(s: &str) -> Result<Self, String> {
                <$name as Quantity>::parse(s)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema_of::<$name>()
            }
        }
    )*};
}
quantity_serde!(Bytes, BitsPerCycle, OpsPerCycle, Bits, Time, WriteTime);

fn schema_of<Q: Quantity>() -> Schema {
    if Q::BARE {
        json_schema!({
            "anyOf": [{"type": "string", "pattern": Q::PATTERN}, {"type": "integer", "minimum": 0}],
            "description": Q::FORM
        })
    } else {
        json_schema!({"type": "string", "pattern": Q::PATTERN, "description": Q::FORM})
    }
}

impl<T: Quantity + Serialize> Serialize for Limit<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Limit::Ideal => s.serialize_str("ideal"),
            Limit::Finite(v) => v.serialize(s),
        }
    }
}

struct LimitVisitor<Q>(std::marker::PhantomData<Q>);

impl<Q: Quantity> Visitor<'_> for LimitVisitor<Q> {
    type Value = Limit<Q>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`ideal` or {}", Q::FORM)
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Limit<Q>, E> {
        if v.trim() == "ideal" {
            return Ok(Limit::Ideal);
        }
        Q::parse(v).map(Limit::Finite).map_err(|m| E::custom(format!("{m}, nor `ideal`")))
    }
    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Limit<Q>, E> {
        QuantityVisitor(std::marker::PhantomData).visit_u64(v).map(Limit::Finite)
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Limit<Q>, E> {
        QuantityVisitor(std::marker::PhantomData).visit_i64(v).map(Limit::Finite)
    }
    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Limit<Q>, E> {
        QuantityVisitor(std::marker::PhantomData).visit_f64(v).map(Limit::Finite)
    }
}

impl<'de, T: Quantity> Deserialize<'de> for Limit<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(LimitVisitor(std::marker::PhantomData))
    }
}

impl<T: Quantity> JsonSchema for Limit<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"anyOf": [{"const": "ideal"}, schema_of::<T>()]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_parsed() {
        assert_eq!("96 KiB".parse(), Ok(Bytes(98_304)));
        assert_eq!("786432 b".parse(), Ok(Bytes(98_304)));
        assert_eq!("1.5KiB".parse(), Ok(Bytes(1536)));
        assert_eq!("48 B/cycle".parse(), Ok(BitsPerCycle(384)));
        assert_eq!("1024 ops/cycle".parse(), Ok(OpsPerCycle(1024)));
        assert_eq!("8 bit".parse(), Ok(Bits(8)));
        assert_eq!("2".parse(), Ok(Bits(2)));
        assert_eq!("1.4 us".parse(), Ok(Time { picoseconds: 1_400_000 }));
        assert_eq!("10 MHz".parse(), Ok(Time { picoseconds: 100_000 }));
        assert_eq!("10 cycles".parse(), Ok(WriteTime::Cycles(10)));
    }

    #[test]
    fn wrong_quantities_say_why() {
        for (text, part) in [
            ("96 kB", "the unit must be one of"),
            ("96", "the unit must be one of"),
            ("12 b", "whole number of bytes"),
            ("x", "is not a size"),
            ("1.2.3 B", "is not a size"),
            ("99999999999999999999 B", "is not a size"),
        ] {
            let error = text.parse::<Bytes>().expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
        assert!("0 b/cycle".parse::<BitsPerCycle>().is_err());
        assert!("33".parse::<Bits>().is_err());
        assert!("0 ns".parse::<Time>().is_err());
    }

    #[test]
    fn text_is_the_inverse() {
        for v in [0, 1, 1023, 1024, 98_304, 3 << 30] {
            assert_eq!(Bytes(v).to_string().parse(), Ok(Bytes(v)));
        }
        for v in [1, 999, 1_000, 1_400_000, 5_000_000_000_000] {
            assert_eq!(Time { picoseconds: v }.to_string().parse(), Ok(Time { picoseconds: v }));
        }
    }
}
