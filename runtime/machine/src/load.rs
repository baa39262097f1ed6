//! YAML in and out. Errors name file, line, column and field.

use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use crate::machine::Machine;
use crate::presets::preset_text;

/// Largest description that is read, in bytes.
const MAX_TEXT: u64 = 4 << 20;

/// One thing wrong with a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// File, or `<preset NAME>`.
    pub file: String,
    /// Line from 1; 0 when the text gives no position.
    pub line: u64,
    /// Column from 1; 0 when the text gives no position.
    pub column: u64,
    /// Field path such as `crossbar.cell_bits`; empty for the whole file.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": error: ")?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

/// Why there is no machine.
#[derive(Debug, thiserror::Error)]
pub enum MachineError {
    /// Not a preset.
    #[error("`{name}` is no machine preset and no file; presets: {known}")]
    UnknownPreset {
        /// What was asked for.
        name: String,
        /// The presets there are.
        known: String,
    },
    /// The file cannot be read.
    #[error("{file}: error: cannot read the machine description: {reason}")]
    Read {
        /// File.
        file: String,
        /// Reason of the operating system.
        reason: String,
    },
    /// The text is not a valid description.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

impl Machine {
    /// A preset by name, or the YAML file at that path.
    pub fn load(path_or_name: &str) -> Result<Machine, MachineError> {
        if preset_text(path_or_name).is_some() {
            return Machine::preset(path_or_name);
        }
        let path = Path::new(path_or_name);
        let looks_like_name = !path_or_name.contains(['/', '\\', '.']);
        if looks_like_name && !path.exists() {
            return Machine::preset(path_or_name);
        }
        let read = |e: std::io::Error| MachineError::Read { file: path_or_name.to_string(), reason: e.to_string() };
        let size = std::fs::metadata(path).map_err(read)?.len();
        if size > MAX_TEXT {
            let reason = format!("{size} bytes; a description has at most {MAX_TEXT}");
            return Err(MachineError::Read { file: path_or_name.to_string(), reason });
        }
        let text = std::fs::read_to_string(path).map_err(read)?;
        Machine::from_yaml(&text, path_or_name)
    }

    /// Parses and checks a YAML description; `file` is used in errors.
    pub fn from_yaml(text: &str, file: &str) -> Result<Machine, MachineError> {
        let positions = Positions::of(text);
        let machine: Machine = serde_saphyr::from_str(text).map_err(|error| {
            let at = error.location().map_or((0, 0), |l| (l.line(), l.column()));
            let message = plain_message(&error);
            MachineError::Invalid(vec![Problem {
                file: file.to_string(),
                line: at.0,
                column: at.1,
                field: positions.field_at(at),
                message,
            }])
        })?;
        let problems: Vec<Problem> = machine
            .problems()
            .into_iter()
            .map(|(field, message)| {
                let (line, column) = positions.position_of(&field);
                Problem { file: file.to_string(), line, column, field, message }
            })
            .collect();
        if problems.is_empty() { Ok(machine) } else { Err(MachineError::Invalid(problems)) }
    }

    /// The description as YAML; [`Machine::from_yaml`] reads it back equal.
    pub fn to_yaml(&self) -> String {
        // Serialising strings and integers into a string cannot fail; an empty text would be refused by the reader.
        serde_saphyr::to_string(self).unwrap_or_default()
    }

    /// Overrides one field: `set("crossbar.cell_bits", "2")`. The new value is recorded as the field's source.
    /// The machine is unchanged when the field does not exist or the result contradicts itself.
    pub fn set(&mut self, path: &str, value: &str) -> Result<(), MachineError> {
        self.set_all(&[(path, value)])
    }

    /// Overrides several fields at once; only the result is checked, so that fields that depend on each other can change.
    pub fn set_all(&mut self, settings: &[(&str, &str)]) -> Result<(), MachineError> {
        let paths = self.field_paths();
        let mut machine = self.clone();
        for (path, value) in settings {
            if !paths.iter().any(|p| p == path) {
                let near = paths.iter().filter(|p| p.rsplit('.').next() == path.rsplit('.').next());
                let mut known: Vec<&str> = near.map(String::as_str).collect();
                if known.is_empty() {
                    known = paths.iter().map(String::as_str).collect();
                }
                let message = format!("no such field; known: {}", known.join(", "));
                return Err(setting_error(path, message));
            }
            machine = machine.with_field(path, value).map_err(|m| setting_error(path, m))?;
            machine.sources.insert((*path).to_string(), "set by the user".to_string());
        }
        let problems = machine.problems();
        if problems.is_empty() {
            *self = machine;
            return Ok(());
        }
        let file = "--set".to_string();
        let of = |(field, message)| Problem { file: file.clone(), line: 0, column: 0, field, message };
        Err(MachineError::Invalid(problems.into_iter().map(of).collect()))
    }

