//! Signs of complacency at the end of a generation. Each new one leaves a warning in the mark space, which later generations
//! answer.
//!
//! The detectors see the last [`WINDOW`] candidates of a population with their parents. A sign of the course of a population is
//! not raised again while a warning of its kind is in force. A sign of a text or of code is raised again at the end of its
//! warning while members still have that text or code.

use std::collections::{BTreeMap, BTreeSet};

use hyperspace_core::{FileSet, TreeId};
use hyperspace_eval::Direction;

use crate::complacency::{ComplacencyFinding, ComplacencyKind, HistoryStep, SignTests, complacency_from};
use crate::context::RunContext;
use crate::error::EvolveError;
use crate::generation::executed::GenerationDraft;
use crate::generation::work::GenerationWork;
use crate::offspring::answers::{WarningContent, engine_capability, warnings_of};
use crate::offspring::published::STRATEGIES_MAX;
use crate::progress::RunEvent;
use crate::record::candidate_id::CandidateId;
use crate::record::complacency_rules::{ComplacencyAnswer, ComplacencyRules};
use crate::record::event::{ComplacencyFound, Event};
use crate::record::options::CANDIDATES_MAX;
use crate::record::sharing_config::NOTES;
use crate::search::candidate_history::HistoryEntry;
use crate::search::meta_lineage::is_meta;
use crate::search::seen_texts::StepTexts;

/// Number of candidates that the detectors see.
const WINDOW: usize = 256;

/// Looks for signs in all populations that took part, and returns the events of those found.
pub(super) fn watch(work: &GenerationWork<'_>, draft: &GenerationDraft) -> Result<Vec<Event>, EvolveError> {
    let Some(rules) = work.context.config.complacency() else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for population in 0..work.context.config.populations.len() {
        let Some(history) = &work.state.populations[population].history else { continue };
        let peers = work.state.peers(population);
        let new: Vec<HistoryEntry> = (0..)
            .zip(&draft.candidates)
            .filter(|(_, record)| record.population == population as u64)
            .filter_map(|(candidate, record)| {
                history.entry(CandidateId { generation: work.state.next, candidate }, record, &peers)
            })
            .collect();
        if !new.is_empty() {
            let watch = PopulationWatch { work, rules, population, new };
            events.extend(watch.events(draft)?);
        }
    }
    Ok(events)
}

/// The watch of one population.
struct PopulationWatch<'a> {
    work: &'a GenerationWork<'a>,
    rules: &'a ComplacencyRules,
    population: usize,
    /// The candidates of this generation.
    new: Vec<HistoryEntry>,
}

