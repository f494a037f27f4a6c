//! Projects of other engines: small ones of our own, imported, evaluated and evolved.

use hyperspace_testkit::command::TestEnvironment;
use serde_json::Value;

use crate::common::environment;
use crate::project_files::{CODE_EVOLVE, LOAD, PROGRAM, SHINKA_EVOLVE, open_evolve_files};

/// Imports `project` of the environment and evaluates what it starts from; returns what the import said, and the evaluation.
fn imported(env: &TestEnvironment, project: &str) -> (Value, Value) {
    let (view, code) = env.json(&["project", "import", project, "--out", "task"]);
    assert_eq!(code, 0, "{view}");
    let (evaluation, code) = env.json(&["eval", "--task", "./task"]);
    assert_eq!(code, 0, "{evaluation}");
    (view, evaluation)
}

/// Checks the engine of the project in `own/`, and the score of its program.
fn check(files: &[(&str, &str)], engine: &str, score: f64) -> (TestEnvironment, Value) {
    let env = environment();
    for (path, text) in files {
        env.write(&format!("own/{path}"), text);
    }
    let (view, evaluation) = imported(&env, "own");
    assert_eq!(view["engine"], engine, "{view}");
    assert_eq!(evaluation["score"].as_f64(), Some(score), "{view} {evaluation}");
    (env, view)
}

fn said(view: &Value, part: &str, words: &str) {
    let lines = view[part].as_array().unwrap();
    assert!(lines.iter().any(|line| line.as_str().unwrap().contains(words)), "{words}: {view:#}");
}

#[test]
fn open_evolve() {
    let files = open_evolve_files();
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let (_, view) = check(&files, "OpenEvolve", 0.5);
    said(&view, "understood", "config.yaml, line 5: prompt.system_message: the description");
    said(&view, "understood", "only what is between EVOLVE-BLOCK markers");
    said(&view, "ignored", "config.yaml, line 7: unheard_of = 7: unknown here");
}

#[test]
fn shinka_evolve() {
    check(&SHINKA_EVOLVE, "ShinkaEvolve", 3.0);
}

#[test]
fn modules_beside_the_evaluator_that_a_program_imports_are_all_that_it_sees() {
    let evaluator =
        format!("{LOAD}import rules, world\ndef evaluate(path):\n    return load(path).solve(world.LIMIT)\n");
    let program = "import os\nfrom world import LIMIT\ndef solve(x):\n    return x + len(os.listdir('/task'))\n\
        if __name__ == '__main__':\n    import secret\n";
    let files = [
        ("evaluator.py", evaluator.as_str()),
        ("initial_program.py", program),
        ("world.py", "from rules import LIMIT\n"),
        ("rules.py", "LIMIT = 3\n"),
        ("secret.py", "ANSWER = 1\n"),
    ];
    let (_, view) = check(&files, "OpenEvolve", 5.0);
    said(&view, "understood", "rules.py, world.py: imported by initial_program.py: programs see it at /task");
}

#[test]
fn sky_discover() {
    let evaluator = format!(
        "{LOAD}def evaluate(path):\n    return {{'combined_score': float(load(path).solve(3))}}\nif __name__ == '__main__':\n    \
         from wrapper import run\n    run(evaluate)\n"
    );
    let files = [
        ("evaluator/evaluator.py", evaluator.as_str()),
        ("evaluator/Dockerfile", "FROM python:3.13\n"),
        ("evaluator/wrapper.py", "def run(f): pass\n"),
        ("initial_program.py", PROGRAM),
        ("config.yaml", "diff_based_generation: true\nsearch:\n  type: topk\n"),
    ];
    let (_, view) = check(&files, "SkyDiscover", 3.0);
    said(&view, "ignored", "evaluator/Dockerfile");
}

