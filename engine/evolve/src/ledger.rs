//! The fates of a generation's candidates, decided one after the other, and the events that tell them.

use std::collections::BTreeSet;

use hyperspace_core::{TreeId, canon, record_id};
use hyperspace_eval::{Direction, Evaluation, Score};

use crate::archive::Place;
use crate::child::Child;
use crate::error::EvolveError;
use crate::gate::{self, Fate, Scores};
use crate::generation::{Collected, Context};
use crate::measure::Sources;
use crate::record::event::{CandidateEvaluated, CandidateFate, CandidateSelected, ChampionChanged, Event};
use crate::record::{CandidateRecord, Champion, EVALUATION_KIND, EvaluationRef};
use crate::selection::Choice;
use crate::state::State;
use crate::talk;

/// Collects what a generation comes to while fates are decided.
pub(crate) struct Ledger<'a> {
    context: &'a Context,
    state: &'a State,
    sources: &'a Sources<'a>,
    champions: Vec<Champion>,
    pub(crate) collected: Collected,
    known: BTreeSet<(usize, TreeId)>,
}

fn reference(evaluation: &Evaluation) -> Result<EvaluationRef, EvolveError> {
    let value = canon::to_value(evaluation).map_err(|error| EvolveError::record("an evaluation", error))?;
    let record =
        record_id(EVALUATION_KIND, &value).map_err(|error| EvolveError::record("an evaluation", error))?;
    Ok(EvaluationRef {
        record,
        score: evaluation.score.clone(),
        outcome: evaluation.outcome.name().to_owned(),
        fuel: evaluation.fuel,
    })
}

/// Journals an evaluation and the calls that its cases made; answers how it is referred to.
pub(crate) fn note(
    context: &Context,
    sources: &Sources<'_>,
    place: Place,
    evaluation: &Evaluation,
    collected: &mut Collected,
) -> Result<EvaluationRef, EvolveError> {
    let reference = reference(evaluation)?;
    collected.events.push(evaluated(place, evaluation, &reference));
    if let Some(talk) = &sources.talk {
        let names = talk::case_streams(place, &context.task, evaluation.split, evaluation.cases.len());
        collected.events.extend(talk::calls_event(place, talk.heads(names)?));
    }
    Ok(reference)
}

/// Which champion is the best on training data; of equals the first.
pub(crate) fn best(direction: Direction, champions: &[Champion]) -> u64 {
    let mut best = 0;
    for (index, champion) in champions.iter().enumerate() {
        if champion.score.better_than(&champions[best].score, direction) {
            best = index;
        }
    }
    best as u64
}

fn evaluated(candidate: Place, evaluation: &Evaluation, reference: &EvaluationRef) -> Event {
    let EvaluationRef { record, score, outcome, fuel } = reference.clone();
    let (split, tree) = (evaluation.split, evaluation.agent);
    CandidateEvaluated { candidate, split, tree, evaluation: record, score, outcome, fuel }.into()
}

pub(crate) fn fate_event(candidate: Place, fate: Fate) -> Event {
    CandidateFate { candidate, fate }.into()
}

pub(crate) fn champion_event(champion: &Champion) -> Event {
    let Champion { place: candidate, tree, score, held_out } = champion.clone();
    ChampionChanged { candidate, tree, score, held_out }.into()
}

/// Whether a child with this training score is looked at on held-out data.
pub(crate) fn deserves(context: &Context, state: &State, child: &Child, train: &Score) -> bool {
    let parent = &state.lines[child.agent].archive.members()[child.parent_index];
    context.config.parity || gate::improves(context.task.direction(), train, &parent.score)
}

impl<'a> Ledger<'a> {
    /// A ledger before the first candidate.
    pub(crate) fn new(
        context: &'a Context,
        state: &'a State,
        sources: &'a Sources<'a>,
        champions: Vec<Champion>,
    ) -> Self {
        let (collected, known) = (Collected::default(), BTreeSet::new());
        Self { context, state, sources, champions, collected, known }
    }

    /// The champions after the last candidate, and what was collected.
    pub(crate) fn finish(self) -> (Vec<Champion>, Collected) {
        (self.champions, self.collected)
    }

    /// Decides on one candidate and writes it down; it was measured on held-out data if it [`deserves`] that.
    pub(crate) fn settle(
        &mut self,
        child: Child,
        choice: Choice,
        [train, measured]: [Option<Evaluation>; 2],
        lost: bool,
    ) -> Result<(), EvolveError> {
        let place = child.place;
        let selected = CandidateSelected {
            candidate: place,
            agent: child.agent as u64,
            parent: child.parent.place,
            tree: child.parent.tree,
            draw: choice.draw,
            total: choice.total,
        };
        self.collected.events.push(selected.into());
        self.collected.events.extend(child.events.iter().cloned());

        let mut held_out = None;
        let fate = match &train {
            _ if !child.completed => Fate::MetaFailed,
            _ if child.tree == child.parent.tree => Fate::Unchanged,
            _ if self.state.lines[child.agent].archive.find_tree(&child.tree).is_some()
                || !self.known.insert((child.agent, child.tree)) =>
            {
                Fate::Duplicate
            }
            None => Fate::Failed,
            Some(evaluation) => {
                self.note(place, evaluation)?;
                let own = evaluation.score.as_ref().filter(|_| !lost);
                self.judge(&child, own, measured, &mut held_out)?
            }
        };
        let fate = if lost { Fate::Lost } else { fate };
        self.collected.events.push(fate_event(place, fate));
        if fate == Fate::Champion {
            self.collected.events.push(champion_event(&self.champions[child.agent]));
        }
        let train = train.as_ref().filter(|_| fate != Fate::Duplicate).map(reference).transpose()?;
        let evaluations = [&train, &held_out].into_iter().flatten();
        let fuel: u64 = evaluations.map(|evaluation| evaluation.fuel).sum();
        self.collected.fuel += fuel + child.meta.iter().map(|meta| meta.fuel).sum::<u64>();
        self.collected.outputs.extend(child.outputs);
        self.collected.files.push(child.files);
        self.collected.candidates.push(CandidateRecord {
            agent: child.agent as u64,
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
        let reference = note(self.context, self.sources, place, evaluation, &mut self.collected)?;
        self.collected.evaluations.push(evaluation.clone());
        Ok(reference)
    }

    fn judge(
        &mut self,
        child: &Child,
        train: Option<&Score>,
        measured: Option<Evaluation>,
        held_out: &mut Option<EvaluationRef>,
    ) -> Result<Fate, EvolveError> {
        let Some(train) = train else { return Ok(Fate::Failed) };
        if !deserves(self.context, self.state, child, train) {
            return Ok(Fate::NoBetter);
        }
        let direction = self.context.task.direction();
        let parent = &self.state.lines[child.agent].archive.members()[child.parent_index];
        let evaluation = measured.ok_or_else(|| {
            EvolveError::record(format!("candidate {}", child.place), "it was not measured on held-out data")
        })?;
        *held_out = Some(self.note(child.place, &evaluation)?);
        let Some(score) = evaluation.score else { return Ok(Fate::Failed) };
        let champion = &self.champions[child.agent];
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
            self.champions[child.agent] =
                Champion { place: child.place, tree: child.tree, score: train.clone(), held_out: score };
        }
        Ok(fate)
    }
}
