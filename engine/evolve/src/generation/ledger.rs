//! The fates of a generation's candidates, decided in order, and their records and events.

use hyperspace_core::{FileSet, TreeId, record_id};
use hyperspace_eval::{Evaluation, OwnModules, Score};

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::early::EarlyStops;
use crate::generation::executed::GenerationDraft;
use crate::generation::properties::add_properties;
use crate::generation::referee::Referee;
use crate::generation::slimming::{SlimmingJudge, SlimmingResult};
use crate::generation::split_judge::{SplitCandidate, SplitJudge};
use crate::generation::work::{EvalSources, GenerationWork};
use crate::models::streams;
use crate::offspring::candidate::{AcceptedPhase, Candidate, CandidatePlan, MeasuredPhase};
use crate::progress::RunEvent;
use crate::record::bandit_config::ArmConfig;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{
    AgentExtended, CandidateEvaluated, CandidateFate, CandidateGuided, CandidateSelected, ChampionChanged,
    Event, IslandMigrated, IslandOpened, IslandRestarted,
};
use crate::record::fate::Fate;
use crate::record::generation::{
    CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef, evaluation_value,
};
use crate::record::search_record::{
    Inspiration, InspirationRole, IslandMigration, IslandOpening, IslandReset, SearchRecord, SearchTurn,
};
use crate::record::split_record::SplitRecord;
use crate::search::strategy::MeasuredCandidate;

/// Part of the names of meta agents' streams.
const META: &str = "/meta/";

/// Collects the parts of a generation while fates are decided.
pub(crate) struct Ledger<'a> {
    work: &'a GenerationWork<'a>,
    pub(crate) draft: GenerationDraft,
}

/// A candidate that was measured on training data.
struct Measured<'a> {
    tree: TreeId,
    parent: CandidateId,
    train: &'a Score,
    search: Option<&'a SearchRecord>,
}

/// The scores that decide on a candidate.
struct Verdict {
    fate: Fate,
    train: Option<EvaluationRef>,
    held_out: Option<EvaluationRef>,
}

impl<'a> Ledger<'a> {
    /// Returns a ledger before the first candidate.
    pub(crate) fn new(
        work: &'a GenerationWork<'a>,
        champions: Vec<Champion>,
        turns: Vec<SearchTurn>,
    ) -> Self {
        Self { work, draft: GenerationDraft { champions, turns, ..GenerationDraft::default() } }
    }

    /// Decides on a candidate and records it.
    pub(crate) fn settle(
        &mut self,
        candidate: Candidate<MeasuredPhase>,
        referee: Option<&Referee<'_>>,
        mut splits: Option<&mut SplitJudge<'_>>,
    ) -> Result<(), EvolveError> {
        self.draft.events.push(selected_event(&candidate));
        let mut search = self.search_record(&candidate)?;
        if candidate.plan.slims.is_none() {
            self.draft.events.extend(guided_event(&candidate.plan, search.as_ref()));
        }
        if let Some(arms) = &candidate.plan.arms {
            self.draft.events.extend(arms.events(candidate.id()).map(Event::from));
        }
        let Candidate { plan, parent, phase, .. } = candidate;
        let MeasuredPhase { mut accepted, early_fate, train, lost, advances, held_out, .. } = phase;
        self.draft.events.append(&mut accepted.events);
        let mut verdict = Verdict { fate: Fate::Failed, train: None, held_out: None };
        if let Some(train) = &train {
            self.draft.events.extend(extended_event(self.work.context, plan.id, &accepted.files));
            verdict.train = Some(note(self.work, plan.id, train, &mut self.draft)?);
            self.draft.events.extend(self.stopped_event(&plan, train)?);
        }
        let is_stopped = train.as_ref().is_some_and(Evaluation::is_stopped);
        verdict.fate = match (early_fate, train.as_ref().and_then(|train| train.score.as_ref())) {
            _ if accepted.slimming.is_some() => {
                if let Some(evaluation) = &held_out {
                    verdict.held_out = Some(note(self.work, plan.id, evaluation, &mut self.draft)?);
                }
                let (train, held_out) = (train.as_ref(), held_out.as_ref());
                self.slim(&plan, &accepted, SlimmingResult { early: early_fate, train, held_out })?
            }
            _ if lost => Fate::Lost,
            (Some(fate), _) => fate,
            (None, None) if is_stopped => Fate::Stopped,
            (None, None) => Fate::Failed,
            (None, Some(score)) if !advances => {
                let kept = splits.as_ref().zip(train.as_ref());
                let kept = kept.and_then(|(splits, train)| splits.keep(parent.id, train));
                kept.unwrap_or_else(|| self.keep(&plan, score, search.as_ref()))
            }
            (None, Some(score)) => {
                let evaluation = held_out
                    .ok_or_else(|| EvolveError::internal(plan.id, "it was not evaluated on held-out data"))?;
                verdict.held_out = Some(note(self.work, plan.id, &evaluation, &mut self.draft)?);
                let (tree, parent) = (accepted.tree, parent.id);
                match (&mut splits, &train) {
                    (Some(splits), Some(train)) => {
                        let judged = SplitCandidate { plan: &plan, parent, train, held_out: &evaluation };
                        self.judge_splits(judged, tree, splits, search.as_mut())
                    }
                    _ => {
                        let measured = Measured { tree, parent, train: score, search: search.as_ref() };
                        self.judge(&plan, measured, evaluation.score, referee)
                    }
                }
            }
        };
        self.announce(plan.id, plan.population, verdict.fate);
        let evaluations = [&verdict.train, &verdict.held_out].into_iter().flatten();
        let fuel: u64 = evaluations.map(|evaluation| evaluation.fuel).sum();
        let made = accepted.slimming.as_ref().map_or(0, |slimming| slimming.fuel);
        self.draft.fuel += fuel + made + accepted.meta.iter().map(|meta| meta.fuel).sum::<u64>();
        self.draft.outputs.extend(accepted.outputs);
        self.draft.files.push(accepted.files);
        self.draft.candidates.push(CandidateRecord {
            population: plan.population as u64,
            parent: Some(parent),
            meta: accepted.meta,
            tree: accepted.tree,
            made_by: accepted.made_by,
            train: verdict.train,
            held_out: verdict.held_out,
            fate: verdict.fate,
            search,
        });
        Ok(())
    }

