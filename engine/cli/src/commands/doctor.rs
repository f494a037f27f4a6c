//! `doctor`.

use hyperspace_service::{CheckView, Hardening, ModelCheckView};

use super::{Code, calls};
use crate::session::CliSession;
use crate::{args, exit, output};

/// Checks the installation by running guests, or a model by talking to it.
pub(crate) fn run(session: &CliSession, args: &args::Doctor) -> Code {
    if let Some(model) = &args.model {
        let view = session.engine.check_model_blocking(model)?;
        if session.json {
            output::json(&view)?;
        } else {
            output::text(&model_text(&view))?;
        }
        return Ok(exit::of(view.failure()));
    }
    let view = session.engine.doctor_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&format!("{}\n{}", table(&view.checks), measures(&view.hardening)))?;
    }
    Ok(exit::of(view.failure()))
}

fn table(checks: &[CheckView]) -> String {
    let rows = checks.iter().map(|check| {
        let mark = if check.passed { "ok" } else { "FAILED" };
        vec![mark.to_owned(), check.check.to_owned(), check.seen.clone()]
    });
    output::table(&std::iter::once(output::head(["", "check", "seen"])).chain(rows).collect::<Vec<_>>())
}

fn measures(hardening: &Hardening) -> String {
    let rows = hardening.measures.iter().map(|measure| {
        let mark = if measure.in_force { "on" } else { "off" };
        vec![mark.to_owned(), measure.measure.to_owned(), measure.seen.clone()]
    });
    output::table(&std::iter::once(output::head(["", "hardening", "seen"])).chain(rows).collect::<Vec<_>>())
}

fn model_text(view: &ModelCheckView) -> String {
    let spent = view.stats.spent;
    let speed =
        view.tokens_per_second.map(|speed| format!(", {speed:.0} tokens per second")).unwrap_or_default();
    let mut text = table(&view.checks);
    text.push_str(&format!(
        "\n{}, {} tokens in, {} out, {}{speed}\n",
        output::plural(spent.calls, "call"),
        spent.input_tokens,
        spent.output_tokens,
        spent.cost
    ));
    text.push_str(&calls::notes(Some(&view.stats)));
    if !view.settings.is_empty() {
        text.push_str("\nsettings that were learned; they are used from now on, and can be written down:\n");
    }
    for (model, lines) in &view.settings {
        text.push_str(&format!("\n[models.{model:?}]\n{}\n", lines.join("\n")));
    }
    text
}
