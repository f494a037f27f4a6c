//! Clipping of texts in the middle.

/// Returns a text in which a note replaces the middle, if it has more than `bytes_max` bytes; `None` if it is short enough.
/// Characters are not split.
pub(crate) fn middle(text: &str, bytes_max: usize) -> Option<String> {
    if text.len() <= bytes_max {
        return None;
    }
    let half = bytes_max / 2;
    let start = (0..=half).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let end = (text.len() - half..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let left_out = text[start..end].chars().count();
    let note = format!("\n[… {left_out} characters left out, because the conversation became too long …]\n");
    let clipped = format!("{}{note}{}", &text[..start], &text[end..]);
    (clipped.len() < text.len()).then_some(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_goes_and_characters_stay_whole() {
        assert_eq!(middle("short", 10), None);
        for shift in 0..4 {
            let text = format!("{}{}", "a".repeat(shift), "\u{1f600}".repeat(500));
            let clipped = middle(&text, 401).unwrap();
            assert!(clipped.len() < text.len() && clipped.contains("characters left out"), "{clipped}");
            assert!(clipped.ends_with('\u{1f600}'));
            assert_eq!(middle(&clipped, clipped.len()), None);
        }
    }
}
