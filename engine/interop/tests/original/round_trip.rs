//! Run, export, import: the same generations, scores, files and reports, and the same bytes again.

use std::collections::BTreeSet;

use hyperspace_core::{RecordId, canon};
use hyperspace_eval::{ClassificationReport, Evaluation, Score, Task};
use hyperspace_evolve::{Arm, EvaluationRef, Fate, RunOptions, records};
use hyperspace_interop::original::{
    ImportedGeneration, imported_runs, load_imported_generation, load_imported_run, rescore,
};
use hyperspace_store::Store;
use hyperspace_testkit::guess;
use serde_json::{Value, json};

use crate::common::{META, SEED, defects, exported, import_files, recorded, task};

fn evaluation(store: &Store, reference: &EvaluationRef) -> Evaluation {
    canon::from_value(&store.get_record(&reference.record).unwrap().body).unwrap()
}

/// One candidate as the store has it, against the generation that was imported.
fn same(store: &Store, task: &Task, one: &hyperspace_evolve::CandidateRecord, imported: &ImportedGeneration) {
    let metadata = imported.metadata.as_ref().unwrap();
    assert_eq!(imported.repo, Some(one.tree));
    let failed = matches!(one.fate, Fate::Failed | Fate::MetaFailed);
    assert_eq!(metadata["valid"], json!(!failed), "{metadata:#}");
    assert_eq!(metadata["error"].is_string(), failed, "{metadata:#}");
    for (key, folder, reference) in
        [("train_score", "eval_train", &one.train), ("val_score", "eval_val", &one.held_out)]
    {
        let score = reference.as_ref().and_then(|reference| reference.score.as_ref());
        let shown = score.filter(|_| !failed).map(Score::to_f64);
        assert_eq!(metadata[key].as_f64(), shown, "{key} of {metadata:#}");
        let known = imported
            .evaluations
            .iter()
            .find(|one| one.folder.contains(&format!("/{folder}/")) && !one.folder.contains("/lost/"));
        assert_eq!(known.is_some(), reference.is_some(), "{folder}");
        if let (Some(known), Some(reference)) = (known, reference) {
            let evaluation = evaluation(store, reference);
            let report = score
                .and_then(|_| ClassificationReport::of(task, &evaluation))
                .map(|report| report.to_json());
            assert_eq!(known.report, report, "{folder}");
            assert_eq!(
                known.staged,
                score.is_some() && evaluation.cases.len() < task.cases(evaluation.split).len()
            );
            assert!(known.predictions.is_some());
        }
    }
}

fn imported_of(store: &Store, run: &RecordId) -> Vec<ImportedGeneration> {
    let record = load_imported_run(store, run).unwrap();
    let generations = record.agents.iter().flat_map(|agent| &agent.generations);
    generations.map(|id| load_imported_generation(store, id).unwrap()).collect()
}

#[test]
fn a_run_comes_back_with_every_generation_score_tree_and_report() {
    for (candidates, parity) in [(2, false), (1, true)] {
        let folder = tempfile::tempdir().unwrap();
        let options = RunOptions { candidates, parity, ..RunOptions::default() };
        let (store, run) = recorded(&folder.path().join("from"), task(), SEED, META, &options);
        let files = exported(&store, &run);
        assert_eq!(files, exported(&store, &run), "the same bytes again");
        let target = Store::open_or_create(&folder.path().join("to"), "test").unwrap();
        let imported = import_files(&target, files.clone());
        assert_eq!(defects(&imported.directory), [""; 0]);
        let generations = imported_of(&target, &imported.run);
        let all: Vec<_> =
            records(&store, &run).unwrap().into_iter().flat_map(|(_, record)| record.candidates).collect();
        assert_eq!(generations.len(), all.len());
        let mut fates = BTreeSet::new();
        for (one, generation) in all.iter().zip(&generations) {
            same(&store, &task(), one, generation);
            fates.insert(one.fate.name());
        }
        let expected: &[&str] =
            if parity { &["failed", "seed"] } else { &["failed", "seed", "unchanged", "no-better"] };
        assert!(expected.iter().all(|fate| fates.contains(fate)), "the run shows too little: {fates:?}");
        let staged = generations.iter().flat_map(|one| &one.evaluations).filter(|one| one.staged).count();
        assert!(staged > 0, "no candidate was stopped by the first stage");

        let again = rescore(&target, &imported.run, None).unwrap();
        assert!(again.evaluations.iter().all(|one| one.differences.is_empty()), "{:?}", again.evaluations);
        assert_eq!(again.unscored, []);
        assert_eq!(
            again.evaluations.len(),
            generations.iter().map(|one| one.evaluations.len()).sum::<usize>()
        );
        assert_eq!(exported(&target, &imported.run), files, "an imported run is written as it was read");
        assert_eq!(target.fsck().unwrap().damaged, []);
    }
}

#[test]
fn importing_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions { candidates: 1, ..RunOptions::default() };
    let (store, run) = recorded(&folder.path().join("from"), task(), SEED, META, &options);
    let files = exported(&store, &run);
    // Into the store that it comes from, beside the run itself.
    let first = import_files(&store, files.clone());
    let objects = store.fsck().unwrap().objects;
    let second = import_files(&store, files.clone());
    assert_eq!((second.run, second.known, first.known), (first.run, true, false));
    assert_eq!(store.fsck().unwrap().objects, objects);
    assert_eq!((imported_runs(&store).unwrap(), store.runs().unwrap()), (vec![first.run], vec![run]));
}

