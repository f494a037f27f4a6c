//! `models`, and the calls of models that `log` and `show` have.

use serde_json::Value;

use crate::common::environment;
use crate::models::{KEY, start};

const SCRIPT: &str = "
[server]
models = [\"stub\", \"spare\"]
api-keys = [\"sk-canary-1f2e3d4c5b6a\"]
[[rule]]
[[rule.answer]]
text = \"a\"
";

#[test]
fn models_are_listed_with_prices_and_asked_for_with_check() {
    let env = environment();
    let _server = start(&env, SCRIPT);
    let mut settings = std::fs::read_to_string(env.path("hyperspace.toml")).unwrap();
    settings.push_str(
        "[models.gone]\nbase-url = \"http://127.0.0.1:1/v1\"\n[models.keyless]\nprovider = \"openai\"\n",
    );
    env.write("hyperspace.toml", settings);
    let run = |args: &[&str], key: &str| {
        let output = env.command(args).env("STUB_KEY", key).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        assert!(!said.contains("canary"), "{args:?}: {said}");
        said
    };
    let said = run(&["models", "--json", "--check", "gpt-5"], KEY);
    let view: Value = serde_json::from_str(&said).unwrap();
    let row = |name: &str| {
        let rows = view["models"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("{name}: {view:#}"))
    };
    assert_eq!(row("stub")["listing"]["has_model"], true, "{view:#}");
    assert_eq!(row("stub")["facts"]["prices"]["output"], 2_000_000_000_000_u64);
    assert_eq!(
        (&row("free")["facts"]["prices"], &row("free")["listing"]["has_model"]),
        (&Value::Null, &false.into())
    );
    assert_eq!(row("gone")["listing"]["state"], "unreachable");
    assert!(row("keyless")["problem"].as_str().unwrap().contains("OPENAI_API_KEY"), "{view:#}");
    assert!(row("gpt-5")["problem"].is_string() && row("gpt-5")["configured"] == false);
    assert_eq!(view["known"]["prices_of"], "2025-11-30");

    env.fails(&["models", "nope"], 2, &["unknown model \"nope\""]);

    let text = run(&["models"], KEY);
    for words in [
        "can be called",
        "prices of 2025-11-30",
        "check them",
        "profiles of",
        "OPENAI_API_KEY is not set",
        "kimi-k2-thinking",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(run(&["models", "--check"], "sk-wrong").contains("refuses the key (status 401)"));
}

#[test]
fn the_record_tells_refusals_repairs_and_retries() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let (_server, url) = env.serve(
        "[[rule]]\ntimes = 1\n[[rule.answer]]\nstatus = 503\nerror = \"busy\"\n\
         [[rule]]\ntimes = 1\n[[rule.answer]]\ntext = \"no\"\n\
         [[rule]]\ntimes = 1\n[[rule.answer]]\nstatus = 400\nerror = \"content_filter: not this one\"\n\
         [[rule]]\n[[rule.answer]]\ntext = \"<<<<<<< SEARCH\\n    return 10\\n=======\\n    return 700\\n>>>>>>> REPLACE\\n\"\n",
    );
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\n"));
    let args = ["evolve", "--task", "./guess", "--model", "m", "--style", "edits", "--generations", "2"];
    let output = env.run(&args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (log, _) = env.json(&["log", &only_run(&env)]);
    let calls = &log["calls"];
    assert_eq!(
        (&calls["calls"], &calls["refused"], &calls["retried"]),
        (&3.into(), &1.into(), &1.into()),
        "{log:#}"
    );
    assert!(calls["last_refusal"].as_str().unwrap().contains("not this one"), "{calls}");
    let text = |args: &[&str]| String::from_utf8(env.run(args).stdout).unwrap();
    let hash = log["generations"][1]["hash"].as_str().unwrap();
    for said in
        [text(&["log", &only_run(&env)]), text(&["log", "--events"]), text(&["show", &format!("{hash}:0")])]
    {
        assert!(
            said.contains("1 of 2 calls refused, 1 of them by a filter; the last:")
                || said.contains("1 of 3 calls refused, 1 of them by a filter; the last:"),
            "{said}"
        );
        assert!(said.contains("not this one") && said.contains("1 asked again"), "{said}");
    }
}

fn only_run(env: &hyperspace_testkit::command::TestEnvironment) -> String {
    env.json(&["log"]).0["runs"][0]["run"].as_str().unwrap().to_owned()
}

#[test]
fn lessons_are_forgotten_by_name_or_altogether() {
    let env = environment();
    env.write("guess/seed/task_agent.py", "def guess():\n    return 10\n");
    let (_server, url) = env.serve(
        "[[rule]]\ntimes = 1\n[[rule.answer]]\nstatus = 400\nerror = \"Unsupported parameter: 'temperature' is not supported with this model.\"\n\
         [[rule]]\n[[rule.answer]]\ntext = \"a\"\n",
    );
    env.write("hyperspace.toml", format!("[models.m]\nbase-url = {url:?}\n[models.n]\nbase-url = {url:?}\n"));
    let run = ["evolve", "--task", "./guess", "--generations", "1", "--model", "m", "--style", "edits"];
    assert_eq!(env.run(&run).status.code(), Some(0));
    let learned = || env.json(&["models"]).0["models"][0]["facts"]["learned"].clone();
    assert_eq!(learned(), serde_json::json!(["quirks.temperature = false"]));
    let forget = |names: &[&str]| env.json(&[&["models", "--forget"], names].concat()).0["forgotten"].clone();
    assert_eq!((forget(&["n"]), learned().as_array().unwrap().len()), (0.into(), 1));
    assert_eq!((forget(&["m"]), learned().as_array().unwrap().len()), (1.into(), 0));
    assert_eq!(forget(&[]), 0);
}
