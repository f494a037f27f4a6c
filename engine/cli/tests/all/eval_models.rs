//! `eval` with models: rows that ask the stub server, the file in which their calls are kept, and budgets.

use std::fs;
use std::path::Path;

use hyperspace_testkit::command::TestEnvironment;
use serde_json::{Value, json};

use crate::common::{COLOURS, environment};
use crate::models::{KEY, start};

const SPLITS: &str = r#"
[splits.train]
file = "train.csv"
[splits.held-out]
file = "held.csv"
"#;

/// Looks for a key wherever a guest can look, then asks.
const AGENT: &str = "
import os
from agent.llm_client import get_response_from_llm

def seen():
    yield repr(dict(os.environ))
    for folder, _, names in os.walk('/'):
        if not folder.startswith('/usr'):
            for name in names:
                yield open(os.path.join(folder, name), 'rb').read().decode('latin-1')

class TaskAgent:
    def __init__(self, model):
        self.model = model

    def forward(self, inputs):
        if any('can' + 'ary' in text for text in seen()):
            return 'found the key', []
        text, history, _ = get_response_from_llm('Colour of ' + inputs['thing'], model=self.model, max_tokens=20)
        return text.split(';')[0], history
";

/// Answers quote the key, as those of a careless provider would.
const SCRIPT: &str = r#"
[server]
api-keys = ["sk-canary-1f2e3d4c5b6a"]
[[rule]]
when = { contains = ["out of order"] }
[[rule.answer]]
status = 503
error = "down: sk-canary-1f2e3d4c5b6a"
[[rule]]
when = { contains = ["sky"] }
times = 1
[[rule.answer]]
status = 500
error = "down: sk-canary-1f2e3d4c5b6a"
[[rule]]
when = { matches = 'sky|sea' }
[[rule.answer]]
text = "blue; sk-canary-1f2e3d4c5b6a"
input-tokens = 30
output-tokens = 2
[[rule]]
[[rule.answer]]
text = "red; sk-canary-1f2e3d4c5b6a"
input-tokens = 30
output-tokens = 2
"#;

const EVAL: [&str; 7] = ["eval", "--task", "./colours", "--agent", "./asker", "--split", "train"];

pub(crate) fn colours() -> TestEnvironment {
    let env = environment();
    env.write("colours/task.toml", format!("{COLOURS}{SPLITS}"));
    env.write("colours/train.csv", "id,thing,colour\n1,sky,blue\n2,rose,red\n3,sea,blue\n4,lemon,blue\n");
    env.write("colours/held.csv", "id,thing,colour\n1,a lift out of order,red\n");
    env.write("asker/task_agent.py", AGENT);
    env
}

/// Runs the command with the key in the environment: code, standard output, standard error. The key is in neither.
fn with_key(env: &TestEnvironment, more: &[&str]) -> (i32, String, String) {
    let output = env.command(&[&EVAL[..], more].concat()).env("STUB_KEY", KEY).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(!out.contains("canary") && !err.contains("canary"), "{more:?}: {out}{err}");
    (output.status.code().unwrap(), out, err)
}

fn document(said: &str) -> Value {
    serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// No file below has the key, but those that the test wrote.
pub(crate) fn assert_clean(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_clean(&path);
        } else if path.file_name().unwrap() != "script.toml" {
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"canary"), "{}", path.display());
        }
    }
}

