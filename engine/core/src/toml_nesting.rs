//! The nesting depth of TOML text, checked before anything parses it.
//!
//! TOML parsers recurse, and so does everything that reads or drops what they built. They limit lists and tables within each other, and
//! the parts of a key, but not the combination of both: a few dozen of each make thousands of levels, and end the process when the
//! stack overflows.

/// The error message for a text that is nested too deeply.
pub const TOO_DEEP: &str = "nested too deeply; expected at most 16 levels";
/// Maximum nesting of lists and inline tables.
const BRACKETS_MAX: usize = 16;
/// Maximum number of parts of one key, or of the name of a table.
const PARTS_MAX: usize = 16;
/// Maximum depth of the value parsed from a text that [`deep_place`] accepts: lists of tables by their names, then brackets and keys in
/// turn.
pub const DEPTH_MAX: usize = 2 * PARTS_MAX + (BRACKETS_MAX + 1) * (PARTS_MAX + 1);

/// Returns the offset of the byte at which a text is nested deeper than settings need, or `None`. Text that is not TOML may give either
/// result.
#[must_use]
pub fn deep_place(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut brackets, mut parts) = (0, 0_usize, 1);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                at = after_string(bytes, at);
                continue;
            }
            b'#' => {
                at += bytes[at..].iter().take_while(|byte| **byte != b'\n').count();
                continue;
            }
            b'.' => parts += 1,
            b'[' | b'{' => (brackets, parts) = (brackets + 1, 1),
            b']' | b'}' => (brackets, parts) = (brackets.saturating_sub(1), 1),
            b'=' | b',' | b'\n' => parts = 1,
            _ => {}
        }
        if brackets > BRACKETS_MAX || parts > PARTS_MAX {
            return Some(at);
        }
        at += 1;
    }
    None
}

/// Returns the index after the string that begins at `at`. A single-line string ends with its line, whether it is closed or not.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let is_long = bytes[at..].starts_with(&[quote; 3]);
    let mut end = at + if is_long { 3 } else { 1 };
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' if quote == b'"' => end += 1,
            b'\n' if !is_long => return end,
            byte if byte == quote && !is_long => return end + 1,
            byte if byte == quote && bytes[end..].starts_with(&[quote; 3]) => {
                // Up to two quotes before the closing ones belong to the string.
                let quotes = bytes[end..].iter().take(5).take_while(|byte| **byte == quote).count();
                return end + quotes;
            }
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_lists_tables_and_keys_are_found() {
        for text in [
            &*format!("a = {}", "[".repeat(17)),
            &*format!("a = {}", "{b=".repeat(17)),
            &*format!("a = {}", "[{b=".repeat(9)),
            &*format!("{}a = 1", "a.".repeat(16)),
            &*format!("{}a = 1", "a . ".repeat(16)),
            &*format!("{}a = 1", "'a'.".repeat(16)),
            &*format!("{}a = 1", "\"a\\\"\".".repeat(16)),
            &*format!("[{}a]", "a.".repeat(16)),
            &*format!("a = \"it\nb = {}", "[".repeat(17)),
            &*format!("a = [\"\"\"x\"\"\"\", {}", "[".repeat(17)),
            &*format!("a = ['''x''''', {}", "[".repeat(17)),
            &*format!("a = 1 # it's\nb = {}", "[".repeat(17)),
        ] {
            assert!(deep_place(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_stands_in_texts_and_comments_is_not_nested() {
        let many = "[{a.b.".repeat(40);
        for text in [
            String::new(),
            format!("a = \"{many}\" # {many}\nb = '{many}'"),
            format!("a = \"\"\"\n{many}\n\\\"\"\" {many} \"\"\"\"\"\nb = '''\n{many}''''"),
            format!("a = [{}]", "1.5, ".repeat(100)),
            format!("[a.b.c]\n{}", "d.e = { f.g = [[1.5]] }\n".repeat(100)),
        ] {
            assert_eq!(deep_place(&text), None, "{text}");
        }
    }
}
