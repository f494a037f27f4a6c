//! Profiles of model families, which say what requests to them may contain, as data (`data/models.toml`).

use std::sync::OnceLock;

use serde::Deserialize;

/// The table.
const TABLE: &str = include_str!("../data/models.toml");

/// The profile of a family of models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ModelProfile {
    pub(crate) name: String,
    /// Prefixes of names in lower case, without anything before the last `/`.
    pub(crate) starts: Vec<String>,
    pub(crate) max_output_tokens: Option<u64>,
    pub(crate) context_window: Option<u64>,
    #[serde(default)]
    pub(crate) quirks: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileTable {
    date: String,
    family: Vec<ModelProfile>,
}

fn whole() -> &'static ProfileTable {
    static PROFILES: OnceLock<ProfileTable> = OnceLock::new();
    PROFILES.get_or_init(|| toml::from_str(TABLE).expect("the bundled table of models is valid"))
}

/// Returns the profiles, in the order of the table.
pub(crate) fn table() -> &'static [ModelProfile] {
    &whole().family
}

/// Returns the date of the table.
pub(crate) fn date() -> &'static str {
    &whole().date
}

impl ModelProfile {
    /// Returns the profile of a model, given by the provider's name for it. The longest matching prefix decides.
    pub(crate) fn of(sent_as: &str) -> Option<&'static Self> {
        let name = bare(sent_as);
        let fits = |start: &String| {
            let rest = name.strip_prefix(start.as_str())?;
            let whole =
                start.ends_with('-') || rest.chars().next().is_none_or(|next| !next.is_ascii_alphanumeric());
            whole.then_some(start.len())
        };
        let longest = |profile: &Self| profile.starts.iter().filter_map(fits).max();
        let found = table().iter().filter_map(|profile| Some((longest(profile)?, profile)));
        found.max_by_key(|(length, _)| *length).map(|(_, profile)| profile)
    }
}

/// Returns a name in lower case, without publisher, region and path.
pub(crate) fn bare(sent_as: &str) -> String {
    let name = sent_as.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    // Names in a cloud begin with region and publisher: `us.anthropic.claude-…`.
    for publisher in
        ["anthropic.", "openai.", "deepseek.", "qwen.", "mistral.", "moonshot.", "minimax.", "zai."]
    {
        if let Some((_, rest)) = name.split_once(publisher) {
            return rest.to_owned();
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_family() {
        for (name, family) in [
            ("gpt-5-mini", Some("gpt-5")),
            ("openai/gpt-5.1", Some("gpt-5")),
            ("gpt-5-chat-latest", Some("gpt-5-chat")),
            ("o4-mini", Some("o-series")),
            ("o1", Some("o-series")),
            ("o11", None),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", Some("claude-sonnet-4")),
            ("claude-opus-4-1@20250805", Some("claude-opus-4")),
            ("models/gemini-3-pro-preview", Some("gemini-3")),
            ("Qwen/Qwen3-32B", Some("qwen3")),
            ("accounts/fireworks/models/kimi-k2-thinking", Some("kimi-k2-thinking")),
            ("gpt-oss-120b", Some("gpt-oss")),
            ("MiniMaxAI/MiniMax-M2", Some("minimax-m")),
            ("mistral-large-latest", Some("mistral")),
            ("my-model", None),
        ] {
            assert_eq!(ModelProfile::of(name).map(|profile| profile.name.as_str()), family, "{name}");
        }
        assert!(table().len() > 15);
    }
}
