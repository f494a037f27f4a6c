//! The recorded predictions of the task imo-grading as answers of five models, asked by the bundled agent `baseline`: the reports that
//! come out are the recorded ones. The published data lie beside the project; without them the test says so and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{Case, CaseOutcome, ClassificationReport, Split, Task};
use hyperspace_llm::{MemoryCassette, Spend};
use hyperspace_testkit::models::StubModels;
use hyperspace_testkit::paths::shared_data;
use serde_json::Value;

use crate::common::{account, evaluator, live_on, replayed};

/// Shortest piece of a row that tells it from all others.
const PIECE_CHARS_MIN: usize = 25;

fn published(name: &str) -> Option<Vec<u8>> {
    shared_data(&format!("imo-grading/{name}"))
}

fn baseline() -> FileSet {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/agents/baseline");
    let mut files = FileSet::new();
    for name in ["task_agent.py", "meta_agent.py"] {
        files.insert(RelPath::new(name).unwrap(), std::fs::read(folder.join(name)).unwrap()).unwrap();
    }
    files
}

/// All texts of a row's input.
fn texts(case: &Case) -> String {
    case.data::<Vec<Value>>().unwrap()[0]
        .as_object()
        .unwrap()
        .values()
        .map(|text| text.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\0")
}

/// Of each row a piece without anything that Python would write otherwise, and which no other row has.
fn pieces(cases: &[Case]) -> BTreeMap<String, String> {
    let all: Vec<String> = cases.iter().map(texts).collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || " ,.".contains(c);
    let piece = |(case, text): (&Case, &String)| {
        let mut found = text.split(|c| !plain(c)).filter(|piece| piece.len() >= PIECE_CHARS_MIN);
        let unique = found.find(|piece| all.iter().filter(|text| text.contains(piece)).count() == 1);
        (case.name.clone(), unique.unwrap_or_else(|| panic!("{} is like another row", case.name)).to_owned())
    };
    cases.iter().zip(&all).map(piece).collect()
}

/// One model per set, which answers every row with what was predicted then.
fn script(sets: &[Value], pieces: &BTreeMap<String, String>) -> String {
    let mut script = String::new();
    for set in sets {
        for one in set["predictions"].as_array().unwrap() {
            let piece = &pieces[one["id"].as_str().unwrap()];
            let text = match one["prediction"].as_str().unwrap() {
                "None" => "There is nothing to say.".to_owned(),
                prediction => format!("Let me see.\n<json>{{\"response\": \"{prediction}\"}}</json>"),
            };
            let when = format!("when = {{ model = {}, contains = [{piece:?}] }}", set["label"]);
            let answer = format!("text = {text:?}\ninput-tokens = 1000\noutput-tokens = 10");
            script.push_str(&format!("[[rule]]\n{when}\n[[rule.answer]]\n{answer}\n"));
        }
    }
    script
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_predictions_of_models_get_their_recorded_reports() {
    let files = ["train.csv", "val.csv", "test.csv"];
    let data: Option<Vec<_>> = files.iter().map(|name| Some((*name, published(name)?))).collect();
    let (Some(data), Some(sets)) = (data, published("recorded-predictions.json")) else { return };
    let sets: Vec<Value> = serde_json::from_slice(&sets).unwrap();
    let bundled = Task::bundled_files("imo-grading").unwrap();
    let task =
        Task::from_files_with_data(&bundled, "imo-grading", &hyperspace_testkit::file_set(&data), "data")
            .unwrap();
    let labels: Vec<&str> = sets.iter().map(|set| set["label"].as_str().unwrap()).collect();
    let script = script(&sets, &pieces(&task.cases(Split::HeldOut)));
    let stub = StubModels::start(&script, &labels, "").await;
    let mut accuracies = Vec::new();
    for (set, label) in sets.iter().zip(&labels) {
        let (spent, cassette) = (account(), Arc::new(MemoryCassette::default()));
        let live = evaluator().doors(live_on(&stub, &spent, &cassette)).model(Some((*label).to_owned()));
        let evaluation = live.evaluate(&task, &baseline(), Split::HeldOut).await.unwrap();
        let failed = evaluation.cases.iter().find(|row| row.outcome != CaseOutcome::Scored);
        assert!(failed.is_none(), "{failed:?}");
        let report = ClassificationReport::of(&task, &evaluation).unwrap();
        assert_eq!(report.to_json(), set["report"], "{label}");
        let exact = Spend { calls: 100, input_tokens: 100_000, output_tokens: 1_000, ..Spend::default() };
        assert_eq!(spent.spent(), exact, "{label}");
        let streams: BTreeSet<String> =
            cassette.exchanges().into_iter().map(|(exchange, _)| exchange.stream).collect();
        let expected: BTreeSet<String> =
            evaluation.cases.iter().map(|row| format!("eval/held-out/{}", row.case)).collect();
        assert_eq!(streams, expected, "one stream per row");
        let again = evaluator().doors(replayed(&cassette)).model(Some((*label).to_owned()));
        assert_eq!(again.evaluate(&task, &baseline(), Split::HeldOut).await.unwrap(), evaluation, "{label}");
        accuracies.push(evaluation.score.unwrap().to_string());
    }
    assert_eq!(accuracies, ["0.7", "0.66", "0.5", "0.35", "0.2"]);
    stub.assert_exact();
    stub.assert_handled_once();
    assert_eq!(stub.server.stats().requests, 500);
}
