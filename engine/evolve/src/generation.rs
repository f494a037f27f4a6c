//! One generation: choose parents, make children, evaluate them, let the gate decide.
//!
//! Invariants: the outcome is a function of configuration, state and the files in the store, whatever the number of workers:
//! parents are chosen before anything runs, children do not see each other, and fates are decided in order of candidates.
//! Nothing is written here; [`Executed`] holds all that is to be written, so that replay can compare it instead.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyperspace_core::space::{Permit, Portion};
use hyperspace_core::{Authority, EditScope, FileSet, RecordId, Store, TreeId, record_id};
use hyperspace_eval::{Evaluation, Evaluator, Score, Split, Task};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::archive::Place;
use crate::arms::Arm;
use crate::config::RunConfig;
use crate::error::EvolveError;
use crate::gate::{self, Fate, Scores};
use crate::history;
use crate::kin::Kin;
use crate::marks::{RunSpace, Writ, strategy_name};
use crate::memo::Memo;
use crate::meta::{self, Child, Order, Workshop};
use crate::record::{CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef};
use crate::room::{Editor, STRATEGIES_MAX, Surroundings};
use crate::selection::{Choice, Lottery, Rules};
use crate::state::{State, member};
use crate::streams::{Purpose, seed_for};
use crate::tournament::{self, Tournament};
use crate::visibility::Item;

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

impl Context {
    /// The files that meta agents may change.
    pub(crate) fn edits(&self) -> Result<EditScope, EvolveError> {
        EditScope::new(&self.config.edit_scope).map_err(|error| EvolveError::record("the edit scope", error))
    }
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
    /// What was decided in the mark space, refusals included.
    pub marks: Portion,
    /// What meta agents wrote on their standard streams; the journal names it by digest.
    pub outputs: Vec<Vec<u8>>,
    /// Fuel of all guests.
    pub fuel: u64,
}

/// [`Executed`] before the mark space is asked for its part.
#[derive(Default)]
struct Collected {
    candidates: Vec<CandidateRecord>,
    events: Vec<(String, Value)>,
    evaluations: Vec<Evaluation>,
    files: Vec<FileSet>,
    outputs: Vec<Vec<u8>>,
    fuel: u64,
}

impl Collected {
    fn with(self, champion: Champion, space: &mut RunSpace) -> Executed {
        Executed {
            candidates: self.candidates,
            champion,
            events: self.events,
            evaluations: self.evaluations,
            files: self.files,
            marks: space.drain(),
            outputs: self.outputs,
            fuel: self.fuel,
        }
    }
}

/// Collects what [`Executed`] holds while fates are decided.
struct Ledger<'a> {
    context: &'a Context,
    state: &'a State,
    memo: &'a Memo<'a>,
    champion: Champion,
    executed: Collected,
    known: BTreeSet<TreeId>,
}

/// Generation 0: the seed agent is evaluated.
pub(crate) async fn seed(
    context: &Context,
    files: FileSet,
    space: &mut RunSpace,
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
    let writ = space.writ(&context.authority, place)?;
    publish(
        context,
        space,
        &State::new(context.task.direction()),
        std::slice::from_ref(&candidate),
        &[writ],
        &mut events,
    )?;
    let collected = Collected {
        candidates: vec![candidate],
        events,
        evaluations,
        files: vec![files],
        fuel,
        ..Collected::default()
    };
    Ok(collected.with(champion, space))
}

/// A later generation.
pub(crate) async fn next(
    context: &Context,
    store: &Store,
    state: &State,
    space: &mut RunSpace,
    memo: &Memo<'_>,
) -> Result<Executed, EvolveError> {
    space.enter(state.next);
    let champion =
        state.champion.clone().ok_or_else(|| EvolveError::record("the run", "it has no generation 0"))?;
    let tournament = tournament::next(context, state);
    let choices = choices(context, state, tournament);
    let children = make_children(context, store, state, space, &choices).await?;
    let writs: Vec<Writ> = children.iter().map(|child| child.writ.clone()).collect();
    let fresh = fresh(state, &children);
    let mut measured = measure(context, memo, &children, &fresh).await?;
    let mut ledger =
        Ledger { context, state, memo, champion, executed: Collected::default(), known: BTreeSet::new() };
    let mut lost = vec![false; children.len()];
    if let Some(tournament) = tournament {
        let (decided, event) = tournament::decide(tournament, context, state, &children, &measured);
        lost = decided;
        ledger.executed.events.push(event);
    }
    for (((child, choice), train), lost) in
        children.into_iter().zip(choices).zip(measured.drain(..)).zip(lost)
    {
        ledger.settle(child, choice, train, lost).await?;
    }
    let (champion, mut collected) = (ledger.champion, ledger.executed);
    publish(context, space, state, &collected.candidates, &writs, &mut collected.events)?;
    Ok(collected.with(champion, space))
}

