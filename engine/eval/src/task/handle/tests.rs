use serde_json::json;

use crate::score::Score;
use crate::scorer::bin_packing::{Packing, PackingStep};
use crate::scorer::{cap_set, circle_packing, total};

use hyperspace_core::RelPath;

use super::super::limits::FILE_BYTES_MAX;
use super::*;

const HEAD: &str = "[task]\nname = \"mine\"\ntitle = \"Mine\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
                    [entry]\nmodule = \"task_agent\"\nfunction = \"f\"\n";
const PACKING: &str = "[scorer]\nkind = \"online-bin-packing\"\n";
const ROWS: &str = "[scorer]\nkind = \"rows\"\nmetric = \"exact\"\n";

fn folder(toml: &str, more: &[(&str, &str)]) -> FileSet {
    let files: Vec<_> = more.iter().copied().chain([("task.toml", toml)]).collect();
    hyperspace_testkit::file_set(&files)
}

/// The content of the seed agent's module.
fn seed_source(task: &Task) -> String {
    let seed = task.seed_agent();
    String::from_utf8(seed.get(&RelPath::new("task_agent.py").unwrap()).unwrap().to_vec()).unwrap()
}

/// Loads a task from these parts, and expects this error message.
fn refused(parts: &[&str], more: &[(&str, &str)], message: &str) {
    let error = Task::from_files(&folder(&parts.concat(), more), "my-task/").unwrap_err();
    assert_eq!(error.to_string(), message);
}

fn excess(cases: &[Case], priority: impl Fn(&PackingStep) -> Vec<f64>) -> Score {
    let measures: Vec<_> = cases
        .iter()
        .map(|case| {
            let mut packing = Packing::new(case.data().unwrap());
            while let Some(step) = packing.step() {
                packing.place(&json!(priority(&step))).unwrap();
            }
            packing.finish().unwrap().measure()
        })
        .collect();
    total(&measures).unwrap()
}

fn first_fit(step: &PackingStep) -> Vec<f64> {
    vec![1.0; step.bins.len()]
}

#[expect(clippy::cast_precision_loss, reason = "sizes of test data are small")]
fn best_fit(step: &PackingStep) -> Vec<f64> {
    step.bins.iter().map(|space| -(*space as f64)).collect()
}

#[test]
fn every_bundled_task_loads_with_a_seed_agent() {
    let without_data = ["imo-grading", "imo-grading-grouped"];
    let names = Task::bundled_names();
    assert!(names.is_sorted() && without_data.iter().all(|name| names.contains(name)));
    for name in without_data {
        let error = Task::bundled(name).unwrap_err().to_string();
        let expected = format!(
            "task {name} has no data of its own; give the folder that holds train.csv, val.csv, test.csv with --data DIR, \
             and check it with `hyperspace data check {name} DIR`"
        );
        assert_eq!(error, expected);
    }
    for name in names.into_iter().filter(|name| !without_data.contains(name)) {
        let task = Task::bundled(name).unwrap();
        assert_eq!(task.name(), name);
        assert!(
            !task.title().is_empty() && !task.description().is_empty() && !task.entry().examples.is_empty()
        );
        let source = seed_source(&task);
        assert!(source.contains(&format!("def {}(", task.entry().function)));
        let fitness = task.fitness().unwrap();
        assert!(fitness.one.better_than(&fitness.zero, task.direction()));
        assert!(Split::Train != Split::All && !task.cases(Split::HeldOut).is_empty());
    }
    let error = Task::bundled("binpacking").unwrap_err().to_string();
    assert!(error.contains("\"binpacking\"; bundled are autocorrelation-1, "), "{error}");
}

