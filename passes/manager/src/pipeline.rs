//! The textual pass pipeline in MLIR's grammar: `builtin.module(func.func(cse,canonicalize{max-iterations=3}),cse)`.

/// A pipeline anchored on an operation name (or `any`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineText {
    /// Operation name the passes run on; `any` for every operation.
    pub anchor: String,
    /// Passes and nested pipelines, in order.
    pub elements: Vec<Element>,
}

/// One element of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// A pass or a named pipeline with its option text (without the braces).
    Pass {
        /// Registered name.
        name: String,
        /// Options, unparsed.
        options: String,
        /// Byte offset of the name in the body text, for diagnostics.
        at: usize,
    },
    /// A nested pipeline.
    Nested(PipelineText),
}

/// Error in a pipeline text, worded as MLIR does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipelineError {
    /// Whole message, with the text and a caret where MLIR prints them.
    pub message: String,
}

impl std::fmt::Display for PipelineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}
impl std::error::Error for PipelineError {}

/// Nested deeper than this is refused instead of exhausting the stack.
const MAX_DEPTH: usize = 64;

const ANCHOR: &str = "expected pass pipeline to be wrapped with the anchor operation type, e.g. 'builtin.module(...)'";

impl PipelineError {
    fn plain(message: impl Into<String>) -> Self {
        PipelineError { message: message.into() }
    }

    /// An error at byte `at` of the pipeline body.
    pub fn at(body: &str, at: usize, message: &str) -> Self {
        let before = body.get(..at).unwrap_or(body);
        let line_start = before.rfind('\n').map_or(0, |p| p + 1);
        let line = before.matches('\n').count() + 1;
        let text = body[line_start..].lines().next().unwrap_or("");
        let column = at.saturating_sub(line_start);
        PipelineError {
            message: format!(
                "MLIR Textual PassPipeline Parser:{line}:{}: error: {message}\n{text}\n{}^\n",
                column + 1,
                " ".repeat(column)
            ),
        }
    }
}

/// Splits `anchor(body)`; returns the anchor and the body text.
pub fn split_anchor(text: &str) -> Result<(&str, &str), PipelineError> {
    let text = text.trim();
    let open = text.find('(').ok_or_else(|| PipelineError::plain(ANCHOR))?;
    let body = text.strip_suffix(')').and_then(|t| t.get(open + 1..)).ok_or_else(|| PipelineError::plain(ANCHOR))?;
    let anchor = text[..open].trim();
    if anchor.is_empty() {
        return Err(PipelineError::plain(ANCHOR));
    }
    Ok((anchor, body))
}

/// Parses a whole pipeline text.
pub fn parse(text: &str) -> Result<PipelineText, PipelineError> {
    let (anchor, body) = split_anchor(text)?;
    Ok(PipelineText { anchor: anchor.to_string(), elements: parse_body(body)? })
}

/// Parses a list of elements, the text between the parentheses of an anchor.
pub fn parse_body(body: &str) -> Result<Vec<Element>, PipelineError> {
    let mut stack: Vec<(String, Vec<Element>)> = Vec::new();
    let mut current: Vec<Element> = Vec::new();
    let mut at = 0;
    // True after a nested pipeline closed: only `,` or `)` may follow.
    let mut closed = false;
    loop {
        let rest = &body[at..];
        let stop = rest.find(['{', '(', ')', ',']).unwrap_or(rest.len());
        let raw = &rest[..stop];
        let name = raw.trim();
        let name_at = at + (raw.len() - raw.trim_start().len());
        if closed && !name.is_empty() {
            return Err(PipelineError::at(body, name_at, "expected ',' after parsing pipeline"));
        }
        at += stop;
        let mut options = String::new();
        let mut next = body[at..].chars().next();
        if next == Some('{') && !closed {
            let end = options_end(&body[at..])
                .ok_or_else(|| PipelineError::at(body, at, "missing closing '}' while processing pass options"))?;
            options = body[at + 1..at + end].trim().to_string();
            at += end + 1;
            let gap = body[at..].len() - body[at..].trim_start().len();
            at += gap;
            next = body[at..].chars().next();
        }
        match next {
            Some('(') if !closed && options.is_empty() => {
                if stack.len() >= MAX_DEPTH {
                    return Err(PipelineError::at(body, at, "pipeline nested too deeply"));
                }
                stack.push((name.to_string(), std::mem::take(&mut current)));
                at += 1;
                continue;
            }
            Some('{' | '(') => {
                return Err(PipelineError::at(body, at, "expected ',' after parsing pipeline"));
            }
            _ => {}
        }
        let empty_body = name.is_empty() && options.is_empty() && current.is_empty() && !closed;
        let empty_end = empty_body && matches!(next, None | Some(')'));
        if !closed && !empty_end {
            current.push(Element::Pass { name: name.to_string(), options, at: name_at });
        }
        closed = false;
        match next {
            None if stack.is_empty() => return Ok(current),
            None => {
                return Err(PipelineError::at(body, body.len(), "expected ')' after parsing nested pipeline"));
            }
            Some(',') => at += 1,
            Some(')') => {
                let Some((anchor, mut outer)) = stack.pop() else {
                    return Err(PipelineError::at(
                        body,
                        at,
                        "encountered extra closing ')' creating unbalanced parentheses while parsing pipeline",
                    ));
                };
                outer.push(Element::Nested(PipelineText { anchor, elements: std::mem::take(&mut current) }));
                current = outer;
                closed = true;
                at += 1;
            }
            Some(_) => {
                return Err(PipelineError::at(body, at, "expected ',' after parsing pipeline"));
            }
        }
    }
}