    /// Returns the event of an evaluation that was stopped early.
    fn stopped_event(&self, plan: &CandidatePlan, train: &Evaluation) -> Result<Option<Event>, EvolveError> {
        let stops = EarlyStops::new(self.work).filter(|_| train.is_stopped());
        let test = stops.map(|mut stops| stops.test(plan)).transpose()?.flatten();
        Ok(test.map(|test| test.event(plan.id, train).into()))
    }

    /// Returns the search record of a candidate, in a run that names a strategy.
    fn search_record(
        &self,
        candidate: &Candidate<MeasuredPhase>,
    ) -> Result<Option<SearchRecord>, EvolveError> {
        let context = self.work.context;
        let (Some(config), Some(choice)) = (&context.config.search, &candidate.plan.search) else {
            return Ok(None);
        };
        let members = self.work.state.populations[candidate.plan.population].archive().members();
        let inspiration = |(role, index): &(InspirationRole, usize)| {
            let member = &members[*index];
            Inspiration { role: *role, id: member.id, tree: member.tree }
        };
        let mut record = SearchRecord {
            island: choice.island,
            arm: choice.arm,
            inspirations: choice.inspirations.iter().map(inspiration).collect(),
            form: candidate.phase.form.clone(),
            slimming: candidate.phase.accepted.slimming.clone(),
            looks: config.complacency.as_ref().and_then(|_| candidate.phase.accepted.looks.clone()),
            ..SearchRecord::default()
        };
        if let Some(train) = &candidate.phase.train {
            add_properties(&mut record, config, &context.task, &candidate.phase.accepted.files, train);
        }
        record.arms = match (&candidate.plan.arms, &config.arms) {
            (Some(choices), Some(arms)) => Some(choices.record(self.cost(arms, candidate)?)),
            _ => None,
        };
        Ok(Some(record))
    }

    /// Returns the cost of the calls of a candidate's meta agents.
    fn cost(&self, arms: &ArmConfig, candidate: &Candidate<MeasuredPhase>) -> Result<u64, EvolveError> {
        let Some(calls) = &self.work.sources.calls else { return Ok(0) };
        let of_meta = |event: &&Event| streams::streams_in(event).iter().all(|one| one.stream.contains(META));
        let events: Vec<Event> = candidate.phase.accepted.events.iter().filter(of_meta).cloned().collect();
        let exchanges = calls.exchanges(&events)?;
        Ok(exchanges.iter().fold(0, |sum, (call, _)| sum.saturating_add(arms.cost_of(call))))
    }

