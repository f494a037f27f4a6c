//! Repairs of answers.

use serde::{Deserialize, Serialize};

/// A deviation of an answer from its API that has only one reading, and was read that way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Repair {
    /// Arguments of a call that are not JSON, or are JSON text within JSON text.
    ArgumentsSyntax,
    /// An argument whose type differs from the tool's schema.
    ArgumentsType,
    /// The name of a tool with additional text around it.
    ToolName,
    /// A call written in the text.
    CallInText,
    /// Calls that are not a list, or that are in the field of an older API.
    CallForm,
    /// Thinking written in the text.
    ThinkingInText,
    /// Invalid characters, replaced by U+FFFD.
    Characters,
    /// A key of the settings in the answer, replaced by `[key]`.
    KeyRemoved,
    /// A call that was cut off by the limit of the answer; its arguments are malformed.
    CallCutOff,
    /// Marks of a call in the text that cannot be read; the call is malformed.
    CallUnread,
    /// A call written in the thinking of an answer that says nothing else; the call is treated as malformed, so that nobody runs
    /// it.
    CallInThinking,
}

impl Repair {
    /// Returns the repair in words.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::ArgumentsSyntax => "arguments that were no JSON",
            Self::ArgumentsType => "arguments of another type",
            Self::ToolName => "names of tools",
            Self::CallInText => "calls written as text",
            Self::CallForm => "calls in another form",
            Self::ThinkingInText => "thinking in the text",
            Self::Characters => "invalid characters",
            Self::KeyRemoved => "keys, replaced by [key]",
            Self::CallCutOff => "calls cut off by the limit of the answer",
            Self::CallUnread => "calls that could not be read",
            Self::CallInThinking => "calls in the thinking, which were not run",
        }
    }
}
