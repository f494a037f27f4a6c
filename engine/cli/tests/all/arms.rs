//! Models and prompts as arms, early stops and judges, over the whole command, with a stub server as the models.

use hyperspace_testkit::command::{StubProcess, TestEnvironment, document, kill_after};
use hyperspace_testkit::guess::{meta_agent, task_agent, task_files};
use serde_json::{Value, json};
use std::time::Duration;

use crate::common::environment;
use crate::models::KEY;

/// A script in which `weak` never helps, and `helpful` makes the number of the program larger by one. Answers depend on nothing but the prompt.
fn script(weak: &str, helpful: &str) -> String {
    let answer = |number: u64| {
        format!(
            "[[rule.answer]]\ntext = \"New.\\n\\n```python task_agent.py\\ndef guess():\\n    return {number}\\n```\\n\"\ninput-tokens = 1000\noutput-tokens = 100\n"
        )
    };
    let step = |number: u64| {
        let program = format!("def guess():\\n    return {number}\\n");
        format!("[[rule]]\nwhen = {{ {helpful}contains = [\"{program}\"] }}\n{}", answer(number + 1))
    };
    let steps: String = (3..80).map(step).collect();
    format!("[[rule]]\nwhen = {{ model = \"{weak}\" }}\n{}{steps}", answer(3))
}

const STRONG: &str = "model = \"strong\", ";

/// Starts the stub, and writes a task and settings with `weak` and `strong`, which cost this for a million tokens of a request.
fn start(env: &TestEnvironment, script: &str, prices: [u64; 2]) -> StubProcess {
    for (name, content) in task_files(&[700, 710], &[705]) {
        env.write(&format!("task/{name}"), content);
    }
    env.write("task/seed/task_agent.py", task_agent(10));
    let (server, url) = env.serve(script);
    let model = |(name, price): (&str, u64)| {
        format!(
            "[models.{name}]\nbase-url = {url:?}\napi-key-env = \"STUB_KEY\"\ninput-price = {price}\noutput-price = {price}\n"
        )
    };
    let models: String = ["weak", "strong"].into_iter().zip(prices).map(model).collect();
    env.write("hyperspace.toml", models);
    server
}

fn evolve(env: &TestEnvironment, more: &[&str]) -> Value {
    let base = ["evolve", "--json", "--task", "./task", "--strategy", "best", "--seed", "3"];
    let output = env.command(&[&base[..], more].concat()).env("STUB_KEY", KEY).output().unwrap();
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    document(&output)
}

fn arm<'a>(view: &'a Value, of: &str, name: &str) -> &'a Value {
    let all = view["arms"].as_array().unwrap();
    all.iter().find(|arm| arm["of"] == of && arm["arm"] == name).unwrap_or_else(|| panic!("{name}: {all:?}"))
}

#[test]
fn the_better_model_gets_most_of_the_calls_and_the_run_replays() {
    for bandit in ["ucb1", "thompson"] {
        let env = environment();
        let server = start(&env, &script("weak", STRONG), [1, 1]);
        let arms = [
            "--model",
            "weak,strong",
            "--model-bandit",
            bandit,
            "--prompt-bandit",
            "thompson",
            "--generations",
            "24",
        ];
        let view = evolve(&env, &arms);
        let (weak, strong) = (arm(&view, "model", "weak"), arm(&view, "model", "strong"));
        let count = |arm: &Value, key: &str| arm[key].as_u64().unwrap();
        assert_eq!(count(weak, "candidates") + count(strong, "candidates"), 24, "{bandit}");
        assert!(count(strong, "candidates") >= 17, "{bandit}: {}", view["arms"]);
        assert_eq!(
            (count(weak, "wins"), count(strong, "wins")),
            (0, count(strong, "candidates")),
            "{bandit}"
        );
        assert_eq!(strong["gain"].as_f64().unwrap(), count(strong, "wins") as f64, "one with each answer");
        assert_eq!(strong["spent"]["calls"], strong["candidates"]);
        // 1,100 tokens for a dollar a million each.
        assert_eq!(count(&strong["spent"], "cost"), count(strong, "candidates") * 1_100_000_000);
        let kinds = ["crossover", "exploit", "explore", "reflect"];
        assert_eq!(kinds.iter().map(|kind| count(arm(&view, "prompt", kind), "candidates")).sum::<u64>(), 24);
        drop(server);

        let (replayed, code) = env.json(&["replay"]);
        assert_eq!((code, &replayed["differences"]), (0, &json!([])), "{bandit}");
        let text = String::from_utf8(env.run(&["log", "--events", "--json"]).stdout).unwrap();
        assert!(text.contains("arm.chosen") && text.contains("untried") == (bandit == "ucb1"), "{bandit}");
        assert_eq!(env.run(&["report", "--to", "report"]).status.code(), Some(0));
        let page = std::fs::read_to_string(env.path("report/report.html")).unwrap();
        assert!(page.contains("<h3>Arms</h3>"), "the page has no arms");
        let table = std::fs::read_to_string(env.path("report/tables/arms.csv")).unwrap();
        assert_eq!(table.lines().count(), 7, "{table}");
        let costs = env.json(&["costs"]).0;
        let rows = costs["models"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == "strong").unwrap();
        assert_eq!(row["spent"], strong["spent"], "{costs}");
    }
}

