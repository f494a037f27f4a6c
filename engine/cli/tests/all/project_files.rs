//! Small projects of other engines, of our own.

pub(crate) const PROGRAM: &str =
    "import math\n# EVOLVE-BLOCK-START\ndef solve(n):\n    return n\n# EVOLVE-BLOCK-END\nKEPT = math.pi\n";
pub(crate) const LOAD: &str = "import importlib.util, json, os, sys\ndef load(path):\n    \
    spec = importlib.util.spec_from_file_location('program', path)\n    module = importlib.util.module_from_spec(spec)\n    \
    spec.loader.exec_module(module)\n    return module\n";

/// The files of a project of OpenEvolve; its program has the score 0.5.
pub(crate) fn open_evolve_files() -> [(&'static str, String); 3] {
    let evaluator =
        format!("{LOAD}def evaluate(path):\n    return {{'combined_score': load(path).solve(4) / 8}}\n");
    let config = "max_iterations: 10\nllm:\n  name: m\nprompt:\n  system_message: |\n    Return more.\nunheard_of: 7\n";
    [
        ("evaluator.py", evaluator),
        ("initial_program.py", PROGRAM.to_owned()),
        ("config.yaml", config.to_owned()),
    ]
}

/// The files of a project of ShinkaEvolve; its program has the score 3.
pub(crate) const SHINKA_EVOLVE: [(&str, &str); 2] =
    [("evaluate.py", SHINKA_EVALUATE), ("initial.py", PROGRAM)];
const SHINKA_EVALUATE: &str = "import argparse\nfrom shinka.core import run_shinka_eval\n\
    def aggregate(results):\n    return {'combined_score': float(sum(results))}\n\
    def main(program_path, results_dir):\n    return run_shinka_eval(program_path=program_path, results_dir=results_dir, \
    experiment_fn_name='solve', num_runs=2, get_experiment_kwargs=lambda i: {'n': i + 1}, aggregate_metrics_fn=aggregate)\n\
    if __name__ == '__main__':\n    parser = argparse.ArgumentParser()\n    parser.add_argument('--program_path')\n    \
    parser.add_argument('--results_dir')\n    args = parser.parse_args()\n    main(args.program_path, args.results_dir)\n";

/// The files of a project of CodeEvolve; its program has the score 0.5.
pub(crate) const CODE_EVOLVE: [(&str, &str); 4] = [
    ("input/evaluate.py", CODE_EVALUATE),
    ("input/src/init_program.py", PROGRAM),
    ("configs/config.yaml", CODE_CONFIG),
    ("configs/other.yaml", CODE_CONFIG),
];
const CODE_EVALUATE: &str = "import json, os, sys\n\
    def evaluate(program_path, results_path):\n    sys.path.insert(0, os.path.dirname(os.path.abspath(program_path)))\n    \
    program = __import__(os.path.splitext(os.path.basename(program_path))[0])\n    \
    with open(results_path, 'w') as f:\n        json.dump({'ratio': program.solve(2) / 4, 'other': 9.0}, f)\n\
    if __name__ == '__main__':\n    evaluate(sys.argv[1], sys.argv[2])\n";
const CODE_CONFIG: &str = "SYS_MSG: |\n  Return more.\nCODEBASE_PATH: 'src/'\nEVOLVE_CONFIG: {fitness_key: 'ratio', num_epochs: 3}\n";
