//! Texts as words of a shell.

/// Returns a text as one word of a POSIX shell, quoted if necessary, for commands that a user copies.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        for (text, word) in [
            ("runs/a-1.b", "runs/a-1.b"),
            ("größe", "größe"),
            ("a b", "'a b'"),
            ("$HOME;x", "'$HOME;x'"),
            ("it's", r"'it'\''s'"),
            ("~", "'~'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), word);
        }
    }
}
