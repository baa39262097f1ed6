//! Reproducers: the program before a failed pipeline, with the pipeline, in one file.

/// The resource section that says what was to run. Appended to the text of the program.
pub fn resource_section(pipeline: &str, disable_threading: bool, verify_each: bool) -> String {
    // Quotes inside options are escaped as in any string of the text form.
    let pipeline = pipeline.replace('\\', "\\\\").replace('"', "\\22");
    format!(
        "\n{{-#\n  external_resources: {{\n    mlir_reproducer: {{\n      pipeline: \"{pipeline}\",\n      \
         disable_threading: {disable_threading},\n      verify_each: {verify_each}\n    }}\n  }}\n#-}}\n"
    )
}

/// What a reproducer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reproducer {
    /// Pipeline text.
    pub pipeline: String,
    /// One thread.
    pub disable_threading: bool,
    /// Verify after every pass.
    pub verify_each: bool,
}

/// Finds the reproducer in a text; None when it has none.
pub fn find(text: &str) -> Option<Reproducer> {
    // At the start of a line: comments may quote one.
    let start = if text.starts_with("{-#") { 0 } else { text.rfind("\n{-#")? };
    let section = &text[start..];
    let body = &section[section.find("mlir_reproducer")?..];
    let flag = |key: &str, default: bool| match value(body, key) {
        Some("true") => true,
        Some("false") => false,
        _ => default,
    };
    Some(Reproducer {
        pipeline: unquote(value(body, "pipeline")?)?,
        disable_threading: flag("disable_threading", false),
        verify_each: flag("verify_each", true),
    })
}

/// The text after `key:`, up to a comma, blank or brace; a string with its quotes.
fn value<'a>(body: &'a str, key: &str) -> Option<&'a str> {
    let after = body.split(key).nth(1)?.trim_start().strip_prefix(':')?.trim_start();
    if let Some(string) = after.strip_prefix('"') {
        let mut escaped = false;
        let end = string.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        return Some(&after[..end + 2]);
    }
    Some(&after[..after.find([',', ' ', '\n', '}'])?])
}

fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::new();
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            c @ ('"' | '\\') => out.push(c),
            high => {
                let low = chars.next()?;
                out.push((high.to_digit(16)? * 16 + low.to_digit(16)?) as u8 as char);
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_found() {
        let pipeline = "builtin.module(a{x={b,\"c d\"}}, func.func(e))";
        let text = format!("module {{\n}}\n{}", resource_section(pipeline, true, false));
        let expected = Reproducer { pipeline: pipeline.into(), disable_threading: true, verify_each: false };
        assert_eq!(find(&text), Some(expected));
        assert!(text.contains("      disable_threading: true,\n      verify_each: false\n    }\n  }\n#-}\n"));
    }

    #[test]
    fn other_texts_have_none() {
        assert_eq!(find("module {}"), None);
        assert_eq!(find("// {-# mlir_reproducer: { pipeline: \"x\" } #-}"), None);
        assert_eq!(find("{-# dialect_resources: {} #-}"), None);
        assert_eq!(find("{-# mlir_reproducer: { pipeline: \"x"), None);
        assert_eq!(find("{-# mlir_reproducer: { pipeline: \"\\zz\", } #-}"), None);
    }
}
