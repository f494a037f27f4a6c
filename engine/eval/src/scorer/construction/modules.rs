//! `modules`: a pipeline of modules, about which only the number of right choices is revealed.
//!
//! `configure()` returns one name for each place in the pipeline. The score is the number of names that match the target, which the
//! candidate never sees: a search without any hint of direction, as in the K-module problem.

use std::sync::Arc;

use serde_json::Value;

use crate::score::Score;
use crate::scorer::{InvalidAnswer, Measure, WorkMeter};

use super::instance::Instance;
use super::parameters::{ParameterError, Parameters};
use super::read;

const PLACES_MAX: usize = 100;

#[derive(Debug)]
struct Modules {
    choices: Vec<Vec<String>>,
    target: Vec<String>,
}

pub(super) fn make(parameters: &mut Parameters) -> Result<Arc<dyn Instance>, ParameterError> {
    let choices = parameters.value("choices", "a list of lists of names, one per place")?;
    let target = parameters.value("target", "a list of names, one per place")?;
    let wrong = |key: &str, expected: &str, found: &Value| Parameters::error(key, expected, Some(found));
    let names: Option<Vec<Vec<String>>> = serde_json::from_value(choices.clone()).ok();
    let names = names.filter(|names| {
        (1..=PLACES_MAX).contains(&names.len()) && names.iter().all(|place| !place.is_empty())
    });
    let names = names.ok_or_else(|| wrong("choices", "1 to 100 lists of names, none empty", &choices))?;
    let right: Option<Vec<String>> = serde_json::from_value(target.clone()).ok();
    let fits = |right: &Vec<String>| {
        right.len() == names.len() && right.iter().zip(&names).all(|(name, place)| place.contains(name))
    };
    let right =
        right.filter(fits).ok_or_else(|| wrong("target", "one of the names of each place", &target))?;
    Ok(Arc::new(Modules { choices: names, target: right }))
}

impl Instance for Modules {
    fn verify_within(&self, answer: &Value, work: &mut WorkMeter) -> Result<Measure, InvalidAnswer> {
        let places = self.choices.len();
        work.spend(self.choices.iter().map(|names| names.len() as u64).sum())?;
        let list = read::list(answer, "answer", places..=places, "names")?;
        for (index, (value, names)) in list.iter().zip(&self.choices).enumerate() {
            if !names.iter().any(|name| value.as_str() == Some(name)) {
                return Err(InvalidAnswer::quoting(
                    format!("module {index}"),
                    format!("one of {}", names.join(", ")),
                    value,
                ));
            }
        }
        let right =
            list.iter().zip(&self.target).filter(|(value, name)| value.as_str() == Some(name)).count();
        Ok(Measure::of(Score::integer(right)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parameters(choices: &Value, target: &Value) -> Parameters {
        let map = json!({"choices": choices, "target": target});
        Parameters::new(map.as_object().unwrap().clone())
    }

    #[test]
    fn right_choices_are_counted() {
        let choices = json!([["a", "b"], ["c", "d"], ["a", "c"]]);
        let instance = make(&mut parameters(&choices, &json!(["b", "c", "a"]))).unwrap();
        let score = |answer: Value| instance.verify(&answer).map(|measure| measure.amount);
        assert_eq!(score(json!(["b", "c", "a"])), Ok(Score::integer(3)));
        assert_eq!(score(json!(["a", "c", "c"])), Ok(Score::one()));
        for answer in [
            json!([]),
            json!(["b", "c"]),
            json!(["b", "c", "a", "a"]),
            json!(["b", "c", "b"]),
            json!([["a", "b"], "c", "a"]),
            json!([1, 0, 0]),
            json!("bca"),
        ] {
            assert!(score(answer.clone()).is_err(), "{answer}");
        }
        for (choices, target) in [
            (json!([]), json!([])),
            (json!([[]]), json!(["a"])),
            (choices.clone(), json!(["b", "c"])),
            (choices, json!(["x", "c", "a"])),
        ] {
            assert!(make(&mut parameters(&choices, &target)).is_err());
        }
    }
}