impl PopulationWatch<'_> {
    fn events(&self, draft: &GenerationDraft) -> Result<Vec<Event>, EvolveError> {
        let state = &self.work.state.populations[self.population];
        let Some(history) = &state.history else { return Ok(Vec::new()) };
        let mut events = self.lasting()?;
        let window = history.window(&self.new, WINDOW);
        let steps = self.steps(&window, draft)?;
        let answers = self.work.answers.of(self.population);
        let (from, tests) = (window.len() - self.new.len(), self.rules.tests);
        let makers = makers(&window, &steps);
        for finding in complacency_from(&steps, self.minimises(), from, tests) {
            let is_answered = answers.is_some_and(|answers| answers.has(finding.kind));
            if self.rules.answers_to(finding.kind).is_empty() || (is_answered && !is_of_one(finding.kind)) {
                continue;
            }
            let answers = self.answers(&finding, &steps, &makers);
            let of_course = tests == SignTests::Sequential && !is_of_one(finding.kind);
            let candidates = named(&finding, &answers, &window, &steps, of_course.then_some(&makers));
            events.push(self.raise(finding, answers, candidates)?);
        }
        Ok(events)
    }

    fn minimises(&self) -> bool {
        self.work.context.task.direction() == Direction::Minimize
    }

    /// Raises again the signs whose warnings end with this generation, while members that others would see still show them.
    fn lasting(&self) -> Result<Vec<Event>, EvolveError> {
        let population = &self.work.state.populations[self.population];
        let archive = population.archive();
        let Some(answers) = self.work.answers.of(self.population) else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        let ending = answers.ending(self.work.state.next, self.rules.generations);
        for (kind, content) in ending.filter(|(kind, _)| is_of_one(*kind)) {
            let champions = population.past_champions.iter().rev().take(STRATEGIES_MAX);
            let shown: BTreeSet<usize> = archive
                .ranked()
                .take(STRATEGIES_MAX)
                .map(|(index, _)| index)
                .chain(champions.filter_map(|id| archive.find(*id)))
                .filter(|index| content.names_lineage(archive, *index))
                .collect();
            if shown.is_empty() {
                continue;
            }
            // Each is treated as a child of the seed: what the user wrote is not a sign.
            let mut steps = vec![self.member_step(0)?];
            for index in shown {
                steps.push(HistoryStep { parent: Some(0), ..self.member_step(index)? });
            }
            let found = complacency_from(&steps, self.minimises(), 1, self.rules.tests);
            if let Some(finding) = found.into_iter().find(|finding| finding.kind == *kind) {
                let answers = self.rules.answers_to(finding.kind);
                events.push(self.raise(finding, answers, content.candidates.clone())?);
            }
        }
        Ok(events)
    }

    fn member_step(&self, index: usize) -> Result<HistoryStep, EvolveError> {
        let member = &self.work.state.populations[self.population].archive().members()[index];
        let texts = self.texts(member.tree, &BTreeMap::new())?;
        Ok(texts.into_step(member.id.to_string()))
    }

    /// Returns the texts of a tree, whose files are either among the drafted ones or in the store.
    fn texts(&self, tree: TreeId, drafted: &BTreeMap<TreeId, &FileSet>) -> Result<StepTexts, EvolveError> {
        let context = self.work.context;
        context.texts.of(tree, || match drafted.get(&tree) {
            Some(files) => Ok(texts_of(context, files)),
            None => Ok(texts_of(context, &self.work.store.get_files(&tree)?)),
        })
    }

    /// Returns the candidates as the detectors see them.
    fn steps(
        &self,
        window: &[&HistoryEntry],
        draft: &GenerationDraft,
    ) -> Result<Vec<HistoryStep>, EvolveError> {
        let drafted: BTreeMap<TreeId, &FileSet> =
            draft.candidates.iter().map(|record| record.tree).zip(&draft.files).collect();
        let places: BTreeMap<CandidateId, usize> =
            window.iter().enumerate().map(|(place, entry)| (entry.id, place)).collect();
        let mut steps = Vec::with_capacity(window.len());
        for entry in window {
            let mut step = self.texts(entry.tree, &drafted)?.into_step(entry.id.to_string());
            step.parent = entry.parent.and_then(|parent| places.get(&parent).copied());
            (step.score, step.looks) = (entry.score, entry.looks.clone());
            if self.rules.tests == SignTests::Sequential {
                for peer in &*entry.peers {
                    step.peers.extend(self.texts(*peer, &drafted)?.program);
                }
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// Returns the answers to a sign. One of renewing and exploring is enough: a population explores if no other meta agent could
    /// replace those that show the sign.
    fn answers(
        &self,
        finding: &ComplacencyFinding,
        steps: &[HistoryStep],
        makers: &[Option<usize>],
    ) -> BTreeSet<ComplacencyAnswer> {
        use ComplacencyAnswer::{Explore, Renew};
        let mut answers = self.rules.answers_to(finding.kind);
        if answers.contains(&Renew) && answers.contains(&Explore) {
            let has_other = match self.rules.tests {
                SignTests::Fixed => {
                    let shown: BTreeSet<_> =
                        finding.steps.iter().filter_map(|step| Some(&steps.get(*step)?.meta)).collect();
                    steps.iter().any(|step| step.meta.is_some() && !shown.contains(&step.meta))
                }
                SignTests::Sequential => has_independent(finding, steps, makers),
            };
            answers.remove(if has_other { &Explore } else { &Renew });
        }
        answers
    }

    /// Leaves a warning about a sign, and returns its event.
    fn raise(
        &self,
        finding: ComplacencyFinding,
        answers: BTreeSet<ComplacencyAnswer>,
        candidates: Vec<CandidateId>,
    ) -> Result<Event, EvolveError> {
        let (context, generation) = (self.work.context, self.work.state.next);
        let ComplacencyFinding { kind, steps, evidence } = finding;
        let told: Vec<ComplacencyAnswer> = answers.iter().copied().collect();
        let content = WarningContent { generation, answers, candidates, evidence: evidence.clone() };
        let scope = warnings_of(&context.config.populations[self.population].name)?;
        let engine = engine_capability(context, &scope);
        let reason =
            serde_json::to_string(&content).map_err(|error| EvolveError::internal("a warning", error))?;
        let mark = self.work.space.warn(&engine, &scope, kind.name(), reason)?;
        context.resources.emit(|| RunEvent::ComplacencyFound {
            population: self.population,
            kind,
            evidence: evidence.clone(),
            answers: told.clone(),
        });
        Ok(ComplacencyFound {
            generation,
            agent: self.population as u64,
            sign: kind.name().to_owned(),
            candidates: steps.len() as u64,
            evidence,
            answers: told.iter().map(|answer| answer.name().to_owned()).collect(),
            mark,
        }
        .into())
    }
}

/// For each candidate, returns the index of a candidate with the meta agent that made it: its parent, or the last one with the
/// files that made it in the parent's stead.
fn makers(window: &[&HistoryEntry], steps: &[HistoryStep]) -> Vec<Option<usize>> {
    let mut by_tree = BTreeMap::new();
    let mut makers = Vec::with_capacity(window.len());
    for (place, (entry, step)) in window.iter().zip(steps).enumerate() {
        let own = step.parent.filter(|parent| window[*parent].tree == entry.made_by);
        makers.push(own.or_else(|| by_tree.get(&entry.made_by).copied()).or(step.parent));
        by_tree.insert(entry.tree, place);
    }
    makers
}

/// Returns the candidates that the answers to a sign need: all whose members are quarantined, or one for each meta agent that is
/// to be replaced. With `makers`, the latter include the meta agents that made what is shown.
fn named(
    finding: &ComplacencyFinding,
    answers: &BTreeSet<ComplacencyAnswer>,
    window: &[&HistoryEntry],
    steps: &[HistoryStep],
    makers: Option<&Vec<Option<usize>>>,
) -> Vec<CandidateId> {
    let quarantines = answers.contains(&ComplacencyAnswer::Quarantine);
    let renews = answers.contains(&ComplacencyAnswer::Renew);
    let (mut named, mut metas) = (Vec::new(), BTreeSet::new());
    if !quarantines && !renews {
        return named;
    }
    for index in &finding.steps {
        let Some((entry, step)) = window.get(*index).zip(steps.get(*index)) else { continue };
        let place = makers.filter(|_| renews && !quarantines).and_then(|makers| makers[*index]);
        let maker = place.and_then(|place| window.get(place).zip(steps.get(place)));
        if let Some((maker, step)) = maker
            && metas.insert(step.meta.clone())
        {
            named.push(maker.id);
        }
        if metas.insert(step.meta.clone()) || quarantines {
            named.push(entry.id);
        }
    }
    if makers.is_some() {
        // A warning is a mark, whose content is limited.
        named.truncate(usize::try_from(CANDIDATES_MAX).unwrap_or(usize::MAX));
    }
    named
}

/// Returns whether some candidate has a meta agent that neither shows the sign, nor made what shows it, nor descends from one
/// that does.
fn has_independent(finding: &ComplacencyFinding, steps: &[HistoryStep], makers: &[Option<usize>]) -> bool {
    let made = finding.steps.iter().filter_map(|step| makers.get(*step).copied()?);
    let named: BTreeSet<_> =
        finding.steps.iter().copied().chain(made).filter_map(|step| Some(&steps.get(step)?.meta)).collect();
    let mut from_named: Vec<bool> = Vec::with_capacity(steps.len());
    for (step, maker) in steps.iter().zip(makers) {
        let inherited = maker.and_then(|maker| from_named.get(maker)).copied().unwrap_or_default();
        from_named.push(inherited || named.contains(&step.meta));
    }
    steps.iter().zip(from_named).any(|(step, from_named)| step.meta.is_some() && !from_named)
}

/// Returns whether a sign concerns single candidates, by their texts and code, and not the course of the population.
fn is_of_one(kind: ComplacencyKind) -> bool {
    matches!(kind, ComplacencyKind::StopText | ComplacencyKind::SelfBlock)
}

/// Returns the texts of the files of a candidate.
fn texts_of(context: &RunContext, files: &FileSet) -> StepTexts {
    let program = context.task.entry_file(files);
    let (mut texts, mut meta) = (StepTexts { program: None, meta: None, notes: None }, String::new());
    for (path, content) in files.iter() {
        let text = || String::from_utf8_lossy(content);
        if is_meta(path) {
            meta.push_str(&text());
            meta.push('\n');
        }
        if Some(path.as_str()) == program.as_deref() {
            texts.program = Some(text().into());
        } else if path.as_str() == NOTES {
            texts.notes = Some(text().into());
        }
    }
    texts.meta = (!meta.is_empty()).then(|| meta.into());
    texts
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_candidate_was_made_by_its_parent_unless_another_took_its_place() {
        let tree = |number: u8| TreeId::from_bytes([number; 32]);
        let id = |generation| CandidateId { generation, candidate: 0 };
        let entry = |generation, parent: Option<u64>, own, made_by| HistoryEntry {
            id: id(generation),
            parent: parent.map(id),
            tree: tree(own),
            made_by: tree(made_by),
            score: None,
            looks: None,
            peers: Arc::default(),
        };
        let all = [
            entry(0, None, 0, 0),
            entry(1, Some(0), 1, 0),
            // Made by the seed's meta agent, because that of its parent failed.
            entry(2, Some(1), 2, 0),
            // Made by its parent's meta agent, whose files another candidate has as well.
            entry(3, Some(2), 2, 2),
            entry(4, Some(2), 4, 2),
            // Made by a meta agent that is no longer in the window.
            entry(5, Some(4), 5, 9),
        ];
        let window: Vec<&HistoryEntry> = all.iter().collect();
        let step = |parent: Option<usize>| HistoryStep { parent, ..HistoryStep::default() };
        let steps = [None, Some(0), Some(1), Some(2), Some(2), Some(4)].map(step);
        assert_eq!(makers(&window, &steps), [None, Some(0), Some(0), Some(2), Some(2), Some(4)]);
    }
}