#[test]
fn coral() {
    let grader = "from coral.grader import TaskGrader\nfrom coral.types import ScoreBundle\n\
        class Grader(TaskGrader):\n    def evaluate(self) -> ScoreBundle:\n        \
        done = self.run_program(self.args['program_file'], '5')\n        return self.score(float(done.stdout), 'fine')\n";
    let main = "import sys\nfrom helper import double\nprint(double(int(sys.argv[1])))\n";
    let files = [
        (
            "task.yaml",
            "task:\n  name: Own\n  description: Print more.\ngrader:\n  direction: maximize\n  args:\n    program_file: main.py\n",
        ),
        ("eval/grader.py", grader),
        ("seed/main.py", main),
        ("seed/helper.py", "def double(x): return 2 * x\n"),
    ];
    let (_, view) = check(&files, "CORAL", 10.0);
    said(&view, "understood", "task.yaml, line 3: task.description");
}

#[test]
fn code_evolve() {
    let (_, view) = check(&CODE_EVOLVE, "CodeEvolve", 0.5);
    said(&view, "understood", "fitness_key = ratio");
    said(&view, "ignored", "configs/other.yaml");
}

#[test]
fn fun_search() {
    let specification = "\"\"\"Count.\"\"\"\nimport math\n\n\n@funsearch.run\ndef evaluate(n: int) -> int:\n    \
        return solve(n)\n\n\ndef solve(n):\n    return sum(priority(i, n) for i in range(n))\n\n\n\
        @funsearch.evolve\ndef priority(i: int, n: int) -> float:\n    return float(math.floor(i))\n";
    let (env, view) = check(&[("specification.txt", specification)], "FunSearch", 6.0);
    said(&view, "understood", "specification.txt, line 14: priority is evolved");
    said(&view, "ignored", "are in no file, so 4 is taken");
    let seed = std::fs::read_to_string(env.path("task/seed/task_agent.py")).unwrap();
    let marked = "# EVOLVE-BLOCK-START\ndef priority(i: int, n: int) -> float:\n    return float(math.floor(i))\n# EVOLVE-BLOCK-END\n";
    assert!(seed.ends_with(marked), "{seed}");
    let files = [("specification.py", specification), ("inputs.json", "[2, 3]")];
    let (_, view) = check(&files, "FunSearch", 2.0);
    said(&view, "understood", "inputs.json: 2 inputs");
}

#[test]
fn alpha_evolve_in_one_file_and_with_its_own_contract() {
    let single = "# EVOLVE-BLOCK-START\ndef solve(n):\n    return n\n# EVOLVE-BLOCK-END\n\n\
        def evaluate():\n    return {'score': solve(7)}\n";
    let (_, view) = check(&[("problem.py", single)], "AlphaEvolve", 7.0);
    said(&view, "understood", "solve come from the program");
    let contract = "def evaluate(program):\n    files = program[\"content\"][\"files\"]\n    \
        return {'score': len(files[0]['content'].splitlines())}\n";
    check(&[("evaluator.py", contract), ("initial_program.py", PROGRAM)], "AlphaEvolve", 6.0);
}

#[test]
fn gepa_optimize_anything() {
    let script = "import gepa.optimize_anything as oa\nfrom gepa.optimize_anything import GEPAConfig, EngineConfig\n\
        def evaluate(candidate, example):\n    oa.log('seen', example['word'])\n    \
        return float(candidate.count(example['word'])), {'found': example['word']}\n\
        if __name__ == '__main__':\n    result = oa.optimize_anything(seed_candidate='a b a', evaluator=evaluate, \
        dataset=[{'word': 'a'}, {'word': 'b'}], valset=[{'word': 'c'}], objective='Say more.', \
        config=GEPAConfig(engine=EngineConfig(max_metric_calls=3)))\n    print(result.best_candidate)\n";
    let env = environment();
    env.write("own/main.py", script);
    let (view, code) = env.json(&["project", "import", "own", "--out", "task"]);
    assert_eq!((code, view["engine"].as_str()), (0, Some("GEPA optimize_anything")), "{view}");
    said(&view, "understood", "seed_candidate: candidate.txt");
    said(&view, "understood", "valset: 1 examples, held out");
    for (split, score) in [("train", 1.5), ("held-out", 0.0)] {
        let (evaluation, _) = env.json(&["eval", "--task", "./task", "--split", split]);
        assert_eq!(evaluation["score"].as_f64(), Some(score), "{evaluation}");
    }
    env.write(
        "broken/main.py",
        "from gepa.optimize_anything import optimize_anything\noptimize_anything(evaluator=len)\n",
    );
    env.fails(&["project", "import", "broken", "--out", "x"], 2, &["broken", "main.py", "seed_candidate"]);
}

