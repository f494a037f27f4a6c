//! One generation: choose parents, make children, evaluate them, let the gate decide.
//!
//! Invariants: the outcome is a function of configuration, state and the files in the store, whatever the number of workers:
//! parents are chosen before anything runs, children do not see each other, and fates are decided in order of candidates.
//! Nothing is written here; [`Executed`] holds all that is to be written, so that replay can compare it instead.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::{
    Authority, FileSet, Grant, Mark, MarkKind, RecordId, ScopeName, Store, TreeId, record_id,
};
use hyperspace_eval::{Evaluation, Evaluator, Score, Split, Task};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::archive::Place;
use crate::config::RunConfig;
use crate::error::EvolveError;
use crate::gate::{self, Fate, Scores};
use crate::kin::Kin;
use crate::memo::Memo;
use crate::meta::{self, Child, Order, Workshop};
use crate::record::{CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef};
use crate::room::{Editor, Surroundings};
use crate::selection::{Choice, Lottery};
use crate::state::State;
use crate::streams::{Purpose, seed_for};

/// Everything that generations of one run share.
pub struct Context {
    /// The run.
    pub run: RecordId,
    /// Its configuration.
    pub config: RunConfig,
    /// Its task.
    pub task: Task,
    /// Evaluates candidates, and owns the sandbox that meta agents run in.
    pub evaluator: Evaluator,
    /// Meta agents and evaluations that run at the same time.
    pub workers: usize,
    /// Issues the capabilities of agents.
    pub(crate) authority: Authority,
    pub(crate) seed: u64,
    pub(crate) kin: Kin,
}

/// What a generation came to, not yet written anywhere.
pub struct Executed {
    /// The candidates in order.
    pub candidates: Vec<CandidateRecord>,
    /// The best so far.
    pub champion: Champion,
    /// Journal events in order, as kind and body.
    pub events: Vec<(String, Value)>,
    /// Evaluations that were made or known, by record.
    pub evaluations: Vec<Evaluation>,
    /// Files of the candidates.
    pub files: Vec<FileSet>,
    /// Accepted edits.
    pub marks: Vec<Mark>,
    /// What meta agents wrote on their standard streams; the journal names it by digest.
    pub outputs: Vec<Vec<u8>>,
    /// Fuel of all guests.
    pub fuel: u64,
}

/// Collects what [`Executed`] holds while fates are decided.
struct Ledger<'a> {
    context: &'a Context,
    state: &'a State,
    memo: &'a Memo<'a>,
    executed: Executed,
    known: BTreeSet<TreeId>,
}

/// Generation 0: the seed agent is evaluated.
pub(crate) async fn seed(
    context: &Context,
    files: FileSet,
    memo: &Memo<'_>,
) -> Result<Executed, EvolveError> {
    let place = Place { generation: 0, candidate: 0 };
    let tree = files.tree().id();
    let mut events = Vec::new();
    let mut evaluations = Vec::new();
    let mut refs = Vec::new();
    for split in [Split::Train, Split::HeldOut] {
        let evaluation = evaluate(context, memo, &files, split).await?;
        let Some(score) = evaluation.score.clone() else {
            return Err(EvolveError::SeedScore {
                split: split.name(),
                outcome: evaluation.outcome.describe(),
                evidence: evaluation.rows.last().and_then(|row| row.evidence.clone()),
            });
        };
        let reference = reference(&evaluation)?;
        events.push(evaluated(place, &evaluation, &reference));
        refs.push((reference, score));
        evaluations.push(evaluation);
    }
    let [(train, score), (held_out, held_out_score)] = <[_; 2]>::try_from(refs)
        .map_err(|_| EvolveError::record("generation 0", "it has two evaluations"))?;
    events.push(fate_event(place, Fate::Seed));
    let champion = Champion { place, tree, score, held_out: held_out_score };
    events.push(champion_event(&champion));
    let fuel = train.fuel + held_out.fuel;
    let candidate = CandidateRecord {
        parent: None,
        meta: Vec::new(),
        tree,
        made_by: tree,
        train: Some(train),
        held_out: Some(held_out),
        fate: Fate::Seed,
    };
    Ok(Executed {
        candidates: vec![candidate],
        champion,
        events,
        evaluations,
        files: vec![files],
        marks: Vec::new(),
        outputs: Vec::new(),
        fuel,
    })
}

