//! The keys of another engine's settings file, read line by line.
//!
//! The reader supports what such files contain: nested keys, scalars, lists in brackets, and block texts. Anything else is left
//! out and reported to the user as a key that was not understood. The file is foreign, so its size, the number of its keys and
//! the length of their paths are limited, because each key includes the names of all keys above it.

use super::yaml_lines::YamlLines;

/// A key with its dotted path, its line and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct YamlKey {
    pub(super) path: String,
    pub(super) line: usize,
    pub(super) value: String,
}

/// Maximum number of bytes of a file that are read.
const BYTES_MAX: usize = 256 << 10;
/// Maximum number of keys that are read.
const KEYS_MAX: usize = 1_000;
/// Maximum number of bytes of a key including those above it; longer ones are left out with everything below them.
const PATH_BYTES_MAX: usize = 256;

/// Reads the keys of a text, within the limits of the module.
pub(super) fn keys(text: &str) -> Vec<YamlKey> {
    let mut found: Vec<YamlKey> = Vec::new();
    // The column of each enclosing key, with the whole path to it; no path for a key that is left out.
    let mut open: Vec<(usize, Option<String>)> = Vec::new();
    // True if the block text that is being read is kept.
    let mut is_kept = false;
    let mut lines = YamlLines::new(&text[..text.floor_char_boundary(BYTES_MAX)]);
    while let Some(line) = lines.next().filter(|_| found.len() < KEYS_MAX) {
        let (content, indent) = (line.content, line.indent());
        if line.is_of_block {
            if let Some(last) = found.last_mut().filter(|_| is_kept) {
                last.value.push_str(content);
                last.value.push('\n');
            }
            continue;
        }
        if content.is_empty() || content.starts_with('#') || content.starts_with('-') {
            continue;
        }
        let Some((key, value)) = content.split_once(':') else { continue };
        open.retain(|(column, _)| *column < indent);
        let above = open.last().map_or(Some(""), |(_, above)| above.as_deref());
        let path = above.filter(|above| above.len() + key.len() < PATH_BYTES_MAX).map(|above| match above {
            "" => key.trim().to_owned(),
            above => format!("{above}.{}", key.trim()),
        });
        open.push((indent, path.clone()));
        let value = scalar(value);
        let is_block = matches!(value.as_str(), "|" | "|-" | ">" | ">-");
        if is_block {
            is_kept = path.is_some();
            lines.begin_block(indent);
        }
        let Some(path) = path.filter(|_| !value.is_empty()) else { continue };
        found.push(YamlKey { path, line: line.number, value: if is_block { String::new() } else { value } });
    }
    found
}

/// Returns the value of a key within braces, at any level.
pub(super) fn inline(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{name}:"))?;
    let end = rest.find([',', '}', '\n']).unwrap_or(rest.len());
    Some(scalar(&rest[..end])).filter(|value| !value.is_empty())
}

/// Returns a scalar without quotes and trailing comment.
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
    fn a_hostile_file_takes_little() {
        let long = format!("{}:\n{}", "k".repeat(200 << 10), " a: 1\n".repeat(50_000));
        let read = keys(&long);
        assert!(
            read.len() <= KEYS_MAX && read.iter().all(|key| key.path.len() <= PATH_BYTES_MAX),
            "{}",
            read.len()
        );
        let deep: String = (0..700).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert_eq!(keys(&deep), []);
        let hidden = format!("{}: |\n  b: 1\n{}:\n  c: 1\nd: 1\n", "k".repeat(300), "l".repeat(300));
        let read: Vec<String> = keys(&hidden).into_iter().map(|key| key.path).collect();
        assert_eq!(read, ["d"], "what is below a key that is left out is left out");
        assert_eq!(keys(&"a: 1\n".repeat(1 << 20)).len(), KEYS_MAX);
    }

    #[test]
    fn a_key_within_braces_is_found() {
        let text = "A: {x: 1, fitness_key: 'ratio', y: 2}\nB: [{name: \"n\"}]\n";
        assert_eq!(inline(text, "fitness_key").as_deref(), Some("ratio"));
        assert_eq!(inline(text, "name").as_deref(), Some("n"));
        assert_eq!(inline(text, "absent"), None);
    }

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