#[test]
fn lineage_and_summary_are_those_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions { candidates: 2, ..RunOptions::default() };
    let (store, run) = recorded(&folder.path().join("from"), task(), SEED, META, &options);
    let files = exported(&store, &run);
    let json = |path: &str| -> Value {
        let path = hyperspace_core::RelPath::new(path).unwrap();
        serde_json::from_slice(files.get(&path).unwrap()).unwrap()
    };
    let all = records(&store, &run).unwrap();
    // Generation 0 has one candidate, every other one two.
    let number = |place: hyperspace_evolve::CandidateId| match place.generation {
        0 => 0,
        generation => (generation - 1) * 2 + 1 + place.candidate,
    };
    assert_eq!(json("gen_0/metadata.json")["is_initial"], true);
    for (generation, (_, record)) in all.iter().enumerate().skip(1) {
        for (candidate, one) in record.candidates.iter().enumerate() {
            let metadata = json(&format!("gen_{}/metadata.json", (generation - 1) * 2 + 1 + candidate));
            let parent = number(one.parent.as_ref().unwrap().id);
            assert_eq!((&metadata["parent"], &metadata["forked_from"]), (&json!(parent), &json!(parent)));
            assert_eq!(metadata["hyperspace"]["fate"], one.fate.name());
        }
    }
    let (summary, config) = (json("summary.json"), json("run_config.json"));
    let held_out = |one: &hyperspace_evolve::CandidateRecord| one.held_out.as_ref()?.score.clone();
    let scores: Vec<Score> =
        all.iter().flat_map(|(_, record)| &record.candidates).filter_map(held_out).collect();
    let best = scores.iter().max().unwrap();
    assert!(best > &scores[0], "the run improves nothing");
    assert_eq!(summary["best_val_score"], json!(best.to_f64()));
    assert_eq!(summary["imp_at_k"], json!((best - &scores[0]).to_f64()));
    assert_eq!((&summary["test_accuracy"], &config["timestamp"]), (&Value::Null, &Value::Null));
    assert_eq!((&summary["max_generations"], &config["seed"]), (&json!(12), &json!(42)));
    assert_eq!(summary["hyperspace"]["champion"]["gen"], json!(number(all.last().unwrap().1.champion().id)));
}

#[test]
fn a_tournament_is_one_generation_with_the_loser_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions { candidates: 1, arm: Arm::Annealing, ..RunOptions::default() };
    let (store, run) = recorded(&folder.path().join("from"), task(), SEED, META, &options);
    let files = exported(&store, &run);
    let target = Store::open_or_create(&folder.path().join("to"), "test").unwrap();
    let imported = import_files(&target, files.clone());
    assert_eq!(defects(&imported.directory), [""; 0]);
    let generations = imported_of(&target, &imported.run);
    let all = records(&store, &run).unwrap();
    assert_eq!(generations.len(), all.len());
    let mut tournaments = 0;
    for (generation, (_, record)) in generations.iter().zip(&all) {
        let metadata = generation.metadata.as_ref().unwrap();
        let [directed, blind] = &record.candidates[..] else {
            assert_eq!((generation.lost, metadata.get("tournament")), (None, None));
            same(&store, &task(), &record.candidates[0], generation);
            continue;
        };
        tournaments += 1;
        let blind_won = directed.fate == Fate::Lost;
        let (winner, loser) = if blind_won { (blind, directed) } else { (directed, blind) };
        same(&store, &task(), winner, generation);
        assert_eq!(generation.lost, Some(loser.tree));
        assert_eq!(metadata["tournament"], true);
        if blind_won {
            assert_eq!((&metadata["winner"], &metadata["forked_from"]), (&json!("blind"), &json!(0)));
        }
        let score =
            |one: &hyperspace_evolve::CandidateRecord| Some(one.train.as_ref()?.score.as_ref()?.to_f64());
        if let (Some(one), Some(two)) = (score(directed), score(blind)) {
            assert_eq!((&metadata["directed_score"], &metadata["blind_score"]), (&json!(one), &json!(two)));
        }
    }
    assert!(tournaments > 0, "there was no tournament");
    assert_eq!(rescore(&target, &imported.run, None).unwrap().differences(), 0);
}

#[test]
fn a_task_without_labels_is_scored_again_as_well() {
    let task = guess::task(&[20.0, 21.5], &[20.0, 21.5]);
    let meta = "def improve(arg):\n    open('task_agent.py', 'w').write('def guess(): return %d' % arg['generation'])\n";
    let folder = tempfile::tempdir().unwrap();
    let options = RunOptions { candidates: 1, ..RunOptions::default() };
    let (store, run) = recorded(folder.path(), task, "def guess(): return 'x' and 0\n", meta, &options);
    let imported = import_files(&store, exported(&store, &run));
    assert_eq!(defects(&imported.directory), [""; 0]);
    let again = rescore(&store, &imported.run, None).unwrap();
    assert!(again.evaluations.len() >= 8, "{}", again.evaluations.len());
    assert_eq!((again.differences(), again.unscored.len()), (0, 0));
    assert_eq!(again.evaluations[0].report, Some(json!({"score": 20.75, "total": 2})));
}