#[test]
fn rows_are_answered_by_a_model_and_again_from_the_file() {
    let env = colours();
    let server = start(&env, SCRIPT);
    let live = ["--json", "-vv", "--model", "stub", "--cassette", "tape", "--concurrency", "2"];
    let (code, out, err) = with_key(&env, &live);
    assert_eq!(code, 0, "{err}");
    let first = document(&out);
    assert_eq!(first["score"], 0.75, "{first}");
    let answers: Vec<&Value> = first["rows"].as_array().unwrap().iter().map(|row| &row["answer"]).collect();
    assert_eq!(answers, ["blue", "red", "blue", "red"]);
    let spent = |calls: u64| {
        let (input, output) = (30 * calls, 2 * calls);
        json!({"calls": calls, "input_tokens": input, "output_tokens": output, "cost": (input + 2 * output) * 1_000_000})
    };
    assert_eq!((&first["models"]["spent"], &first["rows"][0]["spent"]), (&spent(4), &spent(1)));
    assert_eq!(first["models"]["stats"]["faults"], json!({"server": 1}));
    assert_eq!(first["models"]["stats"]["attempts"], 5);
    assert_eq!(first["report"]["accuracy_by_label"]["red"]["precision"], 0.5);
    let size = fs::metadata(env.path("tape")).unwrap().len();

    // Neither a server nor a key: everything is in the file.
    drop(server);
    for more in
        [&["--replay-models", "tape"][..], &["--replay-models", "tape", "--concurrency", "1", "--no-fork"]]
    {
        let (again, code) = env.json(&[&EVAL[..], &["--model", "stub"], more].concat());
        assert_eq!((code, &again["rows"], &again["score"]), (0, &first["rows"], &first["score"]));
        assert_eq!((&again["models"]["spent"], &again["models"]["replayed"]), (&spent(4), &json!(true)));
    }
    let (code, out, _) = with_key(&env, &["--model", "stub", "--cassette", "tape", "--rows"]);
    assert_eq!(code, 0);
    for words in [
        "3 of 4 right",
        "blue       1.000   0.667      2     3",
        "4 model calls, 120 tokens in, 8 out, $0.000136",
        "   4  scored   0.0000  red         1      32",
    ] {
        assert!(out.contains(words), "{words:?} is not in {out}");
    }
    assert_eq!(fs::metadata(env.path("tape")).unwrap().len(), size, "nothing was asked again");
    assert_clean(&env.path("."));
}

#[test]
fn identical_requests_are_asked_once_if_that_is_wanted() {
    let env = colours();
    env.write("colours/train.csv", "id,thing,colour\n1,rose,red\n2,rose,red\n3,rose,red\n4,sea,blue\n");
    let _server = start(&env, SCRIPT);
    for (flag, calls, reused) in [(&[][..], 4, 0), (&["--reuse-identical"], 2, 2)] {
        let (code, out, err) = with_key(&env, &[&["--json", "--model", "stub"], flag].concat());
        let value = document(&out);
        assert_eq!((code, &value["score"]), (0, &json!(1.0)), "{err}");
        let models = &value["models"];
        assert_eq!((&models["spent"]["calls"], &models["stats"]["reused"]), (&json!(calls), &json!(reused)));
        assert_eq!(models["reuse_identical"], json!(reused > 0));
    }
    let (_, out, _) = with_key(&env, &["--model", "stub", "--reuse-identical"]);
    assert!(out.contains("2 more got the answer to an identical one"), "{out}");
}

#[test]
fn budgets_and_outages_end_the_evaluation_and_the_file_goes_on() {
    let env = colours();
    let _server = start(&env, SCRIPT);
    for (budget, words) in [
        (&["--max-calls", "2"][..], "is spent: 2 of 2 calls are used"),
        // A call claims what it sends, at four bytes a token, and 20 for its answer.
        (&["--max-tokens", "100"], "of 100 are left"),
        (&["--max-cost", "0.000100"], "of $0.0001 is left"),
    ] {
        let (code, out, err) = with_key(&env, &[&["--model", "stub", "--concurrency", "1"], budget].concat());
        assert_eq!((code, out.as_str()), (12, ""), "{err}");
        assert!(err.contains("the budget of this evaluation is ") && err.contains(words), "{err}");
    }
    let kept = ["--model", "stub", "--cassette", "tape"];
    let (code, _, err) = with_key(&env, &[&kept[..], &["--max-calls", "1"]].concat());
    assert_eq!(code, 12);
    assert!(err.contains("tape has what was answered, and a larger budget goes on from there"), "{err}");
    let (code, out, _) = with_key(&env, &[&kept[..], &["--max-calls", "4", "--json"]].concat());
    let value = document(&out);
    assert_eq!((code, &value["models"]["spent"]["calls"]), (0, &json!(4)), "what the file has counts");
    assert_eq!(value["models"]["stats"]["calls"], 3);

    let held = ["--split", "held-out", "--model", "stub", "--attempts", "2", "--cassette", "other"];
    let mut command = env.command(&[&EVAL[..5], &held].concat());
    let output = command.env("STUB_KEY", KEY).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(13), "{said}");
    assert!(
        said.contains("gave up after 2 attempts") && said.contains("other has what was answered"),
        "{said}"
    );
    assert!(!said.contains("canary"), "{said}");
    assert_clean(&env.path("."));
}

