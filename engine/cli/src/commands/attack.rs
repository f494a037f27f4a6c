//! `attack`.

use hyperspace_attack::{PlantedLeak, ProcessState};
use hyperspace_service::{AttackHost, AttackView};

use super::Code;
use crate::session::CliSession;
use crate::{ambient, args, exit, output, progress};

/// Maximum number of columns of text in a table cell.
const CELL_CHARS_MAX: usize = 60;

/// Tries the attacks of the catalogue.
pub(crate) fn run(session: &CliSession, args: &args::Attack) -> Code {
    let host = AttackHost {
        runtime: args.runtime,
        program: ambient::own_program()?,
        temporary: ambient::temporary_dir(),
        secrets: ambient::secrets(),
        folders: ambient::folders_of_the_user(),
    };
    if args.self_test {
        return self_test(session, host);
    }
    let bar = progress::bar(0, "attacks");
    let view = session.engine.attack_blocking(&args.ids, host, &mut |title, tried, all| {
        bar.set_length(all as u64);
        bar.set_message(title.to_owned());
        bar.set_position(tried as u64);
    });
    bar.finish_and_clear();
    let view = view?;
    if session.json {
        output::json(&view)?;
    } else {
        output::text(&text(&view))?;
    }
    Ok(exit::of(view.failure()))
}

/// Shows that the suite notices leaks.
fn self_test(session: &CliSession, host: AttackHost) -> Code {
    let view = session.engine.attack_self_test_blocking(host)?;
    if session.json {
        output::json(&view)?;
        return Ok(exit::of(view.failure()));
    }
    let row = |leak: &PlantedLeak| {
        let noticed = match (leak.noticed, leak.expected.is_empty()) {
            (true, false) => "noticed",
            (false, false) => "NOT NOTICED",
            (true, true) => "silent",
            (false, true) => "FALSE ALARM",
        };
        vec![noticed.to_owned(), leak.kind.to_owned(), leak.complaints.join("; ")]
    };
    let head = output::head(["", "planted", "complaints"]);
    output::text(&output::table(
        &std::iter::once(head).chain(view.leaks.iter().map(row)).collect::<Vec<_>>(),
    ))?;
    Ok(exit::of(view.failure()))
}

fn text(view: &AttackView) -> String {
    let mut text = table(view);
    let seconds = view.millis.unwrap_or_default() / 1_000;
    let host = host(&view.host_before, &view.host_after);
    let in_force = view.hardening.measures.iter().filter(|measure| measure.in_force);
    let names: Vec<&str> = in_force.map(|measure| measure.measure).collect();
    let hardening = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    text.push_str(&format!(
        "{host}\nhardening: {hardening}\n{} of {} contained in {seconds} s\n",
        view.contained, view.cases
    ));
    let again = view.findings.iter().filter(|finding| finding.contained && finding.attempts > 1).count();
    if again > 0 {
        let again = output::plural(again as u64, "attack");
        text.push_str(&format!(
            "{again} tried more than once, since other programs were at work meanwhile\n"
        ));
    }
    for finding in &view.failed {
        text.push_str(&format!("{}: {}\n", finding.id, finding.complaints.join("; ")));
    }
    text
}

fn table(view: &AttackView) -> String {
    let cut = |text: &str| -> String {
        let short: String = text.chars().take(CELL_CHARS_MAX).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    };
    let rows = view.findings.iter().map(|finding| {
        let mark = if finding.contained { "ok" } else { "FAILED" };
        let host = if finding.complaints.is_empty() { "clean" } else { "see below" };
        let observed = if finding.observed == finding.expected { "as expected" } else { &finding.observed };
        let cells = [mark, &finding.id, &finding.title, &finding.expected, observed, host];
        cells.map(cut).to_vec()
    });
    let head = output::head(["", "case", "tries", "expected", "observed", "host"]);
    output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn host(before: &ProcessState, after: &ProcessState) -> String {
    let change = |was: Option<u64>, is: Option<u64>| match (was, is) {
        (Some(was), Some(is)) => format!("{was} -> {is}"),
        _ => "unknown".to_owned(),
    };
    let mib = |bytes: Option<u64>| bytes.map(|bytes| bytes >> 20);
    format!(
        "descriptors {}, threads {}, resident MiB {}",
        change(before.descriptors, after.descriptors),
        change(before.threads, after.threads),
        change(mib(before.resident_bytes), mib(after.resident_bytes))
    )
}
