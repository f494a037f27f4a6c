//! The bundled constructions: their seeds score what they should, and no data that are no answer do.

use hyperspace_core::exact_json;
use hyperspace_eval::scorer::construction::{ConstructionCase, problems};
use hyperspace_eval::{Evaluator, Score, Split, Task, Value, json};
use hyperspace_testkit::sandbox;

/// Names of the bundled tasks with a construction.
fn constructions() -> Vec<&'static str> {
    let is_one = |name: &&str| {
        Task::bundled(name).is_ok_and(|task| task.scorer().rule().starts_with("construction, "))
    };
    Task::bundled_names().into_iter().filter(is_one).collect()
}

/// The scores of all seeds, training and held out, as they are shown.
const SEEDS: [(&str, &str, &str); 25] = [
    ("autocorrelation-1", "2", "2"),
    ("autocorrelation-2", "0.6666666667", "0.6666666667"),
    ("autocorrelation-3", "2", "2"),
    ("circles-in-rectangle", "1.813262751", "1.813262751"),
    ("distance-ratio-2d", "18", "18"),
    ("distance-ratio-3d", "9", "9"),
    ("function-minimum", "-1.474326974", "-1.450449325"),
    ("heilbronn-convex-13", "0.004128122371", "0.004128122371"),
    ("heilbronn-convex-14", "0.002926692146", "0.002926692146"),
    ("heilbronn-triangle", "0.004092", "0.004092"),
    ("hexagon-packing-11", "4.030049683", "4.030049683"),
    ("hexagon-packing-12", "4.030049683", "4.030049683"),
    ("kissing-number", "438", "438"),
    ("matrix-multiplication-2-4-5", "40", "40"),
    ("matrix-multiplication-3", "27", "27"),
    ("matrix-multiplication-4", "64", "64"),
    ("minimum-overlap", "0.490032", "0.490032"),
    ("modules", "0", "0"),
    ("sorting-network-11", "55", "55"),
    ("sorting-network-16", "120", "120"),
    ("sorting-networks", "79.33333333", "92.33333333"),
    ("sums-and-differences", "1.079217779", "1.079217779"),
    ("symbolic-regression", "1.0607453", "1.066904674"),
    ("tour", "0.9716803372", "0.9899515232"),
    ("vliw-kernel", "147734", "147734"),
];

#[test]
fn every_seed_scores_what_is_written_here() {
    assert_eq!(constructions(), SEEDS.map(|(name, _, _)| name));
    let evaluator = Evaluator::new(sandbox().clone()).unwrap();
    let score = |task: &Task, split| {
        let evaluation = evaluator.evaluate_blocking(task, &task.seed_agent(), split).unwrap();
        evaluation.score.unwrap_or_else(|| panic!("{}: {}", task.name(), evaluation.outcome.describe()))
    };
    let mut found = Vec::new();
    for (name, _, _) in SEEDS {
        let task = Task::bundled(name).unwrap();
        let train = score(&task, Split::Train);
        let held_out = if task.is_single_case() { train.clone() } else { score(&task, Split::HeldOut) };
        let best = Score::from_f64_exact(task.best_known().unwrap()).unwrap();
        assert!(best.better_than(&train, task.direction()), "{name}: the seed leaves room, {train}");
        assert!(task.best_known_source().is_some_and(|source| source.len() > 5), "{name}");
        found.push((name, train.to_string(), held_out.to_string()));
    }
    let expected = SEEDS.map(|(name, train, held_out)| (name, train.to_owned(), held_out.to_owned()));
    assert_eq!(found, expected);
}

#[test]
fn every_problem_is_used_and_refuses_what_is_no_answer() {
    let huge = exact_json::parse(format!("[[1{0}, 1{0}]]", "0".repeat(400)).as_bytes()).unwrap();
    let junk = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1e308),
        json!("1e9"),
        json!([]),
        json!({}),
        json!([[]]),
        json!([null]),
        json!([true, true]),
        json!([[f64::NAN, f64::INFINITY]]),
        json!({"score": 1e9, "combined_score": 1e9, "valid": true}),
        json!([[], [], []]),
        json!(vec![0; 100_000]),
        json!(vec![[0.5, 0.5]; 10_000]),
        huge,
    ];
    let mut used = Vec::new();
    for name in constructions() {
        let task = Task::bundled(name).unwrap();
        used.push(task.scorer().rule());
        for split in [Split::Train, Split::HeldOut] {
            for case in task.cases(split).iter() {
                let instance = case.data::<ConstructionCase>().unwrap().instance();
                for value in &junk {
                    let shown = || value.to_string().chars().take(60).collect::<String>();
                    assert!(instance.verify(value).is_err(), "{name} takes {}", shown());
                }
            }
        }
    }
    for problem in problems() {
        assert!(
            used.contains(&format!("construction, problem {}", problem.name)),
            "{} has no task",
            problem.name
        );
    }
}

#[test]
fn a_definition_that_makes_no_instance_names_the_key() {
    let load = |rest: &str| {
        let head = "[task]\nname = \"mine\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
                    [entry]\nmodule = \"task_agent\"\nfunction = \"f\"\n[scorer]\nkind = \"construction\"\n";
        Task::from_files(&hyperspace_testkit::file_set(&[("task.toml", &format!("{head}{rest}"))]), "mine")
    };
    let check = |rest: &str, message: &str| {
        assert_eq!(load(rest).unwrap_err().to_string(), format!("mine/task.toml, field {message}"))
    };
    let network = "problem = \"sorting-network\"\n";
    let error = load("problem = \"sorting\"\n").unwrap_err().to_string();
    assert!(
        error.starts_with("mine/task.toml, field scorer.problem: expected one of autocorrelation-1, "),
        "{error}"
    );
    assert!(load("").is_err());
    check(network, "scorer.settings.inputs: expected a whole number, 2 to 16, found nothing");
    check(
        &format!("{network}[scorer.settings]\ninputs = 11\nwires = 2\n"),
        "scorer.settings.wires: expected no such parameter of this problem, found 2",
    );
    check(
        &format!(
            "{network}[splits.train]\neach = [{{ inputs = 17 }}]\n[splits.held-out]\neach = [{{ inputs = 4 }}]\n"
        ),
        "splits.train.each[0].inputs: expected a whole number, 2 to 16, found 17",
    );
    check(
        &format!("{network}[splits.train]\neach = [5]\n[splits.held-out]\neach = [{{ inputs = 4 }}]\n"),
        "splits.train.each[0]: expected a table of parameters, such as { inputs = 11 }, found 5",
    );
    let task = load(&format!(
        "{network}[splits.train]\neach = [{{ inputs = 4 }}]\n[splits.held-out]\neach = [{{ inputs = 5 }}]\n"
    ))
    .unwrap();
    assert_eq!((task.cases(Split::Train)[0].name.as_str(), task.is_single_case()), ("inputs-4", false));
    let case: Value = task.cases(Split::HeldOut)[0].data_to_json().unwrap();
    assert_eq!(case, json!({"problem": "sorting-network", "parameters": {"inputs": 5}}));
}
