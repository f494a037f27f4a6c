//! `tasks` and `agents`: what is bundled, and what a store has of it.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::environment;

fn row<'a>(view: &'a Value, list: &str, name: &str) -> &'a Value {
    view[list].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()
}

fn tasks(env: &TestEnvironment) -> Value {
    let (view, code) = env.json(&["tasks", "--store", "S"]);
    assert_eq!(code, 0);
    view
}

#[test]
fn tasks_have_what_is_known_and_what_the_store_found() {
    let env = environment();
    let view = tasks(&env);
    assert_eq!(row(&view, "tasks", "vliw-kernel")["best_known"], 1062.0);
    assert_eq!(row(&view, "tasks", "imo-grading")["title"], Value::Null);
    let known = row(&view, "tasks", "modules");
    assert_eq!((&known["best_found"], &known["held_out"]), (&Value::Null, &json!(false)));
    assert!(known["best_known_source"].is_string());
    let args = [
        "evolve",
        "--task",
        "modules",
        "--generations",
        "3",
        "--candidates",
        "4",
        "--seed",
        "1",
        "--store",
        "S",
    ];
    let (evolved, code) = env.json(&args);
    assert_eq!(code, 0);
    let found = row(&tasks(&env), "tasks", "modules")["best_found"].clone();
    assert_eq!((&found["run"], &found["score"]), (&evolved["run"], &evolved["best"]["score"]));
    assert_eq!(row(&tasks(&env), "tasks", "sorting-networks")["best_found"], Value::Null);
    assert_eq!(row(&tasks(&env), "tasks", "sorting-networks")["held_out"], true);
}

#[test]
fn agents_say_when_to_use_them_and_memetic_is_the_default_of_new_tasks() {
    let env = environment();
    let (view, code) = env.json(&["agents"]);
    assert_eq!(code, 0);
    assert_eq!(row(&view, "agents", "evolver")["needs_model"], true);
    for name in ["genetic", "memetic"] {
        assert!(row(&view, "agents", name)["use_when"].as_str().unwrap().contains("without a model"));
    }
    for (task, agent) in [("modules", "memetic"), ("cap-set", "genetic")] {
        let args = [
            "evolve",
            "--task",
            task,
            "--generations",
            "1",
            "--candidates",
            "1",
            "--meta-fuel",
            "400000000",
            "--store",
            agent,
        ];
        assert_eq!(env.json(&args).1, 0);
        let (log, _) = env.json(&["log", "--store", agent]);
        assert_eq!(log["runs"][0]["agent"], agent);
    }
}
