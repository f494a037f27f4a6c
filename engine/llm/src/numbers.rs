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
            let grouped = bytes[at] == b',' && is_group(bytes, start, at);
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

/// Returns whether the comma at `at`, in a number that begins at `start`, separates a group of three digits, and not the two
/// numbers of a range such as `[1,8192]`.
fn is_group(bytes: &[u8], start: usize, at: usize) -> bool {
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let lead = bytes[start..at].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let end = at + 1 + digits(at + 1);
    let opens = start > 0 && matches!(bytes[start - 1], b'[' | b'(');
    let pair = opens
        && digits(start) == at - start
        && bytes.get(end).is_some_and(|next| matches!(next, b']' | b')'));
    digits(at + 1) == 3 && (1..=3).contains(&lead) && !pair
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_whole_words() {
        let values = |text: &str| numbers(text).iter().map(|number| number.value).collect::<Vec<_>>();
        assert_eq!(
            values("[1,8192] (1,100) 12,345 1,234,567 1,2345"),
            [1, 8192, 1, 100, 12_345, 1_234_567, 1, 2345]
        );
        assert_eq!(values("gpt4 has 1,048,576 tokens (42 in; v2, 8k) [1, 8192]"), [1_048_576, 42, 1, 8192]);
    }
}
