//! The steps of a generation: select parents, make candidates, evaluate them, decide.
//!
//! Invariant: the result is a function of configuration, state, the files in the store and the answers of models, for any number of
//! workers. Parents are selected before anything runs, candidates do not see each other, populations see what the others had
//! published before the generation, and fates are decided in order of candidates.

use hyperspace_core::FileSet;
use hyperspace_eval::Split;
use hyperspace_store::Store;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::complacency_watch;
use crate::generation::executed::{ExecutedGeneration, GenerationDraft};
use crate::generation::forms::FormMaker;
use crate::generation::ledger::{self, Ledger};
use crate::generation::measure::{self, EvalSubject};
use crate::generation::pipeline;
use crate::generation::properties::{add_properties, program_nodes};
use crate::generation::referee::Referee;
use crate::generation::slimming::SlimmingJudge;
use crate::generation::split_judge::SplitJudge;
use crate::generation::tournament;
use crate::generation::work::{EvalSources, GenerationWork};
use crate::mark_space::{CandidateGrant, RunSpace};
use crate::offspring::answers::AnswersInForce;
use crate::offspring::candidate::{Candidate, MeasuredPhase};
use crate::offspring::plan::GenerationPlan;
use crate::offspring::prepare::prepare;
use crate::offspring::publish::{DecidedCandidate, publish};
use crate::progress::{PlannedCandidate, RunEvent};
use crate::record::candidate_id::CandidateId;
use crate::record::event::Event;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion, EvaluationRef};
use crate::record::search_record::SearchRecord;
use crate::search::archive::Member;
use crate::search::state::RunState;

/// Executes generation 0, which evaluates the seed agent, once for all populations whose task agents call the same model.
pub(crate) async fn seed(
    context: &RunContext,
    store: &Store,
    files: FileSet,
    space: &mut RunSpace,
    sources: &EvalSources,
) -> Result<ExecutedGeneration, EvolveError> {
    let state = context.initial_state();
    let answers = AnswersInForce::default();
    let work = GenerationWork { context, store, state: &state, space, sources, answers: &answers };
    report_started(&work, (0..context.config.populations.len()).map(seed_candidate));
    let mut draft = GenerationDraft::default();
    let mut grants = Vec::new();
    let mut measured: Vec<(&Option<String>, SeedScores)> = Vec::new();
    for (index, population) in context.config.populations.iter().enumerate() {
        let id = CandidateId { generation: 0, candidate: index as u64 };
        let known = measured.iter().find(|(model, _)| *model == &population.eval_model);
        let scores = match known {
            Some((_, scores)) => scores.clone(),
            None => {
                let subject = EvalSubject { id, population: index, files: &files };
                let scores = measure_seed(&work, subject, &mut draft).await?;
                measured.push((&population.eval_model, scores.clone()));
                scores
            }
        };
        let champion = scores.champion(id, &files)?;
        draft.events.extend(ledger::extended_event(context, id, &files));
        ledger::announce(context, id, Fate::Seed);
        ledger::announce_champion(context, index, &champion);
        draft.events.push(ledger::fate_event(id, Fate::Seed));
        draft.events.push(ledger::champion_event(&champion));
        draft.candidates.push(scores.record(index as u64, &champion));
        draft.champions.push(champion);
        draft.files.push(files.clone());
        grants.push(work.space.grant(&context.authority, &population.name, id)?);
    }
    publish_all(&work, &mut draft, &grants)?;
    finish(context, space, sources, draft)
}

