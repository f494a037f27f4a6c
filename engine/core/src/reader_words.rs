//! Messages of readers in plain words. They name what was expected by its type in Rust, which says nothing to whoever wrote the file.

/// Returns a message of `serde` with the type that it expected in plain words. `object` is the word of the format for a table or
/// an object.
#[must_use]
pub fn reader_words(message: &str, object: &str) -> String {
    const EXPECTED: &str = "expected ";
    // The value that was found comes first, whatever it quotes.
    let Some((before, rest)) = message.rsplit_once(EXPECTED) else { return message.to_owned() };
    let after_name =
        |text: &str| -> usize { text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len()) };
    let (words, taken) = if let Some(name) = rest.strip_prefix("struct ") {
        (object, rest.len() - name.len() + after_name(name))
    } else if rest.starts_with("a map") {
        (object, "a map".len())
    } else if rest.starts_with("a sequence") {
        ("a list", "a sequence".len())
    } else {
        let taken = after_name(rest);
        let words = match &rest[..taken] {
            "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "an integer of 0 or more",
            "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "an integer",
            "f32" | "f64" => "a number",
            _ => return message.to_owned(),
        };
        (words, taken)
    };
    format!("{before}{EXPECTED}{words}{}", &rest[taken..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_of_rust_are_named_in_words() {
        for (message, words) in [
            (
                "invalid value: integer `-1`, expected u64",
                "invalid value: integer `-1`, expected an integer of 0 or more",
            ),
            (
                "invalid type: string \"x\", expected usize\n",
                "invalid type: string \"x\", expected an integer of 0 or more\n",
            ),
            (
                "invalid type: string \"x\", expected i64 at line 2 column 4",
                "invalid type: string \"x\", expected an integer at line 2 column 4",
            ),
            ("invalid type: map, expected f64", "invalid type: map, expected a number"),
            (
                "invalid type: integer `3`, expected struct ModelConfig",
                "invalid type: integer `3`, expected a table",
            ),
            ("invalid type: integer `3`, expected a map", "invalid type: integer `3`, expected a table"),
            ("invalid type: integer `3`, expected a sequence", "invalid type: integer `3`, expected a list"),
        ] {
            assert_eq!(reader_words(message, "a table"), words);
        }
        for same in [
            "unknown field `expected u64`, expected one of `a`, `b`",
            "missing field `x`",
            "expected a string",
            "expected ",
        ] {
            assert_eq!(reader_words(same, "a table"), same);
        }
    }
}
