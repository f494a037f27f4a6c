//! The end of a text, to which messages, tracebacks and logs are cut.

/// Returns the last characters of a text, at most `chars` of them.
///
/// ```
/// assert_eq!(hyperspace_core::text_end("a fault: naïve", 5), "naïve");
/// assert_eq!(hyperspace_core::text_end("short", 80), "short");
/// ```
#[must_use]
pub fn text_end(text: &str, chars: usize) -> &str {
    let start = chars.checked_sub(1).and_then(|last| text.char_indices().rev().nth(last));
    match start {
        Some((at, _)) => &text[at..],
        None if chars == 0 => "",
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_and_not_bytes() {
        for (chars, end) in [(0, ""), (1, "é"), (2, "cé"), (3, "écé"), (9, "écé")] {
            assert_eq!(text_end("écé", chars), end);
        }
        assert_eq!(text_end("", 3), "");
    }
}