/// Publishes the candidates that have just become some of the best members; later generations see them.
fn publish(
    context: &Context,
    space: &RunSpace,
    state: &State,
    candidates: &[CandidateRecord],
    writs: &[Writ],
    events: &mut Vec<(String, Value)>,
) -> Result<(), EvolveError> {
    let mut archive = state.archive.clone();
    for (candidate, one) in (0..).zip(candidates) {
        let place = Place { generation: state.next, candidate };
        if let Some(member) = member(place, one, None)? {
            archive.admit(member);
        }
    }
    let mut best: Vec<_> = archive.ranked().take(STRATEGIES_MAX).map(|(_, member)| member).collect();
    best.retain(|member| member.place.generation == state.next);
    best.sort_by_key(|member| member.place);
    for member in best {
        let Some(writ) = usize::try_from(member.place.candidate).ok().and_then(|k| writs.get(k)) else {
            continue;
        };
        let name = strategy_name(&context.config.agent, member.place);
        let content = json!({"tree": member.tree, "score": member.score}).to_string();
        let mut body = json!({"generation": member.place.generation, "candidate": member.place.candidate,
            "name": name, "tree": member.tree});
        let kind = match space.publish(writ, &name, content)? {
            Ok(mark) => {
                (body["number"], body["mark"]) = (json!(mark.number), json!(mark.id));
                "strategy.published"
            }
            Err(reason) => {
                body["reason"] = json!(reason);
                "strategy.refused"
            }
        };
        events.push((kind.to_owned(), body));
    }
    Ok(())
}

fn choices(context: &Context, state: &State, tournament: Option<Tournament>) -> Vec<Choice> {
    let (config, fitness) = (&context.config, context.task.fitness());
    let rules = Rules { selection: config.selection, parity: config.parity, fitness, seed: context.seed };
    let lottery = Lottery::new(&rules, &state.archive);
    let place = |candidate| Place { generation: state.next, candidate };
    let chosen = (0..config.candidates).map(|candidate| lottery.choose(place(candidate)));
    chosen.chain(tournament.map(|_| tournament::BLIND)).collect()
}

/// Runs the meta agents of all children, at most `workers` at a time; answers in order of candidates.
async fn make_children(
    context: &Context,
    store: &Store,
    state: &State,
    space: &RunSpace,
    choices: &[Choice],
) -> Result<Vec<Child>, EvolveError> {
    let archive = state.archive.clone();
    let entry = context.task.entry();
    let best = archive.ranked().take(STRATEGIES_MAX);
    let names = best.map(|(_, member)| strategy_name(&context.config.agent, member.place));
    let published = space.published(&context.authority, names)?;
    let scores = context.config.visibility.train.contains(&Item::Scores);
    let surroundings = Surroundings::new(
        store,
        &archive,
        &context.config.agent,
        &published,
        (context.evaluator.sdk(), scores),
    )?;
    let workshop = Arc::new(Workshop {
        evaluator: context.evaluator.clone(),
        surroundings,
        archive,
        limits: context.config.meta_limits.clone(),
        scores,
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
    let mut claims: Vec<Result<Permit, String>> = Vec::new();
    for (candidate, choice) in (0..).zip(choices) {
        let place = Place { generation: state.next, candidate };
        let mut order = order(context, store, space, &workshop, (place, choice.member))?;
        let claim = space.claim_meta(&order.editor.writ);
        order.allowed = claim.is_ok();
        claims.push(claim);
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
    // One after the other, whoever was done first: what the mark space decides has one order.
    for (child, claim) in children.iter_mut().zip(claims) {
        child.accept(space, claim)?;
    }
    Ok(children)
}

fn order(
    context: &Context,
    store: &Store,
    space: &RunSpace,
    workshop: &Workshop,
    (place, parent): (Place, usize),
) -> Result<Order, EvolveError> {
    let member = &workshop.archive.members()[parent];
    let writ = space.writ(&context.authority, place)?;
    let config = &context.config;
    let frozen = match config.arm {
        Arm::FreezeMeta => Some((config.agent_files, store.get_files(&config.agent_files)?)),
        _ => None,
    };
    let rescuers = match frozen.is_some() || config.parity {
        true => Vec::new(),
        false => meta::rescuers(store, &workshop.archive, &context.kin, parent)?,
    };
    Ok(Order {
        place,
        parent,
        seed: seed_for(context.seed, place.generation, Purpose::Meta, place.candidate),
        editor: Editor { guard: context.authority.guard(space.edits().clone()), writ },
        allowed: false,
        files: store.get_files(&member.tree)?,
        rescuers,
        history: history::of_lineage(context, store, &workshop.archive, parent)?,
        frozen,
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
        lost: bool,
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
                let own = evaluation.score.as_ref().filter(|_| !lost);
                self.judge(&child, own, &mut held_out).await?
            }
        };
        let fate = if lost { Fate::Lost } else { fate };
        self.executed.events.push(fate_event(place, fate));
        if fate == Fate::Champion {
            self.executed.events.push(champion_event(&self.champion));
        }
        let train = train.as_ref().filter(|_| fate != Fate::Duplicate).map(reference).transpose()?;
        let evaluations = [&train, &held_out].into_iter().flatten();
        let fuel: u64 = evaluations.map(|evaluation| evaluation.fuel).sum();
        self.executed.fuel += fuel + child.meta.iter().map(|meta| meta.fuel).sum::<u64>();
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
        if !self.context.config.parity && !gate::improves(direction, train, &parent.score) {
            return Ok(Fate::NoBetter);
        }
        let evaluation = evaluate(self.context, self.memo, &child.files, Split::HeldOut).await?;
        *held_out = Some(self.note(child.place, &evaluation)?);
        let Some(score) = evaluation.score else { return Ok(Fate::Failed) };
        let champion = &self.champion;
        let fate = match self.context.config.parity {
            true => gate::decide_parity(direction, &score, &champion.held_out),
            false => gate::decide(
                direction,
                Scores { train, held_out: &score },
                Scores { train: &parent.score, held_out: &parent.held_out },
                Scores { train: &champion.score, held_out: &champion.held_out },
            ),
        };
        if fate == Fate::Champion {
            self.champion =
                Champion { place: child.place, tree: child.tree, score: train.clone(), held_out: score };
        }
        Ok(fate)
    }
}
