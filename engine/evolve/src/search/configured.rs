//! The strategy of runs that name one: islands of a sampling rule, and admission.
//!
//! With admission `gate`, members are admitted as without a strategy. With `scored`, every candidate with a score that is of use
//! to the rule becomes a member, and only candidates that are better than the champion are measured on held-out data. One that is
//! worse there is `overfitted` and does not become a member, so the bar for champions is as high as ever.

use std::sync::Arc;

use hyperspace_eval::{Fitness, Score};

use crate::record::candidate_id::CandidateId;
use crate::record::fate::Fate;
use crate::record::generation::{CandidateRecord, Champion, Remeasurement};
use crate::record::search_config::{Admission, SearchConfig};
use crate::record::search_record::{SearchRecord, SearchTurn};
use crate::search::archive::{Archive, Member};
use crate::search::draws::Draws;
use crate::search::gate::{self, SplitScores};
use crate::search::islands::Archipelago;
use crate::search::parsimony::{self, SizedScores, is_smaller};
use crate::search::sampler::{Child, View, inspirations};
use crate::search::strategy::{
    CandidateChoice, MeasuredCandidate, ParentChoice, SearchChoice, Strategy, StrategyContext,
};

/// The strategy that a run's configuration names.
#[derive(Clone)]
pub(crate) struct ConfiguredStrategy {
    search: SearchConfig,
    scale: Option<Fitness>,
    seed: u64,
    population: u64,
    archive: Arc<Archive>,
    /// The records of all members, by index.
    records: Arc<Vec<SearchRecord>>,
    archipelago: Archipelago,
    /// Scores of the champion.
    best: Option<(Score, Score)>,
}

impl ConfiguredStrategy {
    /// Returns the strategy of a population before generation 0.
    pub(crate) fn new(context: &StrategyContext<'_>, search: &SearchConfig) -> Self {
        Self {
            search: search.clone(),
            scale: context.task.fitness().cloned(),
            seed: context.seed,
            population: context.population as u64,
            archive: Arc::new(Archive::new(context.task.direction())),
            records: Arc::default(),
            archipelago: Archipelago::new(&search.strategy),
            best: None,
        }
    }

    fn view(&self) -> View<'_> {
        View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() }
    }

    fn member(&self, index: usize) -> &Member {
        &self.archive.members()[index]
    }

    /// Returns the nodes of a member's program, in a run with parsimony.
    fn nodes_of(&self, index: usize) -> Option<u64> {
        self.records.get(index).and_then(|record| record.nodes)
    }

    fn better(&self, score: &Score, other: &Score) -> bool {
        score.better_than(other, self.archive.direction())
    }

    /// Chooses for candidate `number` of the generation.
    fn choose_one(&self, number: u64, id: CandidateId) -> CandidateChoice {
        let (view, turn) = (self.view(), self.archipelago.turn_of(number));
        let island = &self.archipelago.islands[turn];
        let before = number / self.archipelago.islands.len() as u64;
        let mut draws = Draws::for_candidate(self.seed, id, before);
        let drawn = island.sampler.draw(&view, &mut draws);
        let last = draws.last().map_or((0, 1), |last| (last.draw, last.total));
        let count = usize::try_from(self.search.inspirations).unwrap_or_default();
        let inspirations =
            inspirations(&*island.sampler, &view, &island.ranking, drawn.member, count, &mut draws);
        CandidateChoice {
            parent: ParentChoice { member: drawn.member, draw: last.0, total: last.1 },
            search: Some(SearchChoice {
                island: turn as u64,
                arm: drawn.arm,
                inspirations,
                draws: draws.into_log(),
            }),
        }
    }

    /// Draws the parent of a candidate evenly among the members of its island.
    fn explore_one(&self, choice: CandidateChoice, id: CandidateId) -> CandidateChoice {
        let island = choice.search.as_ref().map_or(0, |search| search.island);
        let island = usize::try_from(island).ok().and_then(|index| self.archipelago.islands.get(index));
        let members = island.map_or(&[][..], |island| island.ranking.members());
        if members.is_empty() {
            return choice;
        }
        let mut search = choice.search.unwrap_or_default();
        let mut draws = Draws::for_exploration(self.seed, id);
        let member = members[draws.even("explore", members.len())];
        let last = draws.last().map_or((0, 1), |last| (last.draw, last.total));
        search.inspirations.retain(|(_, shown)| *shown != member);
        search.draws.extend(draws.into_log());
        let parent = ParentChoice { member, draw: last.0, total: last.1 };
        CandidateChoice { parent, search: Some(search) }
    }

    /// Returns whether a candidate is of use to the rule of its island.
    fn wants(&self, score: &Score, search: &SearchRecord) -> bool {
        let island =
            usize::try_from(search.island).ok().and_then(|index| self.archipelago.islands.get(index));
        island.is_some_and(|island| island.sampler.wants(&self.view(), score, search))
    }

    /// Decides on a candidate that was better than the champion before the generation.
    fn decide_scored(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate {
        let worse = |other: &Score| self.better(other, candidate.held_out);
        if self.best.as_ref().is_some_and(|(_, held_out)| worse(held_out)) {
            return Fate::Overfitted;
        }
        if self.better(candidate.train, &champion.score) && !worse(&champion.held_out) {
            return Fate::Champion;
        }
        match candidate.search {
            Some(search) if self.wants(candidate.train, search) => Fate::Admitted,
            _ => Fate::NoBetter,
        }
    }

    /// Adds a member to the islands and counts it as a child. A slimmed program is another form of its parent, not a child.
    fn note(
        &mut self,
        record: &CandidateRecord,
        search: &SearchRecord,
        member: Option<usize>,
    ) -> Result<(), String> {
        let view = View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() };
        let Some(parent) = &record.parent else {
            // Every island begins with the seed.
            member.into_iter().for_each(|seed| self.archipelago.begin(&view, seed));
            return Ok(());
        };
        let parent = self.archive.find(parent.id).ok_or("its parent is not in the archive")?;
        let index = usize::try_from(search.island).ok();
        let island = index.and_then(|index| self.archipelago.islands.get_mut(index));
        let island = island.ok_or_else(|| format!("there is no island {}", search.island))?;
        if let Some(member) = member {
            island.admit(&view, member);
        }
        if record.is_slimming() {
            return Ok(());
        }
        let score = record.train.as_ref().and_then(|train| train.score.as_ref());
        let improved = score.is_some_and(|score| view.better(score, &view.member(parent).score));
        island.sampler.count_child(&view, Child { parent, arm: search.arm, improved });
        self.archipelago.count(&view, member);
        Ok(())
    }
}

