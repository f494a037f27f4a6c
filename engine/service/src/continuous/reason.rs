//! Reasons of pauses and acts: one line of text, because they are shown as one.

/// Returns the first line of a message that says something, with a space in place of each control character.
pub(super) fn one_line(text: &str) -> String {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    first.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_is_kept_without_control_characters() {
        assert_eq!(one_line("\n  it raised: \tno\u{1b}[2J\r\nTraceback\n"), "it raised:  no [2J");
        assert_eq!(one_line(" \n"), "");
    }
}
