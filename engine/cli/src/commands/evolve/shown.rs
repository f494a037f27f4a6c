//! What `evolve` and `resume` tell at the end.

use hyperspace_eval::{Direction, Evaluation, Score};
use hyperspace_evolve::{AgentSummary, Arm, DIFFERENCES, Run, RunConfig, Summary};
use hyperspace_llm::{Models, Spend};
use serde_json::{Value, json};

use super::Session;
use crate::output;

/// What a run has come to, for people and machines.
pub(super) struct Told {
    pub(super) summary: Summary,
    /// The best agent on test data, where the task has some.
    pub(super) test: Option<Evaluation>,
    /// The models that were called by this command.
    pub(super) called: Option<Models>,
    /// What the run has spent on models, in all.
    pub(super) spent: Spend,
    pub(super) wall_ms: u64,
}

/// Rules in which this run differs from the original.
fn differences(config: &RunConfig) -> impl Iterator<Item = &'static str> {
    let parity = config.parity;
    DIFFERENCES.iter().filter(move |one| !(parity && one.kept_by_parity)).map(|one| one.rule)
}

impl Told {
    /// The document of `--json`.
    pub(super) fn document(&self, config: &RunConfig) -> Value {
        let (summary, champion) = (&self.summary, &self.summary.champion);
        let mut document = json!({
            "run": summary.run,
            "task": summary.task,
            "root": summary.root,
            "seed_score": summary.seed_score.to_f64(),
            "seed_held_out": summary.seed_held_out.to_f64(),
            "best": {
                "generation": champion.place.generation,
                "candidate": champion.place.candidate,
                "hash": summary.champion_generation,
                "tree": champion.tree,
                "score": champion.score.to_f64(),
                "held_out": champion.held_out.to_f64(),
            },
            "generations": summary.generations,
            "archive": summary.members,
            "imp_at_k": summary.improvement.to_f64(),
            "arm": config.arm,
            "parity": config.parity,
            "differs_from_original": differences(config).collect::<Vec<_>>(),
            "fuel": summary.fuel,
            "wall_ms": self.wall_ms,
            "agents": summary.agents.iter().map(agent).collect::<Vec<_>>(),
            "test": self.test.as_ref().map(test),
        });
        if config.models.is_some() {
            document["models"] = json!({
                "spent": self.spent,
                "stats": self.called.as_ref().map(Models::stats),
            });
        }
        document
    }

    /// The summary for people.
    pub(super) fn text(&self, session: &Session, run: &Run<'_>, best: &[f64]) -> String {
        let (summary, champion) = (&self.summary, &self.summary.champion);
        let better = match run.task().direction() {
            Direction::Minimize => "lower",
            Direction::Maximize => "higher",
        };
        let unit = run.task().unit().unwrap_or("score");
        let mut text = format!("{}: {unit}, {better} is better\n\n", run.task().title());
        text.push_str(&self.scores());
        if best.len() > 1 {
            text.push_str(&format!("\nbest by generation  {}\n", output::sparkline(best)));
        }
        text.push_str(&format!(
            "\n{} generations, {} agents in the archive, {} fuel, {:.1} s\n",
            summary.generations,
            summary.members,
            output::count(summary.fuel),
            self.wall_ms as f64 / 1_000.0,
        ));
        if run.config().models.is_some() {
            text.push_str(&self.models());
        }
        text.push_str(&format!(
            "best agent: generation {}, candidate {}\nrun  {}\nroot {}\n\n",
            champion.place.generation, champion.place.candidate, summary.run, summary.root,
        ));
        if run.config().arm != Arm::Full || run.config().parity {
            text.push_str(&format!(
                "arm {}, held-out improvement {:.4}; rules that differ from the original: {}\n\n",
                run.config().arm,
                summary.improvement.to_f64(),
                differences(run.config()).collect::<Vec<_>>().join(", "),
            ));
        }
        text.push_str(&self.commands(session));
        text
    }

    /// Seed and best agent side by side; with several agents, a pair of lines for each.
    fn scores(&self) -> String {
        let several = self.summary.agents.len() > 1;
        let mut rows = vec![["", "seed agent", "best agent", ""].map(str::to_owned).to_vec()];
        for agent in &self.summary.agents {
            let label =
                |split: &str| if several { format!("{} {split}", agent.name) } else { split.to_owned() };
            rows.push(row(label("training"), &agent.seed_score, &agent.champion.score));
            rows.push(row(label("held-out"), &agent.seed_held_out, &agent.champion.held_out));
        }
        if let Some(score) = self.test.as_ref().and_then(|test| test.score.as_ref()) {
            rows.push(vec!["test".into(), String::new(), format!("{:.4}", score.to_f64()), String::new()]);
        }
        output::table(&rows)
    }

    fn models(&self) -> String {
        let spent = self.spent;
        let again = self.called.as_ref().map(Models::stats).filter(|stats| stats.reused > 0);
        let again = again.map(|stats| format!(", {} answered again", stats.reused)).unwrap_or_default();
        format!(
            "models: {} calls, {} tokens in, {} out, {}{again}\n",
            spent.calls, spent.input_tokens, spent.output_tokens, spent.cost
        )
    }

    fn commands(&self, session: &Session) -> String {
        let store = match &session.common.store {
            Some(store) => format!(" --store {}", store.display()),
            None => String::new(),
        };
        let hash: String = self.summary.champion_generation.to_string().chars().take(12).collect();
        format!(
            "hyperspace replay {hash}{store}        execute that generation again and compare every bit\n\
             hyperspace replay --all{store}         the same for the whole run\n\
             hyperspace show {hash} --file task_agent.py{store}    the best agent's code\n",
        )
    }
}

fn row(label: String, before: &Score, after: &Score) -> Vec<String> {
    let (before, after) = (before.to_f64(), after.to_f64());
    let change = match before {
        0.0 => String::new(),
        _ => format!("  ({:+.1} %)", 100.0 * (after - before) / before.abs()),
    };
    vec![label, format!("{before:.4}"), format!("{after:.4}"), change]
}

fn agent(agent: &AgentSummary) -> Value {
    let champion = &agent.champion;
    json!({
        "name": agent.name,
        "model": agent.model,
        "seed_score": agent.seed_score.to_f64(),
        "seed_held_out": agent.seed_held_out.to_f64(),
        "best": {
            "generation": champion.place.generation,
            "candidate": champion.place.candidate,
            "hash": agent.champion_generation,
            "tree": champion.tree,
            "score": champion.score.to_f64(),
            "held_out": champion.held_out.to_f64(),
        },
        "archive": agent.members,
        "imp_at_k": agent.improvement.to_f64(),
    })
}

fn test(evaluation: &Evaluation) -> Value {
    json!({
        "score": evaluation.score.as_ref().map(Score::to_f64),
        "outcome": evaluation.outcome.name(),
        "rows": evaluation.cases.len(),
    })
}
