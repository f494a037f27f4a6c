//! `symbolic-regression`: the formula behind points that it generated.
//!
//! `predict(x)`, or `predict(x, y)`, is called for each point with the coordinates alone and returns the value that it expects
//! there. The score is the mean squared error over the variance of the values (NMSE), exact on the returned numbers; lower is
//! better. Values are computed in intervals and rounded to doubles, so they are the same on every machine.
//!
//! Attacks that end here: T-CHECK-09.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Invocation, Measure, WorkMeter};

use super::instance::Instance;
use super::interval::Interval;
use super::keyed_numbers::KeyedNumbers;
use super::parameters::{ParameterError, Parameters};
use super::read;

/// Points lie on a grid with this many parts per unit.
const GRID: u64 = 1 << 20;
/// Work of reading a prediction and adding the square of its error, and of the division at the end, for the widest doubles.
const PREDICTION_UNITS: u64 = 1_000;
const REDUCTION_UNITS: u64 = 200_000;

/// A formula: its name, the number of its variables, and its value.
struct Formula {
    name: &'static str,
    variables: usize,
    value: fn(&[Interval]) -> Option<Interval>,
}

/// Formulas of the usual benchmarks (Uy et al. 2011, Keijzer 2003), under the names that they have there.
const FORMULAS: [Formula; 6] = [
    Formula { name: "keijzer-4", variables: 1, value: keijzer_4 },
    Formula { name: "nguyen-1", variables: 1, value: |v| Some(powers(&v[0], &[1, 2, 3])) },
    Formula { name: "nguyen-4", variables: 1, value: |v| Some(powers(&v[0], &[1, 2, 3, 4, 5, 6])) },
    Formula { name: "nguyen-5", variables: 1, value: nguyen_5 },
    Formula { name: "nguyen-7", variables: 1, value: nguyen_7 },
    Formula { name: "nguyen-10", variables: 2, value: nguyen_10 },
];

fn powers(x: &Interval, exponents: &[u32]) -> Interval {
    let power = |exponent: u32| (0..exponent).fold(Interval::integer(1), |power, _| &power * x);
    exponents.iter().fold(Interval::integer(0), |sum, exponent| &sum + &power(*exponent))
}

/// sin(x²) cos(x) − 1
fn nguyen_5(v: &[Interval]) -> Option<Interval> {
    let ((sin, _), (_, cos)) = ((&v[0] * &v[0]).sin_cos(), v[0].sin_cos());
    Some(&(&sin * &cos) - &Interval::integer(1))
}

/// ln(x + 1) + ln(x² + 1)
fn nguyen_7(v: &[Interval]) -> Option<Interval> {
    let unit = Interval::integer(1);
    Some(&(&v[0] + &unit).ln()? + &(&(&v[0] * &v[0]) + &unit).ln()?)
}

/// 2 sin(x) cos(y)
fn nguyen_10(v: &[Interval]) -> Option<Interval> {
    let ((sin, _), (_, cos)) = (v[0].sin_cos(), v[1].sin_cos());
    Some(&Interval::integer(2) * &(&sin * &cos))
}

/// (x / 5)³ sin(x) cos(x), a smaller relative of Keijzer's fourth formula.
fn keijzer_4(v: &[Interval]) -> Option<Interval> {
    let (sin, cos) = v[0].sin_cos();
    let fifth = v[0].over(5);
    Some(&powers(&fifth, &[3]) * &(&sin * &cos))
}

#[derive(Debug)]
struct Regression {
    points: Vec<Vec<f64>>,
    values: Vec<Score>,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    Ok(Arc::new(draw(parameters)?))
}

fn draw(parameters: &mut Parameters) -> Result<Regression, ParameterError> {
    let names = FORMULAS.map(|formula| formula.name);
    let name = parameters.choice("formula", &names)?;
    let points = parameters.size("points", 3..=1_000)?;
    let (low, high) = (bound(parameters, "low")?, bound(parameters, "high")?);
    let seed = parameters.number("seed", 0..=u64::MAX)?;
    let wrong =
        || Parameters::error("low", "a number below `high`, where the formula has values", Some(&json!(low)));
    let width = u64::try_from(high - low).ok().filter(|width| *width > 0).ok_or_else(wrong)?;
    let formula = FORMULAS.iter().find(|formula| formula.name == name).ok_or_else(wrong)?;
    let mut stream =
        KeyedNumbers::new("symbolic-regression", &[name.as_bytes(), &seed.to_le_bytes()].concat());
    let precision = Score::ratio(1, 1_u64 << 60).unwrap_or_else(Score::zero);
    let mut instance = Regression { points: Vec::new(), values: Vec::new() };
    for _ in 0..points {
        let point: Vec<Score> = (0..formula.variables)
            .map(|_| {
                &Score::integer(low)
                    + &Score::ratio(stream.below(width * GRID + 1), GRID).unwrap_or_else(Score::zero)
            })
            .collect();
        let intervals: Vec<Interval> = point.iter().map(Interval::of).collect();
        let value = (formula.value)(&intervals).filter(|value| &value.high() - &value.low() < precision);
        let value = value.and_then(|value| Score::from_f64_exact(value.low().to_f64()));
        instance.values.push(value.ok_or_else(wrong)?);
        instance.points.push(point.iter().map(Score::to_f64).collect());
    }
    if instance.variance().is_zero() {
        return Err(wrong());
    }
    Ok(instance)
}

fn bound(parameters: &mut Parameters, key: &str) -> Result<i64, ParameterError> {
    let expected = "a whole number, -10 to 10";
    let found = parameters.value(key, expected)?;
    let fits = found.as_i64().filter(|value| (-10..=10).contains(value));
    fits.ok_or_else(|| Parameters::error(key, expected, Some(&found)))
}

