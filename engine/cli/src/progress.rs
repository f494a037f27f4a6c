//! Progress bars: on a terminal, and only there.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{ambient, output};

/// The time between two drawings.
const TICK: Duration = Duration::from_millis(120);

/// Returns a bar over `total` steps; silent when standard error is no terminal.
pub(crate) fn bar(total: u64, unit: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let template = format!("{{spinner}} {{bar:30}} {{pos}}/{{len}} {unit}  {{elapsed}}  {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    // A step may take long: what moves meanwhile shows that it goes on.
    bar.enable_steady_tick(TICK);
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
    spinner.enable_steady_tick(TICK);
    spinner
}
