//! A run in progress: one line that is redrawn on a terminal, and one line per generation elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hyperspace_core::Mutex;
use hyperspace_service::{ModelWait, RunProgress, RunStartView};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use crate::style::Palette;
use crate::{ambient, output};

/// The time between two drawings.
const TICK: Duration = Duration::from_millis(250);
/// Number of cells of the bar.
const BAR: usize = 12;

/// The state that the drawn line reads.
struct LineState {
    progress: RunProgress,
    /// Milliseconds of the session when the line was started.
    started_ms: u64,
    addresses: Addresses,
    priced: bool,
    models: bool,
}

/// Addresses of models, by name.
#[derive(Clone)]
pub(crate) struct Addresses(BTreeMap<String, String>);

impl Addresses {
    pub(crate) fn of(start: &RunStartView) -> Self {
        Self(start.models.iter().map(|model| (model.name.clone(), model.base_url.clone())).collect())
    }

    /// Returns the text about a wait of this many milliseconds.
    pub(crate) fn wait(&self, model: &str, left_ms: u64, reason: &str) -> String {
        let address = self.0.get(model).map_or(model, String::as_str);
        let seconds = left_ms.div_ceil(1_000);
        let reason: String = reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("retrying {address} in {seconds} s: {reason}")
    }
}

/// The status line of a run; nothing if it cannot be drawn.
pub(crate) struct StatusLine {
    bar: ProgressBar,
    state: Arc<Mutex<LineState>>,
}

impl StatusLine {
    /// Starts the line.
    pub(crate) fn start(start: &RunStartView, progress: RunProgress) -> Self {
        let state = Arc::new(Mutex::new(LineState {
            started_ms: progress.elapsed_ms.unwrap_or_default(),
            progress,
            addresses: Addresses::of(start),
            priced: start.models.iter().any(|model| model.priced),
            models: !start.populations.is_empty(),
        }));
        if !ambient::stderr_is_drawable() {
            return Self { bar: ProgressBar::hidden(), state };
        }
        let shown = Arc::clone(&state);
        let line = move |bar: &ProgressState, out: &mut dyn std::fmt::Write| {
            let state = shown.lock();
            let elapsed = u64::try_from(bar.elapsed().as_millis()).unwrap_or(u64::MAX);
            let elapsed = state.started_ms.saturating_add(elapsed);
            let text = status(&state, elapsed, ambient::stderr_width().saturating_sub(1));
            let waits = waiting(&state.progress, elapsed).is_some();
            let painted = if waits { ambient::stderr_palette().note(&text) } else { text };
            // Writing to a buffer does not fail.
            let _ = out.write_str(&painted);
        };
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{line}") {
            bar.set_style(style.with_key("line", line));
        }
        bar.enable_steady_tick(TICK);
        Self { bar, state }
    }

    /// Shows the progress.
    pub(crate) fn show(&self, progress: RunProgress) {
        self.state.lock().progress = progress;
    }

    /// Prints a line above it.
    pub(crate) fn say(&self, text: &str) -> std::io::Result<()> {
        self.bar.suspend(|| writeln!(std::io::stderr(), "{}", output::harmless(text)))
    }

    /// Removes the line.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Returns the present wait, with its remaining time in milliseconds.
fn waiting(progress: &RunProgress, elapsed_ms: u64) -> Option<(&ModelWait, u64)> {
    let wait = progress.waiting.as_ref()?;
    let left_ms = wait.until_ms.checked_sub(elapsed_ms).filter(|left| *left > 0)?;
    Some((wait, left_ms))
}

/// Returns the status line, at most `width` columns wide; parts are left out from the end.
fn status(state: &LineState, elapsed_ms: u64, width: usize) -> String {
    let progress = &state.progress;
    let generation = progress.generation.unwrap_or_default();
    let mut parts = vec![
        format!("{} {generation}/{}", bar(generation, progress.generations), progress.generations),
        output::duration(elapsed_ms),
    ];
    if let Some((wait, left_ms)) = waiting(progress, elapsed_ms) {
        parts.push(state.addresses.wait(&wait.model, left_ms, &wait.reason));
        return output::cut(&output::harmless(&parts.join("  ")), width);
    }
    match (&progress.best, progress.generation) {
        (Some(best), _) => parts.push(format!("best {:.4} (held-out {:.4})", best.score, best.held_out)),
        (None, None) => parts.push("evaluating the seed".to_owned()),
        (None, Some(_)) => {}
    }
    if progress.candidates > 0 && progress.generation.is_some() {
        let flying = progress.making + progress.measuring;
        parts.push(format!("{} of {} done, {flying} in flight", progress.done, progress.candidates));
    }
    if state.models {
        parts.push(spent(state));
    }
    parts.push(match progress.left_ms {
        Some(left) => format!("about {} left", output::duration(left)),
        None => "time left unknown".to_owned(),
    });
    let fates: Vec<String> =
        progress.fates.iter().map(|(name, count)| output::fate_count(*count, name)).collect();
    parts.push(fates.join(", "));
    fitted(&parts, width)
}

