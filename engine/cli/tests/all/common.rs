//! The installed command in an environment of its own.

use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a small task, a small agent and room for stores.
pub(crate) struct Place {
    folder: TempDir,
}

const TASK: &str = r#"
[task]
name = "guess"
title = "Guess a number"
description = "Return a number."
direction = "minimize"
[entry]
module = "task_agent"
function = "guess"
[scorer]
kind = "rows"
metric = "absolute-error"
[splits.train]
file = "train.csv"
[splits.held-out]
file = "held.csv"
"#;

const META: &str = "import os
def improve(arg):
    text = open('task_agent.py').read()
    number = int(text.split()[-1])
    step = 1 + arg['seed'] % 3
    open('task_agent.py', 'w').write(text.replace(str(number), str(number + step)))
    os.makedirs('lib', exist_ok=True)
    open('lib/note.py', 'w').write('# %d' % arg['candidate'])
";

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("guess/task.toml", TASK);
        place.write("guess/train.csv", "input,expected\n[],900\n[],900\n");
        place.write("guess/held.csv", "input,expected\n[],901\n");
        place.write("climber/task_agent.py", "def guess():\n    return 10\n");
        place.write("climber/meta_agent.py", META);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The command with these arguments, in this folder, with nothing of the environment but the path.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/hyperspace-cache");
        let mut command = Command::new(env!("CARGO_BIN_EXE_hyperspace"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.env("HYPERSPACE_CACHE_DIR", cache).env("HOME", self.folder.path());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// The JSON document that the command prints, and its exit code.
    pub(crate) fn json(&self, args: &[&str]) -> (Value, i32) {
        let output = self.run(&[&args[..1], &["--json"], &args[1..]].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        let value = serde_json::from_str(&text).unwrap_or_else(|error| {
            panic!("{args:?}: {error}\n{text}\n{}", String::from_utf8_lossy(&output.stderr))
        });
        (value, output.status.code().unwrap())
    }

    /// Evolves the small agent on the small task.
    pub(crate) fn evolve(&self, store: &str, generations: u64) -> Value {
        let generations = generations.to_string();
        let (value, code) =
            self.json(&[&EVOLVE[..], &["--generations", &generations, "--store", store]].concat());
        assert_eq!(code, 0);
        value
    }

    /// The command fails with this code, and says all of this.
    pub(crate) fn fails(&self, args: &[&str], code: i32, words: &[&str]) {
        let output = self.run(args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?}: {word:?} is not in {said:?}");
        }
        assert!(
            output.stdout.is_empty(),
            "{args:?} printed data: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
}

/// Evolution of the small agent, without generations and store.
pub(crate) const EVOLVE: [&str; 9] =
    ["evolve", "--task", "./guess", "--agent", "./climber", "--candidates", "3", "--seed", "5"];

/// A server that ends with the test.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Starts the stub with a script; answers the address as well.
pub(crate) fn serve(place: &Place, script: &str) -> (Server, String) {
    place.write("script.toml", script);
    let mut command = place.command(&["stub-model", "--json", "--script", "script.toml"]);
    let mut server = Server(command.stdout(Stdio::piped()).spawn().unwrap());
    let stdout = BufReader::new(server.0.stdout.take().unwrap());
    let document: Value = serde_json::Deserializer::from_reader(stdout).into_iter().next().unwrap().unwrap();
    let url = document["base_url"].as_str().unwrap().to_owned();
    (server, url)
}
