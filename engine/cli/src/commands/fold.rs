//! Long texts of guests and models, indented under a title, and folded.

use crate::output;
use crate::style::Palette;

/// Lines of a text that are shown when it is folded.
const LINES_SHOWN: usize = 12;

/// Returns a text under its title, indented; its end is left out when it is folded.
pub(super) fn block(title: &str, content: &str, full: bool, palette: Palette) -> String {
    let content = output::harmless(content);
    let mut text = format!("  {}\n", palette.note(&output::harmless(title)));
    let all = content.lines().count();
    let shown = if full || all <= LINES_SHOWN + 1 { all } else { LINES_SHOWN };
    for line in content.lines().take(shown) {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    if shown < all {
        let more = format!("… {} more, shown by --full", output::plural((all - shown) as u64, "line"));
        text.push_str(&format!("    {}\n", palette.dim(&more)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_folded_and_cannot_drive_the_terminal() {
        let content: String = (0..40).map(|line| format!("line {line}\u{1b}[2J\n")).collect();
        let folded = block("user", &content, false, Palette::new(false));
        assert!(folded.ends_with("    … 28 lines more, shown by --full\n"), "{folded}");
        assert!(!folded.contains('\u{1b}') && folded.contains("    line 11\u{fffd}[2J\n"), "{folded}");
        let full = block("user", &content, true, Palette::new(false));
        assert!(full.contains("line 39") && !full.contains("more"), "{full}");
    }
}
