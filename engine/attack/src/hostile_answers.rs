//! Attacks through answers that are expensive to check, and tasks that are expensive to load.
//!
//! Neither needs a guest: a check is done after the run, on the value that a candidate returned. Its processor time is compared with
//! the work that it counted.

use std::sync::atomic::Ordering;

use hyperspace_core::FileSet;
use hyperspace_eval::scorer::circle_packing;
use hyperspace_eval::scorer::construction::{Instance, Parameters, problem_named};
use hyperspace_eval::scorer::{InvalidAnswer, Measure, WORK_MAX, WorkMeter, total};
use hyperspace_eval::{Score, Task, Value, json};

use crate::host_attack::{HostAttack, HostGround};

const CIRCLES: &str = "engine/eval/src/scorer/circle_packing.rs";
const RECTANGLE: &str = "engine/eval/src/scorer/construction/rectangle.rs";
const HEILBRONN: &str = "engine/eval/src/scorer/construction/heilbronn.rs";
const DISTANCES: &str = "engine/eval/src/scorer/construction/distance_ratio.rs";
const SUMS: &str = "engine/eval/src/scorer/construction/sums_differences.rs";
const HEXAGONS: &str = "engine/eval/src/scorer/construction/hexagons.rs";
const REGRESSION: &str = "engine/eval/src/scorer/construction/regression.rs";
const STEPS: &str = "engine/eval/src/scorer/construction/steps.rs";
const PROGRAM: &str = "engine/eval/src/scorer/construction/vliw/program.rs";
const MACHINE: &str = "engine/eval/src/scorer/construction/vliw/machine.rs";
const MINIMUM: &str = "engine/eval/src/scorer/construction/function_minimum.rs";
const MEASURE: &str = "engine/eval/src/scorer/measure.rs";
const DRAWN: &str = "engine/eval/src/task/drawn.rs";

/// Maximum work of a sum of measures, which has a bound of its own.
const TOTAL_UNITS: u64 = 20_000_000;
/// Units that the door calls of a query pay for: a call costs 20,000 units of fuel, each of which pays for a hundredth of a unit of work.
const QUERY_UNITS: u64 = 2_000;
/// The smallest double.
const LEAST: f64 = 5e-324;