/// Joins as many parts as fit.
fn fitted(parts: &[String], width: usize) -> String {
    let mut line = String::new();
    for part in parts.iter().filter(|part| !part.is_empty()) {
        let gap = if line.is_empty() { 0 } else { 2 };
        if output::width(&line) + gap + output::width(part) > width {
            break;
        }
        line.push_str(if gap == 0 { "" } else { "  " });
        line.push_str(part);
    }
    line
}

fn spent(state: &LineState) -> String {
    let spent = &state.progress.spent;
    let tokens = spent.input_tokens.saturating_add(spent.output_tokens);
    match state.priced {
        true => format!("{} in {} tokens", spent.cost, output::count(tokens)),
        false => format!("{} tokens", output::count(tokens)),
    }
}

fn bar(done: u64, total: u64) -> String {
    let filled =
        (done.min(total) as usize).checked_mul(BAR).and_then(|cells| cells.checked_div(total as usize));
    let filled = filled.unwrap_or(0).min(BAR);
    format!("{}{}", "█".repeat(filled), "░".repeat(BAR - filled))
}

/// Returns a line about a committed generation, for a log.
pub(crate) fn generation_line(progress: &RunProgress, fates: &str) -> String {
    let generation = progress.generation.unwrap_or_default();
    let mut line = format!("generation {generation}/{}", progress.generations);
    if let Some(best) = &progress.best {
        let _ = write!(line, "  best {:.4} (held-out {:.4}, {})", best.score, best.held_out, best.candidate);
    }
    if !fates.is_empty() {
        let _ = write!(line, "  {fates}");
    }
    if let Some(ms) = progress.elapsed_ms {
        let _ = write!(line, "  {}", output::duration(ms));
    }
    line
}

/// Returns the lines at the start of a run, at most `columns` wide.
pub(crate) fn start_lines(start: &RunStartView, columns: usize, palette: Palette) -> String {
    let better = match start.direction {
        hyperspace_eval::Direction::Minimize => "lower is better",
        hyperspace_eval::Direction::Maximize => "higher is better",
    };
    let unit = start.unit.as_deref().unwrap_or("score");
    let state = match start.generation {
        None => "new".to_owned(),
        Some(generation) if generation >= start.generations => "complete".to_owned(),
        Some(generation) => format!("from generation {generation}"),
    };
    let mut rows = vec![
        ("task", format!("{} ({unit}, {better})", start.task)),
        ("agent", format!("{}, seed {}", start.agent, start.seed)),
        (
            "run",
            format!(
                "{} ({state}): {} of {}, store {}",
                output::short(&start.run),
                output::plural(start.generations, "generation"),
                output::plural(start.candidates, "candidate"),
                start.store.display()
            ),
        ),
    ];
    for model in &start.models {
        let priced = if model.priced { "" } else { ", no prices known" };
        rows.push(("model", format!("{} at {}{priced}", model.name, model.base_url)));
    }
    if let Some(path) = &start.recording {
        rows.push(("models", format!("answered from {}; nobody is called", path.display())));
    } else if !start.models.is_empty() {
        rows.push(("budget", budget(start)));
    }
    let mut text = String::new();
    for (name, value) in rows {
        let value = output::harmless(&value);
        let line = format!("{}  {value}\n", palette.dim(&format!("{name:<6}")));
        text.push_str(&output::wrapped(&line, columns, 8));
    }
    text
}

/// Returns the possible cost of a run in words.
fn budget(start: &RunStartView) -> String {
    let limits = [("run", &start.budgets.run), ("population", &start.budgets.agent)];
    let mut said = Vec::new();
    for (level, limits) in limits {
        let set = [
            limits.cost.map(|most| most.to_string()),
            limits.tokens.map(|most| output::plural(most, "token")),
            limits.input_tokens.map(|most| output::plural(most, "input token")),
            limits.output_tokens.map(|most| output::plural(most, "output token")),
            limits.calls.map(|most| output::plural(most, "call")),
        ];
        let set: Vec<String> = set.into_iter().flatten().collect();
        if !set.is_empty() {
            let each = if level == "run" { "at most".to_owned() } else { format!("each {level} at most") };
            said.push(format!("{each} {}", set.join(", ")));
        }
    }
    if said.is_empty() {
        "none: --max-cost DOLLARS or --max-calls N limits what it may cost".to_owned()
    } else {
        said.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_left_out_where_there_is_no_room() {
        let parts = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(fitted(&parts, 8), "one  two");
        assert_eq!(fitted(&parts, 80), "one  two  three");
        assert_eq!(bar(3, 6).chars().filter(|cell| *cell == '█').count(), BAR / 2);
        assert_eq!(bar(0, 0), "░".repeat(BAR));
    }

    #[test]
    fn a_wait_names_the_address_and_what_is_left() {
        let addresses = Addresses(BTreeMap::from([("m".to_owned(), "http://127.0.0.1:1/v1".to_owned())]));
        let said = addresses.wait("m", 11_001, "status 503:\noverloaded");
        assert_eq!(said, "retrying http://127.0.0.1:1/v1 in 12 s: status 503: overloaded");
        assert_eq!(addresses.wait("other", 500, "x"), "retrying other in 1 s: x");
    }
}
