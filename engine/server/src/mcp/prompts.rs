//! Prompts: texts that a user of an assistant chooses.

use rmcp::ErrorData;
use rmcp::model::{GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};

const WRITE_TASK: &str = include_str!("write_task.md");
const EXPLAIN_RUN: &str = include_str!("explain_run.md");

/// Returns the prompts.
pub(super) fn list() -> Vec<Prompt> {
    let goal =
        PromptArgument::new("goal").with_description("What the program shall do well").with_required(true);
    let run = PromptArgument::new("run")
        .with_description("The hash of a run, or its beginning")
        .with_required(true);
    vec![
        Prompt::new(
            "write_task",
            Some("Write a task for a goal, try it, and evolve a program for it"),
            Some(vec![goal]),
        ),
        Prompt::new("explain_run", Some("Explain how the best program of a run came about"), Some(vec![run])),
    ]
}

/// Returns a prompt with its argument filled in.
pub(super) fn get(name: &str, arguments: &JsonObject) -> Result<GetPromptResult, ErrorData> {
    let (text, argument) = match name {
        "write_task" => (WRITE_TASK, "goal"),
        "explain_run" => (EXPLAIN_RUN, "run"),
        _ => {
            let message = format!("there is no prompt {name:?}; there are write_task and explain_run");
            return Err(ErrorData::invalid_params(message, None));
        }
    };
    let value =
        arguments.get(argument).and_then(|value| value.as_str()).filter(|text| !text.trim().is_empty());
    let value =
        value.ok_or_else(|| ErrorData::invalid_params(format!("{argument}: expected a text"), None))?;
    let text = text.replace("{{argument}}", value);
    Ok(GetPromptResult::new(vec![PromptMessage::new_text(Role::User, text)]))
}