/// Executes a later generation.
pub(crate) async fn next(
    context: &RunContext,
    store: &Store,
    state: &RunState,
    plan: GenerationPlan,
    space: &mut RunSpace,
    sources: &EvalSources,
) -> Result<ExecutedGeneration, EvolveError> {
    space.enter(state.next);
    let champions = state.champions()?;
    if plan.candidates.is_empty() {
        return Err(EvolveError::RoundsSpent { generations: state.next.saturating_sub(1) });
    }
    let work = GenerationWork { context, store, state, space, sources, answers: &plan.answers };
    let prepared = prepare(work.preparation(), &plan.candidates)?;
    report_started(
        &work,
        prepared.iter().map(|candidate| PlannedCandidate {
            candidate: candidate.id(),
            population: candidate.plan.population,
            parent: Some(candidate.parent.id),
        }),
    );
    let mut candidates = pipeline::run(&work, prepared).await?;
    let mut ledger = Ledger::new(&work, champions, plan.turns);
    for tournament in plan.tournaments {
        let event = tournament::decide(context, state, tournament, &mut candidates);
        ledger.draft.events.push(event);
    }
    let mut splits = SplitJudge::new(&work, &candidates)?;
    ledger.draft.events.extend(splits.as_ref().and_then(SplitJudge::window_event));
    let mut referee = Referee::new(&work, &candidates);
    if let Some(referee) = &mut referee {
        referee.remeasure(&mut ledger.draft).await?;
        referee.prepare(&candidates, &mut ledger.draft).await?;
    }
    for candidate in &mut candidates {
        if candidate.plan.slims.is_some() {
            candidate.phase.advances = SlimmingJudge::advances(&work, candidate)?;
            continue;
        }
        let judged = referee.as_ref().filter(|referee| referee.judges(candidate.plan.population));
        candidate.phase.advances = match judged {
            Some(referee) => referee.advances(candidate, &ledger.draft),
            None => match &splits {
                Some(splits) => splits.advances(candidate, &ledger.draft.champions),
                None => advances(context, state, candidate),
            },
        };
    }
    pipeline::measure_held_out(&work, &mut candidates).await?;
    if let Some(referee) = &mut referee {
        referee.repeat(&candidates, &mut ledger.draft).await?;
    }
    let grants: Vec<CandidateGrant> = candidates.iter().map(|candidate| candidate.grant.clone()).collect();
    for candidate in candidates {
        ledger.settle(candidate, referee.as_ref(), splits.as_mut())?;
    }
    let mut draft = ledger.draft;
    draft.events.extend(draft.turns.iter().map(|turn| ledger::turn_event(state.next, turn)));
    publish_all(&work, &mut draft, &grants)?;
    let found = complacency_watch::watch(&work, &draft)?;
    draft.events.extend(found);
    finish(context, space, sources, draft)
}

/// Returns whether a candidate goes on to held-out data.
fn advances(context: &RunContext, state: &RunState, candidate: &Candidate<MeasuredPhase>) -> bool {
    let phase = &candidate.phase;
    let train = phase.train.as_ref().and_then(|train| train.score.as_ref()).filter(|_| !phase.lost);
    let strategy = &state.populations[candidate.plan.population].strategy;
    let parsimony = context.config.search.as_ref().is_some_and(|search| search.parsimony);
    let nodes = parsimony.then(|| program_nodes(&phase.accepted.files)).flatten();
    train.is_some_and(|train| strategy.advances_with(candidate.plan.choice.member, train, nodes))
}

fn publish_all(
    work: &GenerationWork<'_>,
    draft: &mut GenerationDraft,
    grants: &[CandidateGrant],
) -> Result<(), EvolveError> {
    let id = |candidate| CandidateId { generation: work.state.next, candidate };
    let decided = (0..).zip(draft.candidates.iter().zip(grants));
    let decided: Vec<DecidedCandidate<'_>> =
        decided.map(|(number, (record, grant))| DecidedCandidate { id: id(number), record, grant }).collect();
    let events = publish(work.context, work.space, work.state, &decided)?;
    draft.events.extend(events);
    let sanitised = sanitised(work, draft)?;
    draft.events.extend(sanitised);
    Ok(())
}

