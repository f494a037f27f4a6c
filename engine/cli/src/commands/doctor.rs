//! `doctor`.

use hyperspace_service::{CheckView, Hardening, ModelCheckView};

use super::{Code, calls, cost};
use crate::session::CliSession;
use crate::{ambient, args, exit, output};

/// Number of columns of a terminal into which complete hashes fit.
const WIDE: usize = 120;

/// Checks the installation by running guests, or a model by talking to it.
pub(crate) fn run(session: &CliSession, args: &args::Doctor) -> Code {
    if let Some(model) = &args.model {
        return models(session, model);
    }
    let view = session.engine.doctor_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&format!("{}\n{}", table(&view.checks), measures(&view.hardening)))?;
    }
    Ok(exit::of(view.failure()))
}

/// Checks a model, or all models that the name stands for.
fn models(session: &CliSession, name: &str) -> Code {
    let view = session.engine.check_models_blocking(name)?;
    session.end_of_checks();
    match (session.json, view.models.as_slice()) {
        (true, [one]) => output::json(one)?,
        (true, _) => output::json(&view)?,
        (false, all) => {
            let texts: Vec<String> = all.iter().map(|one| model_text(session, one)).collect();
            output::text(&texts.join("\n"))?;
        }
    }
    Ok(exit::of(view.failure()))
}

/// Returns an entry for each check, in which the observation is complete and takes as many lines as it needs.
fn table(checks: &[CheckView]) -> String {
    let widest = checks.iter().map(|check| output::width(check.check)).max().unwrap_or(0);
    let line = |check: &CheckView| {
        let mark = if check.passed { "ok" } else { "FAILED" };
        let line = format!("{mark:<6}  {:<widest$}  {}", check.check, shortened(&output::line(&check.seen)));
        let columns = ambient::text_width();
        output::wrapped(&format!("{}\n", line.trim_end()), columns, (widest + 10).min(columns / 2))
    };
    checks.iter().map(line).collect()
}

/// Returns a text with shortened hashes if complete ones would not fit; --json has them complete.
fn shortened(text: &str) -> String {
    if ambient::text_width() < WIDE { output::with_short_hashes(text) } else { text.to_owned() }
}

fn measures(hardening: &Hardening) -> String {
    let rows = hardening.measures.iter().map(|measure| {
        let mark = if measure.in_force { "on" } else { "off" };
        vec![mark.to_owned(), measure.measure.to_owned(), measure.seen.clone()]
    });
    output::table(&std::iter::once(output::head(["", "hardening", "seen"])).chain(rows).collect::<Vec<_>>())
}

fn model_text(session: &CliSession, view: &ModelCheckView) -> String {
    let spent = view.stats.spent;
    let speed = view
        .tokens_per_second
        .filter(|speed| *speed > 0.0)
        .map(|speed| format!(", {speed:.0} tokens per second"));
    let speed = speed.unwrap_or_default();
    let address = session.engine.model_address(&view.model);
    let address = address.map(|address| format!(" at {address}")).unwrap_or_default();
    let mut text = output::line(&format!("model {}{address}", view.model)) + "\n\n" + &table(&view.checks);
    let spent = cost::spent(session, &spent, [view.model.as_str()]);
    text.push_str(&output::wrapped(&format!("\n{spent}{speed}\n"), ambient::text_width(), 2));
    let mut stats = view.stats.clone();
    // The failed check already says it.
    stats.last_refusal.take_if(|last| view.checks.iter().any(|check| check.seen.contains(last.as_str())));
    // The settings are printed below.
    text.push_str(&calls::notes(Some(&stats)).replace("; `doctor --model` prints the settings", ""));
    if !view.settings.is_empty() {
        // Lessons of a model that fails are kept as well, but no run will continue with it.
        let used = if view.passed { "they are used from now on, and" } else { "they" };
        text.push_str(&format!("\nsettings that were learned; {used} can be written down:\n"));
    }
    for (model, lines) in &view.settings {
        text.push_str(&format!("\n[models.{}]\n{}\n", key(model), lines.join("\n")));
    }
    text
}

/// Returns a name as a TOML key, without quotes if possible.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let is_bare = !name.is_empty() && name.chars().all(bare);
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}
