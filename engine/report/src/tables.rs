//! The tables, as CSV: cells are texts and numbers, and an empty cell is a value that is not known.

use serde::Serialize;

use crate::analysis::{Analysis, RunAnalysis};
use crate::error::ReportError;

/// Writes a table.
fn table(
    name: &str,
    head: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> Result<(String, Vec<u8>), ReportError> {
    let failed = |why: csv::Error| ReportError::Table { name: name.to_owned(), why: why.to_string() };
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new());
    writer.write_record(head).map_err(failed)?;
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|why| ReportError::Table { name: name.to_owned(), why: why.to_string() })?;
    Ok((format!("{name}.csv"), bytes))
}

fn cell<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Returns a value of an enumeration as it appears in the document.
pub(crate) fn word(value: impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Returns all tables, each with its name.
pub(crate) fn all(analysis: &Analysis) -> Result<Vec<(String, Vec<u8>)>, ReportError> {
    let runs = &analysis.runs;
    let mut tables = vec![
        agents(runs)?,
        candidates(runs)?,
        adoptions(runs)?,
        recoveries(runs)?,
        editing(runs)?,
        complacency(runs)?,
        comparison(analysis)?,
        tests(analysis)?,
    ];
    if runs.iter().any(|run| !run.arms.is_empty()) {
        tables.push(arms(runs)?);
    }
    if runs.iter().any(|run| !run.answers.is_empty()) {
        tables.push(answers(runs)?);
    }
    if runs.iter().any(|run| !run.slimming.is_empty()) {
        tables.push(slimming(runs)?);
    }
    Ok(tables)
}

fn agents(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let head = [
        "run",
        "name",
        "group",
        "seed",
        "agent",
        "model",
        "candidates",
        "admitted",
        "best",
        "best_generation",
        "score_per_generation",
        "gain_per_generation",
        "generations_to_0.50",
        "generations_to_0.55",
        "generations_to_0.60",
        "generations_to_0.65",
        "generations_to_0.70",
        "far_below_best",
        "calls_per_hundredth",
        "fuel",
        "calls",
        "dollars",
    ];
    let rows = runs.iter().flat_map(|run| run.agents.iter().map(move |agent| (run, agent)));
    let rows = rows.map(|(run, agent)| {
        let found = &agent.efficiency;
        let mut row =
            vec![run.hash.clone(), run.name.clone(), run.group.clone(), run.seed.clone(), agent.name.clone()];
        row.extend([cell(agent.model.as_ref()), agent.candidates.to_string(), agent.admitted.to_string()]);
        row.extend([
            cell(found.best),
            cell(found.best_generation),
            cell(found.score_per_generation),
            cell(found.gain_per_generation),
        ]);
        row.extend((0..5).map(|at| cell(found.thresholds.get(at).and_then(|one| one.generation))));
        row.extend([
            cell(agent.far_below_best),
            cell(found.calls_per_hundredth),
            agent.spend.fuel.to_string(),
        ]);
        row.extend([cell(agent.spend.calls), (agent.spend.picodollars as f64 / 1e12).to_string()]);
        row
    });
    table("agents", &head, rows)
}

fn candidates(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let head = [
        "run",
        "agent",
        "candidate",
        "generation",
        "parent",
        "fate",
        "train",
        "held_out",
        "train_gain",
        "held_out_gain",
        "bytes",
        "program_bytes",
        "lines",
        "code_lines",
        "tokens",
        "functions",
        "complexity",
        "depth",
        "nodes",
        "dead",
        "copied_nodes",
        "unparsed",
    ];
    let rows = runs.iter().flat_map(|run| {
        run.agents.iter().flat_map(move |agent| {
            agent.rows.iter().map(move |one| {
                let parent = one.parent.map(|parent| agent.rows[parent].id.clone());
                let mut row = vec![
                    run.hash.clone(),
                    agent.name.clone(),
                    one.id.clone(),
                    one.generation.to_string(),
                    cell(parent),
                ];
                row.extend([
                    one.fate.clone(),
                    cell(one.train),
                    cell(one.held_out),
                    cell(one.train_gain),
                    cell(one.held_out_gain),
                ]);
                row.push(one.bytes.to_string());
                let code =
                    |value: fn(&hyperspace_source::CodeMeasures) -> usize| cell(one.code.as_ref().map(value));
                row.extend([
                    cell(one.program_bytes),
                    code(|c| c.lines),
                    code(|c| c.code_lines),
                    code(|c| c.tokens),
                ]);
                row.extend([
                    code(|c| c.functions),
                    code(|c| c.complexity),
                    code(|c| c.depth),
                    code(|c| c.nodes),
                    code(|c| c.dead.total()),
                    code(|c| c.copied_nodes),
                    cell(one.unparsed.clone()),
                ]);
                row
            })
        })
    });
    table("candidates", &head, rows)
}

fn adoptions(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let head = [
        "run",
        "name",
        "view",
        "agent",
        "peer",
        "candidate",
        "generation",
        "peer_candidate",
        "peer_generation",
        "looks_ahead",
        "own_distance",
        "peer_distance",
        "ratio",
        "before",
        "after",
        "quote",
    ];
    let events = runs.iter().flat_map(|run| {
        run.adoptions_with_look_ahead.iter().chain(&run.adoptions).map(move |event| (run, event))
    });
    let rows = events.map(|(run, event)| {
        let mut row = vec![
            run.hash.clone(),
            run.name.clone(),
            word(event.view),
            event.agent.clone(),
            event.peer.clone(),
        ];
        row.extend([event.candidate.clone(), event.generation.to_string(), event.peer_candidate.clone()]);
        row.extend([
            event.peer_generation.to_string(),
            event.looks_ahead.to_string(),
            event.own_distance.to_string(),
        ]);
        row.extend([
            event.peer_distance.to_string(),
            event.ratio.to_string(),
            cell(event.before),
            cell(event.after),
        ]);
        row.push(event.quotes.first().cloned().unwrap_or_default());
        row
    });
    table("adoptions", &head, rows)
}

fn recoveries(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let head = [
        "run",
        "name",
        "agent",
        "from",
        "to",
        "recovered",
        "before",
        "after",
        "bytes_before",
        "bytes_in_crash",
        "bytes_after",
        "adopted",
        "without_invalid",
    ];
    let rows = runs.iter().flat_map(|run| {
        run.recoveries_with_invalid.iter().map(move |one| {
            let mut row = vec![
                run.hash.clone(),
                run.name.clone(),
                one.agent.clone(),
                one.from.to_string(),
                one.to.to_string(),
            ];
            row.extend([one.recovered.to_string(), cell(one.before), one.after.to_string()]);
            row.extend(one.bytes.map(|bytes| bytes.to_string()));
            row.push(one.adopted.to_string());
            row.push(run.recoveries.contains(one).to_string());
            row
        })
    });
    table("recoveries", &head, rows)
}

fn editing(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let head = [
        "run",
        "agent",
        "recorded",
        "tool_calls",
        "loops",
        "near_budget",
        "repeated_views",
        "failed_edits",
        "meta_edits",
        "probes",
        "strategy_reads",
        "stuck",
    ];
    let rows = runs.iter().flat_map(|run| {
        run.agents.iter().map(move |agent| {
            let one = &agent.editing;
            let counts = [
                one.candidates,
                one.tool_calls,
                one.loops,
                one.near_budget,
                one.repeated_views,
                one.failed_edits,
                one.meta_edits,
                one.probes,
                one.strategy_reads,
                one.stuck,
            ];
            let mut row = vec![run.hash.clone(), agent.name.clone()];
            row.extend(counts.map(|count| count.to_string()));
            row
        })
    });
    table("editing", &head, rows)
}

fn complacency(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let rows = runs.iter().flat_map(|run| {
        let signs = run.agents.iter().flat_map(|agent| &agent.complacency);
        signs.map(move |one| {
            let evidence = one.evidence.join("\n");
            vec![run.hash.clone(), one.agent.clone(), word(one.kind), one.count.to_string(), evidence]
        })
    });
    table("complacency", &["run", "agent", "kind", "candidates", "evidence"], rows)
}

fn answers(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let rows = runs.iter().flat_map(|run| {
        run.answers.iter().map(move |one| {
            vec![
                run.hash.clone(),
                one.agent.clone(),
                one.generation.to_string(),
                one.sign.clone(),
                one.candidates.to_string(),
                one.answers.join(" "),
                one.evidence.join("\n"),
            ]
        })
    });
    let head = ["run", "agent", "generation", "sign", "candidates", "answers", "evidence"];
    table("answers", &head, rows)
}

fn slimming(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let nodes = |nodes: Option<u64>| nodes.map(|nodes| nodes.to_string()).unwrap_or_default();
    let rows = runs.iter().flat_map(|run| {
        run.slimming.iter().map(move |one| {
            vec![
                run.hash.clone(),
                one.agent.clone(),
                one.candidate.clone(),
                one.of.clone(),
                one.verdict.clone(),
                one.differs.clone().unwrap_or_default(),
                nodes(one.nodes_before),
                nodes(one.nodes),
                one.bytes_before.to_string(),
                one.bytes.to_string(),
                one.tries.to_string(),
            ]
        })
    });
    let head = [
        "run",
        "agent",
        "candidate",
        "of",
        "verdict",
        "differs",
        "nodes_before",
        "nodes",
        "bytes_before",
        "bytes",
        "tries",
    ];
    table("slimming", &head, rows)
}

fn arms(runs: &[RunAnalysis]) -> Result<(String, Vec<u8>), ReportError> {
    let rows = runs.iter().flat_map(|run| {
        run.arms.iter().map(move |one| {
            let names = [&run.hash, &one.agent, &one.of, &one.arm].map(String::clone);
            let counts = [one.candidates.to_string(), one.wins.to_string(), one.gain.to_string()];
            let costs = [one.calls.to_string(), (one.picodollars as f64 / 1e12).to_string()];
            names.into_iter().chain(counts).chain(costs).collect()
        })
    });
    table(
        "arms",
        &["run", "agent", "bandit", "arm", "candidates", "better", "gain", "calls", "dollars"],
        rows,
    )
}

fn comparison(analysis: &Analysis) -> Result<(String, Vec<u8>), ReportError> {
    let head = ["group", "metric", "runs", "median", "upper_median", "low", "high", "min", "max"];
    let metrics = analysis
        .groups
        .iter()
        .chain(&analysis.kinds)
        .flat_map(|group| group.metrics.iter().map(move |metric| (group, metric)));
    let rows = metrics.map(|(group, metric)| {
        let one = &metric.summary;
        let mut row = vec![
            group.group.clone(),
            metric.metric.to_owned(),
            one.count.to_string(),
            one.median.to_string(),
        ];
        row.extend([
            one.upper_median.to_string(),
            cell(one.low),
            cell(one.high),
            one.min.to_string(),
            one.max.to_string(),
        ]);
        row
    });
    table("comparison", &head, rows)
}

fn tests(analysis: &Analysis) -> Result<(String, Vec<u8>), ReportError> {
    let head = ["metric", "one", "other", "u", "effect", "p", "exact"];
    let rows = analysis.tests.iter().chain(&analysis.kind_tests).map(|one| {
        let test = one.test;
        let mut row = vec![one.metric.to_owned(), one.one.clone(), one.other.clone(), test.u.to_string()];
        row.extend([test.effect.to_string(), test.p.to_string(), test.exact.to_string()]);
        row
    });
    table("tests", &head, rows)
}
