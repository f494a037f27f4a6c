//! `stub-model --dialect`, `doctor --model`, lessons beside the store, and names that stand for several models.

use crate::common::{environment, evolve};
use hyperspace_testkit::command::{StubProcess, TestEnvironment, document};
use serde_json::Value;

const DIALECTS: [&str; 22] = [
    "openai",
    "responses",
    "azure",
    "anthropic",
    "gemini",
    "deepseek",
    "kimi",
    "mistral",
    "openrouter",
    "vllm",
    "llama-cpp",
    "ollama",
    "qwen",
    "glm",
    "minimax",
    "grok",
    "gpt-oss",
    "sglang",
    "lm-studio",
    "litellm",
    "bedrock",
    "vertex",
];

/// Starts a server that speaks a dialect, and writes settings of a model `m` that leads to it, with further lines.
fn speak(env: &TestEnvironment, dialect: &str, more: &str) -> StubProcess {
    let (server, view) = env.serve_with(&["--dialect", dialect]);
    let settings = view["settings"].as_str().unwrap();
    let section = format!("[models.m]\nbase-url = {}\napi-key-env = \"STUB_KEY\"\n", view["base_url"]);
    env.write("hyperspace.toml", format!("{section}{settings}\n{more}\n"));
    server
}

fn doctor(env: &TestEnvironment) -> (Value, Option<i32>) {
    let output = env.command(&["doctor", "--json", "--model", "m"]).env("STUB_KEY", "any").output().unwrap();
    (document(&output), output.status.code())
}

