//! `--split-input-file`: chunks of a file between marker lines.

use std::ops::Range;

/// Byte ranges of the chunks, and positions where something almost is a marker.
pub fn split(text: &[u8], marker: &str) -> (Vec<Range<usize>>, Vec<usize>) {
    let marker = marker.as_bytes();
    // The last bytes of the marker are compared apart, so that a line with a dash too few is noticed.
    let (head, tail) = marker.split_at(marker.len().saturating_sub(2));
    let head = if head.is_empty() { marker } else { head };
    let tail = if head.len() == marker.len() { &[][..] } else { tail };
    let (mut chunks, mut near, mut start, mut at) = (Vec::new(), Vec::new(), 0, 0);
    while let Some(found) = find(&text[at..], head) {
        let after = at + found + head.len();
        if text[after..].starts_with(tail) && text.len() > after + tail.len() {
            chunks.push(start..at + found);
            start = after + tail.len();
            at = start;
        } else {
            near.push(after);
            at = after;
        }
    }
    if start < text.len() {
        chunks.push(start..text.len());
    }
    (chunks, near)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    let first = *what.first()?;
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.iter().position(|&b| b == first)?;
        if text[at..].starts_with(what) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Vec<&str>, usize) {
        let (chunks, near) = split(text.as_bytes(), "// -----");
        (chunks.into_iter().map(|c| &text[c]).collect(), near.len())
    }

    #[test]
    fn chunks_lie_between_markers() {
        assert_eq!(parts("a\n// -----\nb\n"), (vec!["a\n", "\nb\n"], 0));
        assert_eq!(parts("a"), (vec!["a"], 0));
        assert_eq!(parts(""), (vec![], 0));
        assert_eq!(parts("a\n// ----\nb\n"), (vec!["a\n// ----\nb\n"], 1));
        assert_eq!(parts("a\n// -----\n"), (vec!["a\n", "\n"], 0));
        assert_eq!(parts("// -----\n"), (vec!["", "\n"], 0));
    }
}