/// The attacks by answers and tasks, in order.
pub const HOSTILE_ANSWERS: &[HostAttack] = &[
    HostAttack {
        id: "T-CHECK-01",
        title: "1,000 circles with doubles of very different exponents",
        held_by: CIRCLES,
        ends: "invalid: answer takes too much work",
        run: |ground| Ok(circles(ground, &answer(1_000, falling))),
    },
    HostAttack {
        id: "T-CHECK-02",
        title: "300 circles of the smallest radius that doubles cannot tell apart",
        held_by: CIRCLES,
        ends: "measured",
        run: |ground| Ok(circles(ground, &answer(300, crowded))),
    },
    HostAttack {
        id: "T-CHECK-03",
        title: "200 circles of the smallest radius in a rectangle",
        held_by: RECTANGLE,
        ends: "measured",
        run: |ground| check(ground, "circles-in-rectangle", json!({"circles": 200}), &answer(200, crowded)),
    },
    HostAttack {
        id: "T-CHECK-04",
        title: "60 points over the whole range of doubles, in their hull",
        held_by: HEILBRONN,
        ends: "measured",
        run: |ground| {
            let points = answer(60, |i| vec![1e303 * i * i, LEAST * i]);
            check(ground, "heilbronn-convex", json!({"points": 60}), &points)
        },
    },
    HostAttack {
        id: "T-CHECK-05",
        title: "60 points of very different exponents in a triangle",
        held_by: HEILBRONN,
        ends: "measured",
        run: |ground| {
            let points = answer(60, |i| vec![(-1.0 - 17.0 * i).exp2(), LEAST * i]);
            check(ground, "heilbronn-triangle", json!({"points": 60}), &points)
        },
    },
    HostAttack {
        id: "T-CHECK-06",
        title: "200 points in space over the whole range of doubles",
        held_by: DISTANCES,
        ends: "measured",
        run: |ground| {
            let points = answer(200, |i| vec![1e305 * i, LEAST * i, 1.3]);
            check(ground, "distance-ratio", json!({"points": 200, "dimension": 3}), &points)
        },
    },
    HostAttack {
        id: "T-CHECK-07",
        title: "2,500 integers whose sums and differences all differ",
        held_by: SUMS,
        ends: "measured",
        run: |ground| {
            let set: Vec<u64> = (0..2_500).map(|i: u64| i * i * i * 1_009 + i).collect();
            check(ground, "sums-and-differences", json!({}), &json!(set))
        },
    },
    HostAttack {
        id: "T-CHECK-08",
        title: "50 hexagons, each close to the next, turned by the smallest angle",
        held_by: HEXAGONS,
        ends: "measured",
        run: |ground| {
            let hexagons = answer(50, |i| vec![LEAST * i, 1.8 * i, LEAST]);
            check(ground, "hexagon-packing", json!({"hexagons": 50}), &hexagons)
        },
    },
    HostAttack {
        id: "T-CHECK-09",
        title: "1,000 predictions over the whole range of doubles",
        held_by: REGRESSION,
        ends: "measured",
        run: |ground| {
            let parameters = json!({"formula": "nguyen-1", "points": 1_000, "low": -1, "high": 1, "seed": 1});
            let wide = |i: u32| if i.is_multiple_of(2) { 1e305 * f64::from(i) } else { LEAST * f64::from(i) };
            check(ground, "symbolic-regression", parameters, &json!((0..1_000).map(wide).collect::<Vec<_>>()))
        },
    },
    HostAttack {
        id: "T-CHECK-10",
        title: "5,000 steps whose heights have very different exponents",
        held_by: STEPS,
        ends: "measured",
        run: |ground| {
            let heights: Vec<f64> = (0..5_000).map(|i| f64::from(i % 2_000 - 1_000).exp2()).collect();
            check(ground, "autocorrelation-1", json!({}), &json!(heights))
        },
    },
    HostAttack {
        id: "T-CHECK-11",
        title: "a program of ten million bytes for a machine",
        held_by: PROGRAM,
        ends: "invalid: input 0, value 0",
        run: |ground| {
            let program = vec!["alu + 1 2 3; alu + 4 5 6"; 400_000].join("\n");
            check(ground, "vliw-kernel", json!({"height": 1, "batch": 1, "rounds": 1}), &json!(program))
        },
    },
    HostAttack {
        id: "T-CHECK-12",
        title: "a program for a machine that writes 48 words in each of a million cycles",
        held_by: MACHINE,
        ends: "invalid: answer takes too much work",
        run: |ground| {
            let wide: Vec<String> = (0..6).map(|slot| format!("valu + {} 0 8", 16 + 8 * slot)).collect();
            let program = json!(format!("{}; flow jump 0", wide.join("; ")));
            let parameters = json!({"height": 1, "batch": 1, "rounds": 1});
            check(ground, "vliw-kernel", parameters, &program)
        },
    },
    HostAttack {
        id: "T-CHECK-13",
        title: "3,000 queries of a function at points of many digits",
        held_by: MINIMUM,
        ends: "answered",
        run: queries,
    },
    HostAttack {
        id: "T-CHECK-14",
        title: "scores of 10,000 cases, fractions with nothing in common",
        held_by: MEASURE,
        ends: "no total",
        run: |ground| {
            let odd = |number: u64| Score::integer((1_u128 << 120) + 2 * u128::from(number) + 1);
            let ratio = |number: u64| odd(number).checked_div(&odd(number + 10_000));
            let measures: Option<Vec<Measure>> = (0..10_000).map(|i| ratio(i).map(Measure::of)).collect();
            ground.counted.fetch_add(TOTAL_UNITS, Ordering::Relaxed);
            let total = total(&measures.ok_or("a denominator is zero")?);
            Ok(if total.is_none() { "no total" } else { "a total" }.to_owned())
        },
    },
    HostAttack {
        id: "T-CHECK-15",
        title: "a task of 10,000 tours through 5,000 cities",
        held_by: DRAWN,
        ends: "refused",
        run: |_| loaded("tour", "cities = 5000"),
    },
    HostAttack {
        id: "T-CHECK-16",
        title: "a task of 10,000 formulas with 1,000 points",
        held_by: DRAWN,
        ends: "refused",
        run: |_| loaded("symbolic-regression", "formula = \"nguyen-7\"\npoints = 1000\nlow = 0\nhigh = 2"),
    },
];