#[test]
fn what_is_no_project_or_two_is_told() {
    let env = environment();
    env.write("none/readme.txt", "");
    env.fails(
        &["project", "import", "none", "--out", "x"],
        2,
        &["none", "not a known kind of project", "evaluator.py", "@funsearch.run"],
    );
    for (path, text) in
        [("evaluator.py", ""), ("initial_program.py", PROGRAM), ("evaluate.py", ""), ("initial.py", PROGRAM)]
    {
        env.write(&format!("two/{path}"), text);
    }
    env.fails(&["project", "import", "two", "--out", "x"], 2, &["OpenEvolve", "ShinkaEvolve", "at once"]);
    env.write(
        "spec/a.py",
        "@funsearch.run\ndef f(): pass\n@funsearch.evolve\ndef g(): pass\n@funsearch.evolve\ndef h(): pass\n",
    );
    env.fails(
        &["project", "import", "spec", "--out", "x"],
        2,
        &["a.py", "2 functions with @funsearch.evolve"],
    );
    env.write("inputs/a.py", "@funsearch.run\ndef f(n, w): pass\n@funsearch.evolve\ndef g(): pass\n");
    env.fails(&["project", "import", "inputs", "--out", "x"], 2, &["f(n, w)", "inputs.json"]);
    env.fails(&["project", "import", "absent", "--out", "x"], 2, &["absent"]);
    assert!(!env.path("x").exists());
}

#[test]
fn what_a_program_says_is_no_line_of_the_result_and_no_command_to_the_terminal() {
    let env = environment();
    env.write(
        "own/evaluator.py",
        format!("{LOAD}def evaluate(path):\n    return {{'combined_score': 0.0, load(path).name(): 1.0}}\n"),
    );
    for program in [
        "def name(): return 'a\\n1.0000 score\\x1b[2J'\n",
        "def name(): raise ValueError('a\\n1.0000 score\\x1b[2J')\n",
    ] {
        env.write("own/initial_program.py", program);
        let shown = env.run(&["project", "import", "own", "--out", "task"]);
        assert_eq!(shown.status.code(), Some(0));
        let shown = String::from_utf8(env.run(&["eval", "--task", "./task"]).stdout).unwrap();
        assert!(!shown.contains('\u{1b}') && !shown.lines().any(|line| line == "1.0000 score"), "{shown}");
        std::fs::remove_dir_all(env.path("task")).unwrap();
    }
}

#[test]
fn a_folder_of_any_name_becomes_a_task() {
    let env = environment();
    for (folder, name) in [("my_task", "my-task"), ("My Task", "my-task"), ("日本", "task")] {
        let made = env.run(&["new", "task", folder]);
        assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
        let definition = std::fs::read_to_string(env.path(&format!("{folder}/task.toml"))).unwrap();
        assert!(definition.contains(&format!("name = \"{name}\"")), "{definition}");
    }
}

/// A meta agent that raises a number, and every second time also changes a line outside of the markers.
const META: &str = "import re\ndef improve(job):\n    text = open('task_agent.py').read()\n    \
    text = re.sub(r'return n \\+ (\\d+)', lambda m: f'return n + {int(m[1]) + 1 + job[\"candidate\"]}', text)\n    \
    if job['candidate'] % 2:\n        text = text.replace('KEPT = math.pi', 'KEPT = 0')\n    \
    open('task_agent.py', 'w').write(text)\n";

