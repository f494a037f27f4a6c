//! The "guess" world in a folder, and the small agent that climbs in it.

use hyperspace_testkit::command::TestEnvironment;
use hyperspace_testkit::guess;
use serde_json::Value;

const META: &str = "import os
def improve(arg):
    text = open('task_agent.py').read()
    number = int(text.split()[-1])
    step = 1 + arg['seed'] % 3
    open('task_agent.py', 'w').write(text.replace(str(number), str(number + step)))
    os.makedirs('lib', exist_ok=True)
    open('lib/note.py', 'w').write('# %d' % arg['candidate'])
";

/// Evolution of the small agent, without generations and store.
pub(crate) const EVOLVE: [&str; 9] =
    ["evolve", "--task", "./guess", "--agent", "./climber", "--candidates", "3", "--seed", "5"];

/// The definition of a task of two labels, without its splits.
pub(crate) const COLOURS: &str = r#"
[task]
name = "colours"
title = "Colours"
description = "Name the colour."
direction = "maximize"
[entry]
module = "task_agent"
class = "TaskAgent"
function = "forward"
[scorer]
kind = "rows"
metric = "label"
points = { red = 0, blue = 1 }
[rows]
id = "id"
expected = "colour"
on_failure = "wrong"
input = { thing = "thing" }
"#;

/// An environment of the command with the task `guess`, the agent `climber`, and room for stores.
pub(crate) fn environment() -> TestEnvironment {
    let env = TestEnvironment::new(env!("CARGO_BIN_EXE_hyperspace"));
    for (name, content) in guess::task_files(&[900, 900], &[901]) {
        env.write(&format!("guess/{name}"), content);
    }
    env.write("climber/task_agent.py", guess::task_agent(10));
    env.write("climber/meta_agent.py", META);
    env
}

/// Evolves the small agent on the small task.
pub(crate) fn evolve(env: &TestEnvironment, store: &str, generations: u64) -> Value {
    let generations = generations.to_string();
    let (value, code) = env.json(&[&EVOLVE[..], &["--generations", &generations, "--store", store]].concat());
    assert_eq!(code, 0);
    value
}
