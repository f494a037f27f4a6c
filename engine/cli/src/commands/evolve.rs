//! `evolve` and `resume`.

use std::io::Write;

use hyperspace_llm::ModelEvent;
use hyperspace_service::{
    ErrorClass, PromptView, RunEvent, RunHandle, RunProgress, RunStartView, ServiceError,
};

use super::{Code, cost, summary};
use crate::error::CliError;
use crate::exit::OK;
use crate::live::{self, Addresses, StatusLine};
use crate::session::CliSession;
use crate::{ambient, args, exit, interrupt, output};

/// Starts or continues a run.
pub(crate) fn evolve(session: &CliSession, args: args::Evolve) -> Code {
    let (prompt, project, continuous) = (args.show_prompt, args.project.clone(), args.continuous());
    let mut request = args.request()?;
    if let Some(folder) = project {
        let (task, view) = session.engine.project_task(&folder)?;
        write!(std::io::stderr(), "{}", super::project::parts(&view))?;
        request = request.task(task);
    }
    if prompt {
        return show_prompt(session, &session.engine.next_prompt_blocking(request)?);
    }
    if let Some(settings) = continuous {
        return super::continuous::evolve(session, request, settings);
    }
    let started = session.engine.start_blocking(request);
    session.end_of_checks();
    finish(session, started?)
}

/// Continues a run.
pub(crate) fn resume(session: &CliSession, args: args::Resume) -> Code {
    finish(session, session.engine.resume_blocking(args.request())?)
}

fn show_prompt(session: &CliSession, view: &PromptView) -> Code {
    if session.json {
        output::json(view)?;
        return Ok(OK);
    }
    let mut text = String::new();
    for message in &view.messages {
        text.push_str(&format!("--- {} ---\n{}\n", message.role, message.content.trim_end()));
    }
    if !view.tools.is_empty() {
        text.push_str(&format!("--- tools: {} ---\n", view.tools.join(", ")));
    }
    text.push_str(&format!(
        "--- the end: {} would be asked this for {}; nobody was ---\n",
        view.model, view.stream
    ));
    output::text(&text)?;
    Ok(OK)
}

/// Shows a run in progress, and prints its end.
fn finish(session: &CliSession, mut run: RunHandle) -> Code {
    let start = run.start().clone();
    announce(session, &start)?;
    let line = StatusLine::start(&start, run.progress());
    interrupt::says(standing(session, &start, &run.progress(), None));
    let mut log = RunLog::new(session, &start);
    let mut outlook = Outlook { said: start.models.is_empty() };
    while let Some(event) = run.next_blocking()? {
        let progress = run.progress();
        if matches!(event, RunEvent::RunOpened { .. } | RunEvent::GenerationCommitted { .. }) {
            interrupt::says(standing(session, &start, &progress, None));
        }
        if let Some(told) = log.line(event, &progress) {
            writeln!(std::io::stderr(), "{}", output::harmless(&told))?;
        }
        if let Some(told) = outlook.line(session, &start, &progress) {
            line.say(&told)?;
        }
        line.show(progress);
    }
    line.clear();
    let progress = run.progress();
    let view = match run.finish_blocking() {
        Ok(view) => view,
        Err(error) => {
            write!(std::io::stderr(), "{}", standing(session, &start, &progress, Some(&error)))?;
            return Err(error.into());
        }
    };
    interrupt::says(String::new());
    if session.json {
        output::json(&view)?;
    } else {
        output::painted(&summary::text(session, &view)?)?;
    }
    Ok(exit::of(view.failure()))
}

/// The lines about a run in progress if no status line is drawn: with `-v`, one for each generation and each wait.
struct RunLog {
    shown: bool,
    addresses: Addresses,
    /// Fates in the generation at work.
    fates: Vec<&'static str>,
}

impl RunLog {
    fn new(session: &CliSession, start: &RunStartView) -> Self {
        let shown = session.verbose && !ambient::stderr_is_drawable();
        Self { shown, addresses: Addresses::of(start), fates: Vec::new() }
    }

