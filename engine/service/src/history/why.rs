//! The origin of a number: score ← rows ← answers ← code ← edits ← calls, each with its hash.

use hyperspace_core::{BlobId, EventId, RecordId, RelPath, TreeId};
use hyperspace_eval::scorer::{Measure, total};
use hyperspace_eval::{CaseResult, Score, Split};
use hyperspace_evolve::{
    CallStream, CandidateId, CandidateRecord, EditAccepted, EvaluationRef, Event, Fate, JournalEvent,
    MarkRef, candidate_of, journal, journal_segment, load_record, records, streams_of,
};
use hyperspace_interop::original::{
    ImportedEvaluation, Metadata, PredictionRow, imported_runs, load_imported_generation, load_imported_run,
    prediction_rows,
};
use hyperspace_llm::{Exchange, RECORD_KIND};
use hyperspace_store::Store;
use serde::Serialize;

use super::recorded_calls::{answered_by, is_in_chain};
use super::run_data::{failure_of_case, load_evaluation};
use crate::engine::Engine;
use crate::error::ServiceError;
use crate::target::{self, CandidateTarget, Target};

/// The origin of a candidate's scores: the document of `why --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhyView {
    /// The run.
    pub run: RecordId,
    /// The generation's record, which names everything below.
    pub generation: RecordId,
    /// The candidate; for an imported generation, its number and the index of its agent.
    pub candidate: CandidateId,
    /// Its fate; null for an imported generation.
    pub fate: Option<Fate>,
    /// Its scores, training first.
    pub scores: Vec<WhyScore>,
    /// The files that were measured.
    pub code: WhyCode,
    /// The edits that made them from the parent's, in order.
    pub edits: Vec<WhyEdit>,
    /// Model calls by its meta agents and in its rows, in order.
    pub calls: Vec<WhyCalls>,
}

/// A score with the data from which it was computed.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhyScore {
    /// The split.
    pub split: Split,
    /// The score; null if there is none.
    pub score: Option<f64>,
    /// The exact score; null for an imported one.
    pub exact: Option<Score>,
    /// The record of the evaluation; null for an imported one.
    pub evaluation: Option<RecordId>,
    /// The table of predictions; null for a score measured here.
    pub predictions: Option<BlobId>,
    /// True if the total of the rows equals the score; null if the rows alone do not determine it.
    pub agrees: Option<bool>,
    /// True if that total is the mean of the rows. Otherwise it is the sum of their amounts over the sum of their bases, which differ.
    pub mean: bool,
    /// The rows, in order.
    pub rows: Vec<WhyRow>,
}

/// A row of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhyRow {
    /// The case.
    pub case: String,
    /// Its outcome, or the reason for a missing answer.
    pub outcome: String,
    /// Its measure, as a number.
    pub measure: Option<f64>,
    /// The answer, if it was kept.
    pub answer: Option<String>,
    /// The hash of the answer.
    pub answer_hash: Option<BlobId>,
}

/// The files that were measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhyCode {
    /// Their tree.
    pub tree: TreeId,
    /// The candidate from which they were made; null for a seed.
    pub parent: Option<CandidateId>,
    /// Its tree.
    pub parent_tree: Option<TreeId>,
    /// The tree whose meta agent made them; null for imported files.
    pub made_by: Option<TreeId>,
    /// The files, each with its hash.
    pub files: Vec<WhyFile>,
}

/// A file with its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhyFile {
    /// Its path.
    pub path: RelPath,
    /// The hash of its content.
    pub blob: BlobId,
}

/// An accepted edit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct WhyEdit {
    /// The file.
    pub path: RelPath,
    /// The content before; null for a new file.
    pub before: Option<BlobId>,
    /// The content after; null for a removed file.
    pub after: Option<BlobId>,
    /// The number of the event in the journal.
    pub seq: u64,
    /// The hash of the event.
    pub event: EventId,
    /// The mark of the edit, in hexadecimal.
    pub mark: String,
}

/// The calls of one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WhyCalls {
    /// The name of the stream: that of a run of a meta agent, or of a case.
    pub stream: String,
    /// The models that answered, each once.
    pub models: Vec<String>,
    /// The hashes of the calls, in order.
    pub calls: Vec<RecordId>,
}