#[test]
fn the_seed_of_bin_packing_scores_as_first_fit_does() {
    let task = Task::bundled("bin-packing").unwrap();
    let (train, held_out) = (task.cases(Split::Train), task.cases(Split::HeldOut));
    assert_eq!((train.len(), held_out.len(), task.cases(Split::All).len()), (20, 20, 40));
    let check = |cases: &[Case], first: &str, best: &str| {
        assert_eq!(excess(cases, first_fit).to_string(), first);
        assert_eq!(excess(cases, best_fit).to_string(), best);
    };
    check(&train, "5.728518057", "5.280199253");
    check(&held_out, "5.670231286", "5.172842576");
    // The table of the seed agent has one value, so that it chooses as first fit does.
    let source = seed_source(&task);
    let worth = source.lines().find_map(|line| line.strip_prefix("WORTH = ")).unwrap();
    let edges = source.lines().find_map(|line| line.strip_prefix("EDGES = ")).unwrap();
    let (worth, edges): (Vec<f64>, Vec<u64>) =
        (serde_json::from_str(worth).unwrap(), serde_json::from_str(edges).unwrap());
    assert_eq!(worth.len(), edges.len() + 1);
    let seed = |step: &PackingStep| -> Vec<f64> {
        let value = |space: &u64| worth[edges.partition_point(|edge| *edge < space - step.item)];
        step.bins.iter().map(value).collect()
    };
    assert_eq!(excess(&train, seed), excess(&train, first_fit));
}

#[test]
fn the_seed_of_cap_set_scores_256() {
    let task = Task::bundled("cap-set").unwrap();
    let cases = task.cases(Split::All);
    assert_eq!(cases, task.cases(Split::Train));
    assert_eq!((cases.len(), task.scorer().rule().as_str()), (1, "cap-set, dimension 8"));
    let source = seed_source(&task);
    let table = |name: &str| -> Vec<f64> {
        let line = source.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        serde_json::from_str(line).unwrap()
    };
    let (by_zeros, by_twos, by_pairs) = (table("BY_ZEROS = "), table("BY_TWOS = "), table("BY_PAIRS = "));
    let priorities: Vec<f64> = cap_set::calls(8)
        .iter()
        .map(|call| {
            let element: Vec<u8> = serde_json::from_value(call[0].clone()).unwrap();
            let count = |entry: u8| element.iter().filter(|e| **e == entry).count();
            let pairs = element.chunks(2).filter(|pair| pair[0] == pair[1]).count();
            by_zeros[count(0)] + by_twos[count(2)] + by_pairs[pairs]
        })
        .collect();
    assert_eq!(cap_set::score(8, &json!(priorities)).unwrap().size, 256);
}

/// The seed agent of circle packing, line by line.
mod pack {
    const ROUNDS: usize = 4;
    const MOVES: usize = 104;

    fn inside(value: f64) -> f64 {
        value.clamp(0.001, 0.999)
    }

    fn relax(centres: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let wall = |x: f64| (2.0 * x).powf(-3.0) - (2.0 - 2.0 * x).powf(-3.0);
        let moved = |&(x, y): &(f64, f64)| {
            let (mut across, mut along) = (wall(x), wall(y));
            for (u, v) in centres {
                let distance = (x - u).hypot(y - v);
                if distance > 0.0 {
                    across += distance.powf(-4.0) * (x - u);
                    along += distance.powf(-4.0) * (y - v);
                }
            }
            (inside(x + 0.00002 * across), inside(y + 0.00002 * along))
        };
        centres.iter().map(moved).collect()
    }

    fn radii(centres: &[(f64, f64)]) -> Vec<f64> {
        let distance = |i: usize, j: usize| (centres[i].0 - centres[j].0).hypot(centres[i].1 - centres[j].1);
        let wall = |i: usize| centres[i].0.min(centres[i].1).min(1.0 - centres[i].0).min(1.0 - centres[i].1);
        let others = |i: usize| (0..centres.len()).filter(move |j| *j != i);
        let nearest = |i: usize| others(i).map(|j| distance(i, j)).fold(f64::INFINITY, f64::min);
        let mut sizes: Vec<f64> = (0..centres.len()).map(|i| wall(i).min(nearest(i) / 2.0)).collect();
        for i in 0..centres.len() {
            sizes[i] = others(i).map(|j| distance(i, j) - sizes[j]).fold(wall(i), f64::min);
        }
        sizes.iter().map(|size| (size - 1e-12).max(0.0)).collect()
    }

    pub(super) fn pack() -> Vec<[f64; 3]> {
        let cell = |i: u32| ((f64::from(i % 4) + 0.5) / 4.0, (f64::from(i / 4) + 0.5) / 7.0);
        let mut centres: Vec<(f64, f64)> = (0..26).map(cell).collect();
        for _ in 0..ROUNDS {
            centres = relax(&centres);
        }
        let mut best: f64 = radii(&centres).iter().sum();
        for step in 0..MOVES {
            let reach = 0.02 * (1.0 - step as f64 / MOVES as f64);
            let mut changed = centres.clone();
            let (x, y) = centres[step % 26];
            let turn = 2.4 * step as f64;
            changed[step % 26] = (inside(x + reach * turn.cos()), inside(y + reach * turn.sin()));
            let sum: f64 = radii(&changed).iter().sum();
            if sum >= best {
                (best, centres) = (sum, changed);
            }
        }
        centres.iter().zip(radii(&centres)).map(|((x, y), r)| [*x, *y, r]).collect()
    }
}

