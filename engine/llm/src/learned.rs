//! Settings of a model that its provider taught by refusing requests.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::{Api, SystemRole};
use crate::registry::Model;

/// Settings of a model that its provider taught by refusing requests. They apply to all later requests, but never override the
/// settings themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
#[non_exhaustive]
pub struct Learned {
    /// Fields of a request that are not sent.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub left_out: BTreeSet<String>,
    /// Fields of an answer that are not sent back.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub not_echoed: BTreeSet<String>,
    /// The name of the field that limits the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens_field: Option<String>,
    /// The role of system messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) system_role: Option<SystemRole>,
    /// True if all system messages come first, as one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub system_first: bool,
    /// True if messages of one role are joined.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub joined_roles: bool,
    /// True if each call is sent as a separate message, together with its result.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub calls_apart: bool,
    /// True if tools are described in the instructions.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub tools_in_text: bool,
    /// True if a message without a text is sent with an empty one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub text_content: bool,
    /// True if answers are requested as streams.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub streamed: bool,
    /// The field of reasoning that messages with calls must have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required_reasoning: Option<String>,
    /// Longest answer in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Tokens of a request and its answer together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
}

/// Fields of a request that have a quirk of their own.
const SWITCHES: [(&str, &str); 4] = [
    ("temperature", "temperature"),
    ("tool_choice", "tool-choice"),
    ("parallel_tool_calls", "parallel-tool-calls"),
    ("stream", "stream"),
];

/// A single lesson of a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lesson {
    LeaveOut(String),
    NotEchoed(String),
    MaxTokensField(String),
    SystemRole(SystemRole),
    SystemFirst,
    JoinedRoles,
    CallsApart,
    ToolsInText,
    TextContent,
    Streamed,
    RequiredReasoning(String),
    MaxOutputTokens(u64),
    ContextWindow(u64),
}

impl Learned {
    /// Returns whether nothing was learned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a lesson. Returns whether it is new.
    pub(crate) fn add(&mut self, lesson: &Lesson) -> bool {
        let set = |place: &mut Option<String>, value: &str| {
            let new = place.as_deref() != Some(value);
            *place = Some(value.to_owned());
            new
        };
        let flag = |place: &mut bool| !std::mem::replace(place, true);
        let lower = |place: &mut Option<u64>, value: u64| {
            let new = place.is_none_or(|before| value < before);
            *place = Some(place.map_or(value, |before| before.min(value)));
            new
        };
        match lesson {
            Lesson::LeaveOut(field) => self.left_out.insert(field.clone()),
            Lesson::NotEchoed(field) => self.not_echoed.insert(field.clone()),
            Lesson::MaxTokensField(field) => set(&mut self.max_tokens_field, field),
            Lesson::SystemRole(role) => self.system_role.replace(*role) != Some(*role),
            Lesson::SystemFirst => flag(&mut self.system_first),
            Lesson::JoinedRoles => flag(&mut self.joined_roles),
            Lesson::CallsApart => flag(&mut self.calls_apart),
            Lesson::ToolsInText => flag(&mut self.tools_in_text),
            Lesson::TextContent => flag(&mut self.text_content),
            Lesson::Streamed => flag(&mut self.streamed),
            Lesson::RequiredReasoning(field) => set(&mut self.required_reasoning, field),
            Lesson::MaxOutputTokens(tokens) => lower(&mut self.max_output_tokens, *tokens),
            Lesson::ContextWindow(tokens) => lower(&mut self.context_window, *tokens),
        }
    }

    /// Returns the lessons that the settings of a model do not override. `set` has the names of what is set, those of quirks with
    /// the prefix `quirks.`.
    #[must_use]
    pub(crate) fn beside(mut self, set: &BTreeSet<String>) -> Self {
        let says = |name: &str| set.contains(name);
        if says("max-output-tokens") {
            self.max_output_tokens = None;
        }
        if says("context-window") {
            self.context_window = None;
        }
        for (field, quirk) in SWITCHES {
            if says(&format!("quirks.{quirk}")) {
                self.left_out.remove(field);
            }
        }
        if says("quirks.max-tokens-field") {
            self.max_tokens_field = None;
        }
        if says("quirks.system-role") {
            self.system_role = None;
        }
        if says("quirks.required-reasoning") {
            self.required_reasoning = None;
        }
        self.system_first &= !says("quirks.system-first");
        self.joined_roles &= !says("quirks.repeated-roles");
        self.calls_apart &= !says("quirks.calls-together");
        self.tools_in_text &= !says("quirks.tools-in-text");
        self.text_content &= !says("quirks.null-content");
        self.streamed &= !says("quirks.stream");
        self
    }

