//! Progress bars, which are shown only on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::{ambient, output};

/// The time between two drawings.
const TICK: Duration = Duration::from_millis(120);

/// Returns a bar over `total` steps; silent if standard error is not a terminal.
pub(crate) fn bar(total: u64, unit: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(total);
    let template = format!("{{spinner}} {{bar:30}} {{pos}}/{{len}} {unit}  {{elapsed}}  {{msg}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    // A step may take long, and something that moves shows that work continues.
    bar.enable_steady_tick(TICK);
    bar
}

/// Returns a line that says what is in progress.
pub(crate) fn spinner(text: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    // The mark and a space precede the text, and one column stays free.
    let text = output::cut(text, ambient::stderr_width().saturating_sub(3));
    let spinner = ProgressBar::new_spinner().with_message(text);
    spinner.enable_steady_tick(TICK);
    spinner
}
