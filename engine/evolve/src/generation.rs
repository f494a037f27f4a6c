//! One generation: choose parents, make children, evaluate them, let the gate decide.
//!
//! Invariants: the outcome is a function of configuration, state, the files in the store and the answers of models, whatever the
//! number of workers: parents are chosen before anything runs, children do not see each other, agents see what the others had
//! published before it, and fates are decided in order of candidates. Nothing is written here; [`Executed`] holds all that is
//! to be written, so that replay can compare it instead.

use hyperspace_core::{EditScope, FileSet, RecordId};
use hyperspace_eval::{Evaluation, Split, Task};
use hyperspace_llm::{Effort, Exchange};
use hyperspace_markspace::{Authority, StagedEntries};
use hyperspace_store::Store;

use crate::archive::Place;
use crate::children::{self, Plan};
use crate::config::RunConfig;
use crate::error::EvolveError;
use crate::gate::Fate;
use crate::kin::Kin;
use crate::ledger::{self, Ledger};
use crate::marks::{RunSpace, Writ};
use crate::measure::{self, Sources};
use crate::models::Means;
use crate::pipeline::{self, Made};
use crate::publish;
use crate::record::event::Event;
use crate::record::{CandidateRecord, Champion, EvaluationRef};
use crate::state::State;
use crate::tournament;

/// Everything that generations of one run share.
pub struct Context {
    /// The run.
    pub run: RecordId,
    /// Its configuration.
    pub config: RunConfig,
    /// Its task.
    pub task: Task,
    /// What it runs with.
    pub means: Means,
    /// Issues the capabilities of agents.
    pub(crate) authority: Authority,
    pub(crate) seed: u64,
    /// What is behind the members of each agent.
    pub(crate) kin: Vec<Kin>,
}

impl Context {
    /// The files that meta agents may change.
    pub(crate) fn edits(&self) -> Result<EditScope, EvolveError> {
        EditScope::new(&self.config.edit_scope).map_err(|error| EvolveError::record("the edit scope", error))
    }

    /// Whether its task agents ask models.
    pub(crate) fn asks_models(&self) -> bool {
        self.config.agents.iter().any(|agent| agent.eval_model.is_some())
    }

    /// The state before generation 0.
    #[must_use]
    pub fn beginning(&self) -> State {
        State::new(self.task.direction(), self.config.agents.len())
    }
}

/// What a generation came to, not yet written anywhere.
pub struct Executed {
    /// The candidates in order.
    pub candidates: Vec<CandidateRecord>,
    /// The best of each agent so far.
    pub champions: Vec<Champion>,
    /// Which of them is the best.
    pub best: u64,
    /// Journal events in order.
    pub events: Vec<Event>,
    /// Evaluations that were made or known, by record.
    pub evaluations: Vec<Evaluation>,
    /// Files of the candidates.
    pub files: Vec<FileSet>,
    /// What was decided in the mark space, refusals included.
    pub marks: StagedEntries,
    /// What meta agents wrote on their standard streams, logged, asked tools and were answered; the journal names it by digest.
    pub outputs: Vec<Vec<u8>>,
    /// Calls of models, with what each took; the journal names them by the heads of their streams.
    pub exchanges: Vec<(Exchange, Effort)>,
    /// Fuel of all guests.
    pub fuel: u64,
}

/// [`Executed`] before the mark space and the transcript are asked for their parts.
#[derive(Default)]
pub(crate) struct Collected {
    pub(crate) candidates: Vec<CandidateRecord>,
    pub(crate) events: Vec<Event>,
    pub(crate) evaluations: Vec<Evaluation>,
    pub(crate) files: Vec<FileSet>,
    pub(crate) outputs: Vec<Vec<u8>>,
    pub(crate) fuel: u64,
}

impl Collected {
    fn with(
        self,
        context: &Context,
        champions: Vec<Champion>,
        space: &mut RunSpace,
        sources: &Sources<'_>,
    ) -> Result<Executed, EvolveError> {
        let talk = sources.talk.as_ref();
        let exchanges = talk.map(|talk| talk.exchanges(&self.events)).transpose()?.unwrap_or_default();
        Ok(Executed {
            candidates: self.candidates,
            best: ledger::best(context.task.direction(), &champions),
            champions,
            events: self.events,
            evaluations: self.evaluations,
            files: self.files,
            marks: space.drain(),
            outputs: self.outputs,
            exchanges,
            fuel: self.fuel,
        })
    }
}

