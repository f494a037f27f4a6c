//! Characters that a reader does not see: what they do is done to the text around them, or to the terminal that shows it.

/// Returns whether a character is obeyed or passed over instead of being shown. Line feeds and tabs are among them: whoever lets
/// them through says so.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    // Both sets of control characters: a terminal executes what they begin.
    c.is_control()
        || matches!(c,
            // Soft hyphen, grapheme joiner: nothing is drawn, and words are no longer the same.
            '\u{ad}' | '\u{34f}'
            // Marks of direction, and embeddings, overrides and isolates: they reorder what is read.
            | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{206f}'
            // Separators of lines and paragraphs: one line becomes two.
            | '\u{2028}' | '\u{2029}'
            // Zero-width spaces, joiners and invisible operators, with the unassigned character among them.
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
            // Letters without a shape: fillers of Hangul, vowels of Khmer, the empty pattern of Braille.
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}'
            // Variation selectors of Mongolian and of all scripts, which can carry any text after one letter.
            | '\u{180b}'..='\u{180f}' | '\u{fe00}'..='\u{fe0f}'
            // The byte order mark, and the anchors of annotations with the unassigned characters before them.
            | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            // Beams and slurs of music, which only group notes.
            | '\u{1d173}'..='\u{1d17a}'
            // Tags and further variation selectors, which spell out hidden texts in ASCII.
            | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_unseen_and_letters_are_seen() {
        let ranges = [
            '\0'..='\u{1f}',
            '\u{7f}'..='\u{9f}',
            '\u{ad}'..='\u{ad}',
            '\u{34f}'..='\u{34f}',
            '\u{61c}'..='\u{61c}',
            '\u{115f}'..='\u{1160}',
            '\u{17b4}'..='\u{17b5}',
            '\u{180b}'..='\u{180f}',
            '\u{200b}'..='\u{200f}',
            '\u{2028}'..='\u{202e}',
            '\u{2060}'..='\u{206f}',
            '\u{2800}'..='\u{2800}',
            '\u{3164}'..='\u{3164}',
            '\u{fe00}'..='\u{fe0f}',
            '\u{feff}'..='\u{feff}',
            '\u{ffa0}'..='\u{ffa0}',
            '\u{fff0}'..='\u{fffb}',
            '\u{1d173}'..='\u{1d17a}',
            '\u{e0000}'..='\u{e0fff}',
        ];
        let listed = |c: char| ranges.iter().any(|range| range.contains(&c));
        for c in '\0'..=char::MAX {
            assert_eq!(is_unseen(c), listed(c), "U+{:04X}", u32::from(c));
        }
    }
}