    fn with_field(&self, path: &str, value: &str) -> Result<Machine, String> {
        let mut tree = serde_json::to_value(self).map_err(|e| e.to_string())?;
        let pointer = format!("/{}", path.replace('.', "/"));
        let slot = tree.pointer_mut(&pointer).ok_or("no such field")?;
        let text = value.trim();
        *slot = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(v @ (serde_json::Value::Number(_) | serde_json::Value::Array(_) | serde_json::Value::Null)) => v,
            _ => serde_json::Value::String(text.to_string()),
        };
        // `name: 7` would be a number; strings stay strings.
        if matches!(path, "name" | "description" | "chip.core_noc" | "core.xb_noc" | "crossbar.device") {
            *slot = serde_json::Value::String(text.to_string());
        }
        serde_json::from_value(tree).map_err(|e| format!("`{text}`: {e}"))
    }

    /// JSON schema of a description, as text.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Machine);
        serde_json::to_string_pretty(&schema).unwrap_or_default()
    }
}

fn setting_error(path: &str, message: String) -> MachineError {
    MachineError::Invalid(vec![Problem {
        file: "--set".to_string(),
        line: 0,
        column: 0,
        field: path.to_string(),
        message,
    }])
}

/// The parser's message without its own position and source excerpt, which [`Problem`] carries.
fn plain_message(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let first = text.lines().next().unwrap_or_default();
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let first = match first.strip_prefix("line ").and_then(|rest| rest.split_once(": ")) {
        Some((at, rest)) if at.chars().all(|c| c.is_ascii_digit() || " column,:".contains(c)) => rest,
        _ => first,
    };
    let cut = first.find(" at line ").unwrap_or(first.len());
    first[..cut].to_string()
}

/// Where each field of a text stands.
struct Positions {
    /// (line, column, path) in document order.
    fields: Vec<(u64, u64, String)>,
}

impl Positions {
    fn of(text: &str) -> Positions {
        let mut fields = Vec::new();
        // A text that is no YAML at all has no fields; the real parse reports why.
        if let Ok(root) = serde_saphyr::from_str::<Spanned<Node>>(text) {
            root.value.collect("", 0, &mut fields);
        }
        Positions { fields }
    }

    /// The innermost field whose key or value stands at or last before a position.
    fn field_at(&self, at: (u64, u64)) -> String {
        let before = self.fields.iter().filter(|f| (f.0, f.1) <= at).max_by_key(|f| (f.0, f.1, f.2.len()));
        before.map(|f| f.2.clone()).unwrap_or_default()
    }

    /// Position of a field, else of its tier, else nothing.
    fn position_of(&self, path: &str) -> (u64, u64) {
        let find = |p: &str| self.fields.iter().find(|f| f.2 == p).map(|f| (f.0, f.1));
        find(path).or_else(|| find(path.split('.').next().unwrap_or(path))).unwrap_or((0, 0))
    }
}

/// A YAML tree that keeps only positions.
enum Node {
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
    Leaf,
}