#[test]
fn the_seed_of_circle_packing_is_valid_and_leaves_room() {
    let task = Task::bundled("circle-packing").unwrap();
    let cases = task.cases(Split::HeldOut);
    assert_eq!((cases.len(), task.scorer().rule().as_str()), (1, "circle-packing, circles 26"));
    let radii = circle_packing::verify(26, &json!(pack::pack())).unwrap().radii.to_f64();
    assert!((1.9..2.1).contains(&radii), "{radii}");
}

#[test]
fn external_data_are_split_in_half() {
    let Some(bytes) = crate::tests_support::shared_file("bin-packing/or3.json") else { return };
    let bundled = Task::bundled("bin-packing").unwrap();
    let task = bundled.clone().with_data("or3.json", &bytes).unwrap();
    let (train, held_out, all) =
        (task.cases(Split::Train), task.cases(Split::HeldOut), task.cases(Split::All));
    assert_eq!((train.len(), held_out.len()), (10, 10));
    assert_eq!([&*train, &*held_out].concat(), *all);
    let names: Vec<_> = all.iter().map(|case| case.name.as_str()).collect();
    assert_eq!((names[0], names[19]), ("u500_00", "u500_19"));
    assert_eq!(excess(&all, best_fit), Score::ratio(100 * (4240 - 4024), 4024).unwrap());
    assert_eq!(excess(&all, first_fit), Score::ratio(100 * (4255 - 4024), 4024).unwrap());
    assert_ne!(task.digest(), bundled.digest());
    assert_eq!(task.digest(), bundled.clone().with_data("elsewhere/or3.json", &bytes).unwrap().digest());
    assert!(matches!(task.external_data(), Some(UserData::File { label, .. }) if label == "or3.json"));
}

#[test]
fn data_that_cannot_be_split_or_used_are_refused() {
    let check = |task: &str, text: &str, message: &str| {
        let error =
            Task::bundled(task).unwrap().with_data("x.json", text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error, message);
    };
    let one = "{\"a\": {\"capacity\": 2, \"items\": [1]}}";
    check(
        "bin-packing",
        "{}",
        "x.json: the split train is empty; the file has no instance, but needs at least two, as half of them are held out",
    );
    check(
        "bin-packing",
        one,
        "x.json: the split held-out is empty; the file has one instance, but needs at least two, as half of them are held out",
    );
    check(
        "cap-set",
        one,
        "x.json, data file: expected none, as this task is one fixed problem, found a data file",
    );
    let rows = Task::from_files(&folder(&[HEAD, ROWS, SPLIT_FILES].concat(), &DATA_FILES), "t").unwrap();
    let error = rows.with_data("x.txt", b"input,expected\n1,2\n2,3").unwrap_err().to_string();
    assert_eq!(error, "x.txt, file name: expected the ending .csv, .jsonl or .ndjson, found \"x.txt\"");
}

const SPLIT_FILES: &str = "[splits.train]\nfile = \"data/a.csv\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";
const DATA_FILES: [(&str, &str); 2] =
    [("data/a.csv", "input,expected\n\"[1, 2]\",3\n"), ("b.jsonl", "{\"input\": [2, 2], \"expected\": 4}")];

#[test]
fn a_task_of_ones_own_loads_its_files() {
    let toml = [HEAD, ROWS, "[limits]\nfuel = 1000\n", SPLIT_FILES].concat();
    let task = Task::from_files(&folder(&toml, &DATA_FILES), "t").unwrap();
    assert_eq!(task.limits(), &TaskLimits { fuel: Some(1000), ..TaskLimits::default() });
    assert_eq!((task.unit(), task.fitness(), task.seed_agent().len()), (None, None, 0));
    assert_eq!(task.direction(), Direction::Minimize);
    let case = &task.cases(Split::HeldOut)[0];
    assert_eq!((case.data_to_json().unwrap(), &case.expected), (json!([2, 2]), &Some(json!(4))));
}

