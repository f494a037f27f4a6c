//! Hints for refusals: an address, a version, the header of the key.

use crate::config::Api;
use crate::numbers::numbers;
use crate::registry::Model;
use crate::wire;

/// Returns a setting that may help, or the address that was used with what may be wrong with it or with the key, or nothing if
/// the refusal is clear enough. `words` are those of the provider.
pub(crate) fn of(model: &Model, status: u16, words: &str) -> Option<String> {
    let lower = words.to_lowercase();
    if lower.contains("v1/responses") && model.api == Api::Openai {
        return Some("this model speaks another API: `api = \"responses\"`".to_owned());
    }
    if status == 402
        && let Some(afforded) = lower.split("can only afford ").nth(1)
        && let Some(tokens) = numbers(afforded).first().filter(|tokens| tokens.start == 0 && tokens.value > 0)
    {
        let tokens = tokens.value;
        return Some(format!(
            "`max-output-tokens = {tokens}` or less asks for no more than the account affords"
        ));
    }
    let address = model.base_url.split('?').next().unwrap_or_default();
    let asked = format!("{address}{}", wire::path(model.api));
    let azure = address.contains(".azure.") || address.contains("azure.com");
    let dated = model.base_url.contains("api-version=");
    match status {
        404 if azure && !dated => {
            Some(format!("{asked} was asked without a version: end `base-url` with `?api-version=…`"))
        }
        401 | 403 if azure && model.quirks.key_header.is_empty() && model.api != Api::Anthropic => Some(
            "this server may want its key in another header: `quirks.key-header = \"api-key\"`".to_owned(),
        ),
        404 | 405 if !address.contains("/v1") => {
            Some(format!("{asked} was asked; the address of many servers ends with /v1, see `base-url`"))
        }
        404 | 405 => Some(format!("{asked} was asked")),
        301..=308 => Some(format!(
            "{asked} was asked, and redirects are not followed, since they would send the key elsewhere"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::registry::{ModelEnvironment, Registry};

    #[test]
    fn an_address_that_is_wrong_is_named() {
        let hint = |address: &str, status: u16, words: &str| {
            let section = toml::from_str(&format!("base-url = {address:?}")).unwrap();
            let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
            let model = registry.model("m", &ModelEnvironment::default()).unwrap();
            super::of(&model, status, words).unwrap_or_default()
        };
        let of = |address: &str, status: u16| hint(address, status, "no");
        assert!(
            of("http://h:1", 404).contains("http://h:1/chat/completions")
                && of("http://h:1", 404).contains("/v1")
        );
        assert!(!of("http://h:1/v1", 404).contains("many servers"));
        assert!(of("https://x.openai.azure.com/openai/deployments/d", 404).contains("api-version"));
        assert!(
            of("https://x.openai.azure.com/openai/deployments/d?api-version=2024-10-21", 401)
                .contains("api-key")
        );
        assert_eq!(of("http://h:1/v1", 400), "");
        let only = "This model is only supported in v1/responses and not in v1/chat/completions.";
        assert!(hint("http://h:1/v1", 404, only).contains("api = \"responses\""));
        let afford = "You requested up to 16384 tokens, but can only afford 3919. Add credits";
        assert!(hint("http://h:1/v1", 402, afford).contains("max-output-tokens = 3919"));
        assert_eq!(hint("http://h:1/v1", 402, "but can only afford 0."), "");
    }
}
