//! Names that stand for several models: ensembles `a:0.8,b:0.2` and chains `a > b`.

use crate::digest;

/// Weights are multiples of a millionth.
const WEIGHT_UNIT: f64 = 1e6;
/// Maximum number of models in a name.
const MODELS_MAX: usize = 32;

/// A name that stands for several models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    name: String,
    parts: Vec<RoutePart>,
}

/// A chain of models within an ensemble, with its weight.
#[derive(Debug, Clone, PartialEq, Eq)]
struct RoutePart {
    weight: u64,
    chain: Vec<String>,
}

impl Route {
    /// Parses a name. Returns `None` for the name of a single model.
    ///
    /// # Errors
    ///
    /// A message that says what was found and what was expected.
    pub fn parse(name: &str) -> Result<Option<Self>, String> {
        let expected = "expected models with weights such as \"a:0.8,b:0.2\", or a chain such as \"a > b\"";
        if !name.contains(',') && !name.contains('>') {
            return Ok(None);
        }
        let mut parts = Vec::new();
        let ensemble = name.contains(',');
        for part in name.split(',') {
            let (models, weight) = match part.rsplit_once(':').filter(|_| ensemble) {
                Some((models, weight)) if weight.trim().parse::<f64>().is_ok() => {
                    let weight: f64 = weight.trim().parse().unwrap_or_default();
                    if !(0.0..=1e6).contains(&weight) || weight == 0.0 {
                        return Err(format!(
                            "{name:?}: the weight {weight} of {models:?}; expected a number above 0"
                        ));
                    }
                    (models, ((weight * WEIGHT_UNIT).round() as u64).max(1))
                }
                _ => (part, WEIGHT_UNIT as u64),
            };
            let chain: Vec<String> = models.split('>').map(|model| model.trim().to_owned()).collect();
            if chain.iter().any(String::is_empty) {
                return Err(format!("{name:?}: a model without a name; {expected}"));
            }
            parts.push(RoutePart { weight, chain });
        }
        if parts.iter().map(|part| part.chain.len()).sum::<usize>() > MODELS_MAX {
            return Err(format!("{name:?}: more than {MODELS_MAX} models"));
        }
        Ok(Some(Self { name: name.to_owned(), parts }))
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names of its models, in order.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|part| &part.chain).map(String::as_str)
    }

    /// Returns the chains of models. Each conversation goes to one chain; later models of a chain are used when the earlier ones
    /// are unavailable.
    pub fn chains(&self) -> impl Iterator<Item = &[String]> {
        self.parts.iter().map(|part| part.chain.as_slice())
    }

    /// Draws the chain of a stream. Every call of a stream goes to the same one.
    pub(crate) fn chain(&self, seed: u64, stream: &str) -> &[String] {
        let total: u64 = self.parts.iter().map(|part| part.weight).sum();
        let draw = digest::draw(
            "hyperspace v1 model ensemble",
            format!("{seed}\n{}\n{stream}", self.name).as_bytes(),
        );
        let mut left = ((u128::from(draw) * u128::from(total)) >> 64) as u64;
        for part in &self.parts {
            if left < part.weight {
                return &part.chain;
            }
            left -= part.weight;
        }
        self.parts.last().map_or(&[], |part| part.chain.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_decide_and_draws_repeat() {
        let route = Route::parse("a:0.8, b > c:0.2").unwrap().unwrap();
        assert_eq!(route.models().collect::<Vec<_>>(), ["a", "b", "c"]);
        let drawn = |stream: u32| route.chain(42, &format!("generation/{stream}")).to_vec();
        let first = (0..1_000).filter(|stream| drawn(*stream) == ["a"]).count();
        assert!((740..860).contains(&first), "{first}");
        assert_eq!(drawn(3), drawn(3));
    }

    #[test]
    fn names_of_single_models_are_none_and_nonsense_is_told() {
        for name in ["gpt-5", "qwen3:8b", "openrouter/a/b:free"] {
            assert_eq!(Route::parse(name), Ok(None), "{name}");
        }
        assert!(Route::parse("qwen3:8b,llama3:8b").unwrap().unwrap().models().eq(["qwen3:8b", "llama3:8b"]));
        for name in ["a,", "a >", "a:0,b", "a:-1,b:2"] {
            assert!(Route::parse(name).is_err(), "{name}");
        }
    }
}