/// Generation 0: the seed agent is evaluated, once for all agents whose task agents ask the same model.
pub(crate) async fn seed(
    context: &Context,
    files: FileSet,
    space: &mut RunSpace,
    sources: &Sources<'_>,
) -> Result<Executed, EvolveError> {
    let mut collected = Collected::default();
    let (mut champions, mut writs) = (Vec::new(), Vec::new());
    let mut known: Vec<(&Option<String>, [EvaluationRef; 2])> = Vec::new();
    for (candidate, agent) in (0..).zip(&context.config.agents) {
        let place = Place { generation: 0, candidate };
        let same = known.iter().find(|(model, _)| *model == &agent.eval_model);
        let measured = match same {
            Some((_, measured)) => measured.clone(),
            None => {
                let measured = seed_scores(context, &files, place, &mut collected, sources).await?;
                known.push((&agent.eval_model, measured.clone()));
                measured
            }
        };
        let [train, held_out] = measured;
        champions.push(seed_champion(place, &files, [&train, &held_out])?);
        let tree = files.tree().id();
        collected.events.push(ledger::fate_event(place, Fate::Seed));
        collected.events.extend(champions.last().map(ledger::champion_event));
        collected.candidates.push(CandidateRecord {
            agent: candidate,
            parent: None,
            meta: Vec::new(),
            tree,
            made_by: tree,
            train: Some(train),
            held_out: Some(held_out),
            fate: Fate::Seed,
        });
        collected.files.push(files.clone());
        writs.push(space.writ(&context.authority, &agent.name, place)?);
    }
    publish::publish(context, space, &context.beginning(), &mut collected, &writs)?;
    collected.with(context, champions, space, sources)
}

/// Evaluates the seed agent on both splits that decide.
async fn seed_scores(
    context: &Context,
    files: &FileSet,
    place: Place,
    collected: &mut Collected,
    sources: &Sources<'_>,
) -> Result<[EvaluationRef; 2], EvolveError> {
    let agent = usize::try_from(place.candidate).unwrap_or_default();
    let mut refs = Vec::new();
    for split in [Split::Train, Split::HeldOut] {
        let evaluation = measure::evaluate(context, sources, (place, agent), files, split).await?;
        if evaluation.score.is_none() {
            return Err(EvolveError::SeedScore {
                split: split.name(),
                outcome: evaluation.outcome.describe(),
                evidence: evaluation.cases.last().and_then(|row| row.evidence.clone()),
            });
        }
        let reference = ledger::note(context, sources, place, &evaluation, collected)?;
        collected.fuel += reference.fuel;
        refs.push(reference);
        collected.evaluations.push(evaluation);
    }
    <[_; 2]>::try_from(refs).map_err(|_| EvolveError::record("generation 0", "it has two evaluations"))
}

fn seed_champion(
    place: Place,
    files: &FileSet,
    [train, held_out]: [&EvaluationRef; 2],
) -> Result<Champion, EvolveError> {
    let score = |reference: &EvaluationRef| {
        reference.score.clone().ok_or_else(|| EvolveError::record("generation 0", "the seed has no score"))
    };
    Ok(Champion { place, tree: files.tree().id(), score: score(train)?, held_out: score(held_out)? })
}

/// A later generation.
pub(crate) async fn next(
    context: &Context,
    store: &Store,
    state: &State,
    space: &mut RunSpace,
    sources: &Sources<'_>,
) -> Result<Executed, EvolveError> {
    space.enter(state.next);
    let champions = state.lines.iter().map(|line| line.champion.clone()).collect::<Option<Vec<_>>>();
    let champions = champions.ok_or_else(|| EvolveError::record("the run", "it has no generation 0"))?;
    let Plan { forks, tournaments } = children::plan(context, state);
    if forks.is_empty() {
        return Err(EvolveError::Done { generations: state.next.saturating_sub(1) });
    }
    let commissions = children::commission(context, store, state, space, (&forks, sources))?;
    let Made { children, trained } = pipeline::run(context, state, space, sources, commissions).await?;
    let writs: Vec<Writ> = children.iter().map(|child| child.writ.clone()).collect();
    let mut ledger = Ledger::new(context, state, sources, champions);
    let mut lost = vec![false; children.len()];
    for tournament in tournaments {
        let event = tournament::decide(tournament, context, state, (&children, &trained), &mut lost);
        ledger.collected.events.push(event);
    }
    let scores = trained.iter().map(|train| train.as_ref()?.score.as_ref());
    let deserving: Vec<bool> = children
        .iter()
        .zip(scores)
        .zip(&lost)
        .map(|((child, score), lost)| {
            score.is_some_and(|score| !lost && ledger::deserves(context, state, child, score))
        })
        .collect();
    let held_out = measure::all(context, sources, &children, (&deserving, Split::HeldOut)).await?;
    let evaluations = trained.into_iter().zip(held_out).map(<[_; 2]>::from);
    for (((child, fork), evaluations), lost) in children.into_iter().zip(forks).zip(evaluations).zip(lost) {
        ledger.settle(child, fork.choice, evaluations, lost)?;
    }
    let (champions, mut collected) = ledger.finish();
    publish::publish(context, space, state, &mut collected, &writs)?;
    collected.with(context, champions, space, sources)
}
