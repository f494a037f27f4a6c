//! The command against the fake server of the folder of cases beside the repository. Without that folder or Python, nothing is tested,
//! and the test says so.

use hyperspace_testkit::command::{TestEnvironment, document};
use hyperspace_testkit::fake_provider::FakeProvider;
use serde_json::Value;

use crate::common::environment;

/// The environment of a case, with its settings.
fn case(fake: &FakeProvider, name: &str) -> TestEnvironment {
    let env = environment();
    env.write("hyperspace.toml", fake.settings(name));
    env
}

/// Runs the command with keys; returns code, standard output and standard error.
fn run(env: &TestEnvironment, args: &[&str]) -> (i32, String, String) {
    let keys = [("OPENAI_API_KEY", "k-canary"), ("GEMINI_API_KEY", "k-canary")];
    let output = env.command(args).envs(keys).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    assert!(!out.contains("canary") && !err.contains("canary"), "{args:?}: {out}{err}");
    (output.status.code().unwrap(), out, err)
}

/// Evaluates the agent `baseline` with a model; returns the exit code and the score.
fn eval(env: &TestEnvironment, model: &str, more: &[&str]) -> (i32, Option<f64>, String) {
    let task = FakeProvider::cases().join("shared/task");
    let args =
        ["eval", "--json", "--task", task.to_str().unwrap(), "--agent", "baseline", "--split", "train"];
    let (code, out, err) = run(env, &[&args[..], &["--model", model, "--rows"], more].concat());
    let view: Value = serde_json::from_str(&out).unwrap_or_default();
    (code, view["score"].as_f64(), err)
}

/// Evolves the agent `baseline` with a model for one generation; returns the exit code and what was said.
fn evolve(env: &TestEnvironment, model: &str, more: &[&str]) -> (i32, Value, String) {
    let task = FakeProvider::cases().join("shared/task");
    let args =
        ["evolve", "--json", "--task", task.to_str().unwrap(), "--agent", "baseline", "--generations", "1"];
    let own = ["--model", model, "--eval-model", "plain", "--attempts", "2", "--store", model];
    let (code, out, err) = run(env, &[&args[..], &own, more].concat());
    (code, serde_json::from_str(&out).unwrap_or_default(), err)
}

#[test]
fn good_answers_are_taken_whatever_surrounds_them() {
    let Some(fake) = FakeProvider::start() else { return };
    for (folder, models) in [
        (
            "answer-envelope",
            &[
                "text-plain",
                "no-ctype",
                "octet",
                "sse",
                "done-tail",
                "err-empty",
                "err-false",
                "err-obj-empty",
                "surrogate",
                "nan",
                "bom",
            ][..],
        ),
        ("list-content", &["list-content"]),
        ("request-defaults", &["gpt-5-mini", "v8w", "a-notemp", "a-maxtok", "vllm8k", "vllm8k-new"]),
        ("empty-answers", &["mal-fn"]),
    ] {
        let env = case(&fake, folder);
        for model in models {
            let (code, score, err) = eval(&env, model, &["--attempts", "2"]);
            assert_eq!((code, score), (0, Some(1.0)), "{model}: {err}");
        }
    }
    let env = case(&fake, "list-content");
    let (code, out, _) = run(&env, &["chat", "--model", "list-text", "hi"]);
    assert!(code == 0 && out.contains("yes"), "{out}");
}

#[test]
fn a_limit_of_a_minute_is_waited_for() {
    let Some(fake) = FakeProvider::start() else { return };
    let env = case(&fake, "gemini-minute-429");
    let (code, score, err) = eval(&env, "gem-minute", &[]);
    assert_eq!((code, score), (0, Some(1.0)), "{err}");
    env.write("hyperspace.toml", format!("[models.d]\nbase-url = {:?}\n", fake.base_url("retry-date")));
    let (code, out, err) = run(&env, &["chat", "--model", "d", "hi"]);
    assert!(code == 0 && out.contains("yes"), "a date to come back is kept: {out}{err}");
    assert_eq!(fake.asked("retry-date").len(), 2);
}

#[test]
fn answers_that_never_came_are_no_scores() {
    let Some(fake) = FakeProvider::start() else { return };
    let env = case(&fake, "empty-answers");
    let (code, score, err) = eval(&env, "choice-error", &["--attempts", "2"]);
    assert_eq!((code, score), (13, None), "{err}");
    for (model, words) in [
        ("reasoning-only", "length limit reached while thinking"),
        ("null-content", "said nothing"),
        ("content-filter", "filtered"),
    ] {
        let (_, _, err) = run(&env, &["chat", "--model", model, "hi"]);
        assert!(err.contains("the answer is empty") && err.contains(words), "{model}: {err}");
    }
}

