//! Models against the stub server, both as a user starts them.

use crate::common::environment;
use hyperspace_testkit::command::{StubProcess, TestEnvironment};

pub(crate) const KEY: &str = "sk-canary-1f2e3d4c5b6a";

const SCRIPT: &str = "
[server]
api-keys = [\"sk-canary-1f2e3d4c5b6a\"]
[[rule]]
when = { contains = [\"hello\"] }
[[rule.answer]]
text = \"hi, sk-canary-1f2e3d4c5b6a\"
input-tokens = 3
output-tokens = 2
[[rule]]
when = { contains = [\"down\"] }
[[rule.answer]]
status = 503
error = \"down: sk-canary-1f2e3d4c5b6a\"
";

/// Starts the stub with a script, and writes settings with models that lead to it: `stub` and `spare`, and `free` without prices.
pub(crate) fn start(env: &TestEnvironment, script: &str) -> StubProcess {
    let (server, url) = env.serve(script);
    let free = format!("base-url = {url:?}\napi-key-env = \"STUB_KEY\"\n");
    let section = format!("{free}input-price = 1\noutput-price = 2\n");
    env.write(
        "hyperspace.toml",
        format!("[models.stub]\n{section}[models.spare]\n{section}[models.free]\n{free}"),
    );
    server
}

#[test]
fn a_model_is_asked_and_its_key_is_nowhere() {
    let env = environment();
    let _server = start(&env, SCRIPT);
    for (args, code, words) in [
        (&["chat", "--model", "stub", "hello"][..], 0, "hi, [key]"),
        (&["chat", "--json", "--model", "stub", "hello"], 0, "\"cost\": 7000000"),
        (&["-vv", "chat", "--model", "spare", "--attempts", "2", "down"], 13, "gave up after 2 attempts"),
        (&["chat", "--model", "stub", "unknown"], 13, "no rule of the script"),
        (&["chat", "--model", "stub", ""], 13, "no rule of the script"),
    ] {
        let output = env.command(args).env("STUB_KEY", KEY).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
        assert!(!said.contains("canary"), "{args:?}: {said}");
    }
    let output =
        env.command(&["chat", "--model", "stub", "hello"]).env("STUB_KEY", "wrong").output().unwrap();
    assert_eq!(output.status.code(), Some(13));
    env.fails(&["chat", "--model", "stub", "hello"], 2, &["STUB_KEY"]);
    env.fails(&["chat", "--model", "elsewhere", "hello"], 2, &["elsewhere", "OPENAI_API_KEY"]);
}

#[test]
fn settings_and_scripts_that_make_no_sense_are_told() {
    let env = environment();
    env.write("bad.toml", "[[rule]]\n[[rule.answer]]\ntext = \"a\"\nfault = \"sulk\"\n");
    env.fails(&["stub-model", "--script", "bad.toml"], 2, &["bad.toml, line 4", "sulk"]);
    env.fails(&["stub-model", "--script", "none.toml"], 2, &["none.toml"]);
    env.write("hyperspace.toml", "[models.m]\nbase_url = \"http://x\"\n");
    env.fails(&["chat", "--model", "m", "hello"], 2, &["hyperspace.toml", "line 2", "base_url"]);
    env.write("hyperspace.toml", "[models.m]\nbase-url = \"x\"\n");
    env.fails(&["chat", "--model", "m", "hello"], 2, &["[models.m] base-url"]);
}
