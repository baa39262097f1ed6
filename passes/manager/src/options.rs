//! Options of passes and pipelines: struct fields with a text form.

/// What `--help` says about an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionInfo {
    /// Name as written in a pipeline.
    pub name: String,
    /// Documentation.
    pub help: String,
    /// `<int>`, `<string>`, ...; empty for flags.
    pub placeholder: &'static str,
    /// Accepted words with their meaning, for options that are a choice.
    pub choices: &'static [(&'static str, &'static str)],
}

/// An option's value: how it is read from and written to pipeline text.
pub trait OptionValue: Sized {
    /// Shown after the name in `--help`.
    const PLACEHOLDER: &'static str;
    /// Accepted words with their meaning.
    const CHOICES: &'static [(&'static str, &'static str)] = &[];
    /// Reads a value; `None` is an option given without `=value`. The error completes "for the --name option: ".
    fn read(text: Option<&str>) -> Result<Self, String>;
    /// The value as written; `None` when nothing need be written (an empty list).
    fn write(&self) -> Option<String>;
}

const NEEDS_VALUE: &str = "requires a value!";

impl OptionValue for bool {
    const PLACEHOLDER: &'static str = "";
    fn read(text: Option<&str>) -> Result<Self, String> {
        match text {
            None | Some("" | "true" | "TRUE" | "True" | "1") => Ok(true),
            Some("false" | "FALSE" | "False" | "0") => Ok(false),
            Some(t) => Err(format!("'{t}' is invalid value for boolean argument! Try 0 or 1")),
        }
    }
    fn write(&self) -> Option<String> {
        Some(self.to_string())
    }
}

macro_rules! number {
    ($($t:ty => $placeholder:literal, $what:literal;)*) => { $(impl OptionValue for $t {
        const PLACEHOLDER: &'static str = $placeholder;
        fn read(text: Option<&str>) -> Result<Self, String> {
            let text = text.ok_or(NEEDS_VALUE)?;
            text.parse().map_err(|_| format!("'{text}' value invalid for {} argument!", $what))
        }
        fn write(&self) -> Option<String> {
            Some(self.to_string())
        }
    })* };
}
number! {
    i64 => "<long>", "long";
    u64 => "<ulong>", "ulong";
    u32 => "<uint>", "uint";
    usize => "<ulong>", "ulong";
    f64 => "<number>", "floating point";
}

impl OptionValue for String {
    const PLACEHOLDER: &'static str = "<string>";
    fn read(text: Option<&str>) -> Result<Self, String> {
        text.map(str::to_string).ok_or_else(|| NEEDS_VALUE.to_string())
    }
    fn write(&self) -> Option<String> {
        // Blanks and separators would end the value: braces keep it together.
        let plain = !self.is_empty() && !self.contains([' ', '\t', '\n', ',', '{', '}', '\'', '"']);
        Some(if plain { self.clone() } else { format!("{{{self}}}") })
    }
}

impl<T: OptionValue> OptionValue for Option<T> {
    const PLACEHOLDER: &'static str = T::PLACEHOLDER;
    const CHOICES: &'static [(&'static str, &'static str)] = T::CHOICES;
    fn read(text: Option<&str>) -> Result<Self, String> {
        T::read(text).map(Some)
    }
    fn write(&self) -> Option<String> {
        self.as_ref().and_then(T::write)
    }
}

impl<T: OptionValue> OptionValue for Vec<T> {
    const PLACEHOLDER: &'static str = T::PLACEHOLDER;
    const CHOICES: &'static [(&'static str, &'static str)] = T::CHOICES;
    fn read(text: Option<&str>) -> Result<Self, String> {
        let text = text.ok_or(NEEDS_VALUE)?;
        split_list(text).into_iter().map(|item| T::read(Some(item))).collect()
    }
    fn write(&self) -> Option<String> {
        let items: Vec<String> = self.iter().filter_map(T::write).collect();
        (!items.is_empty()).then(|| format!("{{{}}}", items.join(",")))
    }
}

/// Splits at commas outside brackets and quotes; items lose blanks around them and one pair of quotes or braces.
fn split_list(text: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let (mut depth, mut quote, mut start) = (0i32, None, 0);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if q == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '{' | '[') => depth += 1,
            (None, ')' | '}' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                items.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    items.push(&text[start..]);
    items.into_iter().map(str::trim).filter(|i| !i.is_empty()).map(crate::pipeline::unwrapped).collect()
}