#[test]
fn what_makes_no_sense_is_told() {
    let env = colours();
    let server = start(&env, SCRIPT);
    let fails =
        |more: &[&str], code: i32, words: &[&str]| env.fails(&[&EVAL[..], more].concat(), code, words);
    fails(&["--model", "elsewhere"], 2, &["elsewhere", "[models.", "OPENAI_API_KEY"]);
    fails(&["--model", "stub"], 2, &["stub", "STUB_KEY"]);
    fails(&["--model", "stub", "--concurrency", "0"], 2, &["--concurrency is 0", "1 to 4096"]);
    fails(&["--concurrency", "4"], 2, &["--concurrency", "--model", "\nhint: add --model"]);
    fails(&["--cassette", "tape"], 2, &["--cassette", "--model"]);
    fails(&["--model", "stub", "--max-cost", "much"], 2, &["--max-cost", "much", "0.15"]);
    fails(&["--model", "stub", "--attempts", "0"], 2, &["--attempts is 0"]);
    fails(&["--replay-models", "tape", "--max-calls", "4"], 2, &["--replay-models", "--max-calls"]);
    fails(&["--replay-models", "tape"], 2, &["tape"]);
    let (code, _, err) = with_key(&env, &["--model", "free", "--max-cost", "1"]);
    assert!(code == 2 && err.contains("free") && err.contains("prices"), "{code} {err}");
    // A model that was not granted is refused to the guest, and nobody is asked.
    env.write("asker/task_agent.py", AGENT.replace("model=self.model", "model='spare'"));
    let (code, out, err) = with_key(&env, &["--json", "--model", "stub"]);
    assert_eq!(code, 15, "{err}");
    let value = document(&out);
    assert!(
        value["rows"][0]["evidence"].as_str().unwrap().contains("not among those that may be used: stub")
    );
    assert_eq!(value["models"]["stats"]["attempts"], 0);
    let (code, _, err) = with_key(&env, &["--model", "stub", "--models", "spare", "--cassette", "tape"]);
    assert_eq!(code, 0, "{err}");
    drop(server);

    env.write("asker/task_agent.py", AGENT);
    let replay = ["--model", "stub", "--replay-models"];
    fails(
        &[&replay[..], &["tape"]].concat(),
        10,
        &["tape was recorded with another agent", "case 1", "spare"],
    );
    env.write("colours/train.csv", "id,thing,colour\n9,sky,blue\n");
    fails(&[&replay[..], &["tape"]].concat(), 10, &["tape does not hold the whole evaluation", "case 9"]);
    let whole = fs::read(env.path("tape")).unwrap();
    fs::write(env.path("tape"), &whole[..whole.len() - 9]).unwrap();
    fails(&[&replay[..], &["tape"]].concat(), 14, &["tape, line", "cut off"]);
    fs::write(env.path("tape"), "name,price\n").unwrap();
    fails(&[&replay[..], &["tape"]].concat(), 14, &["tape, line 1", "expected the first line of a cassette"]);
}

#[test]
fn a_wait_for_a_model_is_told() {
    let env = environment();
    let (_server, url) = env.serve("[[rule]]\ntimes = 2\n[[rule.answer]]\nstatus = 503\nerror = \"busy\"\n[[rule]]\n[[rule.answer]]\ntext = \"a\"\n");
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\n"));
    let output = env.run(&["chat", "--model", "m", "hello"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("model m is asked again in "), "{said}");
    assert!(said.contains(": status 503: busy"), "{said}");
}
