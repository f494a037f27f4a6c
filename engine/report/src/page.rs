//! The page: a single file without external links, for screens of any width and for paper.

use std::fmt::Write;

use hyperspace_core::is_unseen;

use crate::adoption::{AdoptionEvent, THRESHOLD};
use crate::analysis::{AgentAnalysis, Analysis, CandidateAnalysis, RunAnalysis};
use crate::comparison::{GroupComparison, PairTest};
use crate::error::ReportError;
use crate::figures::Figure;
use crate::plot::short;
use crate::tables::word;

const STYLE: &str = include_str!("page.css");
/// Maximum number of edits of each kind in a run's table.
const EDITS_SHOWN: usize = 8;
/// Maximum number of failures in a run's table.
const FAILURES_SHOWN: usize = 12;
/// Maximum number of characters of a cell that stays on one line.
const LINE_CHARS_MAX: usize = 44;
/// Probability below which a test is listed.
const TOLD_P: f64 = 0.05;

/// Escapes text for HTML.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Characters that a reader does not see have no place in a page.
            c if is_unseen(c) && c != '\n' && c != '\t' => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(
        || "–".to_owned(),
        |value| {
            if value != 0.0 && value.abs() < 0.1 {
                format!("{value:.4}")
            } else if value.abs() < 100.0 {
                format!("{value:.3}")
            } else {
                short(value)
            }
        },
    )
}

fn count(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// A table; columns whose heading begins with `#` hold numbers.
struct Table {
    text: String,
    numbers: Vec<bool>,
}

impl Table {
    fn new(head: &[&str]) -> Self {
        let numbers: Vec<bool> = head.iter().map(|cell| cell.starts_with('#')).collect();
        let cells: String = head
            .iter()
            .map(|cell| match cell.strip_prefix('#') {
                Some(name) => format!("<th class=\"n\">{}</th>", escape(name)),
                None => format!("<th>{}</th>", escape(cell)),
            })
            .collect();
        Self { text: format!("<div class=\"wide\"><table><thead><tr>{cells}</tr></thead><tbody>\n"), numbers }
    }

    /// Adds a row of texts, which are escaped.
    fn row<I: IntoIterator<Item = String>>(&mut self, cells: I) {
        self.text.push_str("<tr>");
        for (cell, number) in cells.into_iter().zip(&self.numbers) {
            let class = match (*number, cell.chars().count() <= LINE_CHARS_MAX) {
                (true, _) => " class=\"n\"",
                (false, true) => " class=\"s\"",
                _ => "",
            };
            let _ = write!(self.text, "<td{class}>{}</td>", escape(&cell));
        }
        self.text.push_str("</tr>\n");
    }

    fn end(self) -> String {
        self.text + "</tbody></table></div>\n"
    }
}

/// Returns the page.
pub(crate) fn page(
    analysis: &Analysis,
    comparison: &[Figure],
    figures: &[Vec<Figure>],
    detailed: bool,
) -> Result<String, ReportError> {
    let runs = analysis.runs.len();
    let title = match &analysis.runs[..] {
        [one] => format!("Run {}", one.name),
        _ => format!("{runs} runs"),
    };
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{0}</title><style>\n{STYLE}</style></head><body>\n<h1>{0}</h1>\n",
        escape(&title)
    );
    text.push_str(&overview(analysis));
    if runs > 1 {
        text.push_str("<h2 id=\"comparison\">Comparison</h2>\n");
        text.push_str(&plots(comparison)?);
        text.push_str(&groups(&analysis.groups, "Groups of equal configuration"));
        text.push_str(&tests(&analysis.tests, "Tests between groups"));
        if analysis.kinds.len() > 1 {
            text.push_str(&groups(&analysis.kinds, "Several agents against one"));
            text.push_str(&tests(&analysis.kind_tests, "Tests of several agents against one"));
        }
    }
    text.push_str(&adoption_summary(analysis));
    if !detailed {
        text.push_str("<p class=\"soft\">With this many runs, each has its scores and sizes; a report on up to six has gaps, lineages, gains and complexity as well.</p>\n");
    }
    for ((at, run), figures) in (1..).zip(&analysis.runs).zip(figures) {
        text.push_str(&run_section(run, at, figures)?);
    }
    text.push_str("</body></html>\n");
    Ok(text)
}

