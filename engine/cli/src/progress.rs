//! Progress bars: on a terminal, and only there.

use indicatif::{ProgressBar, ProgressStyle};

use crate::{ambient, output};

/// Returns a bar over `total` steps; silent when standard error is no terminal.
pub(crate) fn bar(total: u64, unit: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let template = format!("{{bar:30}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{elapsed}}  {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar
}

/// Returns a line that says what is going on.
pub(crate) fn spinner(text: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    // The mark and a space are before the text, and a column is left.
    let text = output::cut(text, ambient::stderr_width().saturating_sub(3));
    let spinner = ProgressBar::new_spinner().with_message(text);
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    spinner
}
