//! `doctor`.

use super::Code;
use crate::session::CliSession;
use crate::{exit, output};

/// Checks the installation by running guests.
pub(crate) fn run(session: &CliSession) -> Code {
    let view = session.engine.doctor_blocking()?;
    if session.json {
        output::json(&view)?;
    } else {
        let rows = view.checks.iter().map(|check| {
            let mark = if check.passed { "ok" } else { "FAILED" };
            vec![mark.to_owned(), check.check.to_owned(), check.seen.clone()]
        });
        let head = output::head(["", "check", "seen"]);
        output::text(&output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>()))?;
    }
    Ok(exit::of(view.failure()))
}
