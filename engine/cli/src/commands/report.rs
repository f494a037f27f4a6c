//! `report`.

use std::time::Duration;

use hyperspace_service::{ReportRequest, ReportView, ServiceError};

use super::Code;
use crate::exit::OK;
use crate::progress::spinner;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Longest time between two looks at the runs.
const WATCH_SECONDS_MAX: u64 = 24 * 60 * 60;

/// Writes a report, and writes it again whenever a run has a new generation.
pub(crate) fn run(session: &CliSession, args: &args::ReportArgs) -> Code {
    if let Some(given) = args.watch.filter(|seconds| !(1..=WATCH_SECONDS_MAX).contains(seconds)) {
        let (given, expected) = (given.to_string(), format!("1 to {WATCH_SECONDS_MAX} seconds"));
        return Err(ServiceError::Range { setting: "watch", given, expected }.into());
    }
    let request = args.request();
    if request.runs.is_empty() && !request.all && request.folders.is_empty() {
        session.tell_run(None)?;
    }
    let mut state = session.engine.report_state(&request)?;
    tell(session, &drawn(session, &request, args)?)?;
    let Some(seconds) = args.watch else { return Ok(OK) };
    loop {
        std::thread::sleep(Duration::from_secs(seconds));
        let now = session.engine.report_state(&request)?;
        if now != state {
            state = now;
            tell(session, &drawn(session, &request, args)?)?;
        }
    }
}

fn drawn(
    session: &CliSession,
    request: &ReportRequest,
    args: &args::ReportArgs,
) -> Result<ReportView, crate::error::CliError> {
    let line = spinner("reading runs and drawing");
    let view = session.engine.report(request, &args.to);
    line.finish_and_clear();
    Ok(view?)
}

fn tell(session: &CliSession, view: &ReportView) -> Result<(), crate::error::CliError> {
    if session.json {
        return output::json(view);
    }
    let page = view.files.get("report.html").copied().unwrap_or_default();
    let text = format!(
        "{}\n{} with {}: {} ({} with look-ahead), {} from crashes\npage of {} KiB, {} in all\n",
        view.to.join("report.html").display(),
        output::plural(view.runs.len() as u64, "run"),
        output::plural(view.candidates as u64, "candidate"),
        output::plural(view.adoptions as u64, "adoption"),
        view.adoptions_with_look_ahead,
        match view.recoveries {
            1 => "1 recovery".to_owned(),
            count => format!("{count} recoveries"),
        },
        page / 1_024,
        output::plural(view.files.len() as u64, "file"),
    );
    output::text(&output::wrapped(&text, ambient::text_width(), 2))
}
