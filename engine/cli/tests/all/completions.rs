//! Completion scripts and manual pages.

use crate::common::environment;

#[test]
fn scripts_know_commands_and_the_values_of_flags() {
    let env = environment();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = env.run(&["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{shell}");
        for word in ["stub-model", "replay-models"] {
            assert!(script.contains(word), "{shell}: {word} is missing");
        }
    }
    let bash = String::from_utf8(env.run(&["completions", "bash"]).stdout).unwrap();
    for values in [
        "full freeze-meta random annealing",
        "intent action observation warning need",
        "train= train=predictions",
    ] {
        assert!(bash.contains(values), "{values} is missing");
    }
    env.fails(&["completions", "ksh"], 2, &["ksh", "bash"]);
    env.fails(&["completions", "bash", "--json"], 2, &["a script", "leave --json out"]);
}

#[test]
fn every_command_has_a_manual_page() {
    let env = environment();
    assert_eq!(env.run(&["man", "pages"]).status.code(), Some(0));
    for page in ["hyperspace.1", "hyperspace-evolve.1", "hyperspace-data-check.1"] {
        let text = std::fs::read_to_string(env.path("pages").join(page)).unwrap();
        assert!(text.contains(".SH"), "{page}");
    }
}