impl Engine {
    /// Traces the scores of a candidate to their origin. `hash` names a candidate as `RUN:G:K`, the best one of a run or
    /// generation, a generation of an imported run, an evaluation, or a model call.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// for score in engine.why("93a65b65cd0b:3")?.scores {
    ///     println!("{:?} from {} rows", score.score, score.rows.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Class `Usage` when there is no such record or no candidate has it, `Damage` when the store is damaged.
    pub fn why(&self, hash: &str) -> Result<WhyView, ServiceError> {
        let store = self.reader()?;
        if target::split(hash)?.candidate.is_none() && !target::split(hash)?.hash.is_empty() {
            match Target::resolve(&store, hash)? {
                Target::ImportedGeneration(id) => return imported(&store, id),
                Target::Evaluation(id) => return of_evaluation(&store, id),
                Target::ModelCall(id) => return of_call(&store, id),
                _ => {}
            }
        }
        let found = CandidateTarget::resolve(&store, hash)?;
        recorded(&store, found.generation, found.place)
    }
}

fn nobody(what: &str, id: RecordId) -> ServiceError {
    let message = format!("no candidate of a run has the {what} {id}");
    ServiceError::with_hint(
        message,
        "`show` prints it; evaluations of final tests and of `eval` belong to no candidate",
    )
}

/// Returns the origin of an evaluation, which is the first candidate that has it.
fn of_evaluation(store: &Store, id: RecordId) -> Result<WhyView, ServiceError> {
    for run in store.runs()? {
        for (hash, record) in records(store, &run)? {
            let has = |one: &CandidateRecord| {
                [&one.train, &one.held_out].into_iter().flatten().any(|one| one.record == id)
            };
            if let Some(number) = record.candidates.iter().position(has) {
                let place = CandidateId { generation: record.generation, candidate: number as u64 };
                let mut view = recorded(store, hash, place)?;
                view.scores.retain(|score| score.evaluation == Some(id));
                return Ok(view);
            }
        }
    }
    Err(nobody("evaluation", id))
}

/// Returns the origin of the candidate for which a model call was made.
fn of_call(store: &Store, id: RecordId) -> Result<WhyView, ServiceError> {
    let stream = exchange(store, &id)?.stream;
    let Some(place) = candidate_of(&stream) else { return Err(nobody("call", id)) };
    for run in store.runs()? {
        for head in streams_of(&journal(store, &run)?).filter(|one| one.stream == stream) {
            if is_in_chain(store, head.head, &id)? {
                let hash = store.get_ref(&run, &hyperspace_evolve::generation_name(place.generation))?;
                let hash = hash.ok_or_else(|| nobody("call", id))?;
                let mut view = recorded(store, hash, place)?;
                view.calls.retain(|calls| calls.stream == stream);
                return Ok(view);
            }
        }
    }
    Err(nobody("call", id))
}

/// Returns the origin of a candidate's scores.
fn recorded(store: &Store, generation: RecordId, place: CandidateId) -> Result<WhyView, ServiceError> {
    let record = load_record(store, &generation)?;
    let number = usize::try_from(place.candidate).unwrap_or(usize::MAX);
    let one = record.candidates.get(number);
    let one = one.ok_or_else(|| ServiceError::request(format!("{place} is no candidate of {generation}")))?;
    let measured = [(Split::Train, &one.train), (Split::HeldOut, &one.held_out)];
    let measured = measured.into_iter().filter_map(|(split, one)| Some((split, one.as_ref()?)));
    let scores = measured.map(|(split, one)| score(store, split, one)).collect::<Result<_, _>>()?;
    let (mut edits, mut calls) = (Vec::new(), Vec::new());
    for JournalEvent { seq, id, event } in journal_segment(store, &record.run, record.journal)? {
        match event {
            Event::EditAccepted(edit) if edit.candidate == place => edits.push(accepted(seq, id, edit)),
            Event::ModelCalls(made) if made.candidate == place => {
                for stream in &made.streams {
                    calls.push(conversation(store, stream)?);
                }
            }
            _ => {}
        }
    }
    Ok(WhyView {
        run: record.run,
        generation,
        candidate: place,
        fate: Some(one.fate),
        scores,
        code: WhyCode {
            tree: one.tree,
            parent: one.parent.as_ref().map(|parent| parent.id),
            parent_tree: one.parent.as_ref().map(|parent| parent.tree),
            made_by: Some(one.made_by),
            files: files(store, &one.tree)?,
        },
        edits,
        calls,
    })
}

fn files(store: &Store, tree: &TreeId) -> Result<Vec<WhyFile>, ServiceError> {
    let tree = store.get_tree(tree)?;
    Ok(tree.iter().map(|(path, blob)| WhyFile { path: path.clone(), blob: *blob }).collect())
}

fn accepted(seq: u64, event: EventId, edit: EditAccepted) -> WhyEdit {
    let EditAccepted { path, before, after, mark: MarkRef { mark, .. }, .. } = edit;
    WhyEdit { path, before, after, seq, event, mark: mark.to_string() }
}