impl Strategy for ConfiguredStrategy {
    fn archive(&self) -> &Arc<Archive> {
        &self.archive
    }

    fn select(&self, candidates: &[CandidateId]) -> Vec<ParentChoice> {
        self.choose(candidates).into_iter().map(|choice| choice.parent).collect()
    }

    fn choose(&self, candidates: &[CandidateId]) -> Vec<CandidateChoice> {
        (0..).zip(candidates).map(|(number, id)| self.choose_one(number, *id)).collect()
    }

    fn explore(&self, candidates: &[CandidateId]) -> Vec<CandidateChoice> {
        let choices = self.choose(candidates).into_iter().zip(candidates);
        choices.map(|(choice, id)| self.explore_one(choice, *id)).collect()
    }

    fn advances(&self, parent: usize, train: &Score) -> bool {
        match (self.search.admission, &self.best) {
            (Admission::Scored, Some((best, _))) => self.better(train, best),
            _ => gate::improves(self.archive.direction(), train, &self.member(parent).score),
        }
    }

    fn advances_with(&self, parent: usize, train: &Score, nodes: Option<u64>) -> bool {
        let smaller = || is_smaller(train, nodes, &self.member(parent).score, self.nodes_of(parent));
        self.advances(parent, train) || (self.search.parsimony && smaller())
    }

    fn keep(&self, train: &Score, search: &SearchRecord) -> Fate {
        let kept = self.search.admission == Admission::Scored && self.wants(train, search);
        if kept { Fate::Kept } else { Fate::NoBetter }
    }

    fn decide(&self, candidate: &MeasuredCandidate<'_>, champion: &Champion) -> Fate {
        if self.search.admission == Admission::Scored {
            return self.decide_scored(candidate, champion);
        }
        let parent = self.member(candidate.parent);
        let champion_id = champion.id;
        let champion = SplitScores { train: &champion.score, held_out: &champion.held_out };
        let held_out = parent.held_out.as_ref().unwrap_or(&parent.score);
        let own = SplitScores { train: candidate.train, held_out: candidate.held_out };
        let parent = SplitScores { train: &parent.score, held_out };
        if !self.search.parsimony {
            return gate::decide(self.archive.direction(), own, parent, champion);
        }
        // The champion may be a candidate of this generation that is not a member yet, in which case its size is not known.
        let champion_nodes = self.archive.find(champion_id).and_then(|index| self.nodes_of(index));
        parsimony::decide(
            self.archive.direction(),
            SizedScores { scores: own, nodes: candidate.search.and_then(|search| search.nodes) },
            SizedScores { scores: parent, nodes: self.nodes_of(candidate.parent) },
            SizedScores { scores: champion, nodes: champion_nodes },
        )
    }

    fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String> {
        let search = record.search.as_ref().ok_or_else(|| format!("{id} has no `search`"))?;
        let archive = Arc::make_mut(&mut self.archive);
        archive.apply(id, record)?;
        let member = record.fate.is_admitted().then(|| archive.members().len() - 1);
        if let Some(member) = member {
            let kept = SearchRecord {
                inspirations: Vec::new(),
                form: None,
                arms: None,
                looks: None,
                ..search.clone()
            };
            Arc::make_mut(&mut self.records).push(kept);
            let member = &self.archive.members()[member];
            if let (Fate::Seed | Fate::Champion, Some(held_out)) = (record.fate, &member.held_out) {
                self.best = Some((member.score.clone(), held_out.clone()));
            }
        }
        self.note(record, search, member).map_err(|why| format!("{id}: {why}"))
    }

    fn plan_turns(&self, generation: u64) -> Vec<SearchTurn> {
        let mut draws = Draws::for_population(self.seed, generation, self.population);
        self.archipelago.plan(&self.view(), self.population, &mut draws)
    }

    fn turn(&mut self, turn: &SearchTurn) -> Result<(), String> {
        let view = View { archive: &self.archive, records: &self.records, scale: self.scale.as_ref() };
        self.archipelago.apply(&view, turn)
    }

    fn remeasured(&mut self, again: &Remeasurement) -> Result<(), String> {
        Arc::make_mut(&mut self.archive).remeasure(again)
    }

    fn duplicate(&self) -> Box<dyn Strategy> {
        Box::new(self.clone())
    }
}
