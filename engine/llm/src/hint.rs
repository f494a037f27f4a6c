//! Hints for refusals: an address, a version, the header of the key.

use crate::config::Api;
use crate::registry::Model;
use crate::wire;

/// Returns the address that was asked and what may be wrong with it or with the key, or nothing where a refusal says enough.
pub(crate) fn of(model: &Model, status: u16) -> Option<String> {
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
        let of = |address: &str, status: u16| {
            let section = toml::from_str(&format!("base-url = {address:?}")).unwrap();
            let registry = Registry::new(BTreeMap::from([("m".to_owned(), section)]));
            super::of(&registry.model("m", &ModelEnvironment::default()).unwrap(), status).unwrap_or_default()
        };
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
    }
}