/// Returns the events that record which parts of new members are hidden from others.
fn sanitised(work: &GenerationWork<'_>, draft: &GenerationDraft) -> Result<Vec<Event>, EvolveError> {
    let showing = work.preparation().showing(work.context.task.program());
    let mut events = Vec::new();
    for (candidate, (record, files)) in (0..).zip(draft.candidates.iter().zip(&draft.files)) {
        let id = CandidateId { generation: work.state.next, candidate };
        let population = usize::try_from(record.population).unwrap_or_default();
        let archive = work.state.populations[population].archive();
        let parent = record.parent.as_ref().and_then(|parent| archive.find(parent.id));
        let member = Member::of(id, record, parent).map_err(|why| EvolveError::internal(id, why))?;
        let name = &work.context.config.populations[population].name;
        if let Some(member) = member {
            events.extend(showing.event(name, archive, &member, files)?);
        }
    }
    Ok(events)
}

fn finish(
    context: &RunContext,
    space: &mut RunSpace,
    sources: &EvalSources,
    draft: GenerationDraft,
) -> Result<ExecutedGeneration, EvolveError> {
    let exchanges = sources.calls.as_ref().map(|calls| calls.exchanges(&draft.events)).transpose()?;
    Ok(draft.complete(context.task.direction(), space.drain(), exchanges.unwrap_or_default()))
}

fn report_started(work: &GenerationWork<'_>, candidates: impl Iterator<Item = PlannedCandidate>) {
    let generation = work.state.next;
    work.context
        .resources
        .emit(|| RunEvent::GenerationStarted { generation, candidates: candidates.collect() });
}

fn seed_candidate(population: usize) -> PlannedCandidate {
    let candidate = CandidateId { generation: 0, candidate: population as u64 };
    PlannedCandidate { candidate, population, parent: None }
}

/// The evaluations of the seed agent.
#[derive(Clone)]
struct SeedScores {
    train: EvaluationRef,
    held_out: EvaluationRef,
    search: Option<SearchRecord>,
}

/// Evaluates the seed agent on both splits.
async fn measure_seed(
    work: &GenerationWork<'_>,
    subject: EvalSubject<'_>,
    draft: &mut GenerationDraft,
) -> Result<SeedScores, EvolveError> {
    let train = measure_seed_on(work, subject, Split::Train, draft).await?;
    let context = work.context;
    let search = context.config.search.as_ref().map(|search| {
        let form = FormMaker::of(context).map(|maker| maker.make(subject.files).form);
        let mut record = SearchRecord { form, ..SearchRecord::default() };
        if let Some(train) = draft.evaluations.last() {
            add_properties(&mut record, search, &context.task, subject.files, train);
        }
        record
    });
    Ok(SeedScores { train, held_out: measure_seed_on(work, subject, Split::HeldOut, draft).await?, search })
}

async fn measure_seed_on(
    work: &GenerationWork<'_>,
    subject: EvalSubject<'_>,
    split: Split,
    draft: &mut GenerationDraft,
) -> Result<EvaluationRef, EvolveError> {
    let evaluation = measure::evaluate(work.context, work.sources, subject, split).await?;
    if evaluation.score.is_none() {
        return Err(EvolveError::SeedScore {
            split: split.name(),
            outcome: evaluation.outcome.describe(),
            evidence: evaluation.cases.last().and_then(|row| row.evidence.clone()),
            case: evaluation.cases.last().map(|row| row.case.clone()),
        });
    }
    let reference = ledger::note(work, subject.id, &evaluation, draft)?;
    draft.fuel += reference.fuel;
    Ok(reference)
}

impl SeedScores {
    fn champion(&self, id: CandidateId, files: &FileSet) -> Result<Champion, EvolveError> {
        let score = |reference: &EvaluationRef| {
            reference.score.clone().ok_or_else(|| EvolveError::internal(id, "the seed has no score"))
        };
        Ok(Champion {
            id,
            tree: files.tree().id(),
            score: score(&self.train)?,
            held_out: score(&self.held_out)?,
        })
    }

    fn record(self, population: u64, champion: &Champion) -> CandidateRecord {
        CandidateRecord {
            population,
            parent: None,
            meta: Vec::new(),
            tree: champion.tree,
            made_by: champion.tree,
            train: Some(self.train),
            held_out: Some(self.held_out),
            fate: Fate::Seed,
            search: self.search,
        }
    }
}