fn score(store: &Store, split: Split, one: &EvaluationRef) -> Result<WhyScore, ServiceError> {
    let evaluation = load_evaluation(store, &one.record)?;
    let measures: Vec<Measure> = evaluation.cases.iter().filter_map(|case| case.measure.clone()).collect();
    // Rows without an answer have no measure but may count, and a first stage alone is scaled. In both cases, the rows do not
    // determine the score.
    let whole = measures.len() == evaluation.cases.len();
    let agrees =
        evaluation.score.as_ref().filter(|_| whole).map(|score| total(&measures).as_ref() == Some(score));
    Ok(WhyScore {
        split,
        score: one.score.as_ref().map(Score::to_f64),
        exact: one.score.clone(),
        evaluation: Some(one.record),
        predictions: None,
        agrees: agrees.filter(|agrees| *agrees),
        mean: measures.iter().all(|measure| measure.base == 1),
        rows: evaluation.cases.iter().map(row).collect(),
    })
}

fn row(case: &CaseResult) -> WhyRow {
    let failed = case.measure.is_none();
    WhyRow {
        case: case.case.clone(),
        outcome: if failed { failure_of_case(case) } else { case.outcome.name().to_owned() },
        measure: case.measure.as_ref().and_then(Measure::score).as_ref().map(Score::to_f64),
        answer_hash: case.answer.as_ref().map(|answer| BlobId::of(answer.as_bytes())),
        answer: case.answer.clone(),
    }
}

fn exchange(store: &Store, id: &RecordId) -> Result<Exchange, ServiceError> {
    let record = store.get_record(id)?;
    let read = if record.kind == RECORD_KIND { Exchange::from_body(&record.body).ok() } else { None };
    read.ok_or_else(|| ServiceError::request(format!("{id} is a {}, and no call of a model", record.kind)))
}

fn conversation(store: &Store, stream: &CallStream) -> Result<WhyCalls, ServiceError> {
    let (mut calls, mut models, mut next) = (Vec::new(), Vec::new(), Some(stream.head));
    while let Some(id) = next {
        let one = exchange(store, &id)?;
        let model = answered_by(&one);
        if !models.contains(&model) {
            models.push(model);
        }
        calls.push(id);
        next = one.prev.filter(|_| (calls.len() as u64) < stream.calls);
    }
    calls.reverse();
    models.reverse();
    Ok(WhyCalls { stream: stream.stream.clone(), models, calls })
}

/// Returns the origin of the scores of an imported generation, which has no edits and calls that could be named by hash.
fn imported(store: &Store, generation: RecordId) -> Result<WhyView, ServiceError> {
    let record = load_imported_generation(store, &generation)?;
    let metadata = record.metadata.as_ref().map(Metadata::of).unwrap_or_default();
    let whole = |one: &ImportedEvaluation, split| one.split == split && !one.staged;
    let mut scores = Vec::new();
    for (split, score) in [(Split::Train, metadata.train_score), (Split::HeldOut, metadata.val_score)] {
        let of_split = record.evaluations.iter().filter(|one| one.split == split);
        let found = of_split.clone().find(|one| whole(one, split)).or_else(|| of_split.clone().next());
        let predictions = found.and_then(|one| one.predictions);
        let rows = match &predictions {
            Some(id) => prediction_rows(&store.get_blob(id)?).into_iter().map(predicted).collect(),
            None => Vec::new(),
        };
        if score.is_some() || predictions.is_some() {
            scores.push(WhyScore {
                split,
                score,
                exact: None,
                evaluation: None,
                predictions,
                agrees: None,
                mean: false,
                rows,
            });
        }
    }
    let missing = || ServiceError::request(format!("{generation} came without files (repo/)"));
    let tree = record.repo.ok_or_else(missing)?;
    let parent = metadata.parent.map(|parent| CandidateId { generation: parent, candidate: record.agent });
    let mut run = None;
    for id in imported_runs(store)? {
        let agents = load_imported_run(store, &id)?.agents;
        run =
            run.or_else(|| agents.iter().any(|agent| agent.generations.contains(&generation)).then_some(id));
    }
    let run = run.ok_or_else(|| ServiceError::request(format!("{generation} is in no imported run")))?;
    let code = WhyCode { tree, parent, parent_tree: None, made_by: None, files: files(store, &tree)? };
    let candidate = CandidateId { generation: record.number, candidate: record.agent };
    Ok(WhyView { run, generation, candidate, fate: None, scores, code, edits: Vec::new(), calls: Vec::new() })
}

fn predicted(row: PredictionRow) -> WhyRow {
    let answered = row.answer.as_deref().is_some_and(|answer| !answer.is_empty());
    let answer = row.answer.filter(|_| answered);
    WhyRow {
        case: row.case,
        outcome: if answered { "scored" } else { "no answer" }.to_owned(),
        measure: None,
        answer_hash: answer.as_ref().map(|answer| BlobId::of(answer.as_bytes())),
        answer,
    }
}