#[test]
fn a_dear_model_has_to_earn_its_price() {
    let env = environment();
    // Both help.
    let _server = start(&env, &script("nobody", ""), [1, 20]);
    let bandit = "ucb1:explore=0.1";
    let view = evolve(&env, &["--model", "weak,strong", "--model-bandit", bandit, "--generations", "12"]);
    let (cheap, dear) = (arm(&view, "model", "weak"), arm(&view, "model", "strong"));
    assert!(
        cheap["candidates"].as_u64().unwrap() > 9 && dear["wins"] == dear["candidates"],
        "{}",
        view["arms"]
    );
    let text =
        evolve_text(&env, &["--model", "weak,strong", "--model-bandit", bandit, "--generations", "12"]);
    for words in ["arm", "model weak", "model strong", "better", "$"] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
}

fn evolve_text(env: &TestEnvironment, more: &[&str]) -> String {
    let base = ["evolve", "--task", "./task", "--strategy", "best", "--seed", "3"];
    let output = env.command(&[&base[..], more].concat()).env("STUB_KEY", KEY).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_run_with_arms_that_was_killed_is_equal_to_an_undisturbed_one() {
    let arms = [
        "--model",
        "weak,strong",
        "--model-bandit",
        "thompson",
        "--prompt-bandit",
        "ucb1",
        "--candidates",
        "3",
        "--generations",
        "6",
    ];
    let script = script("weak", STRONG);
    let whole = environment();
    let _one = start(&whole, &script, [1, 3]);
    let root = evolve(&whole, &[&arms[..], &["--workers", "1"]].concat())["root"].clone();
    let killed = environment();
    let _other = start(&killed, &script, [1, 3]);
    for delay in [300, 600, 900] {
        let base = ["evolve", "--task", "./task", "--strategy", "best", "--seed", "3", "--workers", "2"];
        let mut command = killed.command(&[&base[..], &arms].concat());
        drop(kill_after(command.env("STUB_KEY", KEY), Duration::from_millis(delay)));
    }
    assert_eq!(evolve(&killed, &[&arms[..], &["--workers", "2"]].concat())["root"], root);
}

#[test]
fn bandits_that_have_nothing_to_choose_are_refused() {
    let env = environment();
    let _server = start(&env, &script("weak", STRONG), [1, 1]);
    for (args, words) in [
        (
            &["--model", "weak", "--model-bandit", "ucb1"][..],
            &["model-bandit is ucb1", "--model \"a,b\""][..],
        ),
        (&["--model", "weak", "--model", "strong", "--model-bandit", "ucb1"], &["--model \"a,b\""]),
        (&["--model", "weak:0.2,strong:0.8", "--model-bandit", "ucb1"], &["without weights"]),
        (
            &["--model", "weak,strong", "--model-bandit", "ucb"],
            &["unknown bandit \"ucb\"", "did you mean ucb1?"],
        ),
        (&["--model", "weak,strong", "--model-bandit", "ucb1:decay=0.1"], &["decay is 0.1"]),
        (&["--prompt-bandit", "ucb1"], &["prompt-bandit is ucb1", "--model"]),
        (
            &["--model", "weak", "--prompt-bandit", "ucb1", "--agent", "baseline"],
            &["lib/prompts/kinds/NAME.md", "evolver"],
        ),
    ] {
        env.fails(&[&["evolve", "--task", "./task", "--strategy", "best"], args].concat(), 2, words);
    }
    env.fails(
        &[
            "evolve",
            "--task",
            "./task",
            "--model",
            "weak,strong",
            "--model-bandit",
            "ucb1",
            "--agent",
            "baseline",
        ],
        2,
        &["strategy"],
    );
}

/// An agent that answers twelve rows, some of them worse with every change.
fn table(env: &TestEnvironment) {
    let rows: String = (0..40).map(|row| format!("\"[{row}]\",{}\n", row % 5)).collect();
    let toml = "[task]\nname = \"rest\"\ntitle = \"Rest\"\ndescription = \"Return the rest by 5.\"\ndirection = \"maximize\"\n[entry]\nmodule = \"task_agent\"\nfunction = \"rest\"\n[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n[splits.train]\nfile = \"train.csv\"\n[splits.held-out]\nfile = \"held.csv\"\n";
    env.write("rest/task.toml", toml);
    // The same rows, but not the same bytes: those are refused.
    for (name, end) in [("train", ""), ("held", "\n")] {
        env.write(&format!("rest/{name}.csv"), format!("input,expected\n{rows}{end}"));
    }
    env.write("agent/task_agent.py", "def rest(x):\n    return x % 5 if x < 24 else -1\n");
    let body = "import random\nrng = random.Random(arg['seed'])\nmost = rng.randrange(8, 34)\nopen('task_agent.py', 'w').write('def rest(x):\\n    return x %% 5 if x < %d else -1\\n' % most)";
    env.write("agent/meta_agent.py", meta_agent(body));
}

#[test]
fn early_stops_save_rows_and_change_no_decision() {
    let env = environment();
    table(&env);
    let base = [
        "evolve",
        "--task",
        "./rest",
        "--agent",
        "./agent",
        "--strategy",
        "latest",
        "--generations",
        "8",
        "--candidates",
        "4",
    ];
    let (whole, _) = env.json(&base);
    let (exact, code) = env.json(&[&base[..], &["--early-stop", "0"]].concat());
    assert_eq!(code, 0, "{exact}");
    for key in ["archive", "seed_score"] {
        assert_eq!(exact[key], whole[key], "{key}");
    }
    for key in ["score", "held_out", "generation", "candidate", "tree"] {
        assert_eq!(exact["best"][key], whole["best"][key], "{key}");
    }
    let stopped = &exact["outcome"]["stopped"];
    assert!(
        stopped["candidates"].as_u64().unwrap() > 5 && stopped["rows"].as_u64().unwrap() > 40,
        "{stopped}"
    );
    assert_eq!(exact["outcome"]["fates"]["stopped"], stopped["candidates"]);
    let (bold, code) = env.json(&[&base[..], &["--early-stop", "0.1", "--workers", "1"]].concat());
    assert!(code == 0 && bold["outcome"]["stopped"]["rows"].as_u64() > stopped["rows"].as_u64(), "{bold}");
    for run in [&exact, &bold] {
        let (replay, code) = env.json(&["replay", run["run"].as_str().unwrap()]);
        assert_eq!((code, &replay["differences"]), (0, &json!([])));
    }
    let text = String::from_utf8(env.run(&[&base[..], &["--early-stop", "0"]].concat()).stdout).unwrap();
    assert!(text.contains("stopped early") && text.contains("fuel saved"), "{text}");
    for (args, words) in [
        (&["--early-stop", "0.7"][..], &["early-stop is 0.7", "0 to 0.5"][..]),
        (&["--early-stop", "-1"], &["early-stop is -1", "0 to 0.5"]),
        (&["--early-stop", "0.1", "--admission", "scored"], &["early-stop is 0.1", "admission scored"]),
        (&["--early-stop", "0.1", "--gate", "paired"], &["paired gate"]),
        (&["--early-stop", "0.1", "--task", "cap-set", "--agent", "genetic"], &["best result"]),
    ] {
        let base =
            if args.contains(&"--task") { vec!["evolve", "--strategy", "latest"] } else { base.to_vec() };
        env.fails(&[&base[..], args].concat(), 2, words);
    }
}

#[test]
fn a_judge_rejects_what_is_then_not_measured() {
    let env = environment();
    let judge = "[[rule]]\nwhen = { model = \"strong\", contains = [\"return 3\"] }\n[[rule.answer]]\ntext = \"REJECT: it is smaller.\"\n[[rule]]\nwhen = { model = \"strong\", contains = [\"return 4\"] }\n[[rule.answer]]\ntext = \"Hm, reject?\"\n[[rule]]\nwhen = { model = \"strong\" }\n[[rule.answer]]\ntext = \"ACCEPT\"\n";
    let server = start(&env, judge, [1, 1]);
    let body = "numbers = [3, 4, 50]\nopen('task_agent.py', 'w').write('def guess():\\n    return %d\\n' % numbers[arg['candidate']])\nos.makedirs('lib', exist_ok=True)\nopen('lib/note.py', 'w').write('# REJECT: quoted\\n')";
    env.write("agent/task_agent.py", task_agent(10));
    env.write("agent/meta_agent.py", meta_agent(body));
    let settings = std::fs::read_to_string(env.path("hyperspace.toml")).unwrap();
    env.write("hyperspace.toml", format!("[search]\nstrategy = \"latest\"\njudge = \"strong\"\n{settings}"));
    let base = [
        "evolve",
        "--json",
        "--task",
        "./task",
        "--agent",
        "./agent",
        "--candidates",
        "3",
        "--generations",
        "1",
    ];
    let run = |more: &[&str]| {
        let output = env.command(&[&base[..], more].concat()).env("STUB_KEY", KEY).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        document(&output)
    };
    let view = run(&[]);
    let (fates, judged) = (&view["outcome"]["fates"], &view["outcome"]["judged"]);
    assert_eq!(
        (&fates["rejected"], &fates["champion"], &fates["no-better"]),
        (&json!(1), &json!(1), &json!(1)),
        "{fates}"
    );
    assert_eq!(
        judged,
        &json!({"candidates": 3, "rejected": 1, "unclear": 1, "last_reason": "it is smaller."})
    );
    assert_eq!(view["models"]["spent"]["calls"], 3);
    drop(server);
    let (replayed, code) = env.json(&["replay"]);
    assert_eq!((code, &replayed["differences"]), (0, &json!([])));
    let costs = env.json(&["costs"]).0;
    assert_eq!(
        (&costs["models"][0]["name"], &costs["models"][0]["spent"]["calls"]),
        (&json!("strong"), &json!(3))
    );
}