/// Why an option text was refused; worded as MLIR words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionError {
    /// No option of this name.
    Unknown(String),
    /// The value cannot be read.
    Value {
        /// Option.
        name: String,
        /// Completes "for the --name option: ".
        message: String,
    },
    /// Quotes or braces do not match.
    Syntax(String),
}

impl std::fmt::Display for OptionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OptionError::Unknown(name) => write!(f, "<Pass-Options-Parser>: no such option {name}"),
            OptionError::Value { name, message } => write!(f, "for the --{name} option: {message}"),
            OptionError::Syntax(message) => f.write_str(message),
        }
    }
}
impl std::error::Error for OptionError {}

/// A struct whose fields are options; [`crate::options!`] and [`crate::pass!`] implement it.
pub trait Options {
    /// All options, in order of declaration.
    fn option_infos(&self) -> Vec<OptionInfo>;
    /// Sets one option.
    fn set_option(&mut self, name: &str, value: Option<&str>) -> Result<(), OptionError>;
    /// Name and written value of every option; lists that are empty have none.
    fn option_values(&self) -> Vec<(String, Option<String>)>;

    /// Reads `a=1 b={x,y} flag`.
    fn read_options(&mut self, text: &str) -> Result<(), OptionError> {
        let items = crate::pipeline::parse_options(text).map_err(|e| OptionError::Syntax(e.message))?;
        items.iter().try_for_each(|(key, value)| self.set_option(key, value.as_deref()))
    }
    /// `{a=1 b={x,y}}` sorted by name, every value written out as MLIR does; empty without options.
    fn write_options(&self) -> String {
        let mut values = self.option_values();
        if values.is_empty() {
            return String::new();
        }
        values.sort();
        let parts: Vec<String> =
            values.into_iter().map(|(k, v)| v.map(|v| format!("{k}={v}")).unwrap_or_default()).collect();
        format!("{{{}}}", parts.join(" "))
    }
}

