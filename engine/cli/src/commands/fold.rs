//! Long texts of guests and models, indented under a title, and folded.

use crate::output;
use crate::style::Palette;

/// Number of lines shown of the beginning and of the end of a folded text: the end of a prompt or a traceback is most
/// informative.
const HEAD_LINES: usize = 4;
const TAIL_LINES: usize = 8;

/// Returns a text under its title, indented; if folded, without its middle.
pub(super) fn block(title: &str, content: &str, full: bool, palette: Palette) -> String {
    let content = output::harmless(content);
    let mut text = format!("  {}\n", palette.note(&output::harmless(title)));
    let all = content.lines().count();
    let left_out = if full { 0 } else { all.saturating_sub(HEAD_LINES + TAIL_LINES) };
    // Replacing a single line by a note saves nothing.
    let left_out = if left_out > 1 { left_out } else { 0 };
    for (index, line) in content.lines().enumerate() {
        if left_out > 0 && index == HEAD_LINES {
            let more = format!("… {} more, shown by --full", output::plural(left_out as u64, "line"));
            text.push_str(&format!("    {}\n", palette.dim(&more)));
        }
        if left_out == 0 || index < HEAD_LINES || index >= HEAD_LINES + left_out {
            text.push_str(format!("    {line}").trim_end());
            text.push('\n');
        }
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
        let middle = "    line 3\u{fffd}[2J\n    … 28 lines more, shown by --full\n    line 32";
        assert!(folded.contains(middle) && folded.ends_with("    line 39\u{fffd}[2J\n"), "{folded}");
        assert!(!folded.contains('\u{1b}'), "{folded}");
        let full = block("user", &content, true, Palette::new(false));
        assert!(full.contains("line 39") && !full.contains("more"), "{full}");
    }
}
