//! The list of models that a provider serves, which can be requested for free.

use serde::Serialize;
use serde_json::Value;

use super::Models;
use crate::config::Api;
use crate::transport::ListAttempt;
use crate::wire;

/// Maximum number of names of a listing that are kept.
const NAMES_MAX: usize = 10_000;

/// A provider's answer about the models that it serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[non_exhaustive]
pub enum ProviderListing {
    /// The provider lists models.
    Listed {
        /// The number of models.
        count: usize,
        /// True if the model is among them.
        has_model: bool,
        /// Listed names with the same beginning or end as the model's name, at most five.
        near: Vec<String>,
    },
    /// The provider is reachable but has no listing.
    NoListing {
        /// The HTTP status.
        status: u16,
    },
    /// The provider is reachable but refuses the key.
    KeyRefused {
        /// The HTTP status.
        status: u16,
    },
    /// The provider is unreachable or fails.
    Unreachable {
        /// The problem.
        problem: String,
    },
}

impl Models {
    /// Requests the list of models from the provider of a model. Returns `None` if the name is not that of a single model of this
    /// client. Nothing is charged.
    pub async fn listing(&self, name: &str) -> Option<ProviderListing> {
        let called = self.0.models.get(name)?;
        let attempt = ListAttempt { endpoint: &called.endpoint, model: &called.base };
        Some(match self.0.transport.list(attempt).await {
            Err(problem) => ProviderListing::Unreachable { problem: self.redact(&problem) },
            Ok((status @ (401 | 403), _)) => ProviderListing::KeyRefused { status },
            Ok((status @ 500.., _)) => {
                ProviderListing::Unreachable { problem: format!("it answers with status {status}") }
            }
            Ok((status, _)) if !(200..300).contains(&status) => ProviderListing::NoListing { status },
            Ok((status, body)) => match (refused(&body), names(&body)) {
                (Some(ProviderListing::Unreachable { problem }), _) => {
                    ProviderListing::Unreachable { problem: self.redact(&problem) }
                }
                (Some(refused), _) => refused,
                (None, Some(names)) => {
                    let names: Vec<String> = names.iter().map(|name| self.redact(name)).collect();
                    listed(&names, called.base.sent_as())
                }
                (None, None) => ProviderListing::NoListing { status },
            },
        })
    }
}

/// Returns the error in a successful response, where some routers report one.
fn refused(body: &[u8]) -> Option<ProviderListing> {
    let value = wire::read(Api::Openai, body)?.value;
    let error = wire::error_in(&value)?;
    let content = wire::error_content(&serde_json::json!({ "error": error }))?;
    Some(match content.status {
        Some(status @ (401 | 403)) => ProviderListing::KeyRefused { status },
        _ => {
            ProviderListing::Unreachable { problem: format!("it answers with an error: {}", content.message) }
        }
    })
}

/// Returns the names in a listing: objects or strings in `data`, in `models`, or in the list itself.
fn names(body: &[u8]) -> Option<Vec<String>> {
    let value = wire::read(Api::Openai, body)?.value;
    let list = [&value["data"], &value["models"], &value].into_iter().find_map(Value::as_array)?;
    let name = |one: &Value| {
        let fields = [one, &one["id"], &one["name"], &one["model"]];
        fields.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    Some(list.iter().take(NAMES_MAX).filter_map(name).collect())
}

fn listed(names: &[String], sent_as: &str) -> ProviderListing {
    // Some providers list `models/NAME`, and some servers omit the tag `latest`.
    let plain = |name: &str| {
        let name = name.strip_prefix("models/").unwrap_or(name);
        name.strip_suffix(":latest").unwrap_or(name).to_ascii_lowercase()
    };
    let wanted = plain(sent_as);
    let has_model = names.iter().any(|name| plain(name) == wanted);
    let stem: String = wanted.chars().take(wanted.chars().count().div_ceil(2)).collect();
    let near = names.iter().filter(|name| !has_model && !stem.is_empty() && plain(name).contains(&stem));
    ProviderListing::Listed { count: names.len(), has_model, near: near.take(5).cloned().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_no_listing() {
        for body in [
            r#"{"error": "Invalid API key"}"#,
            r#"{"error": {"message": "no", "code": "invalid_api_key"}}"#,
            r#"{"detail": "Invalid API key"}"#,
            r#"{"code": 401, "msg": "token expired"}"#,
        ] {
            assert_eq!(refused(body.as_bytes()), Some(ProviderListing::KeyRefused { status: 401 }), "{body}");
        }
        let down = refused(br#"{"error": {"message": "overloaded", "code": 503}}"#);
        assert!(
            matches!(down, Some(ProviderListing::Unreachable { problem }) if problem.contains("overloaded"))
        );
        for body in [r#"{"data": [{"id": "a"}], "error": null}"#, r#"["a"]"#, r#"{"models": []}"#, "<html>"] {
            assert_eq!(refused(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn listings_are_read_in_their_forms() {
        for body in [
            r#"{"object": "list", "data": [{"id": "a"}, {"id": "llama3:latest"}]}"#,
            r#"{"models": [{"name": "models/a"}, {"name": "llama3"}]}"#,
            r#"["a", "llama3"]"#,
        ] {
            let names = names(body.as_bytes()).unwrap();
            let found = |name: &str| listed(&names, name);
            assert!(
                matches!(found("A"), ProviderListing::Listed { count: 2, has_model: true, .. }),
                "{body}"
            );
            assert!(matches!(found("llama3"), ProviderListing::Listed { has_model: true, .. }), "{body}");
            let ProviderListing::Listed { has_model: false, near, .. } = found("llama4") else {
                panic!("{body}")
            };
            assert_eq!(near.len(), 1, "{body}");
        }
        assert_eq!(names(b"<html>"), None);
        assert_eq!(names(b"{}"), None);
    }
}
