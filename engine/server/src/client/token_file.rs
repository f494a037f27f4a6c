//! The file of tokens. No error and no log contains any of its content.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hyperspace_core::digest::derive;
use hyperspace_llm::Cost;
use serde::Deserialize;
use thiserror::Error;

use super::{Client, ClientBudgets, TokenScope};

/// Minimum number of characters of a token.
const CHARS_MIN: usize = 16;

/// The form of the file, for errors that may not quote it.
const FORMAT: &str = "a section [tokens.NAME] has token, scopes (of execute, evaluate, runs, read) and, as limits, fuel, \
                      memory-mib, requests-per-minute, evaluations, money, sessions";

/// The error for an unusable file of tokens.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct TokenFileError(String);

/// The tokens of a server, with the rights and budgets of each.
///
/// The file is TOML, with a section for each token:
///
/// ```toml
/// [tokens.ci]
/// token = "at least sixteen characters"
/// scopes = ["execute", "evaluate"]      # of execute, evaluate, runs, read
/// fuel = 1_000_000_000_000              # in all; optional, as everything below
/// memory-mib = 128                      # of one guest
/// requests-per-minute = 600
/// evaluations = 10_000                  # in all
/// money = 5.0                           # dollars for models, in all
/// sessions = 8                          # that are kept at the same time
/// ```
#[derive(Clone)]
pub struct Tokens {
    /// Clients by the digest of the token, so that a look-up does not reveal how much of a token was right.
    clients: BTreeMap<[u8; 32], Arc<Client>>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("number", &self.clients.len()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFile {
    tokens: BTreeMap<String, TokenSection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct TokenSection {
    token: String,
    scopes: Vec<TokenScope>,
    fuel: Option<u64>,
    memory_mib: Option<u64>,
    requests_per_minute: Option<u32>,
    evaluations: Option<u64>,
    money: Option<f64>,
    sessions: Option<usize>,
}

fn digest(token: &str) -> [u8; 32] {
    derive("hyperspace v1 server token", &[token.as_bytes()])
}

impl Tokens {
    /// Parses the text of a file of tokens.
    ///
    /// # Errors
    ///
    /// [`TokenFileError`] with the section or the line, and without any part of the text.
    pub fn parse(text: &str) -> Result<Self, TokenFileError> {
        let file: TokenFile = hyperspace_service::parse_secret_toml(text)
            .map_err(|problem| TokenFileError(format!("{problem}; {FORMAT}")))?;
        if file.tokens.is_empty() {
            return Err(TokenFileError("expected a section [tokens.NAME]".to_owned()));
        }
        let mut clients = BTreeMap::new();
        for (name, section) in file.tokens {
            let wrong = |problem: &str| TokenFileError(format!("[tokens.{name}] {problem}"));
            let printable = section.token.bytes().all(|byte| byte.is_ascii_graphic());
            if section.token.len() < CHARS_MIN || !printable {
                return Err(wrong(&format!(
                    "token: expected {CHARS_MIN} or more printable ASCII characters"
                )));
            }
            if section.scopes.is_empty() {
                return Err(wrong("scopes: expected one or more of execute, evaluate, runs, read"));
            }
            if section.requests_per_minute == Some(0) {
                return Err(wrong("requests-per-minute: expected 1 or more"));
            }
            let money = section.money.map(|dollars| Cost::from_dollars(&dollars.to_string())).transpose();
            let budgets = ClientBudgets {
                fuel: section.fuel,
                memory_mib: section.memory_mib,
                requests_per_minute: section.requests_per_minute,
                evaluations: section.evaluations,
                money: money.map_err(|problem| wrong(&format!("money: {problem}")))?,
                sessions: section.sessions,
            };
            let key = digest(&section.token);
            let client = Client::new(name.clone(), section.scopes, budgets);
            if clients.insert(key, Arc::new(client)).is_some() {
                return Err(wrong("token: another section has the same"));
            }
        }
        Ok(Self { clients })
    }

    /// Returns the number of tokens.
    pub(crate) fn count(&self) -> usize {
        self.clients.len()
    }

    /// Returns the holder of a token.
    pub(crate) fn holder(&self, token: &str) -> Option<Arc<Client>> {
        self.clients.get(&digest(token)).map(Arc::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef-secret";

    #[test]
    fn a_holder_is_found_by_the_whole_token() {
        let text =
            format!("[tokens.a]\ntoken = \"{TOKEN}\"\nscopes = [\"read\"]\nmoney = 0.5\nsessions = 3\n");
        let tokens = Tokens::parse(&text).unwrap();
        assert_eq!((tokens.count(), tokens.holder(TOKEN).unwrap().account.sessions_max()), (1, Some(3)));
        assert_eq!(tokens.holder(TOKEN).unwrap().name, "a");
        assert!(tokens.holder(&TOKEN[1..]).is_none() && tokens.holder("").is_none());
        assert!(!format!("{tokens:?}").contains("secret"));
    }

    #[test]
    fn what_is_wrong_is_named_and_nothing_is_quoted() {
        for (text, words) in [
            (format!("[tokens.a]\ntoken = {TOKEN}\n"), "line 2"),
            (
                format!("[tokens.a]\ntoken = \"{TOKEN}\"\nscopes = [\"reed\"]\n"),
                "scopes (of execute, evaluate, runs, read)",
            ),
            (format!("[tokens.a]\ntoken = \"{TOKEN}\"\nscopes = [\"reed\"]\n"), "line 3"),
            (format!("[tokens.a]\ntoken = \"{TOKEN}\"\nscopes = []\n"), "scopes"),
            ("[tokens.a]\ntoken = \"short-secret\"\nscopes = [\"read\"]\n".to_owned(), "[tokens.a] token"),
            (format!("[tokens.a]\nscopes = [\"read\"]\ntokne = \"{TOKEN}\"\n"), "line 3"),
            ("[tokens]\n".to_owned(), "[tokens.NAME]"),
            (
                format!("[tokens.a]\ntoken = \"{TOKEN}\"\nscopes = [\"read\"]\nmoney = -1.0\n"),
                "[tokens.a] money",
            ),
        ] {
            let error = Tokens::parse(&text).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("secret"), "{text}: {error}");
        }
    }
}
