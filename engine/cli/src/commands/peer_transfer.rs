//! `transfer`.

use std::io::Write as _;

use hyperspace_service::{ShareView, TransferProgress, TransferView};

use super::Code;
use crate::exit::OK;
use crate::session::CliSession;
use crate::{ambient, args, output};

/// Measures what models do with a peer's better program, or reports a stored benchmark.
pub(crate) fn run(session: &CliSession, args: args::Transfer) -> Code {
    let view = match &args.report {
        Some(hash) => session.engine.transfer_report(hash)?,
        None => session.engine.measure_transfer_blocking(&args.request(), told)?,
    };
    if session.json {
        output::json(&view)?;
        return Ok(OK);
    }
    output::painted(&report(session, &view))?;
    Ok(OK)
}

/// Reports a trial that has ended, on standard error.
fn told(one: TransferProgress) {
    let TransferProgress { done, all, author, reader, number, run, .. } = one;
    let line = format!("{done}/{all}  {reader} reads {author}, task {number}  {}", output::short(&run));
    // If the reader of standard error is gone, the work continues.
    drop(writeln!(std::io::stderr(), "{}", output::line(&line)));
}

fn report(session: &CliSession, view: &TransferView) -> String {
    let palette = ambient::stdout_palette();
    let mut rows = vec![output::head([
        "author",
        "reader",
        "offered",
        "looked",
        "adopted",
        "adapted",
        "improved",
        "explained",
        "alone",
        "gain",
    ])];
    for pair in &view.pairs {
        let mut row = vec![output::line(&pair.author), output::line(&pair.reader)];
        row.push(format!("{}/{}", pair.offered.count, pair.offered.of));
        let shares = [pair.looked, pair.adopted, pair.adapted, pair.improved, pair.explained, pair.alone];
        row.extend(shares.map(share));
        row.push(pair.gain.map_or_else(|| "-".to_owned(), |gain| format!("{:+.3}", gain.median)));
        rows.push(row);
    }
    let columns = ambient::text_width();
    let mut text = output::painted_table(&rows, columns, |row, _, cell| match row {
        0 => palette.strong(cell),
        _ => cell.to_owned(),
    });
    let notes = "\nshares of the trials in which the author offered something better, with their 95 % intervals (Wilson); alone: better than its seed \
                 before there was anything to read, of all trials; gain: median of the score\n";
    text.push_str(&output::wrapped(notes, columns, 0));
    text.push_str(&format!("\ntransfer {}\n", view.transfer));
    if let Some(one) = view.trials.first() {
        let (program, store, run) = (session.program(), session.store_flag(), output::short(&one.run));
        let lines = [
            (format!("{program} replay {run}{store}"), "execute the first trial again and compare every bit"),
            (format!("{program} transcript {run}:2:0{store}"), "what its reader said and did"),
        ];
        text.push_str(&format!("\n{}", output::hints(&lines, columns)));
    }
    text
}

/// Returns a share with its interval, in percent.
fn share(one: ShareView) -> String {
    let percent = |value: f64| format!("{:.0}", 100.0 * value);
    match one.share {
        Some(share) => format!("{} [{}, {}]", percent(share), percent(one.low), percent(one.high)),
        None => "-".to_owned(),
    }
}
