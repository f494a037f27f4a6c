//! Numbers in the words of a provider.

/// A whole number in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountInText {
    pub(crate) value: u64,
    /// The first byte in the text.
    pub(crate) start: usize,
    /// The byte after the last one.
    pub(crate) end: usize,
}

/// Returns the whole numbers of a text, in order. Commas between groups of three digits belong to a number; digits in a word do not
/// count.
pub(crate) fn numbers(text: &str) -> Vec<CountInText> {
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let inside =
            at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || matches!(bytes[at - 1], b'_' | b'.'));
        if !bytes[at].is_ascii_digit() || inside {
            at += 1;
            continue;
        }
        let start = at;
        let mut digits = String::new();
        while at < bytes.len() {
            let grouped = bytes[at] == b','
                && bytes[at + 1..].iter().take(3).filter(|b| b.is_ascii_digit()).count() == 3;
            match bytes[at] {
                digit if digit.is_ascii_digit() => digits.push(char::from(digit)),
                _ if grouped => {}
                _ => break,
            }
            at += 1;
        }
        let word = bytes.get(at).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_');
        if let Some(value) = digits.parse().ok().filter(|_| !word) {
            found.push(CountInText { value, start, end: at });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_words() {
        let values = |text: &str| numbers(text).iter().map(|number| number.value).collect::<Vec<_>>();
        assert_eq!(values("gpt4 has 1,048,576 tokens (42 in; v2, 8k) [1, 8192]"), [1_048_576, 42, 1, 8192]);
    }
}