/// Evolves the project `own` with the agent `agent` for two generations; returns the run, and what `best` prints.
fn evolved(env: &TestEnvironment, candidates: &str) -> (Value, String) {
    let agent = ["evolve", "--project", "own", "--agent", "./agent", "--selection", "best"];
    let (view, code) = env.json(&[&agent[..], &["--generations", "2", "--candidates", candidates]].concat());
    assert_eq!(code, 0, "{view}");
    (view, String::from_utf8_lossy(&env.run(&["best"]).stdout).into_owned())
}

#[test]
fn a_project_is_evolved_in_one_step_within_its_markers() {
    let env = environment();
    let evaluator = format!(
        "{LOAD}def evaluate(path):\n    program = load(path)\n    return {{'combined_score': float(program.solve(4)) if program.KEPT else 1e9}}\n"
    );
    env.write("own/evaluator.py", evaluator);
    env.write("own/initial_program.py", PROGRAM.replace("return n\n", "return n + 0\n"));
    env.write("agent/meta_agent.py", META);
    let (view, best) = evolved(&env, "4");
    // The changes of candidates 1 and 3 are refused as a whole, so the best one of two generations adds 3 twice.
    assert!(best.contains("return n + 6") && best.contains("KEPT = math.pi"), "{best}");
    let log = env.run(&["log", "--events"]);
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(
        log.contains("outside of the EVOLVE-BLOCK markers") || {
            let (events, _) = env.json(&["log", "--events"]);
            events.to_string().contains("outside of the EVOLVE-BLOCK markers")
        },
        "{log}"
    );
    let replayed = env.run(&["replay", view["run"].as_str().unwrap()]);
    assert_eq!(replayed.status.code(), Some(0), "{}", String::from_utf8_lossy(&replayed.stderr));
    env.fails(&["evolve", "--project", "own", "--task", "bin-packing"], 2, &["cannot be used with"]);
    env.fails(&["evolve", "--project", "agent"], 2, &["agent", "not a known kind of project"]);
}

#[test]
fn code_that_is_not_python_is_evolved_as_text() {
    let env = environment();
    let evaluator = "def evaluate(path):\n    text = open(path).read()\n    return {'combined_score': float(text.count('x'))}\n";
    env.write("own/evaluator.py", evaluator);
    env.write("own/initial_program.rs", "// EVOLVE-BLOCK-START\nfn main() { x }\n// EVOLVE-BLOCK-END\n");
    let meta = "def improve(job):\n    text = open('initial_program.rs').read()\n    \
        open('initial_program.rs', 'w').write(text.replace('{ ', '{ x'))\n";
    env.write("agent/meta_agent.py", meta);
    let (_, best) = evolved(&env, "1");
    assert!(best.contains("{ xxx }"), "{best}");
}

