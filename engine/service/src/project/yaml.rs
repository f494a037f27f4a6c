//! The keys of a settings file of another engine, line by line.
//!
//! It reads what such files have: nested keys, scalars, lists in brackets, and block texts. Anything else is left out, which is
//! said to the user as a key that was not understood.

/// A key with its dotted path, its line and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct YamlKey {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) value: String,
}

/// Reads the keys of a text.
pub(super) fn keys(text: &str) -> Vec<YamlKey> {
    let mut found: Vec<YamlKey> = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut block: Option<usize> = None;
    for (index, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if let Some(base) = block {
            if line.trim().is_empty() || indent > base {
                if let Some(last) = found.last_mut() {
                    last.value.push_str(line.trim());
                    last.value.push('\n');
                }
                continue;
            }
            block = None;
        }
        let content = line.trim();
        if content.is_empty() || content.starts_with('#') || content.starts_with('-') {
            continue;
        }
        let Some((key, value)) = content.split_once(':') else { continue };
        open.retain(|(column, _)| *column < indent);
        let parents: Vec<&str> = open.iter().map(|(_, name)| name.as_str()).collect();
        let path = [parents, vec![key.trim()]].concat().join(".");
        let value = scalar(value);
        open.push((indent, key.trim().to_owned()));
        if matches!(value.as_str(), "|" | "|-" | ">" | ">-") {
            block = Some(indent);
            found.push(YamlKey { path, line: index + 1, value: String::new() });
        } else if !value.is_empty() {
            found.push(YamlKey { path, line: index + 1, value });
        }
    }
    found
}

/// Returns a scalar without quotes and without a comment behind it.
fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.split(quote).next()) {
            return inner.to_owned();
        }
    }
    text.split(" #").next().unwrap_or(text).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_keys_blocks_and_comments_are_read() {
        let text =
            "a: 1 # one\nb:\n  c: \"x # y\"\n  d: |\n    first\n    second: no key\n  e: [0.5, 1]\nf: true\n";
        let read: Vec<(String, usize, String)> =
            keys(text).into_iter().map(|key| (key.path, key.line, key.value)).collect();
        let expected = [
            ("a", 1, "1"),
            ("b.c", 3, "x # y"),
            ("b.d", 4, "first\nsecond: no key\n"),
            ("b.e", 7, "[0.5, 1]"),
            ("f", 8, "true"),
        ];
        let expected: Vec<_> =
            expected.map(|(path, line, value)| (path.to_owned(), line, value.to_owned())).into();
        assert_eq!(read, expected);
    }
}