    /// Decides on a candidate that is not evaluated on held-out data.
    fn keep(&self, plan: &CandidatePlan, train: &Score, search: Option<&SearchRecord>) -> Fate {
        let strategy = &self.work.state.populations[plan.population].strategy;
        search.map_or(Fate::NoBetter, |search| strategy.keep(train, search))
    }

    /// Decides on a candidate that was evaluated on both splits, and replaces the champion if it is better.
    fn judge(
        &mut self,
        plan: &CandidatePlan,
        measured: Measured<'_>,
        held_out: Option<Score>,
        referee: Option<&Referee<'_>>,
    ) -> Fate {
        let Measured { tree, parent, train, search } = measured;
        let Some(held_out) = held_out else { return Fate::Failed };
        if let Some(referee) = referee.filter(|referee| referee.judges(plan.population)) {
            let fate = referee.judge(plan, parent, &mut self.draft);
            let fate = fate.unwrap_or_else(|| self.keep(plan, train, search));
            if fate == Fate::Champion {
                self.draft.champions[plan.population] =
                    Champion { id: plan.id, tree, score: train.clone(), held_out };
            }
            return fate;
        }
        let champion = &mut self.draft.champions[plan.population];
        let parent = plan.choice.member;
        let measured = MeasuredCandidate { id: plan.id, parent, train, held_out: &held_out, search };
        let strategy = &self.work.state.populations[plan.population].strategy;
        let fate = strategy.decide(&measured, champion);
        if fate == Fate::Champion {
            *champion = Champion { id: plan.id, tree, score: train.clone(), held_out };
        }
        fate
    }

    /// Decides on a slimming attempt, journals it, and replaces the champion if it was the slimmed member.
    fn slim(
        &mut self,
        plan: &CandidatePlan,
        accepted: &AcceptedPhase,
        result: SlimmingResult<'_>,
    ) -> Result<Fate, EvolveError> {
        let Some(slimming) = &accepted.slimming else { return Ok(Fate::NoBetter) };
        let judge = SlimmingJudge::new(self.work, plan)?;
        let verdict = judge.decide(accepted, result, &self.draft.champions[plan.population])?;
        self.draft.events.push(judge.event(accepted, slimming, &verdict).into());
        let score = |one: Option<&Evaluation>| one.and_then(|one| one.score.clone());
        if let (Fate::Champion, Some(score), Some(held_out)) =
            (verdict.fate, score(result.train), score(result.held_out))
        {
            self.draft.champions[plan.population] =
                Champion { id: plan.id, tree: accepted.tree, score, held_out };
        }
        Ok(verdict.fate)
    }

    /// Decides on a candidate under a split policy, and replaces the champion if it is better.
    fn judge_splits(
        &mut self,
        judged: SplitCandidate<'_>,
        tree: TreeId,
        splits: &mut SplitJudge<'_>,
        search: Option<&mut SearchRecord>,
    ) -> Fate {
        let (plan, scores) = (judged.plan, (judged.train.score.clone(), judged.held_out.score.clone()));
        let (Some(score), Some(held_out)) = scores else { return Fate::Failed };
        let mut record = SplitRecord::default();
        let fate = splits.judge(judged, &mut self.draft, &mut record);
        let fate = fate.unwrap_or_else(|| self.keep(plan, &score, search.as_deref()));
        if let Some(search) = search.filter(|_| !record.is_empty()) {
            search.splits = Some(record);
        }
        if fate == Fate::Champion {
            self.draft.champions[plan.population] = Champion { id: plan.id, tree, score, held_out };
        }
        fate
    }

    /// Journals and reports a fate.
    fn announce(&mut self, id: CandidateId, population: usize, fate: Fate) {
        let champion = (fate == Fate::Champion).then(|| &self.draft.champions[population]);
        announce(self.work.context, id, fate);
        self.draft.events.push(fate_event(id, fate));
        if let Some(champion) = champion {
            announce_champion(self.work.context, population, champion);
            let event = champion_event(champion);
            self.draft.events.push(event);
        }
    }
}

/// Returns the event about an agent's own modules, in a run whose agents may have some.
pub(crate) fn extended_event(context: &RunContext, candidate: CandidateId, files: &FileSet) -> Option<Event> {
    context.config.agent_layer?;
    let own = OwnModules::of(files);
    (!own.is_empty()).then(|| AgentExtended { candidate, replaces: own.replaces, adds: own.adds }.into())
}

/// Reports a fate to the observer.
pub(crate) fn announce(context: &RunContext, candidate: CandidateId, fate: Fate) {
    context.resources.emit(|| RunEvent::CandidateDecided { candidate, fate });
}