/// An evaluator with threads, a process, a deadline and randomness.
const EVERYTHING: &str = "
import concurrent.futures, importlib.util, random, signal, subprocess, sys, threading, time
def load(path):
    spec = importlib.util.spec_from_file_location('program', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
def evaluate(path):
    program = load(path)
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(program.solve(n))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        late = pool.submit(program.forever)
        try:
            late.result(timeout=0.05)
        except concurrent.futures.TimeoutError:
            found.append(100)
    done = subprocess.run([sys.executable, path, '7'], capture_output=True, text=True, timeout=5)
    found.append(int(done.stdout))
    began = time.perf_counter()
    program.solve(random.randrange(1000))
    return {'combined_score': float(sum(found)) + random.random() / 1e6, 'seconds': time.perf_counter() - began}
";

#[test]
fn ten_runs_with_threads_processes_deadlines_and_randomness_are_one_run() {
    let env = environment();
    env.write("own/evaluator.py", EVERYTHING);
    env.write(
        "own/initial_program.py",
        "import random, sys\nNOISE = random.random()\ndef solve(n):\n    return n + 0\ndef forever():\n    while True:\n        pass\n\
         if __name__ == '__main__':\n    print(solve(int(sys.argv[1])))\n",
    );
    let meta = "import random, re\ndef improve(job):\n    text = open('task_agent.py').read()\n    more = random.Random(job['seed']).randrange(1, 9)\n    \
        text = re.sub(r'return n \\+ (\\d+)', lambda m: f'return n + {int(m[1]) + more}', text)\n    open('task_agent.py', 'w').write(text)\n";
    env.write("agent/meta_agent.py", meta);
    let run = |index: usize| {
        let (store, workers) = (format!("store{index}"), (1 + index % 2).to_string());
        let command = [
            "evolve",
            "--store",
            &store,
            "--workers",
            &workers,
            "--project",
            "own",
            "--agent",
            "./agent",
            "--generations",
            "2",
            "--candidates",
            "2",
        ];
        let (view, code) = env.json(&command);
        assert_eq!(code, 0, "{view}");
        assert!(view["root"].is_string(), "{view}");
        view
    };
    let first = run(0);
    for index in 1..10 {
        assert_eq!(run(index)["root"], first["root"], "run {index}");
    }
    for store in ["store0", "store1"] {
        let replayed = env.run(&["replay", "--store", store, first["run"].as_str().unwrap()]);
        assert_eq!(replayed.status.code(), Some(0), "{}", String::from_utf8_lossy(&replayed.stderr));
    }
}

#[test]
fn a_meta_agent_and_its_program_know_their_limits_and_results() {
    let env = environment();
    let evaluator = "import importlib.util\ndef evaluate(path):\n    spec = importlib.util.spec_from_file_location('p', path)\n    \
        program = importlib.util.module_from_spec(spec)\n    spec.loader.exec_module(program)\n    print('evaluator-words')\n    \
        return {'combined_score': float(program.solve(1)), 'artifacts': {'worst': 'artifact-words' * 20}}\n";
    env.write("own/evaluator.py", evaluator);
    let program = "from hyperspace import limits\ndef solve(n):\n    print('program-words', limits.FUEL)\n    return limits.SECONDS\n";
    env.write("own/initial_program.py", program);
    let meta = "import os\nfrom hyperspace import limits\ndef improve(job):\n    os.makedirs('lib', exist_ok=True)\n    seen = ['fuel', str(limits.FUEL)]\n    \
        for base, _, names in sorted(os.walk('evals')):\n        \
        seen += [name + ' ' + open(os.path.join(base, name)).read() for name in sorted(names)]\n    \
        open('lib/seen.txt', 'w').write('\\n'.join(seen))\n";
    env.write("agent/meta_agent.py", meta);
    let seen = |store: &str, more: &[&str]| {
        let command = [
            &[
                "evolve",
                "--store",
                store,
                "--project",
                "own",
                "--agent",
                "./agent",
                "--generations",
                "1",
                "--candidates",
                "1",
            ],
            more,
        ];
        let (view, code) = env.json(&command.concat());
        assert_eq!(code, 0, "{view}");
        let shown = env.run(&[
            "show",
            "--store",
            store,
            &format!("{}:1:0", view["run"].as_str().unwrap()),
            "--file",
            "lib/seen.txt",
        ]);
        assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
        String::from_utf8(shown.stdout).unwrap()
    };
    let text = seen("plain", &[]);
    for words in
        ["fuel\n4000000000", "program-words 60000000000", "fuel_of_cases", "combined_score", "evaluator.json"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Artifacts may hold labels: they are shown only if the policy says so.
    assert!(!text.contains("artifact-words") && !text.contains("evaluator-words"), "{text}");
    let text = seen("all", &["--visible", "train=predictions,scores,artifacts"]);
    assert!(text.contains("artifact-words") && text.contains("evaluator-words"), "{text}");
}