fn overview(analysis: &Analysis) -> String {
    let mut table = Table::new(&[
        "run",
        "agent",
        "model",
        "#generations",
        "#candidates",
        "#best held-out",
        "#at",
        "#per generation",
        "#far below best",
        "#adoptions",
        "hash",
    ]);
    for run in &analysis.runs {
        for agent in &run.agents {
            let found = &agent.efficiency;
            let adoptions = run.adoptions.iter().filter(|event| event.agent == agent.name).count();
            table.row([
                run.name.clone(),
                agent.name.clone(),
                agent.model.clone().unwrap_or_default(),
                agent.course.len().to_string(),
                agent.candidates.to_string(),
                number(found.best),
                count(found.best_generation),
                number(found.score_per_generation),
                agent
                    .far_below_best
                    .map_or_else(|| "–".to_owned(), |share| format!("{:.0} %", share * 100.0)),
                adoptions.to_string(),
                run.hash.chars().take(12).collect(),
            ]);
        }
    }
    let words = "Per generation: best held-out score over the generations to it. Far below best: generations more than 0.1 below the best so far.";
    format!("{}<p class=\"soft\">{words}</p>\n", table.end())
}

fn plots(figures: &[Figure]) -> Result<String, ReportError> {
    let mut text = String::from("<div class=\"plots\">\n");
    for figure in figures {
        let svg = figure.plot.svg()?.replacen(
            "role=\"img\"",
            &format!("role=\"img\" aria-label=\"{}\"", escape(figure.title)),
            1,
        );
        let _ = writeln!(
            text,
            "<figure><h3>{}</h3><div class=\"wide\">{svg}</div><figcaption>{}</figcaption></figure>",
            escape(figure.title),
            escape(&figure.caption)
        );
    }
    text.push_str("</div>\n");
    Ok(text)
}

fn groups(groups: &[GroupComparison], title: &str) -> String {
    let mut table = Table::new(&[
        "group",
        "metric",
        "#runs",
        "#median",
        "#upper median",
        "#95 % from",
        "#to",
        "#least",
        "#most",
    ]);
    for group in groups {
        for metric in &group.metrics {
            let one = &metric.summary;
            let numbers =
                [Some(one.median), Some(one.upper_median), one.low, one.high, Some(one.min), Some(one.max)];
            let row =
                [group.group.clone(), metric.metric.to_owned(), format!("{} of {}", one.count, group.runs)];
            table.row(row.into_iter().chain(numbers.map(number)));
        }
    }
    format!(
        "<h3>{}</h3>\n{}<p class=\"soft\">Of each run the agent that is best on held-out data. Intervals are of order statistics, from six runs on.</p>\n",
        escape(title),
        table.end()
    )
}

fn tests(tests: &[PairTest], title: &str) -> String {
    if tests.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["metric", "one", "other", "#U", "#share larger", "#p", ""]);
    let told: Vec<&PairTest> = tests.iter().filter(|one| one.test.p < TOLD_P).collect();
    for one in &told {
        let test = one.test;
        let how = if test.exact { "exact" } else { "normal" };
        table.row([
            one.metric.to_owned(),
            one.one.clone(),
            one.other.clone(),
            short(test.u),
            number(Some(test.effect)),
            format!("{:.4}", test.p),
            how.to_owned(),
        ]);
    }
    let words = format!(
        "Mann-Whitney, two-sided, not corrected for their number: {} of {} tests have p below {TOLD_P}; tables/tests.csv has all.",
        told.len(),
        tests.len()
    );
    let table = if told.is_empty() { String::new() } else { table.end() };
    format!("<h3>{}</h3>\n{table}<p class=\"soft\">{words}</p>\n", escape(title))
}

