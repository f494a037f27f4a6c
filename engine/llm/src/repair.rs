//! Repairs of answers.

use serde::{Deserialize, Serialize};

/// A deviation of an answer from its API that has one reading, and was read so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Repair {
    /// Arguments of a call that are no JSON, or JSON text within JSON text.
    ArgumentsSyntax,
    /// An argument of another type than the tool's schema says.
    ArgumentsType,
    /// The name of a tool with something around it.
    ToolName,
    /// A call that is written in the text.
    CallInText,
    /// Calls that are no list, or in the field of an older API.
    CallForm,
    /// Thinking that is written in the text.
    ThinkingInText,
    /// Characters that are none, replaced by U+FFFD.
    Characters,
    /// A key of the settings in the answer, replaced by `[key]`.
    KeyRemoved,
    /// A call that the limit of the answer cut off; its arguments are malformed.
    CallCutOff,
    /// Marks of a call in the text that cannot be read; the call is malformed.
    CallUnread,
    /// A call that is written in the thinking of an answer that says nothing else; the call is malformed, so that nobody runs it.
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
