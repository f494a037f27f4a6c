//! `report`: its files, its folder, and that equal runs give equal bytes.

use std::collections::BTreeMap;

use serde_json::json;

use crate::common::{environment, evolve};

fn files(folder: &std::path::Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for (below, name) in [(".", ""), ("tables", "tables/"), ("plots", "plots/")] {
        for entry in std::fs::read_dir(folder.join(below)).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                let name = format!("{name}{}", entry.file_name().to_string_lossy());
                found.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    found
}

#[test]
fn a_report_is_written_replaced_and_the_same_again() {
    let env = environment();
    let run = evolve(&env, "S", 3)["run"].as_str().unwrap().to_owned();
    let (view, code) = env.json(&["report", &run, "--to", "report", "--store", "S"]);
    assert_eq!((code, &view["runs"], view["candidates"].as_u64()), (0, &json!([run]), Some(10)));
    let first = files(&env.path("report"));
    assert_eq!(first.len(), view["files"].as_object().unwrap().len());
    let page = String::from_utf8(first["report.html"].clone()).unwrap();
    assert!(page.contains("<svg") && page.contains(&run), "{}", page.len());
    let (_, code) = env.json(&["report", &run, "--to", "report", "--store", "S"]);
    assert_eq!((code, files(&env.path("report"))), (0, first.clone()));
    let (_, code) = env.json(&["report", "--all", "--to", "other", "--no-pictures", "--store", "S"]);
    assert_eq!((code, &files(&env.path("other"))["report.html"]), (0, &first["report.html"]));

    env.write("mine/letter.txt", "x");
    env.fails(&["report", &run, "--to", "mine", "--store", "S"], 2, &["mine", "holds no report"]);
    env.fails(&["report", "--folder", "nowhere", "--to", "x", "--store", "S"], 2, &["nowhere", "log"]);
    let all = ["report", "--all", "--folder", "nowhere", "--to", "x", "--store", "S"];
    env.fails(&all, 2, &["nowhere", "log"]);
    env.fails(
        &["report", "0123456789ab", "--to", "x", "--store", "S"],
        2,
        &["begins with 0123456789ab", "log"],
    );
    assert!(!env.path("x").exists());
}

#[test]
fn an_imported_pair_is_reported_with_its_adoption() {
    let env = environment();
    let (own, theirs) =
        ("def solve(x):\n    return 1\n", "import math\nclass Other:\n    value = math.pi * 3\n");
    for (agent, codes) in
        [("a", [own, "def solve(x):\n    return 2\n", theirs]), ("b", [own, theirs, theirs])]
    {
        let folder = format!("pair/{agent}");
        let config = json!({"seed": 7, "model": format!("p/{agent}"), "agent_name": agent});
        env.write(&format!("{folder}/run_config.json"), config.to_string());
        env.write(&format!("{folder}/summary.json"), "{}");
        for (number, code) in codes.iter().enumerate() {
            let score = if *code == theirs { 0.6 } else { 0.1 };
            let metadata =
                json!({"valid": true, "val_score": score, "train_score": score, "is_initial": number == 0});
            env.write(&format!("{folder}/gen_{number}/metadata.json"), metadata.to_string());
            env.write(&format!("{folder}/gen_{number}/repo/task_agent.py"), code);
            let call = json!({"response": "I take strategies/b_gen1", "tool_calls": [{"name": "bash", "arguments": "{\"command\": \"ls\"}"}]});
            env.write(&format!("{folder}/gen_{number}/llm_calls.jsonl"), format!("{call}\n"));
        }
    }
    let (imported, _) = env.json(&["import", "pair", "--store", "T"]);
    let run = imported["run"].as_str().unwrap();
    let (view, code) = env.json(&["report", run, "--to", "report", "--store", "T"]);
    assert_eq!((code, &view["adoptions"]), (0, &json!(1)));
    let report: serde_json::Value =
        serde_json::from_slice(&files(&env.path("report"))["report.json"]).unwrap();
    let event = &report["runs"][0]["adoptions"][0];
    assert_eq!(
        (&event["agent"], &event["peer_candidate"], &event["ratio"]),
        (&json!("a"), &json!("gen_1"), &json!(0.0))
    );
    assert_eq!(event["quotes"], json!(["I take strategies/b_gen1"]));
    assert_eq!(report["runs"][0]["agents"][0]["editing"]["tool_calls"], 3);
    assert_eq!(report["runs"][0]["spend"]["calls"], 6);
    let (why, code) = env.json(&["why", &report_generation(&env, run), "--store", "T"]);
    assert_eq!((code, &why["scores"][1]["score"]), (0, &json!(0.6)));
}

/// The hash of the last generation of an imported run.
fn report_generation(env: &hyperspace_testkit::command::TestEnvironment, run: &str) -> String {
    let (log, _) = env.json(&["log", run, "--store", "T"]);
    log["generations"].as_array().unwrap().last().unwrap()["hash"].as_str().unwrap().to_owned()
}