#[test]
fn every_dialect_is_checked_and_the_printed_settings_leave_nothing_to_learn() {
    for dialect in DIALECTS {
        let env = environment();
        let server = speak(&env, dialect, "");
        let (view, code) = doctor(&env);
        assert_eq!((code, &view["passed"]), (Some(0), &Value::Bool(true)), "{dialect}: {view:#}");
        drop(server);
        let lines: Vec<&str> =
            view["settings"]["m"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert_eq!(lines.is_empty(), view["stats"]["adapted"] == 0, "{dialect}: {view:#}");
        let _server = speak(&env, dialect, &lines.join("\n"));
        let (view, code) = doctor(&env);
        assert_eq!((code, &view["stats"]["adapted"]), (Some(0), &0.into()), "{dialect} {lines:?}: {view:#}");
    }
}

#[test]
fn a_run_works_at_once_with_the_settings_that_doctor_prints() {
    for dialect in DIALECTS {
        let env = environment();
        env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
        let server = speak(&env, dialect, "");
        let output = env.command(&["doctor", "--model", "m"]).env("STUB_KEY", "any").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{dialect}: {printed}");
        drop(server);
        let lines = printed.split_once("[models.m]\n").map_or("", |(_, lines)| lines);
        let _server = speak(&env, dialect, lines);
        let args = [
            "evolve",
            "--json",
            "--task",
            "./guess",
            "--style",
            "tools",
            "--generations",
            "1",
            "--model",
            "m",
        ];
        let output = env.command(&args).env("STUB_KEY", "any").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{dialect} {lines:?}: {said}");
        let view = document(&output);
        let stats = &view["models"]["stats"];
        assert_eq!(
            (&stats["answered"], &stats["adapted"], &stats["failed"]),
            (&2.into(), &0.into(), &0.into()),
            "{dialect}: {stats}"
        );
        let (replay, code) = env.json(&["replay"]);
        assert_eq!((code, &replay["differences"]), (0, &Value::Array(Vec::new())), "{dialect}");
    }
}

#[test]
fn lessons_are_kept_beside_the_store_and_nowhere_else() {
    let env = environment();
    let _server = speak(&env, "openai", "");
    let adapted = |env: &TestEnvironment| doctor(env).0["stats"]["adapted"].as_u64().unwrap();
    assert!(adapted(&env) > 0 && !env.path(".hyperspace").exists());
    evolve(&env, ".hyperspace", 1);
    assert!(adapted(&env) > 0 && env.path(".hyperspace/lessons.json").exists());
    assert_eq!(adapted(&env), 0, "it was learned before");
    assert_eq!(env.json(&["fsck"]).1, 0);
    env.write(".hyperspace/lessons.json", "{");
    assert!(adapted(&env) > 0, "a damaged file is none");
    assert_eq!(adapted(&env), 0);
}

#[test]
fn a_model_that_is_no_use_is_told() {
    let env = environment();
    let (_server, url) = env.serve("[[rule]]\n[[rule.answer]]\ntext = \"no\"\n");
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\n"));
    let output = env.run(&["doctor", "--model", "m"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(13), "{text}");
    assert!(text.contains("FAILED") && text.contains("it called no tool"), "{text}");
    env.fails(&["doctor", "--model", "m,"], 2, &["a model without a name"]);
    env.fails(&["stub-model", "--dialect", "klingon"], 2, &["klingon", "openai", "ollama"]);
}

/// Settings with the models `a` and `b`, which answer, and `gone`, which nobody serves.
fn pair(env: &TestEnvironment) -> StubProcess {
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let (server, url) = env.serve(
        "[[rule]]\n[[rule.answer]]\ntext = \"<<<<<<< SEARCH\\n    return 10\\n=======\\n    return 700\\n>>>>>>> REPLACE\\n\"\n",
    );
    let gone = "base-url = \"http://127.0.0.1:1/v1\"\n";
    env.write(
        "hyperspace.toml",
        format!("[models.a]\nbase-url = {url:?}\n[models.b]\nbase-url = {url:?}\n[models.gone]\n{gone}"),
    );
    server
}

const MANY: [&str; 11] = [
    "evolve",
    "--json",
    "--task",
    "./guess",
    "--style",
    "edits",
    "--generations",
    "1",
    "--seed",
    "1",
    "--model",
];

#[test]
fn an_ensemble_draws_from_the_seed_and_replays_alone() {
    let env = environment();
    let server = pair(&env);
    let run = |store: &str| {
        let more = ["a:0.5,b:0.5", "--candidates", "6", "--store", store];
        let output = env.run(&[&MANY[..], &more].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        document(&output)
    };
    let (first, second) = (run("one"), run("two"));
    assert_eq!(first["root"], second["root"]);
    let models = &first["models"]["stats"]["models"];
    let calls = |name: &str| models[name]["calls"].as_u64().unwrap_or_default();
    assert!(calls("a") > 0 && calls("b") > 0 && calls("a") + calls("b") == 6, "{models}");
    assert_eq!(second["models"]["stats"]["models"], *models);
    drop(server);
    let (replayed, code) = env.json(&["replay", "--store", "one"]);
    assert_eq!((code, &replayed["differences"]), (0, &Value::Array(Vec::new())));
}

#[test]
fn a_chain_goes_on_with_the_next_model() {
    let env = environment();
    let _server = pair(&env);
    let output = env.run(&[&MANY[..], &["gone > a", "--attempts", "1"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let view = document(&output);
    assert_eq!(view["outcome"]["fates"]["champion"], 1, "{view:#}");
    let models = &view["models"]["stats"]["models"];
    assert_eq!((&models["gone"]["answered"], &models["a"]["answered"]), (&0.into(), &1.into()));
    env.fails(&["evolve", "--task", "./guess", "--model", "a > nobody"], 2, &["nobody"]);
}

#[test]
fn waits_are_told_in_a_pipe() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let (_server, url) = env.serve(
        "[[rule]]\ntimes = 1\n[[rule.answer]]\nstatus = 503\nerror = \"busy\"\n[[rule]]\n[[rule.answer]]\ntext = \"no\"\n",
    );
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\n"));
    let output = env.run(&["-v", "evolve", "--task", "./guess", "--model", "m", "--generations", "1"]);
    let said = String::from_utf8(output.stderr).unwrap();
    let wait = format!("retrying {url} in ");
    assert!(said.lines().any(|line| line.starts_with(&wait) && line.contains("busy")), "{said}");
    assert!(said.contains("generation 1/1"), "{said}");
}