/// A later generation.
pub(crate) async fn next(
    context: &Context,
    store: &Store,
    state: &State,
    memo: &Memo<'_>,
) -> Result<Executed, EvolveError> {
    let champion =
        state.champion.clone().ok_or_else(|| EvolveError::record("the run", "it has no generation 0"))?;
    let choices = choices(context, state);
    let children = make_children(context, store, state, &choices).await?;
    let fresh = fresh(state, &children);
    let mut measured = measure(context, memo, &children, &fresh).await?;
    let mut ledger = Ledger {
        context,
        state,
        memo,
        executed: Executed {
            candidates: Vec::new(),
            champion,
            events: Vec::new(),
            evaluations: Vec::new(),
            files: Vec::new(),
            marks: Vec::new(),
            outputs: Vec::new(),
            fuel: 0,
        },
        known: BTreeSet::new(),
    };
    for ((child, choice), train) in children.into_iter().zip(choices).zip(measured.drain(..)) {
        ledger.settle(child, choice, train).await?;
    }
    Ok(ledger.executed)
}

fn choices(context: &Context, state: &State) -> Vec<Choice> {
    let lottery = Lottery::new(context.config.selection, &state.archive, context.task.fitness());
    (0..context.config.candidates)
        .map(|candidate| lottery.choose(context.seed, Place { generation: state.next, candidate }))
        .collect()
}

/// Runs the meta agents of all children, at most `workers` at a time; answers in order of candidates.
async fn make_children(
    context: &Context,
    store: &Store,
    state: &State,
    choices: &[Choice],
) -> Result<Vec<Child>, EvolveError> {
    let archive = state.archive.clone();
    let entry = context.task.entry();
    let surroundings = Surroundings::new(store, &archive, &context.config.agent, context.evaluator.sdk())?;
    let workshop = Arc::new(Workshop {
        evaluator: context.evaluator.clone(),
        surroundings,
        archive,
        limits: context.config.meta_limits.clone(),
        task: json!({
            "name": context.task.name(),
            "description": context.task.description(),
            "direction": context.task.direction(),
            "entry": {"module": entry.module, "function": entry.function},
            "examples": entry.examples,
        }),
    });
    let slots = Arc::new(Semaphore::new(context.workers.max(1)));
    let mut running = JoinSet::new();
    for (candidate, choice) in (0..).zip(choices) {
        let place = Place { generation: state.next, candidate };
        let order = order(context, store, &workshop, place, choice.member)?;
        let (workshop, slots) = (Arc::clone(&workshop), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|error| EvolveError::Lost(error.to_string()))?;
            meta::make(&workshop, order).await
        });
    }
    let mut children = Vec::new();
    while let Some(joined) = running.join_next().await {
        children.push(joined.map_err(|error| EvolveError::Lost(error.to_string()))??);
    }
    children.sort_by_key(|child| child.place);
    Ok(children)
}

fn order(
    context: &Context,
    store: &Store,
    workshop: &Workshop,
    place: Place,
    parent: usize,
) -> Result<Order, EvolveError> {
    let member = &workshop.archive.members()[parent];
    let scope = ScopeName::new(&format!("agents/{}", context.config.agent))?;
    let grant = Grant { scope: scope.clone(), kinds: vec![MarkKind::Action] };
    let capability = context.authority.issue(&format!("{}/{place}", context.config.agent), vec![grant]);
    let edits = hyperspace_core::EditScope::new(&context.config.edit_scope)
        .map_err(|error| EvolveError::record("the edit scope", error))?;
    Ok(Order {
        place,
        parent,
        seed: seed_for(context.seed, place.generation, Purpose::Meta, place.candidate),
        editor: Editor { guard: context.authority.guard(edits), capability, scope },
        files: store.get_files(&member.tree)?,
        rescuers: meta::rescuers(store, &workshop.archive, &context.kin, parent)?,
    })
}