#[test]
fn what_an_answer_carries_goes_back_and_replays() {
    let Some(fake) = FakeProvider::start() else { return };
    let env = case(&fake, "reasoning-passback");
    for model in ["gemini3", "deepthink", "a-think", "cot"] {
        let (code, view, err) = evolve(&env, model, &[]);
        assert_eq!(code, 0, "{model}: {err}");
        assert_eq!(fake.asked(model).len(), 2, "{model}: two asks for each meta run: {view:#}");
        let stats = &view["models"]["stats"];
        assert_eq!((&stats["refused"], &stats["failed"]), (&0.into(), &0.into()), "{model}: {stats}");
        let (replay, code) = env.json(&["replay", "--store", model]);
        assert_eq!((code, &replay["differences"]), (0, &Value::Array(Vec::new())), "{model}");
    }
    assert_eq!(fake.asked("cot-lost"), Vec::<Value>::new());
}

#[test]
fn calls_in_every_spelling_reach_their_tool() {
    let Some(fake) = FakeProvider::start() else { return };
    let env = case(&fake, "tool-call-spellings");
    for (model, asks) in [
        ("tool-in-text", 2),
        ("tool-in-fence", 2),
        ("tool-in-plain", 2),
        ("fn-call", 2),
        ("tool-calls-dict", 2),
        ("args-ctrl", 2),
        ("args-double", 2),
        ("args-nan", 2),
        ("args-strings", 3),
        ("len-tool", 2),
    ] {
        let (code, view, err) = evolve(&env, model, &[]);
        assert_eq!((code, fake.asked(model).len()), (0, asks), "{model}: {err} {view:#}");
        let told = fake.asked(model).last().unwrap()["messages"].to_string();
        if model == "args-strings" {
            assert!(!told.contains("view_range") || !told.contains("must be"), "{told}");
        }
    }
}

#[test]
fn a_run_whose_model_is_refused_ends_with_13_or_is_answered() {
    let Some(fake) = FakeProvider::start() else { return };
    let env = case(&fake, "silent-refused-run");
    for model in ["strict-gpt5", "a-notemp", "a-maxtok", "vllm8k", "tool-in-text"] {
        let (code, view, err) = evolve(&env, model, &[]);
        assert_eq!((code, &view["models"]["stats"]["refused"]), (0, &0.into()), "{model}: {err}");
    }
    // Behaviours of the server that no form of a request changes.
    let mut settings = fake.settings("silent-refused-run");
    for mode in ["detail", "html404", "err200-key", "daily"] {
        settings.push_str(&format!("[models.{mode}]\nbase-url = {:?}\n", fake.base_url(mode)));
    }
    env.write("hyperspace.toml", settings);
    for (model, words) in
        [("detail", "Field required"), ("html404", "404"), ("err200-key", "API key"), ("daily", "quota")]
    {
        let (code, _, err) = evolve(&env, model, &[]);
        assert!(code == 13 && err.contains(words), "{model}: {code} {err}");
        assert_eq!(fake.asked(model).len(), 1, "{model}: a final refusal is not asked again");
    }
}

#[test]
fn the_check_before_a_run_agrees_with_the_cases() {
    let Some(fake) = FakeProvider::start() else { return };
    let checked = |folder: &str, model: &str| {
        let env = case(&fake, folder);
        let task = FakeProvider::cases().join("shared/task");
        let args = [
            "evolve",
            "--json",
            "--task",
            task.to_str().unwrap(),
            "--agent",
            "baseline",
            "--generations",
            "1",
        ];
        let own = ["--model", model, "--eval-model", "plain", "--attempts", "2", "--store", "S"];
        let mut command = env.command(&[&args[..], &own].concat());
        let output = command.env_remove("HYPERSPACE_NO_MODEL_CHECK").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{model}: {said}");
        assert!(
            said.contains(&format!("check   {model} answers")) && said.contains("check   plain answers"),
            "{said}"
        );
        (document(&output), said)
    };
    let (view, said) = checked("reasoning-passback", "gemini3");
    assert_eq!((&view["models"]["check"]["calls"], fake.asked("gemini3").len()), (&3.into(), 4), "{said}");
    let (view, said) = checked("silent-refused-run", "strict-gpt5");
    assert!(said.contains("called no tool") && said.contains("quirks.temperature = false"), "{said}");
    assert_eq!(view["models"]["stats"]["adapted"], 0, "the run knows what the check learned: {view:#}");
}
