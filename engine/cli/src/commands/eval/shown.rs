//! What is shown of an evaluation.

use hyperspace_eval::scorer::bin_packing::MeanBins;
use hyperspace_eval::{CaseOutcome, CaseResult, ClassificationReport, Evaluation, Score, Task};
use hyperspace_llm::{CallStats, Spend};
use serde_json::{Value, json};

use crate::output;

/// Characters of an answer that a table of rows shows.
const ANSWER_CHARS_MAX: usize = 40;

/// An evaluation, to be shown.
pub(super) struct Shown<'a> {
    pub(super) task: &'a Task,
    pub(super) evaluation: &'a Evaluation,
    /// What calls of models took, if rows may call any.
    pub(super) taken: Option<&'a Taken>,
}

/// What calls of models took.
pub(super) struct Taken {
    /// Each row.
    pub(super) rows: Vec<Spend>,
    /// All of them.
    pub(super) sum: Spend,
    /// What calling was like; absent when a file answered.
    pub(super) stats: Option<CallStats>,
    /// The model that the agent was handed.
    pub(super) model: Option<String>,
    /// Whether identical requests were asked once.
    pub(super) reuse_identical: bool,
}

impl Taken {
    fn document(&self) -> Value {
        json!({
            "model": self.model,
            "replayed": self.stats.is_none(),
            "reuse_identical": self.reuse_identical,
            "spent": self.sum,
            "stats": self.stats,
        })
    }

    fn text(&self) -> String {
        let Spend { calls, input_tokens, output_tokens, cost } = self.sum;
        let mut text =
            format!("{calls} calls of models, {input_tokens} tokens in, {output_tokens} out, {cost}\n");
        let Some(stats) = &self.stats else {
            text.push_str("all of them answered from the file, nothing was asked\n");
            return text;
        };
        if self.reuse_identical {
            text.push_str(&format!("{} more got the answer to an identical one\n", stats.reused));
        }
        let faults: u64 = stats.faults.values().sum();
        if faults > 0 {
            text.push_str(&format!(
                "{faults} faults of providers on the way, {} asked again\n",
                stats.retried
            ));
        }
        text
    }
}

impl Shown<'_> {
    /// As JSON.
    pub(super) fn document(&self) -> Value {
        let Self { task, evaluation, taken } = self;
        let mut value = document(task, evaluation);
        if let Some(taken) = taken {
            value["models"] = taken.document();
            for (row, spent) in value["rows"].as_array_mut().into_iter().flatten().zip(&taken.rows) {
                row["spent"] = json!(spent);
            }
        }
        value
    }

    /// For people.
    pub(super) fn text(&self, rows: bool) -> String {
        let mut shown = text(self.task, self.evaluation);
        if let Some(taken) = self.taken {
            shown.push_str(&taken.text());
        }
        if rows {
            shown.push('\n');
            shown.push_str(&self.rows());
        }
        shown
    }

    fn rows(&self) -> String {
        let mut head = vec!["case", "outcome", "score", "answer"];
        if self.taken.is_some() {
            head.extend(["calls", "tokens"]);
        }
        let mut table = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
        for (index, row) in self.evaluation.cases.iter().enumerate() {
            let score = row.measure.as_ref().and_then(|measure| measure.score());
            let score = score.map_or_else(|| "-".to_owned(), |score| format!("{:.4}", score.to_f64()));
            let answer = row.answer.as_deref().map_or_else(|| "-".to_owned(), shortened);
            let mut cells = vec![row.case.clone(), row.outcome.name().to_owned(), score, answer];
            if let Some(spent) = self.taken.and_then(|taken| taken.rows.get(index)) {
                let tokens = spent.input_tokens.saturating_add(spent.output_tokens);
                cells.extend([spent.calls.to_string(), tokens.to_string()]);
            }
            table.push(cells);
        }
        output::table(&table)
    }
}

