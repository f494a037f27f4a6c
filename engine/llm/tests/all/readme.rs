//! The examples of the README work.

use hyperspace_llm::stub::Script;
use hyperspace_llm::{CallOptions, Message, ModelConfig, Reply};
use serde_json::json;

use crate::common::{start_stub, text, with_messages};

const README: &str = include_str!("../../README.md");

/// The TOML block that has this line in it.
fn block(line: &str) -> String {
    let blocks = README.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.contains(line)).map(str::to_owned).next().unwrap()
}

#[test]
fn the_settings_are_read() {
    #[derive(serde::Deserialize)]
    struct Settings {
        models: std::collections::BTreeMap<String, ModelConfig>,
    }
    let settings: Settings = toml::from_str(&block("[models.kimi]")).unwrap();
    assert_eq!(settings.models.len(), 3);
}

#[tokio::test]
async fn the_script_plays_a_paired_run() {
    let script = block("name = \"a edits\"").replace("\"stub-a\"", "\"m\"");
    Script::parse("README.md", &script).unwrap();
    let stub = start_stub(&script, "openai", "", CallOptions::default()).await;
    let mut messages = vec![json!({"role": "user", "content": "Modify the code in /repo."})];
    let mut names = vec![];
    let ended = loop {
        let mut request = with_messages(&json!(messages));
        let tools = json!([{"name": "editor", "description": "", "parameters": {}}, {"name": "bash", "description": "", "parameters": {}}]);
        request.tools = serde_json::from_value(tools).unwrap();
        let reply = stub.chat(request).await;
        let Reply::Answer(answer) = &reply else { panic!("{reply:?}") };
        let Message::Assistant { tool_calls, .. } = &answer.message else { panic!() };
        if tool_calls.is_empty() {
            break text(&reply);
        }
        messages.push(serde_json::to_value(&answer.message).unwrap());
        for call in tool_calls {
            names.push(call.name.clone());
            messages.push(json!({"role": "tool", "content": "ok", "tool_call_id": call.id}));
        }
    };
    assert_eq!((names, ended.as_str()), (vec!["editor".to_owned(), "bash".to_owned()], "Done."));
    let graded =
        stub.chat(with_messages(&json!([{"role": "user", "content": "Grade row 12 carefully."}]))).await;
    assert_eq!(text(&graded), "<json>{\"response\": \"correct\"}</json>");
    assert_eq!(stub.models.stats().retried, 2, "the first request of each conversation is told to come back");
}