#[test]
fn the_digest_covers_every_file_and_its_name() {
    let digest = |more: &[(&str, &str)], label: &str| {
        let toml = [HEAD, ROWS, SPLIT_FILES].concat();
        Task::from_files(&folder(&toml, &[&DATA_FILES[..], more].concat()), label)
            .unwrap()
            .digest()
            .to_owned()
    };
    let plain = digest(&[], "t");
    assert_eq!(plain.len(), 64);
    assert_eq!(plain, digest(&[], "elsewhere/t"));
    let others = [digest(&[("x", "")], "t"), digest(&[("x", "y")], "t"), digest(&[("xy", "")], "t")];
    assert!(others.iter().all(|other| *other != plain));
    assert!(others[0] != others[1] && others[1] != others[2] && others[0] != others[2]);
}

#[test]
fn mistakes_in_task_toml_are_named_with_file_and_line_or_field() {
    let generator = |text: &str| format!("[splits.train]\ngenerator = {{ {text} }}\n");
    let good = generator("seed = 1, instances = 1, items = 5, low = 1, high = 2, capacity = 3");
    let at = "my-task/task.toml, field";
    refused(
        &["[task]\nname = \"x\n"],
        &[],
        "my-task/task.toml, line 2, column 10: invalid basic string, expected `\"`",
    );
    refused(&[HEAD], &[], "my-task/task.toml, line 1, column 1: missing field `scorer`");
    refused(
        &[HEAD, PACKING, "colour = 1\n"],
        &[],
        "my-task/task.toml, line 11, column 1: unknown field `colour`, expected one of `kind`, `dimension`, `circles`, `problem`, `metric`, `points`, `settings`, `file`, `module`, `function`, `key`, `program`, `call`, `isolation`, `separation`, `cascade`, `limits`, `env`, `visible`, `reads`, `replaces`",
    );
    refused(
        &[HEAD, "[scorer]\nkind = \"best\"\n"],
        &[],
        "my-task/task.toml, line 10, column 8: unknown variant `best`, expected one of `online-bin-packing`, `cap-set`, `circle-packing`, `construction`, `rows`, `python`",
    );
    refused(
        &[HEAD, PACKING, "[limits]\nfuel = -1\n"],
        &[],
        "my-task/task.toml, line 12, column 8: invalid value: integer `-1`, expected an integer of 0 or more",
    );
    refused(
        &[HEAD, PACKING, "[limits]\nfuel = 0\n"],
        &[],
        &format!("{at} limits.fuel: expected 1 to 1000000000000000000, found 0"),
    );
    refused(
        &[HEAD, PACKING, "[limits]\nmemory_bytes = 5000000000\n"],
        &[],
        &format!("{at} limits.memory_bytes: expected 1 to 4294967296, found 5000000000"),
    );
    refused(
        &[HEAD, PACKING],
        &[],
        &format!(
            "{at} splits.train: expected a table with either file = \"...\" or generator = {{...}}, found nothing"
        ),
    );
    refused(
        &[HEAD, PACKING, &good],
        &[],
        &format!(
            "{at} splits.held-out: expected a table with either file = \"...\" or generator = {{...}}, found nothing"
        ),
    );
    refused(
        &[HEAD, PACKING, &good, &good.replace("train", "held-out")],
        &[],
        &format!("{at} splits.held-out: expected other data than those of splits.train, found the same"),
    );
    refused(
        &[HEAD, PACKING, "[splits.train]\n"],
        &[],
        &format!("{at} splits.train: expected either file = \"...\" or generator = {{...}}, found neither"),
    );
    refused(
        &[HEAD, ROWS, &good],
        &[],
        &format!(
            "{at} splits.train.generator: expected a file, as only scorer.kind = \"online-bin-packing\" has a generator, found a generator"
        ),
    );
    refused(
        &[HEAD, PACKING, &good.replace("high = 2", "high = 4")],
        &[],
        &format!(
            "{at} splits.train.generator.high: expected the largest item, which must fit into a bin, 1 to 3, found 4"
        ),
    );
    refused(
        &[HEAD, "[scorer]\nkind = \"cap-set\"\n"],
        &[],
        &format!("{at} scorer.dimension: expected a number, 1 to 9, found nothing"),
    );
    refused(
        &[HEAD, "[scorer]\nkind = \"cap-set\"\ndimension = 10\n"],
        &[],
        &format!("{at} scorer.dimension: expected a number, 1 to 9, found 10"),
    );
    refused(
        &[HEAD, "[scorer]\nkind = \"cap-set\"\ndimension = 3\n", &good],
        &[],
        &format!("{at} splits: expected none, as this task is one fixed problem, found a split"),
    );
    refused(
        &[HEAD, "[scorer]\nkind = \"rows\"\n"],
        &[],
        &format!("{at} scorer.metric: expected \"exact\", \"label\" or \"absolute-error\", found nothing"),
    );
    refused(
        &[HEAD, PACKING, "circles = 3\n"],
        &[],
        &format!("{at} scorer.circles: expected no such key for this kind of scorer, found a value"),
    );
    refused(
        &[HEAD, PACKING, "[fitness]\nzero = 1\none = 2\n"],
        &[],
        &format!(
            "{at} fitness.one: expected a score better than fitness.zero = 1, as the task is to minimize, found 2"
        ),
    );
    refused(
        &[HEAD, PACKING, "[fitness]\nzero = inf\none = 2\n"],
        &[],
        &format!("{at} fitness.zero: expected a finite number, found inf"),
    );
    refused(
        &[&HEAD.replace("\"f\"", "\"f()\""), PACKING],
        &[],
        &format!("{at} entry.function: expected a Python function name, found \"f()\""),
    );
    refused(
        &[&HEAD.replace("task_agent", "../x"), PACKING],
        &[],
        &format!(
            "{at} entry.module: expected a dotted Python module name such as \"task_agent\", found \"../x\""
        ),
    );
    refused(
        &[&HEAD.replace("mine", "My task"), PACKING],
        &[],
        &format!("{at} task.name: expected 1 to 64 lowercase letters, digits and hyphens, found \"My task\""),
    );
}

