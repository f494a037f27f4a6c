//! Costs in words: an amount, or that no price is known. Also the addresses at which models are called.

use std::collections::BTreeSet;

use hyperspace_llm::{Cost, Spend};

use super::{callable, options};
use crate::engine::Engine;

/// The words for calls whose cost is unknown.
const UNKNOWN: &str = "price unknown";

impl Engine {
    /// Returns the cost in words: an amount such as `$0.0123`, or `price unknown` if tokens were used but no cost was counted,
    /// and the settings have no price for any of the called models.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), hyperspace_service::ServiceError> {
    /// # let engine = hyperspace_service::Engine::builder().build()?;
    /// let costs = engine.costs(None)?;
    /// let names = costs.models.iter().map(|model| model.name.as_str());
    /// println!("{}", engine.paid(&costs.total.spent, names));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn paid<'a>(&self, spent: &Spend, models: impl IntoIterator<Item = &'a str>) -> String {
        let configured = &self.settings().models;
        let priced = |name: &str| configured.get(name).is_some_and(|one| one.input_price.is_some());
        let mut models = models.into_iter().peekable();
        let free = models.peek().is_some() && models.all(priced);
        if is_unpriced(spent) && !free { UNKNOWN.to_owned() } else { spent.cost.to_string() }
    }
}

impl Engine {
    /// Returns the address at which a model is called; `None` for one that cannot be called, or for a name that stands for
    /// several.
    #[must_use]
    pub fn model_address(&self, name: &str) -> Option<String> {
        let models = callable(self, &BTreeSet::from([name.to_owned()]), options(1).ok()?).ok()?;
        let mut all = models.models_of(name);
        let address = all.next()?.base_url().to_owned();
        all.next().is_none().then_some(address)
    }
}

/// Returns whether tokens were used but no cost was counted: either no price is known, or it is zero.
pub(super) fn is_unpriced(spent: &Spend) -> bool {
    spent.cost == Cost::default() && (spent.input_tokens > 0 || spent.output_tokens > 0)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn nothing_counted_is_no_price_of_zero() {
        let text = "[models.free]\nbase-url = \"http://127.0.0.1:1/v1\"\ninput-price = 0\noutput-price = 0\n";
        let settings = Settings::parse(PathBuf::from("hyperspace.toml"), text).unwrap();
        let engine = Engine::builder().settings(settings).build().unwrap();
        let used = Spend { calls: 1, input_tokens: 39, output_tokens: 4, cost: Cost::default() };
        assert_eq!(engine.paid(&used, ["x"]), "price unknown");
        assert_eq!(engine.paid(&used, ["free", "x"]), "price unknown");
        assert_eq!(engine.paid(&used, []), "price unknown");
        assert_eq!(engine.paid(&used, ["free"]), "$0.00");
        assert_eq!(engine.paid(&Spend::default(), ["x"]), "$0.00");
        let paid = Spend { cost: Cost::from_dollars("0.5").unwrap(), ..used };
        assert_eq!(engine.paid(&paid, ["x"]), "$0.50");
    }
}