impl Node {
    fn collect(&self, path: &str, depth: usize, out: &mut Vec<(u64, u64, String)>) {
        let Node::Map(entries) = self else { return };
        for (key, value) in entries {
            let path = if path.is_empty() { key.value.clone() } else { format!("{path}.{}", key.value) };
            for at in [key.referenced, value.referenced] {
                if at.line() > 0 {
                    out.push((at.line(), at.column(), path.clone()));
                }
            }
            // The description has two levels; deeper text is refused anyway and needs no position.
            if depth < 4 {
                value.value.collect(&path, depth + 1, out);
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Node;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("YAML")
            }
            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_str<E>(self, _: &str) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Leaf)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                while seq.next_element::<Node>()?.is_some() {}
                Ok(Node::Leaf)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }
        }
        d.deserialize_any(V)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Bits, Limit, WriteTime};

    fn isaac() -> String {
        preset_text("isaac-baseline").expect("preset").to_string()
    }

    fn error_of(text: &str) -> String {
        Machine::from_yaml(text, "m.yaml").expect_err("must be refused").to_string()
    }

    #[test]
    fn errors_carry_file_line_column_and_field() {
        let cases = [
            ("cell_bits: 2 bit", "cell_bits: 2 bats", "m.yaml:24:14: error: crossbar.cell_bits: "),
            ("l0_bandwidth: 384 b/cycle", "l0_bandwidth: 384", "m.yaml:10:17: error: chip.l0_bandwidth: "),
            ("  adc: 8 bit", "  adc: 8 bit\n  adv: 8 bit", "m.yaml:23:3: error: crossbar.adv: "),
            ("parallel_row: 8", "parallel_row: 129", "m.yaml:25:3: error: crossbar.parallel_row: "),
            ("mode: wlm", "mode: wml", "m.yaml:3:7: error: mode: "),
            (
                "core_number: 768",
                "core_number: lots",
                "m.yaml:5:16: error: chip.core_number: expected a number, or a grid",
            ),
        ];
        for (from, to, start) in cases {
            let text = isaac().replacen(from, to, 1);
            let error = error_of(&text);
            assert!(error.starts_with(start), "{error}\nwanted {start}");
            assert!(!error.contains('\n'), "{error}");
        }
    }

    #[test]
    fn missing_field_and_broken_yaml() {
        assert!(error_of(&isaac().replacen("  rows: 128\n", "", 1)).contains("rows"));
        for text in ["", "a: [", "\u{0}", "- 1", "name: x", "&a [*a]", "{{{{"] {
            assert!(error_of(text).starts_with("m.yaml"), "{text}");
        }
    }

    #[test]
    fn a_cost_needs_a_source() {
        let text = isaac().replacen("  crossbar.write_row:", "  crossbar.dac:", 1);
        let error = error_of(&text);
        assert!(error.contains("crossbar.write_row: has no source"), "{error}");
    }

    #[test]
    fn set_overrides_any_field() {
        let mut m = Machine::preset("isaac-baseline").expect("preset");
        for path in m.field_paths() {
            let tree = serde_json::to_value(&m).expect("json");
            let value = tree.pointer(&format!("/{}", path.replace('.', "/"))).expect(&path).clone();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            m.set(&path, &text).unwrap_or_else(|e| panic!("{path}={text}: {e}"));
        }
        m.set("crossbar.cell_bits", "1").expect("cell_bits");
        assert_eq!(m.crossbar.cell_bits, Bits(1));
        m.set("chip.l0_size", "96 KiB").expect("l0_size");
        m.set("chip.core_number", "[2, 3]").expect("grid");
        assert_eq!(m.cores(), 6);
        m.set("crossbar.write_row", "1.4 us").expect("write_row");
        assert_eq!(m.write_row_cycles(), Some(14));
        m.set("crossbar.write_row", "null").expect("unknown");
        assert_eq!(m.write_row_cycles(), None);
        m.set("crossbar.encoding", "differential").expect("encoding");
        m.set_all(&[("crossbar.dac", "ideal"), ("crossbar.adc", "ideal")]).expect("ideal converters");
        assert_eq!(m.crossbar.dac, Limit::Ideal);
        assert_eq!(m.sources["crossbar.adc"], "set by the user");
        assert_eq!(Machine::from_yaml(&m.to_yaml(), "x").expect("reads back"), m);
    }

    #[test]
    fn set_refuses_and_leaves_the_machine() {
        let mut m = Machine::preset("puma").expect("preset");
        let before = m.clone();
        for (path, value, part) in [
            ("crossbar.cellbits", "2", "no such field"),
            ("cell_bits", "2", "known: crossbar.cell_bits"),
            ("crossbar.cell_bits", "two", "is not a precision"),
            ("crossbar.adc", "1", "cannot represent even one row"),
            ("crossbar.dac", "ideal", "must be ideal when"),
            ("crossbar.rows", "0", "at least 1"),
        ] {
            let error = m.set(path, value).expect_err(value).to_string();
            assert!(error.contains(part) && error.contains("--set"), "{error}");
            assert_eq!(m, before);
        }
    }

    #[test]
    fn absolute_write_time_needs_a_clock() {
        let mut m = Machine::preset("puma").expect("preset");
        m.set("crossbar.write_row", "1 us").expect("time");
        assert!(matches!(m.crossbar.write_row, Some(WriteTime::Time(_))));
        assert_eq!(m.write_row_cycles(), None);
    }

    #[test]
    fn load_finds_presets_and_files() {
        assert!(Machine::load("puma").is_ok());
        assert!(Machine::load("pumma").expect_err("unknown").to_string().contains("presets: "));
        assert!(Machine::load("./no/such.yaml").expect_err("missing").to_string().contains("cannot read"));
    }

    #[test]
    fn schema_is_json() {
        let schema: serde_json::Value = serde_json::from_str(&Machine::schema()).expect("json");
        assert!(schema.pointer("/properties/crossbar").is_some());
        assert_eq!(schema.pointer("/additionalProperties"), Some(&serde_json::Value::Bool(false)));
    }
}