/// Index of the brace that closes the one `text` starts with; quotes protect braces.
fn options_end(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// Length of a value: up to a blank that no quote or bracket protects.
fn value_end(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut quote = None;
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(q), _) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => open.push('}'),
            (None, '(') => open.push(')'),
            (None, '[') => open.push(']'),
            (None, '}' | ')' | ']') if open.pop() != Some(c) => return None,
            (None, _) if open.is_empty() && c.is_whitespace() => return Some(i),
            _ => {}
        }
    }
    (open.is_empty() && quote.is_none()).then_some(text.len())
}

/// A value without the one pair of quotes or braces that encloses all of it.
pub(crate) fn unwrapped(value: &str) -> &str {
    let whole = match value.chars().next() {
        Some('{') => options_end(value) == Some(value.len() - 1),
        Some(q @ ('\'' | '"')) => value[1..].find(q) == Some(value.len() - 2),
        _ => false,
    };
    if whole { &value[1..value.len() - 1] } else { value }
}

/// Splits `a=1 b='x y' c={1,2} flag` into (key, value); a value loses one pair of quotes or braces; a bare key has no value.
pub fn parse_options(text: &str) -> Result<Vec<(String, Option<String>)>, PipelineError> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let key_end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..key_end];
        rest = &rest[key_end..];
        let Some(after) = rest.strip_prefix('=') else {
            out.push((key.to_string(), None));
            rest = rest.trim_start();
            continue;
        };
        let Some(value_end) = value_end(after) else {
            return Err(PipelineError::plain(format!("option '{key}' has an unbalanced value: {after}")));
        };
        let inner = unwrapped(&after[..value_end]);
        out.push((key.to_string(), Some(inner.to_string())));
        rest = after[value_end..].trim_start();
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(text).unwrap_err().message
    }

    #[test]
    fn nested_pipelines_and_options() {
        let p = parse(
            "builtin.module( func.func( cse , canonicalize{max-iterations=3 list={a,b}} ), any(cse),symbol-dce )",
        )
        .unwrap();
        assert_eq!(p.anchor, "builtin.module");
        assert_eq!(p.elements.len(), 3);
        let Element::Nested(f) = &p.elements[0] else { panic!("nested") };
        assert_eq!(f.anchor, "func.func");
        assert!(
            matches!(&f.elements[1], Element::Pass { name, options, .. } if name == "canonicalize" && options == "max-iterations=3 list={a,b}")
        );
        assert!(matches!(&p.elements[2], Element::Pass { name, .. } if name == "symbol-dce"));
        assert_eq!(parse("builtin.module()").unwrap().elements, vec![]);
    }

    #[test]
    fn wording_is_that_of_mlir() {
        assert_eq!(message("cse"), ANCHOR);
        assert_eq!(message(""), ANCHOR);
        assert_eq!(message("builtin.module(cse)x"), ANCHOR);
        assert_eq!(
            message("builtin.module(cse))"),
            "MLIR Textual PassPipeline Parser:1:4: error: encountered extra closing ')' creating unbalanced parentheses while parsing pipeline\ncse)\n   ^\n"
        );
        assert!(message("builtin.module(cse{a=1)").contains("missing closing '}'"));
    }

    #[test]
    fn an_empty_name_is_kept_for_the_registry_to_refuse() {
        let p = parse("builtin.module(cse,)").unwrap();
        assert!(matches!(&p.elements[1], Element::Pass { name, at: 4, .. } if name.is_empty()));
    }

    #[test]
    fn options_keep_quotes_and_braces_together() {
        let o = parse_options("a=1 b='x y' c={1,2} flag").unwrap();
        let o: Vec<_> = o.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
        assert_eq!(o, vec![("a", Some("1")), ("b", Some("x y")), ("c", Some("1,2")), ("flag", None)]);
        assert!(parse_options("a='x").is_err());
        assert!(parse_options("a=)").is_err());
        let o = parse_options("n=a,'b c' p=f(g{x=1 y=2}) q='a','b' r=").unwrap();
        let o: Vec<_> = o.iter().map(|(k, v)| (k.as_str(), v.as_deref())).collect();
        assert_eq!(
            o,
            vec![("n", Some("a,'b c'")), ("p", Some("f(g{x=1 y=2})")), ("q", Some("'a','b'")), ("r", Some(""))]
        );
    }

    #[test]
    fn deep_nesting_is_an_error() {
        let text = format!("builtin.module({}cse{})", "any(".repeat(500), ")".repeat(500));
        assert!(message(&text).contains("nested too deeply"));
    }
}