    /// Returns the line about an event, if there is one.
    fn line(&mut self, event: RunEvent, progress: &RunProgress) -> Option<String> {
        let told = match event {
            RunEvent::CandidateDecided { fate, .. } => {
                self.fates.push(fate.name());
                return None;
            }
            RunEvent::GenerationCommitted { .. } => {
                live::generation_line(progress, &counted(&std::mem::take(&mut self.fates)))
            }
            RunEvent::DriftFound { champion, gained, lost, rows, .. } => {
                return Some(format!(
                    "drift: champion {champion} was measured again: better on {gained} of {rows} rows, worse on {lost}; provider or data have changed"
                ));
            }
            RunEvent::GapFound { candidate, gap, limit } => {
                return Some(format!(
                    "gap: candidate {candidate} is ahead of its seed by {:.3} more on training rows than on held-out rows (the limit is {:.3}); its lineage learns its training rows",
                    gap.to_f64(),
                    limit.to_f64()
                ));
            }
            RunEvent::ComplacencyFound { kind, evidence, answers, .. } => {
                let answers: Vec<&str> = answers.iter().map(|answer| answer.name()).collect();
                return Some(format!(
                    "sign of complacency: {}: {}; the next generations answer: {}",
                    kind.name(),
                    output::line(evidence.first().map_or("", String::as_str)),
                    answers.join(", ")
                ));
            }
            RunEvent::HeldOutSpent { generation, budget } => {
                return Some(format!(
                    "held-out rows have given all {budget} answers of their budget: the run ends with generation {generation}"
                ));
            }
            RunEvent::ModelCall { call: ModelEvent::Waiting { model, wait_ms, reason, .. } } => {
                self.addresses.wait(&model, wait_ms, &reason)
            }
            _ => return None,
        };
        self.shown.then_some(told)
    }
}

/// Reports the likely cost of a run, once: after the first generation that was measured.
struct Outlook {
    said: bool,
}

impl Outlook {
    fn line(&mut self, session: &CliSession, start: &RunStartView, progress: &RunProgress) -> Option<String> {
        let view = progress.likely.filter(|_| !self.said)?;
        self.said = true;
        let models: Vec<&str> = start.models.iter().map(|model| model.name.as_str()).collect();
        cost::likely(session, &view, &models)
    }
}

/// Announces what is about to happen, on a terminal or with `-v`; notices, and the possible cost of models, are always printed.
fn announce(session: &CliSession, start: &RunStartView) -> Result<(), CliError> {
    let (palette, columns) = (ambient::stderr_palette(), ambient::message_width());
    let mut text = String::new();
    if ambient::stderr_is_terminal() || session.verbose {
        text.push_str(&live::start_lines(start, columns, palette));
    }
    for (name, value) in cost::before(session, start) {
        let line = format!("{}  {}\n", palette.dim(&format!("{name:<6}")), output::line(&value));
        text.push_str(&output::wrapped(&line, columns, 8));
    }
    let more = start.generation.filter(|done| *done > start.generations).map(|done| {
        let done = output::plural(done, "generation");
        format!("the run has {done} already, more than the {} that were asked for", start.generations)
    });
    for notice in start.notices.iter().chain(&more) {
        let line = format!("{} {}\n", palette.note("note:"), output::harmless(notice));
        text.push_str(&output::wrapped(&line, columns, 2));
    }
    Ok(write!(std::io::stderr(), "{text}")?)
}

/// Returns the state of a run when it stops, with the command that continues it. Empty if a run of this agent cannot begin at
/// all.
fn standing(
    session: &CliSession,
    start: &RunStartView,
    progress: &RunProgress,
    error: Option<&ServiceError>,
) -> String {
    let Some(generation) = progress.generation else {
        let wrong = [Some(ErrorClass::Guest), Some(ErrorClass::Usage)];
        if wrong.contains(&error.map(ServiceError::class)) {
            return String::new();
        }
        let text = "stopped before the seed was committed: the same command begins again\n";
        return output::wrapped(text, ambient::message_width(), 2);
    };
    let best = progress.best.map(|best| format!(", best {:.4} (held-out {:.4})", best.score, best.held_out));
    let budget = match error.map(ServiceError::class) {
        Some(ErrorClass::Budget) if start.budgets.run.cost.is_some() => " --max-cost DOLLARS",
        Some(ErrorClass::Budget) if start.budgets.run.tokens.is_some() => " --max-tokens N",
        Some(ErrorClass::Budget) if start.budgets.run.calls.is_some() => " --max-calls N",
        Some(ErrorClass::Budget) => " --budget agent.RESOURCE=N",
        _ => "",
    };
    let more = if budget.is_empty() { "" } else { ", with a larger budget" };
    let text = format!(
        "stopped after generation {generation} of {}{}; everything committed is kept\nto continue{more}: {} resume {}{}{budget}\n",
        start.generations,
        best.unwrap_or_default(),
        session.program(),
        output::short(&start.run),
        session.store_flag(),
    );
    output::wrapped(&text, ambient::message_width(), 2)
}

/// Counts equal names: `2 admitted, 1 champion`.
fn counted(names: &[&'static str]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, u64>::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.iter().map(|(name, count)| output::fate_count(*count, name)).collect::<Vec<_>>().join(", ")
}