/// Option name of a field: `max_iterations` is written `max-iterations`.
pub fn option_name(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// Text of doc comment lines: blanks at their start are gone.
pub fn doc_text(lines: &[&str]) -> String {
    lines.iter().map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n").trim().to_string()
}

/// Sets a field; used by the macros.
pub fn set_field<T: OptionValue>(field: &mut T, name: &str, value: Option<&str>) -> Result<(), OptionError> {
    *field = T::read(value).map_err(|message| OptionError::Value { name: name.to_string(), message })?;
    Ok(())
}

/// Description of a field; used by the macros.
pub fn field_info<T: OptionValue>(_: &T, field: &str, doc: &[&str]) -> OptionInfo {
    OptionInfo {
        name: option_name(field),
        help: doc_text(doc).replace('\n', " "),
        placeholder: if T::CHOICES.is_empty() { T::PLACEHOLDER } else { "<value>" },
        choices: T::CHOICES,
    }
}

/// A struct of options for a named pipeline:
///
/// ```
/// cim_pass::options! {
///     /// What the pipeline can be told.
///     pub struct Lowering {
///         /// Rows per group
///         rows: u32 = 8,
///     }
/// }
/// use cim_pass::options::Options;
/// let mut lowering = Lowering::default();
/// lowering.read_options("rows=4").unwrap();
/// assert_eq!(lowering.write_options(), "{rows=4}");
/// ```
#[macro_export]
macro_rules! options {
    ($(#[doc = $doc:literal])* $vis:vis struct $name:ident {
        $( $(#[doc = $odoc:literal])* $opt:ident : $ty:ty = $default:expr ),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Debug)]
        $vis struct $name { $( $(#[doc = $odoc])* pub $opt: $ty, )* }
        impl ::std::default::Default for $name {
            fn default() -> Self { $name { $( $opt: $default, )* } }
        }
        $crate::__options_impl!($name { $( $opt [$($odoc),*] )* });
    };
}

/// Implements [`Options`] for a struct.
#[doc(hidden)]
#[macro_export]
macro_rules! __options_impl {
    ($name:ident { $( $opt:ident [$($odoc:literal),*] )* }) => {
        impl $crate::options::Options for $name {
            fn option_infos(&self) -> ::std::vec::Vec<$crate::options::OptionInfo> {
                ::std::vec![ $( $crate::options::field_info(&self.$opt, stringify!($opt), &[$($odoc),*]) ),* ]
            }
            fn set_option(&mut self, name: &str, value: ::std::option::Option<&str>)
                -> ::std::result::Result<(), $crate::options::OptionError> {
                let _ = value;
                $( if name == $crate::options::option_name(stringify!($opt)) {
                    return $crate::options::set_field(&mut self.$opt, name, value);
                } )*
                ::std::result::Result::Err($crate::options::OptionError::Unknown(name.to_string()))
            }
            fn option_values(&self) -> ::std::vec::Vec<(::std::string::String, ::std::option::Option<::std::string::String>)> {
                ::std::vec![ $( (
                    $crate::options::option_name(stringify!($opt)),
                    $crate::options::OptionValue::write(&self.$opt),
                ) ),* ]
            }
        }
    };
}

/// An option that is one of several words:
///
/// ```
/// cim_pass::choice! {
///     /// How eager to be.
///     pub enum Eagerness {
///         /// Nothing at all
///         Off = "off",
///         /// Everything
///         Full = "full",
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! choice {
    ($(#[doc = $doc:literal])* $vis:vis enum $name:ident {
        $( #[doc = $cdoc:literal] $case:ident = $word:literal ),* $(,)?
    }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $( #[doc = $cdoc] $case ),* }
        impl $crate::options::OptionValue for $name {
            const PLACEHOLDER: &'static str = "<value>";
            const CHOICES: &'static [(&'static str, &'static str)] = &[$( ($word, $cdoc) ),*];
            fn read(text: ::std::option::Option<&str>) -> ::std::result::Result<Self, ::std::string::String> {
                match text {
                    $( ::std::option::Option::Some($word) => ::std::result::Result::Ok($name::$case), )*
                    ::std::option::Option::Some(other) =>
                        ::std::result::Result::Err(::std::format!("Cannot find option named '{other}'!")),
                    ::std::option::Option::None => ::std::result::Result::Err("requires a value!".into()),
                }
            }
            fn write(&self) -> ::std::option::Option<::std::string::String> {
                ::std::option::Option::Some(match self { $( $name::$case => $word ),* }.to_string())
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    choice! {
        /// Test choice.
        pub enum Level {
            /// low
            Low = "low",
            /// high
            High = "high",
        }
    }
    options! {
        /// Test options.
        struct Sample {
            /// A flag
            top_down: bool = true,
            /// A number
            max_iterations: i64 = 10,
            /// Names
            patterns: Vec<String> = Vec::new(),
            /// A level
            level: Level = Level::Low,
        }
    }

    #[test]
    fn values_round_trip() {
        let mut s = Sample::default();
        assert_eq!(s.write_options(), "{level=low max-iterations=10  top-down=true}");
        s.read_options("patterns={a,'b c',{d e}} level=high top-down=0 max-iterations=-3").unwrap();
        assert_eq!(s.patterns, ["a", "b c", "d e"]);
        let text = s.write_options();
        assert_eq!(text, "{level=high max-iterations=-3 patterns={a,{b c},{d e}} top-down=false}");
        let mut t = Sample::default();
        t.read_options(&text[1..text.len() - 1]).unwrap();
        assert_eq!(t.write_options(), text);
        assert_eq!(t.level, Level::High);
    }

    #[test]
    fn errors_are_worded_as_in_mlir() {
        let mut s = Sample::default();
        let mut err = |t: &str| s.read_options(t).unwrap_err().to_string();
        assert_eq!(err("a=1"), "<Pass-Options-Parser>: no such option a");
        assert_eq!(err("max-iterations=x"), "for the --max-iterations option: 'x' value invalid for long argument!");
        assert_eq!(err("max-iterations"), "for the --max-iterations option: requires a value!");
        assert_eq!(err("level=x"), "for the --level option: Cannot find option named 'x'!");
        assert_eq!(
            err("top-down=x"),
            "for the --top-down option: 'x' is invalid value for boolean argument! Try 0 or 1"
        );
    }

    #[test]
    fn help_lists_options() {
        let infos = Sample::default().option_infos();
        assert_eq!(infos[1].name, "max-iterations");
        assert_eq!(infos[1].help, "A number");
        assert_eq!(infos[3].choices.len(), 2);
    }
}