#[test]
fn missing_and_empty_files_are_named() {
    let none = Task::from_files(&FileSet::new(), "my-task").unwrap_err().to_string();
    assert_eq!(
        none,
        "my-task/task.toml: no such file; a task is a folder with this file; `new task DIR` makes one"
    );
    refused(
        &[HEAD, ROWS, SPLIT_FILES],
        &DATA_FILES[..1],
        "my-task/b.jsonl: no such file; task.toml names it in splits.held-out.file, relative to the folder of the task",
    );
    let empty = [("data/a.csv", "input,expected\n"), DATA_FILES[1]];
    refused(
        &[HEAD, ROWS, SPLIT_FILES],
        &empty,
        "my-task/data/a.csv: the split train is empty; add at least one instance to the file",
    );
    let seed = [DATA_FILES[0], DATA_FILES[1], ("seed/other.py", "")];
    refused(
        &[HEAD, ROWS, SPLIT_FILES],
        &seed,
        "my-task/seed/task_agent.py: no such file; the seed agent needs it, as entry.module is \"task_agent\"",
    );
    let mut huge = folder(HEAD, &[]);
    huge.insert(RelPath::new("big").unwrap(), vec![0; FILE_BYTES_MAX + 1]).unwrap();
    let error = Task::from_files(&huge, "my-task").unwrap_err().to_string();
    assert_eq!(
        error,
        "my-task/big: the size in bytes is 67108865, but at most 67108864 are supported; use a smaller one"
    );
}

#[test]
fn fitness_is_linear_and_clamped() {
    let fitness = Fitness { zero: Score::integer(12), one: Score::zero() };
    let check = |score: Score, value: Score| assert_eq!(fitness.of(&score), value);
    check(Score::integer(3), Score::ratio(3, 4).unwrap());
    check(Score::integer(13), Score::zero());
    check(Score::integer(-1), Score::one());
}

#[test]
fn two_rows_of_one_name_are_refused() {
    let rows =
        "{\"input\":1,\"expected\":1,\"name\":\"same\"}\n{\"input\":2,\"expected\":2,\"name\":\"same\"}\n";
    let splits = "[splits.train]\nfile = \"a.jsonl\"\n[splits.held-out]\nfile = \"b.jsonl\"\n";
    let message = "my-task/a.jsonl, case 2: expected cases with different names, found \"same\" like case 1";
    let other = rows.replace("\"same\"}\n{", "\"first\"}\n{");
    refused(&[HEAD, ROWS, splits], &[("a.jsonl", rows), ("b.jsonl", &other)], message);
}