impl Regression {
    /// Returns the sum of squared differences from the mean: that of the squares, less the square of the sum over the count.
    fn variance(&self) -> Score {
        let (count, sum) = (Score::integer(self.values.len()), self.values.iter().sum::<Score>());
        let of_mean = (&sum * &sum).checked_div(&count).unwrap_or_else(Score::zero);
        &squares(self.values.iter().cloned()) - &of_mean
    }
}

fn squares(differences: impl Iterator<Item = Score>) -> Score {
    differences.fold(Score::zero(), |sum, difference| &sum + &(&difference * &difference))
}

impl Instance for Regression {
    fn invocation(&self) -> Invocation {
        Invocation::Each(self.points.iter().map(|point| point.iter().map(|x| json!(x)).collect()).collect())
    }

    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let count = self.points.len();
        let list = read::list(answer, "answer", count..=count, "predictions")?;
        work.spend(PREDICTION_UNITS * count as u64 + REDUCTION_UNITS)?;
        let predictions = list
            .iter()
            .enumerate()
            .map(|(index, value)| read::number(value, &format!("prediction {index}")))
            .collect::<Result<Vec<_>, _>>()?;
        let error =
            squares(predictions.iter().zip(&self.values).map(|(prediction, value)| prediction - value));
        let share = error.checked_div(&self.variance());
        share.map(Measure::of).ok_or_else(|| InvalidAnswer::new("answer", "predictions", "none"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance(formula: &str, low: i64, high: i64) -> Arc<dyn Instance> {
        let map = json!({"formula": formula, "points": 20, "low": low, "high": high, "seed": 3});
        make(&mut Parameters::new(map.as_object().unwrap().clone())).unwrap()
    }

    fn points(instance: &Arc<dyn Instance>) -> Vec<Vec<f64>> {
        let Invocation::Each(calls) = instance.invocation() else { panic!("one call per point") };
        calls.iter().map(|call| call.iter().map(|x| x.as_f64().unwrap()).collect()).collect()
    }

    #[test]
    fn every_formula_is_the_one_of_its_name() {
        let check = |name: &str, low, high, formula: fn(&[f64]) -> f64| {
            let instance = instance(name, low, high);
            let answers: Vec<f64> = points(&instance).iter().map(|point| formula(point)).collect();
            let error = instance.verify(&json!(answers)).unwrap().amount.to_f64();
            assert!(error < 1e-24, "{name}: {error}");
            let off: Vec<f64> = answers.iter().map(|answer| answer + 0.1).collect();
            assert!(instance.verify(&json!(off)).unwrap().amount.to_f64() > 1e-4);
        };
        check("nguyen-1", -1, 1, |v| v[0] + v[0].powi(2) + v[0].powi(3));
        check("nguyen-4", -1, 1, |v| (1..=6).map(|k| v[0].powi(k)).sum());
        check("nguyen-5", -1, 1, |v| v[0].powi(2).sin() * v[0].cos() - 1.0);
        check("nguyen-7", 0, 2, |v| v[0].ln_1p() + v[0].powi(2).ln_1p());
        check("nguyen-10", 0, 1, |v| 2.0 * v[0].sin() * v[1].cos());
        check("keijzer-4", 0, 10, |v| (v[0] / 5.0).powi(3) * v[0].sin() * v[0].cos());
    }

    #[test]
    fn the_examples_of_the_bundled_seed_are_its_training_cases() {
        let map = json!({"formula": "keijzer-4", "points": 30, "low": 0, "high": 10, "seed": 1});
        let instance = make(&mut Parameters::new(map.as_object().unwrap().clone())).unwrap();
        let seed = include_str!("../../../../../data/tasks/symbolic-regression/seed/task_agent.py");
        let answers: Vec<f64> = points(&instance)
            .iter()
            .map(|point| {
                let line = format!("[{:?}, ", point[0]);
                let (_, rest) = seed.split_once(&line).unwrap_or_else(|| panic!("{point:?} is missing"));
                rest.split_once(']').unwrap().0.parse().unwrap()
            })
            .collect();
        assert_eq!(instance.verify(&json!(answers)).unwrap().amount, Score::zero(), "the exact values");
    }

    #[test]
    #[ignore = "writes the examples of the bundled seed"]
    fn write_examples() {
        let map = json!({"formula": "keijzer-4", "points": 30, "low": 0, "high": 10, "seed": 1});
        let mut parameters = Parameters::new(map.as_object().unwrap().clone());
        let instance = draw(&mut parameters).unwrap();
        for (point, value) in instance.points.iter().zip(&instance.values) {
            println!("[{:?}, {:?}]", point[0], value.to_f64());
        }
    }

    #[test]
    fn what_predicts_nothing_is_refused() {
        let instance = instance("nguyen-1", -1, 1);
        for answer in [
            json!([]),
            json!(vec![0.0; 19]),
            json!(vec![0.0; 21]),
            json!(vec![Value::Null; 20]),
            json!(vec![true; 20]),
            json!({"nmse": 0}),
        ] {
            assert!(instance.verify(&answer).is_err(), "{answer}");
        }
        assert!(instance.verify(&json!(vec![1e308; 20])).is_ok(), "no overflow");
        for (low, high) in [(1, 1), (2, 1), (-11, 0)] {
            let map = json!({"formula": "nguyen-1", "points": 20, "low": low, "high": high, "seed": 3});
            assert!(make(&mut Parameters::new(map.as_object().unwrap().clone())).is_err());
        }
        let map = json!({"formula": "nguyen-7", "points": 20, "low": -3, "high": 0, "seed": 3});
        assert!(make(&mut Parameters::new(map.as_object().unwrap().clone())).is_err(), "no logarithm there");
    }
}