/// One short line of an answer.
fn shortened(answer: &str) -> String {
    let line: String = answer.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(ANSWER_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Mean bins and mean bound, if the task is one of bin packing.
fn mean_bins(task: &Task, evaluation: &Evaluation) -> Option<(f64, f64)> {
    let measures = evaluation.cases.iter().map(|result| result.measure.as_ref());
    MeanBins::of(&task.cases(evaluation.split), measures).map(|mean| (mean.used, mean.bound))
}

fn document(task: &Task, evaluation: &Evaluation) -> Value {
    let row = |row: &CaseResult| {
        let score = row.measure.as_ref().and_then(|measure| measure.score());
        json!({
            "case": row.case,
            "outcome": row.outcome,
            "score": score.map(|score| score.to_f64()),
            "fuel": row.fuel,
            "evidence": row.evidence,
            "answer": row.answer,
        })
    };
    let mean = mean_bins(task, evaluation);
    json!({
        "task": evaluation.task,
        "split": evaluation.split,
        "agent": evaluation.agent,
        "score": evaluation.score.as_ref().map(Score::to_f64),
        "score_exact": evaluation.score,
        "outcome": evaluation.outcome.name(),
        "detail": evaluation.outcome.describe(),
        "mean_bins": mean.map(|(bins, _)| bins),
        "mean_bound": mean.map(|(_, bound)| bound),
        "report": ClassificationReport::of(task, evaluation).map(|report| report.to_json()),
        "cases": task.cases(evaluation.split).len(),
        "rows": evaluation.cases.iter().map(row).collect::<Vec<_>>(),
        "fuel": evaluation.fuel,
    })
}

/// What is known of rows with labels besides the score.
fn labels(task: &Task, evaluation: &Evaluation, report: &ClassificationReport) -> String {
    let (asked, cases) = (evaluation.cases.len(), task.cases(evaluation.split).len());
    let mut text = String::new();
    if asked < cases {
        text.push_str(&format!(
            "only the first {asked} of {cases} rows were asked: not better than the threshold there\n"
        ));
    }
    let failed = evaluation.cases.iter().filter(|row| row.outcome != CaseOutcome::Scored).count();
    if failed > 0 {
        text.push_str(&format!("{failed} rows failed and count as wrong; --json tells why\n"));
    }
    text.push_str(&format!(
        "{} of {} right, normalised mean absolute error {:.4}\n\n",
        report.correct,
        report.total,
        report.normalized_mae.to_f64()
    ));
    let mut rows = vec![["label", "precision", "recall", "right", "rows"].map(str::to_owned).to_vec()];
    for (name, one) in &report.labels {
        let share = |score: &Score| format!("{:.3}", score.to_f64());
        let (right, total) = (one.correct.to_string(), one.total.to_string());
        rows.push(vec![name.clone(), share(&one.precision), share(&one.recall), right, total]);
    }
    text.push_str(&output::table(&rows));
    text
}

fn text(task: &Task, evaluation: &Evaluation) -> String {
    let head = format!("{} ({}, {} cases)\n", task.title(), evaluation.split, evaluation.cases.len());
    let fuel = output::count(evaluation.fuel);
    let Some(score) = &evaluation.score else {
        let row = evaluation.cases.last();
        let case = row.map_or("-", |row| row.case.as_str());
        let evidence = row.and_then(|row| row.evidence.clone()).unwrap_or_default();
        let outcome = evaluation.outcome.describe();
        return format!("{head}no score: case {case} ended with {outcome}\nfuel {fuel}\n{evidence}");
    };
    let unit = task.unit().unwrap_or("score");
    let mut text = format!("{head}{:.4} {unit}\n", score.to_f64());
    if let Some((bins, bound)) = mean_bins(task, evaluation) {
        text.push_str(&format!("{bins:.2} bins on average, lower bound {bound:.2}\n"));
    }
    if let Some(report) = ClassificationReport::of(task, evaluation) {
        text.push_str(&labels(task, evaluation, &report));
    }
    text.push_str(&format!("fuel {fuel}\n"));
    text
}
