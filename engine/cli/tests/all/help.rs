//! The whole command line, as its help tells it. The recorded text is the reference: a change of it is a change of the interface.

use std::fs;
use std::path::Path;

use crate::common::environment;

const COMMANDS: [&str; 42] = [
    "",
    "evolve",
    "resume",
    "replay",
    "champion",
    "promote",
    "rollback",
    "eval",
    "data",
    "new",
    "project",
    "exec",
    "call",
    "log",
    "report",
    "compare",
    "marks",
    "needs",
    "show",
    "best",
    "lineage",
    "tree",
    "why",
    "transcript",
    "costs",
    "diff",
    "export",
    "import",
    "fsck",
    "doctor",
    "attack",
    "tasks",
    "agents",
    "models",
    "strategies",
    "study",
    "transfer",
    "chat",
    "mcp",
    "serve",
    "stub-model",
    "completions",
];

#[test]
fn help_is_as_recorded() {
    let env = environment();
    let mut text = String::new();
    for command in COMMANDS {
        let args: Vec<&str> = [command, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect();
        let output = env.run(&args);
        assert_eq!(output.status.code(), Some(0));
        text.push_str(&format!(
            "$ hyperspace {}\n{}\n",
            args.join(" "),
            String::from_utf8(output.stdout).unwrap()
        ));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    if recorded != text {
        let proposed = path.with_extension("txt.new");
        fs::write(&proposed, &text).unwrap();
        panic!(
            "the help has changed; compare {} with help.txt and move it there if that is meant",
            proposed.display()
        );
    }
}

#[test]
fn every_command_of_the_program_is_recorded() {
    let env = environment();
    let help = String::from_utf8(env.run(&["--help"]).stdout).unwrap();
    let listed = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let names: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        // What is indented further goes on with the description above.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let known: Vec<&str> = COMMANDS.iter().copied().filter(|name| !name.is_empty()).chain(["help"]).collect();
    assert_eq!(names, known);
}
