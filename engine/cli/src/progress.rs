//! Progress bars: on a terminal, and only there.

use hyperspace_evolve::{Observer, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::ambient;

/// A bar over `total` steps; silent when standard error is no terminal.
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

/// A line that says what is going on, while it is.
pub(crate) fn spinner(text: &str) -> ProgressBar {
    if !ambient::stderr_is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(text.to_owned());
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    spinner
}

/// Shows the generations of a run as they are committed, and keeps the best score of each.
pub(crate) struct RunProgress {
    pub(crate) bar: ProgressBar,
    pub(crate) best: Vec<f64>,
}

impl Observer for RunProgress {
    fn generation(&mut self, progress: &Progress<'_>) {
        let champion = progress.record.champion();
        self.best.push(champion.score.to_f64());
        self.bar.set_position(progress.record.generation);
        self.bar.set_message(format!(
            "best {:.4} (held-out {:.4}, {}), {} in the archive",
            champion.score.to_f64(),
            champion.held_out.to_f64(),
            champion.place,
            progress.members
        ));
        tracing::info!(
            generation = progress.record.generation,
            best = champion.score.to_f64(),
            members = progress.members,
            "generation committed"
        );
    }
}