fn adoption_summary(analysis: &Analysis) -> String {
    let paired: Vec<&RunAnalysis> = analysis.runs.iter().filter(|run| run.agents.len() > 1).collect();
    if paired.is_empty() {
        return String::new();
    }
    let visible: usize = paired.iter().map(|run| run.adoptions.len()).sum();
    let ahead: Vec<&AdoptionEvent> = paired.iter().flat_map(|run| &run.adoptions_with_look_ahead).collect();
    let looking = ahead.iter().filter(|event| event.looks_ahead).count();
    let mut table = Table::new(&[
        "run",
        "agent",
        "from",
        "candidate",
        "peer's",
        "#own distance",
        "#peer distance",
        "#ratio",
        "#before",
        "#after",
        "look-ahead",
    ]);
    for run in &paired {
        for event in &run.adoptions_with_look_ahead {
            table.row([
                run.name.clone(),
                event.agent.clone(),
                event.peer.clone(),
                event.candidate.clone(),
                event.peer_candidate.clone(),
                number(Some(event.own_distance)),
                number(Some(event.peer_distance)),
                format!("{:.3}", event.ratio),
                number(event.before),
                number(event.after),
                if event.looks_ahead { "yes" } else { "" }.to_owned(),
            ]);
        }
    }
    format!(
        "<h2 id=\"adoptions\">Adoptions</h2>\n<p>{} candidates are nearer to a peer's best code than to their own previous code (ratio below {THRESHOLD}), \
         if code of the same generation counts as the peer's; {looking} of them are near to such code, which they could not see. \
         With visible code alone there are {visible}.</p>\n{}",
        ahead.len(),
        if ahead.is_empty() { String::new() } else { table.end() }
    )
}

fn run_section(run: &RunAnalysis, at: usize, figures: &[Figure]) -> Result<String, ReportError> {
    let mut text = format!("<h2 id=\"run{at}\">{}</h2>\n", escape(&run.name));
    let _ = writeln!(
        text,
        "<p class=\"soft\">{} · task {} · seed {} · {}</p>",
        escape(&run.hash),
        escape(&run.task),
        escape(&run.seed),
        spend(run)
    );
    for unknown in &run.unknown {
        let _ = writeln!(text, "<p class=\"soft\">{}</p>", escape(unknown));
    }
    text.push_str(&arms(run));
    text.push_str(&plots(figures)?);
    if !run.recoveries_with_invalid.is_empty() {
        let mut table = Table::new(&[
            "agent",
            "crash",
            "#recovered",
            "#before",
            "#after",
            "bytes before, in crash, after",
            "adopted",
        ]);
        for one in &run.recoveries_with_invalid {
            table.row([
                one.agent.clone(),
                format!("{}–{}", one.from, one.to),
                one.recovered.to_string(),
                number(one.before),
                number(Some(one.after)),
                one.bytes.map(|bytes| bytes.to_string()).join(", "),
                if one.adopted { "yes" } else { "no" }.to_owned(),
            ]);
        }
        let alone = run.recoveries.len();
        let words =
            format!("Generations without a score are part of a crash; if they end one, there are {alone}.");
        text.push_str(&format!("<h3>Recoveries</h3>\n{}<p class=\"soft\">{words}</p>\n", table.end()));
    }
    text.push_str(&quotes(run));
    text.push_str(&edits(run));
    text.push_str(&editing(run));
    text.push_str(&complacency(run));
    text.push_str(&answers(run));
    text.push_str(&slimming(run));
    text.push_str(&splits(run));
    text.push_str(&failures(run));
    Ok(text)
}

/// Returns the table of models and prompts that a bandit chose from, with what each earned.
fn arms(run: &RunAnalysis) -> String {
    if run.arms.is_empty() {
        return String::new();
    }
    let mut table =
        Table::new(&["agent", "bandit", "arm", "#candidates", "#better", "#gain", "#calls", "#dollars"]);
    for arm in &run.arms {
        table.row([
            arm.agent.clone(),
            arm.of.clone(),
            arm.arm.clone(),
            arm.candidates.to_string(),
            arm.wins.to_string(),
            number(Some(arm.gain)),
            arm.calls.to_string(),
            number(Some(arm.picodollars as f64 / 1e12)),
        ]);
    }
    format!("<h3>Arms</h3>\n{}", table.end())
}

