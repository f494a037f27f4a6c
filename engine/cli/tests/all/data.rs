//! Data of the user: `data check`, and tasks that are evaluated on them.

use crate::common::{COLOURS, environment};
use hyperspace_testkit::command::TestEnvironment;

const SPLITS: &str = r#"
[splits.train.external]
file = "a.csv"
sha256 = "3a43b4f88325d94022c0efa9c2fa2f5a0d1a5e1d6c1b0e9b9d9f0f7d7b1a2c3d"
rows = 2
labels = { red = 1, blue = 1 }
[splits.held-out.external]
file = "b.csv"
"#;

fn colours() -> TestEnvironment {
    let env = environment();
    env.write("colours/task.toml", format!("{COLOURS}{SPLITS}"));
    env.write("mine/a.csv", "id,thing,colour\r\n1,\"sky,\nat noon\",Blue\r\n2,rose,red\r\n");
    env.write("mine/b.csv", "id,thing,colour\n1,sea,blue\n2,crash,red\n");
    env.write(
        "painter/task_agent.py",
        "class TaskAgent:\n    def forward(self, inputs):\n        if inputs['thing'] == 'crash': raise ValueError\n        return 'blue', []\n",
    );
    env
}

#[test]
fn data_are_checked_and_differences_told() {
    let env = colours();
    let (value, code) = env.json(&["data", "check", "./colours", "mine"]);
    assert_eq!((code, &value["published"]), (2, &serde_json::json!(false)));
    let first = &value["files"][0];
    assert_eq!((&first["rows"], &first["labels"]["blue"]), (&serde_json::json!(2), &serde_json::json!(1)));
    let differences = first["differences"].as_array().unwrap();
    assert!(
        differences.len() == 1
            && differences[0].as_str().unwrap().starts_with("expected the SHA-256 3a43b4f8")
    );
    assert_eq!(value["files"][1]["differences"], serde_json::json!([]));
    env.write("mine/b.csv", "id,thing,colour\n1,sea,green\n");
    env.fails(
        &["data", "check", "./colours", "mine"],
        2,
        &["mine/b.csv, line 2, column \"colour\": expected a label of blue, red, found \"green\""],
    );
    env.fails(
        &["data", "check", "bin-packing", "mine"],
        2,
        &["expected none, as task bin-packing has its own data"],
    );
}

#[test]
fn a_task_on_data_of_the_user_is_evaluated_and_reported() {
    let env = colours();
    let eval = ["eval", "--task", "./colours", "--agent", "./painter", "--split", "held-out"];
    env.fails(&eval, 2, &["task colours has no data of its own", "a.csv, b.csv", "--data DIR"]);
    let (value, code) = env.json(&[&eval[..], &["--data", "mine"]].concat());
    assert_eq!((code, &value["score"], &value["cases"]), (0, &serde_json::json!(0.5), &serde_json::json!(2)));
    assert_eq!(value["rows"][1]["outcome"]["kind"], "failed");
    assert_eq!(value["report"]["accuracy_by_label"]["blue"]["recall"], 1.0);
    env.fails(&[&eval[..5], &["--data", "mine", "--split", "test"]].concat(), 2, &["has no split test"]);
}