/// Which children have files that were not seen before, in the archive or earlier in this generation.
fn fresh(state: &State, children: &[Child]) -> Vec<bool> {
    let mut seen = BTreeSet::new();
    let is_fresh = |child: &Child| {
        child.completed && state.archive.find_tree(&child.tree).is_none() && seen.insert(child.tree)
    };
    children.iter().map(is_fresh).collect()
}

/// Evaluates fresh children on training data, at most `workers` at a time.
async fn measure(
    context: &Context,
    memo: &Memo<'_>,
    children: &[Child],
    fresh: &[bool],
) -> Result<Vec<Option<Evaluation>>, EvolveError> {
    let slots = Arc::new(Semaphore::new(context.workers.max(1)));
    let mut measured: Vec<Option<Evaluation>> = vec![None; children.len()];
    let mut running = JoinSet::new();
    for (index, child) in children.iter().enumerate().filter(|(index, _)| fresh[*index]) {
        if missing_entry(&context.task, &child.files) {
            continue;
        }
        if let Some(known) = memo.get(context, &child.files, Split::Train)? {
            measured[index] = Some(known);
            continue;
        }
        let evaluator = context.evaluator.clone().workers(1);
        let (task, files, slots) = (context.task.clone(), child.files.clone(), Arc::clone(&slots));
        running.spawn(async move {
            let _slot = slots.acquire().await.map_err(|error| EvolveError::Lost(error.to_string()))?;
            let evaluation = evaluator.evaluate(&task, &files, Split::Train).await?;
            Ok::<_, EvolveError>((index, evaluation))
        });
    }
    while let Some(joined) = running.join_next().await {
        let (index, evaluation) = joined.map_err(|error| EvolveError::Lost(error.to_string()))??;
        measured[index] = Some(evaluation);
    }
    Ok(measured)
}

/// Whether a child removed the file that the task calls; it then has no score, and that is its own doing.
fn missing_entry(task: &Task, files: &FileSet) -> bool {
    let module = task.entry().module.replace('.', "/");
    let there = |name: String| files.iter().any(|(path, _)| path.as_str() == name);
    !there(format!("{module}.py")) && !there(format!("{module}/__init__.py"))
}

async fn evaluate(
    context: &Context,
    memo: &Memo<'_>,
    files: &FileSet,
    split: Split,
) -> Result<Evaluation, EvolveError> {
    match memo.get(context, files, split)? {
        Some(known) => Ok(known),
        None => {
            let evaluator = context.evaluator.clone().workers(context.workers);
            Ok(evaluator.evaluate(&context.task, files, split).await?)
        }
    }
}

fn reference(evaluation: &Evaluation) -> Result<EvaluationRef, EvolveError> {
    let value = hyperspace_core::canon::to_value(evaluation)
        .map_err(|error| EvolveError::record("an evaluation", error))?;
    let record =
        record_id(EVALUATION_KIND, &value).map_err(|error| EvolveError::record("an evaluation", error))?;
    Ok(EvaluationRef {
        record,
        score: evaluation.score.clone(),
        outcome: evaluation.outcome.name().to_owned(),
        fuel: evaluation.fuel,
    })
}

fn evaluated(place: Place, evaluation: &Evaluation, reference: &EvaluationRef) -> (String, Value) {
    let body = json!({
        "generation": place.generation,
        "candidate": place.candidate,
        "split": evaluation.split,
        "tree": evaluation.agent,
        "evaluation": reference.record,
        "score": reference.score,
        "outcome": reference.outcome,
        "fuel": reference.fuel,
    });
    ("candidate.evaluated".to_owned(), body)
}

fn fate_event(place: Place, fate: Fate) -> (String, Value) {
    let body = json!({"generation": place.generation, "candidate": place.candidate, "fate": fate});
    ("candidate.fate".to_owned(), body)
}

