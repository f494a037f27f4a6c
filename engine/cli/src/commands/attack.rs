//! `attack`.

use anyhow::Result;
use hyperspace_attack::{AttackCase, Finding, HostState, Suite, catalogue};
use serde_json::json;

use super::Session;
use crate::ambient::{self, Stopwatch};
use crate::args;
use crate::exit::{INTERNAL, OK, usage_error};
use crate::{output, progress};

/// Columns of text that a cell of the table may have.
const CELL_CHARS_MAX: usize = 60;

/// Tries the attacks of the catalogue.
pub(crate) fn run(session: &Session, args: &args::Attack) -> Result<u8> {
    let all = catalogue()?;
    let cases: Vec<AttackCase> = all.into_iter().filter(|case| args.wants(case.id)).collect();
    if cases.is_empty() {
        let asked = args.ids.join(", ");
        return Err(usage_error(format!("no attack begins with {asked}; try T-CPU, or T-FS-01")));
    }
    let watch = Stopwatch::start();
    let suite = {
        let (temporary, secrets) = (ambient::temporary_dir(), ambient::secrets());
        Suite::new(session.evaluator()?, ambient::own_program()?, &temporary, secrets)?
    };
    let mut findings = Vec::new();
    let bar = progress::bar(cases.len() as u64, "attacks");
    for case in &cases {
        bar.set_message(case.title);
        bar.set_position(findings.len() as u64);
        findings.push(suite.attack(case)?);
    }
    bar.finish_and_clear();
    let failed: Vec<&Finding> = findings.iter().filter(|finding| !finding.contained).collect();
    let (before, after) = (suite.host_before(), HostState::now());
    if session.common.json {
        output::json(&json!({
            "cases": findings.len(),
            "contained": findings.len() - failed.len(),
            "failed": failed,
            "findings": findings,
            "host_before": before,
            "host_after": after,
            "millis": watch.millis(),
        }))?;
    } else {
        output::text(&table(&cases, &findings))?;
        let seconds = watch.millis() / 1_000;
        let contained = findings.len() - failed.len();
        output::text(&format!(
            "{}\n{contained} of {} contained in {seconds} s",
            host(before, &after),
            findings.len()
        ))?;
        for finding in &failed {
            output::text(&format!("{}: {}", finding.id, finding.complaints.join("; ")))?;
        }
    }
    Ok(if failed.is_empty() { OK } else { INTERNAL })
}

fn table(cases: &[AttackCase], findings: &[Finding]) -> String {
    let cut = |text: &str| -> String {
        let short: String = text.chars().take(CELL_CHARS_MAX).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    };
    let head = ["", "case", "tries", "expected", "observed", "host"].map(str::to_owned).to_vec();
    let rows = cases.iter().zip(findings).map(|(case, finding)| {
        let mark = if finding.contained { "ok" } else { "FAILED" };
        let host = if finding.complaints.is_empty() { "clean" } else { "see below" };
        let observed = if finding.observed == finding.expected { "as expected" } else { &finding.observed };
        let cells = [mark, case.id, case.title, &finding.expected, observed, host];
        cells.map(cut).to_vec()
    });
    output::table(&std::iter::once(head).chain(rows).collect::<Vec<_>>())
}

fn host(before: &HostState, after: &HostState) -> String {
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