fn spend(run: &RunAnalysis) -> String {
    let one = run.spend;
    let calls = one
        .calls
        .map_or_else(|| "calls of models not known".to_owned(), |calls| format!("{calls} calls of models"));
    let tokens = if one.input_tokens + one.output_tokens > 0 {
        format!(", {} tokens in, {} out", one.input_tokens, one.output_tokens)
    } else {
        String::new()
    };
    let dollars =
        if one.picodollars > 0 { format!(", ${:.4}", one.picodollars as f64 / 1e12) } else { String::new() };
    let fuel = if one.fuel > 0 { format!("{} fuel, ", one.fuel) } else { String::new() };
    format!("{fuel}{calls}{tokens}{dollars}")
}

fn quotes(run: &RunAnalysis) -> String {
    let events = run.adoptions_with_look_ahead.iter().filter(|event| !event.quotes.is_empty());
    let mut text = String::new();
    for event in events {
        for quote in &event.quotes {
            let _ =
                writeln!(text, "<blockquote>{}: {}</blockquote>", escape(&event.candidate), escape(quote));
        }
    }
    if text.is_empty() { text } else { format!("<h3>Said on adoptions</h3>\n{text}") }
}

fn edits(run: &RunAnalysis) -> String {
    let gain = |one: &CandidateAnalysis| one.held_out_gain.or(one.train_gain);
    let mut all: Vec<(&AgentAnalysis, &CandidateAnalysis, f64)> = Vec::new();
    for agent in &run.agents {
        all.extend(
            agent
                .rows
                .iter()
                .filter_map(|one| Some((agent, one, gain(one)?)))
                .filter(|(_, _, gain)| *gain != 0.0),
        );
    }
    all.sort_by(|one, other| other.2.total_cmp(&one.2));
    if all.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        "agent",
        "candidate",
        "made from",
        "fate",
        "#training",
        "#held-out",
        "#bytes",
        "#bytes before",
    ]);
    let ends = all
        .iter()
        .take(EDITS_SHOWN)
        .chain(all[EDITS_SHOWN.min(all.len())..].iter().rev().take(EDITS_SHOWN).rev());
    for (agent, one, _) in ends {
        let parent = one.parent.map(|parent| &agent.rows[parent]);
        let bytes = |one: &CandidateAnalysis| {
            one.program_bytes.map_or_else(|| "–".to_owned(), |bytes| bytes.to_string())
        };
        table.row([
            agent.name.clone(),
            one.id.clone(),
            parent.map(|parent| parent.id.clone()).unwrap_or_default(),
            one.fate.clone(),
            one.train_gain.map_or_else(|| "–".to_owned(), |gain| format!("{gain:+.3}")),
            one.held_out_gain.map_or_else(|| "–".to_owned(), |gain| format!("{gain:+.3}")),
            bytes(one),
            parent.map(bytes).unwrap_or_default(),
        ]);
    }
    format!(
        "<details><summary>What edits brought: the largest gains and losses of {} edits with a difference</summary>\n{}</details>\n",
        all.len(),
        table.end()
    )
}

fn editing(run: &RunAnalysis) -> String {
    if run.agents.iter().all(|agent| agent.editing.candidates == 0) {
        return String::new();
    }
    let head = [
        "agent",
        "#recorded",
        "#tool calls",
        "#loops",
        "#near budget",
        "#repeated views",
        "#failed edits",
        "#meta edits",
        "#probes",
        "#read strategies",
        "#stuck",
    ];
    let mut table = Table::new(&head);
    for agent in &run.agents {
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
        table.row(std::iter::once(agent.name.clone()).chain(counts.map(|count| count.to_string())));
    }
    let examples: String = run
        .agents
        .iter()
        .flat_map(|agent| &agent.editing.examples)
        .map(|example| format!("<li>{}</li>\n", escape(example)))
        .collect();
    let examples =
        if examples.is_empty() { examples } else { format!("<ul class=\"soft\">{examples}</ul>\n") };
    format!("<h3>Editing patterns</h3>\n{}{examples}", table.end())
}