fn champion_event(champion: &Champion) -> (String, Value) {
    let body = json!({
        "generation": champion.place.generation,
        "candidate": champion.place.candidate,
        "tree": champion.tree,
        "score": champion.score,
        "held_out": champion.held_out,
    });
    ("champion.changed".to_owned(), body)
}

impl Ledger<'_> {
    /// Decides on one candidate and writes it down.
    async fn settle(
        &mut self,
        child: Child,
        choice: Choice,
        train: Option<Evaluation>,
    ) -> Result<(), EvolveError> {
        let place = child.place;
        let selected = json!({
            "generation": place.generation,
            "candidate": place.candidate,
            "parent": child.parent.place,
            "tree": child.parent.tree,
            // Sums of weights may exceed what every JSON reader keeps exactly.
            "draw": choice.draw.to_string(),
            "total": choice.total.to_string(),
        });
        self.executed.events.push(("candidate.selected".to_owned(), selected));
        self.executed
            .events
            .extend(child.events.iter().map(|(kind, body)| ((*kind).to_owned(), body.clone())));

        let mut held_out = None;
        let fate = match &train {
            _ if !child.completed => Fate::MetaFailed,
            _ if child.tree == child.parent.tree => Fate::Unchanged,
            _ if self.state.archive.find_tree(&child.tree).is_some() || !self.known.insert(child.tree) => {
                Fate::Duplicate
            }
            None => Fate::Failed,
            Some(evaluation) => {
                self.note(place, evaluation)?;
                let own = evaluation.score.as_ref();
                self.judge(&child, own, &mut held_out).await?
            }
        };
        self.executed.events.push(fate_event(place, fate));
        if fate == Fate::Champion {
            self.executed.events.push(champion_event(&self.executed.champion));
        }
        let train = train.as_ref().filter(|_| fate != Fate::Duplicate).map(reference).transpose()?;
        let evaluations = [&train, &held_out].into_iter().flatten();
        let fuel: u64 = evaluations.map(|evaluation| evaluation.fuel).sum();
        self.executed.fuel += fuel + child.meta.iter().map(|meta| meta.fuel).sum::<u64>();
        self.executed.marks.extend(child.marks);
        self.executed.outputs.extend(child.outputs);
        self.executed.files.push(child.files);
        self.executed.candidates.push(CandidateRecord {
            parent: Some(child.parent),
            meta: child.meta,
            tree: child.tree,
            made_by: child.made_by,
            train,
            held_out,
            fate,
        });
        Ok(())
    }

    fn note(&mut self, place: Place, evaluation: &Evaluation) -> Result<EvaluationRef, EvolveError> {
        let reference = reference(evaluation)?;
        self.executed.events.push(evaluated(place, evaluation, &reference));
        self.executed.evaluations.push(evaluation.clone());
        Ok(reference)
    }

    async fn judge(
        &mut self,
        child: &Child,
        train: Option<&Score>,
        held_out: &mut Option<EvaluationRef>,
    ) -> Result<Fate, EvolveError> {
        let Some(train) = train else { return Ok(Fate::Failed) };
        let direction = self.context.task.direction();
        let parent = &self.state.archive.members()[child.parent_index];
        if !gate::improves(direction, train, &parent.score) {
            return Ok(Fate::NoBetter);
        }
        let evaluation = evaluate(self.context, self.memo, &child.files, Split::HeldOut).await?;
        *held_out = Some(self.note(child.place, &evaluation)?);
        let Some(score) = evaluation.score else { return Ok(Fate::Failed) };
        let champion = &self.executed.champion;
        let fate = gate::decide(
            direction,
            Scores { train, held_out: &score },
            Scores { train: &parent.score, held_out: &parent.held_out },
            Scores { train: &champion.score, held_out: &champion.held_out },
        );
        if fate == Fate::Champion {
            self.executed.champion =
                Champion { place: child.place, tree: child.tree, score: train.clone(), held_out: score };
        }
        Ok(fate)
    }
}