/// Returns a list of so many lists of numbers.
fn answer(count: u32, of: impl Fn(f64) -> Vec<f64>) -> Value {
    json!((0..count).map(|index| of(f64::from(index))).collect::<Vec<_>>())
}

/// Returns a circle of a row in which each is half as large as the one before.
fn falling(index: f64) -> Vec<f64> {
    let x = (-1.0 - index).exp2();
    vec![x, 0.5, x / 4.0]
}

/// Returns a circle of a row in which neighbours are a few units in the last place apart.
fn crowded(index: f64) -> Vec<f64> {
    vec![0.5 + index * (-52.0_f64).exp2(), 0.5, LEAST]
}

fn circles(ground: HostGround<'_>, answer: &Value) -> String {
    let mut work = WorkMeter::new();
    let count = answer.as_array().map_or(0, Vec::len);
    let found = circle_packing::verify_within(count, answer, &mut work);
    ended(ground, &work, found.map(|found| found.measure()))
}

/// Checks an answer to a problem.
fn check(ground: HostGround<'_>, problem: &str, parameters: Value, answer: &Value) -> Result<String, String> {
    let mut work = WorkMeter::new();
    let found = instance(problem, parameters)?.verify_within(answer, &mut work);
    Ok(ended(ground, &work, found))
}

fn instance(problem: &str, parameters: Value) -> Result<std::sync::Arc<dyn Instance>, String> {
    let Value::Object(parameters) = parameters else { return Err("no parameters".to_owned()) };
    let problem = problem_named(problem).ok_or_else(|| format!("no problem {problem}"))?;
    (problem.make)(&mut Parameters::new(parameters)).map_err(|error| error.to_string())
}

/// Counts the work of a check, and describes its end.
fn ended(ground: HostGround<'_>, work: &WorkMeter, found: Result<Measure, InvalidAnswer>) -> String {
    ground.counted.fetch_add(WORK_MAX - work.left(), Ordering::Relaxed);
    match found {
        Ok(_) => "measured".to_owned(),
        Err(error) if error.expected.contains("units of work to check") => {
            format!("invalid: {} takes too much work", error.place)
        }
        Err(error) => format!("invalid: {}", error.place),
    }
}

fn queries(ground: HostGround<'_>) -> Result<String, String> {
    for seed in 0..3_u32 {
        let instance = instance("function-minimum", json!({"budget": 1_000, "seed": seed}))?;
        let mut search = instance.episode().ok_or("no queries")?;
        for query in 0..1_000 {
            let point = json!([4.9 - f64::from(query) * 1e-17, -4.9 + f64::from(query) * LEAST]);
            search.answer(&point).map_err(|error| error.to_string())?;
            ground.counted.fetch_add(QUERY_UNITS, Ordering::Relaxed);
        }
    }
    Ok("answered".to_owned())
}

/// Loads a task with 10,000 cases of a problem that share these settings.
fn loaded(problem: &str, settings: &str) -> Result<String, String> {
    let cases: Vec<String> = (0..10_000).map(|seed| format!("{{ seed = {seed} }}")).collect();
    let text = format!(
        "[task]\nname = \"many\"\ntitle = \"t\"\ndescription = \"d\"\ndirection = \"minimize\"\n\
         [entry]\nmodule = \"m\"\nfunction = \"f\"\n[scorer]\nkind = \"construction\"\nproblem = \"{problem}\"\n\
         [scorer.settings]\n{settings}\n[splits]\ntrain.each = [{}]\n",
        cases.join(", ")
    );
    let files = FileSet::from_files([("task.toml", text)]).map_err(|error| error.to_string())?;
    Ok(if Task::from_files(&files, "many").is_err() { "refused" } else { "loaded" }.to_owned())
}
