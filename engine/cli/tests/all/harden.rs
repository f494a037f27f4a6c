//! The hardened command: what it says about itself, and that its work is done under it. All other tests of commands run hardened too,
//! since that is the default; the restrictions themselves are tried in `engine/sandbox/tests/harden.rs`.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::Value;

use crate::common::environment;

fn in_force(document: &Value) -> Vec<&str> {
    let measures = document["hardening"]["measures"].as_array().unwrap().iter();
    measures.filter(|one| one["in_force"] == true).map(|one| one["measure"].as_str().unwrap()).collect()
}

/// Returns an environment on a kernel that has all measures; otherwise says which it lacks.
fn hardened() -> Option<TestEnvironment> {
    let env = environment();
    let (document, _) = env.json(&["doctor"]);
    let measures = document["hardening"]["measures"].as_array().unwrap().iter();
    let missing: Vec<&Value> =
        measures.filter(|one| one["in_force"] != true).map(|one| &one["measure"]).collect();
    if !missing.is_empty() {
        println!("skipped: this kernel cannot take away {missing:?}");
    }
    missing.is_empty().then_some(env)
}

#[test]
fn doctor_tells_what_is_in_force() {
    let Some(env) = hardened() else { return };
    let (document, code) = env.json(&["doctor", "--harden", "required"]);
    assert_eq!(code, 0, "{document}");
    let all = [
        "no new privileges",
        "filter of system calls",
        "files",
        "no sockets",
        "limits of the system",
        "closed to other processes",
    ];
    assert_eq!(in_force(&document), all);
    let text = String::from_utf8(env.run(&["doctor"]).stdout).unwrap();
    assert!(text.contains("on  filter of system calls"), "{text}");

    let (document, code) = env.json(&["doctor", "--harden", "off"]);
    assert_eq!(code, 0);
    let left = in_force(&document);
    assert!(left.iter().all(|measure| *measure == "no new privileges"), "{left:?}");
}

#[test]
fn an_attack_tells_what_is_in_force() {
    let Some(env) = hardened() else { return };
    let (document, code) = env.json(&["attack", "--harden", "required", "T-FS-01"]);
    assert_eq!(code, 0, "{document}");
    assert_eq!(
        in_force(&document),
        ["no new privileges", "filter of system calls", "files", "limits of the system"]
    );
}

#[test]
fn a_run_is_the_same_hardened_or_not() {
    let Some(env) = hardened() else { return };
    let run = |mode: &str| {
        let store = format!("store-{mode}");
        let args = ["evolve", "--harden", mode, "--store", &store, "--generations", "1", "--candidates", "2"];
        let (document, code) = env.json(&args);
        assert_eq!(code, 0, "{document}");
        let root = document["root"].as_str().unwrap().to_owned();
        let run = document["run"].as_str().unwrap();
        let (replayed, code) = env.json(&["replay", "--harden", mode, "--store", &store, run]);
        assert_eq!(code, 0, "{replayed}");
        root
    };
    assert_eq!(run("required"), run("off"));
}

#[test]
fn files_that_are_named_are_within_reach_and_results_are_written() {
    let Some(env) = hardened() else { return };
    let outside = tempfile::tempdir().unwrap();
    let program = outside.path().join("program.py");
    std::fs::write(&program, "print('reached')").unwrap();
    let output = env.run(&["exec", "--harden", "required", program.to_str().unwrap()]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "reached\n");
    let made = outside.path().join("in/task");
    let output = env.run(&["new", "--harden", "required", "task", made.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let output = env.run(&["eval", "--harden", "required", "--task", made.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_command_that_fails_leaves_no_folder_of_a_store() {
    let env = environment();
    env.fails(&["evolve", "--task", "./none-such", "--store", "a/b"], 2, &["none-such"]);
    assert!(!env.path("a").exists());
}

#[test]
fn a_project_that_was_imported_is_within_reach_and_another_is_not() {
    let Some(env) = hardened() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let project = elsewhere.path().join("project");
    std::fs::create_dir(&project).unwrap();
    let program = "# EVOLVE-BLOCK-START\ndef run():\n    return 1\n# EVOLVE-BLOCK-END\n";
    std::fs::write(project.join("initial_program.py"), program).unwrap();
    let evaluator = "def evaluate(path):\n    return {'combined_score': 0.5}\n";
    std::fs::write(project.join("evaluator.py"), evaluator).unwrap();
    std::fs::write(project.join("config.yaml"), "max_iterations: 3\n").unwrap();
    let args = ["project", "import", project.to_str().unwrap(), "--out", "imported"];
    let output = env.run(&args);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let (document, code) = env.json(&["eval", "--harden", "required", "--task", "./imported"]);
    assert_eq!(code, 0, "{document}");
    let foreign = std::fs::read_to_string(env.path("imported/refers.toml")).unwrap();
    let foreign = foreign.replace(project.to_str().unwrap(), elsewhere.path().to_str().unwrap());
    env.write("foreign/refers.toml", &foreign);
    let definition = std::fs::read_to_string(env.path("imported/task.toml")).unwrap();
    env.write("foreign/task.toml", &definition);
    env.fails(&["eval", "--task", "./foreign"], 2, &["refers to the folder", "project import"]);
}