/// Reports a new champion to the observer.
pub(crate) fn announce_champion(context: &RunContext, population: usize, champion: &Champion) {
    context.resources.emit(|| RunEvent::ChampionChanged { population, champion: champion.clone() });
}

/// Records an evaluation and the model calls of its cases, and returns the reference to it.
pub(crate) fn note(
    work: &GenerationWork<'_>,
    id: CandidateId,
    evaluation: &Evaluation,
    draft: &mut GenerationDraft,
) -> Result<EvaluationRef, EvolveError> {
    let reference = reference(evaluation)?;
    draft.events.push(evaluated_event(id, evaluation, &reference));
    draft.events.extend(calls_event(work.sources, id, evaluation)?);
    draft.evaluations.push(evaluation.clone());
    Ok(reference)
}

fn calls_event(
    sources: &EvalSources,
    id: CandidateId,
    evaluation: &Evaluation,
) -> Result<Option<Event>, EvolveError> {
    let Some(calls) = &sources.calls else { return Ok(None) };
    let names = streams::case_streams(id, evaluation);
    Ok(streams::calls_event(id, calls.heads(names)?))
}

/// Returns the reference to an evaluation.
pub(crate) fn reference(evaluation: &Evaluation) -> Result<EvaluationRef, EvolveError> {
    let wrong = |error| EvolveError::internal("an evaluation", error);
    let value = evaluation_value(evaluation).map_err(wrong)?;
    Ok(EvaluationRef {
        record: record_id(EVALUATION_KIND, &value).map_err(wrong)?,
        score: evaluation.score.clone(),
        outcome: evaluation.outcome.name().to_owned(),
        fuel: evaluation.fuel,
    })
}

/// Returns the model calls of a further measurement, whose streams are below `stream` of the candidate `carrier`.
pub(crate) fn again_calls(
    work: &GenerationWork<'_>,
    carrier: CandidateId,
    evaluation: &Evaluation,
    stream: &str,
) -> Result<Option<Event>, EvolveError> {
    let Some(calls) = &work.sources.calls else { return Ok(None) };
    let names = streams::again_streams(carrier, stream, evaluation);
    Ok(streams::calls_event(carrier, calls.heads(names)?))
}

/// Returns the event about what the strategy decided besides the parent.
fn guided_event(plan: &CandidatePlan, search: Option<&SearchRecord>) -> Option<Event> {
    let (choice, search) = (plan.search.as_ref()?, search?);
    let guided = CandidateGuided {
        candidate: plan.id,
        island: choice.island,
        arm: choice.arm,
        draws: choice.draws.clone(),
        inspirations: search.inspirations.iter().map(|one| one.id).collect(),
    };
    Some(guided.into())
}

/// Returns the event of a change of a population as a whole.
pub(crate) fn turn_event(generation: u64, turn: &SearchTurn) -> Event {
    match turn.clone() {
        SearchTurn::Migration(IslandMigration { agent, from, to, members, draw }) => {
            IslandMigrated { generation, agent, from, to, members, draw }.into()
        }
        SearchTurn::Reset(IslandReset { agent, island, founder, draw }) => {
            IslandRestarted { generation, agent, island, founder, draw }.into()
        }
        SearchTurn::Opening(IslandOpening { agent, island, founder, stagnation }) => {
            IslandOpened { generation, agent, island, founder, stagnation }.into()
        }
    }
}

fn selected_event(candidate: &Candidate<MeasuredPhase>) -> Event {
    let (plan, parent) = (&candidate.plan, &candidate.parent);
    let (agent, draw, total) = (plan.population as u64, plan.choice.draw, plan.choice.total);
    CandidateSelected { candidate: plan.id, agent, parent: parent.id, tree: parent.tree, draw, total }.into()
}

fn evaluated_event(candidate: CandidateId, evaluation: &Evaluation, reference: &EvaluationRef) -> Event {
    let EvaluationRef { record, score, outcome, fuel } = reference.clone();
    let (split, tree) = (evaluation.split, evaluation.agent);
    CandidateEvaluated { candidate, split, tree, evaluation: record, score, outcome, fuel }.into()
}

pub(crate) fn fate_event(candidate: CandidateId, fate: Fate) -> Event {
    CandidateFate { candidate, fate }.into()
}

pub(crate) fn champion_event(champion: &Champion) -> Event {
    let Champion { id: candidate, tree, score, held_out } = champion.clone();
    ChampionChanged { candidate, tree, score, held_out }.into()
}