    /// Applies the lessons to a model.
    pub(crate) fn apply(&self, model: &mut Model) {
        let quirks = &mut model.quirks;
        quirks.left_out.extend(self.left_out.iter().cloned());
        quirks.not_echoed.extend(self.not_echoed.iter().cloned());
        if let Some(field) = self.max_tokens_field.as_ref().filter(|_| model.api == Api::Openai) {
            quirks.max_tokens_field.clone_from(field);
        }
        quirks.system_role = self.system_role.unwrap_or(quirks.system_role);
        quirks.system_first |= self.system_first;
        quirks.repeated_roles &= !self.joined_roles;
        quirks.calls_together &= !self.calls_apart;
        quirks.tools_in_text |= self.tools_in_text;
        quirks.null_content &= !self.text_content;
        quirks.stream |= self.streamed;
        if self.required_reasoning.is_some() {
            quirks.required_reasoning.clone_from(&self.required_reasoning);
        }
        if let Some(tokens) = self.max_output_tokens {
            model.max_output_tokens = model.max_output_tokens.min(tokens.max(1));
        }
        if let Some(tokens) = self.context_window {
            model.context_window = Some(model.context_window.map_or(tokens, |window| window.min(tokens)));
        }
    }

    /// Returns the settings with the same effect, as lines of a section `[models.NAME]`.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        lines.extend(self.max_output_tokens.map(|tokens| format!("max-output-tokens = {tokens}")));
        lines.extend(self.context_window.map(|tokens| format!("context-window = {tokens}")));
        let others: Vec<&String> =
            self.left_out.iter().filter(|field| !SWITCHES.iter().any(|(name, _)| name == field)).collect();
        let named = SWITCHES.iter().filter(|(name, _)| self.left_out.contains(*name));
        lines.extend(named.map(|(_, quirk)| format!("quirks.{quirk} = false")));
        let list =
            |names: &[&String]| names.iter().map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
        if !others.is_empty() {
            lines.push(format!("quirks.left-out = [{}]", list(&others)));
        }
        let not_echoed: Vec<&String> = self.not_echoed.iter().collect();
        if !not_echoed.is_empty() {
            lines.push(format!("quirks.not-echoed = [{}]", list(&not_echoed)));
        }
        lines
            .extend(self.max_tokens_field.iter().map(|field| format!("quirks.max-tokens-field = {field:?}")));
        lines.extend(self.system_role.iter().map(|role| format!("quirks.system-role = {:?}", role.name())));
        lines.extend(
            self.required_reasoning.iter().map(|field| format!("quirks.required-reasoning = {field:?}")),
        );
        lines.extend(self.system_first.then(|| "quirks.system-first = true".to_owned()));
        lines.extend(self.joined_roles.then(|| "quirks.repeated-roles = false".to_owned()));
        lines.extend(self.calls_apart.then(|| "quirks.calls-together = false".to_owned()));
        lines.extend(self.text_content.then(|| "quirks.null-content = false".to_owned()));
        lines.extend(self.streamed.then(|| "quirks.stream = true".to_owned()));
        lines.extend(self.tools_in_text.then(|| "quirks.tools-in-text = true".to_owned()));
        lines
    }
}

impl Lesson {
    /// Returns the setting with the same effect.
    pub(crate) fn setting(&self) -> String {
        let mut learned = Learned::default();
        learned.add(self);
        learned.lines().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_win_over_what_was_learned() {
        let mut learned = Learned::default();
        for lesson in [
            Lesson::MaxOutputTokens(1_210),
            Lesson::LeaveOut("temperature".to_owned()),
            Lesson::LeaveOut("seed".to_owned()),
            Lesson::ToolsInText,
            Lesson::TextContent,
            Lesson::Streamed,
        ] {
            learned.add(&lesson);
        }
        let set = [
            "max-output-tokens",
            "quirks.temperature",
            "quirks.tools-in-text",
            "quirks.null-content",
            "quirks.stream",
        ];
        let beside = learned.clone().beside(&set.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(beside.lines(), ["quirks.left-out = [\"seed\"]"]);
        assert_eq!(learned.clone().beside(&BTreeSet::new()), learned);
    }
}