fn complacency(run: &RunAnalysis) -> String {
    let signs: Vec<_> = run.agents.iter().flat_map(|agent| &agent.complacency).collect();
    if signs.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["agent", "sign", "#candidates", "evidence"]);
    for one in signs {
        table.row([one.agent.clone(), word(one.kind), one.count.to_string(), one.evidence.join(" · ")]);
    }
    format!("<h3>Signs of complacency</h3>\n{}", table.end())
}

fn answers(run: &RunAnalysis) -> String {
    if run.answers.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["agent", "#after generation", "sign", "#candidates", "answers", "evidence"]);
    for one in &run.answers {
        table.row([
            one.agent.clone(),
            one.generation.to_string(),
            one.sign.clone(),
            one.candidates.to_string(),
            one.answers.join(", "),
            one.evidence.join(" · "),
        ]);
    }
    let words = "Each answer lasts until the warning in the run's mark space has lost half of its strength.";
    format!("<h3>Answers to signs</h3>\n{}<p class=\"soft\">{words}</p>\n", table.end())
}

fn slimming(run: &RunAnalysis) -> String {
    if run.slimming.is_empty() {
        return String::new();
    }
    let head = [
        "agent",
        "candidate",
        "of",
        "verdict",
        "#nodes before",
        "#nodes",
        "#bytes of all files before",
        "#bytes of all files",
        "#tries",
    ];
    let mut table = Table::new(&head);
    let nodes = |nodes: Option<u64>| nodes.map_or_else(|| "?".to_owned(), |nodes| nodes.to_string());
    for one in &run.slimming {
        let verdict = match &one.differs {
            Some(case) => format!("{}: {case}", one.verdict),
            None => one.verdict.clone(),
        };
        table.row([
            one.agent.clone(),
            one.candidate.clone(),
            one.of.clone(),
            verdict,
            nodes(one.nodes_before),
            nodes(one.nodes),
            one.bytes_before.to_string(),
            one.bytes.to_string(),
            one.tries.to_string(),
        ]);
    }
    let words = "An attempt that is kept has every answer of the member on the same rows, and takes its place as a parent.";
    format!("<h3>Slimming</h3>\n{}<p class=\"soft\">{words}</p>\n", table.end())
}

fn splits(run: &RunAnalysis) -> String {
    let Some(one) = &run.splits else { return String::new() };
    let mut table =
        Table::new(&["policy", "#questions", "#spent", "#budget", "#gap of the best", "#limit", "#alarms"]);
    table.row([
        one.policy.clone(),
        one.asked.to_string(),
        one.spent.to_string(),
        one.budget.map_or_else(|| "none".to_owned(), |budget| budget.to_string()),
        number(one.gap),
        number(Some(one.limit)),
        one.alarms.to_string(),
    ]);
    let words = format!(
        "The gap is progress since the seed on training rows less that on held-out rows, as net shares of rows; an alarm is a gap above \
         the limit and above {} of its standard errors.",
        one.errors
    );
    format!("<h3>Held-out rows</h3>\n{}<p class=\"soft\">{words}</p>\n", table.end())
}

fn failures(run: &RunAnalysis) -> String {
    if run.failures.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["#candidates", "reason", "first"]);
    for one in run.failures.iter().take(FAILURES_SHOWN) {
        table.row([one.count.to_string(), one.kind.clone(), one.example.clone()]);
    }
    let more = run.failures.len().saturating_sub(FAILURES_SHOWN);
    let more = if more > 0 {
        format!("<p class=\"soft\">and {more} more kinds; report.json has all.</p>\n")
    } else {
        String::new()
    };
    format!("<details><summary>Failures by kind</summary>\n{}{more}</details>\n", table.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_does_no_harm() {
        assert_eq!(
            escape("<script>\"&'\u{1b}[2J\u{202e}x\u{200f}\u{2028}\u{200b}\t\n"),
            "&lt;script&gt;&quot;&amp;&#39;\u{fffd}[2J\u{fffd}x\u{fffd}\u{fffd}\u{fffd}\t\n"
        );
        assert_eq!(
            [number(None), number(Some(0.0173)), number(Some(0.5)), number(Some(680.0))],
            ["–", "0.0173", "0.500", "680"]
        );
    }
}
