//! `fsck`.

use super::Code;
use crate::session::CliSession;
use crate::{exit, output};

/// Checks the whole store.
pub(crate) fn run(session: &CliSession) -> Code {
    let view = session.engine.fsck()?;
    if session.json {
        output::json(&view)?;
        return Ok(exit::of(view.failure()));
    }
    let report = &view.report;
    let mut text = String::new();
    for damage in &report.damaged {
        text.push_str(&output::line(&format!("{}: {}", damage.object, damage.why)));
        text.push('\n');
    }
    let verdict = match report.damaged.len() {
        0 => "nothing damaged".to_owned(),
        count => format!("{count} damaged"),
    };
    text.push_str(&format!("{} objects, {} events: {verdict}\n", report.objects, report.events));
    output::text(&text)?;
    Ok(exit::of(view.failure()))
}
