//! Clipping of long texts in the middle.

/// The text that replaces the omitted part.
pub(crate) const CLIPPED: &str = "\n<response clipped>\n";

/// Returns `text`, or its first and last `most / 2` characters if it is longer than `most`.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let at = |index: usize| text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    format!("{}{CLIPPED}{}", &text[..at(most / 2)], &text[at(count - most / 2)..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out_and_characters_stay_whole() {
        assert_eq!(clipped("äöü", 3), "äöü");
        assert_eq!(clipped("aäöüb", 4), "aä\n<response clipped>\nüb");
    }
}
