//! Pieces of a streamed answer to the answer as it is outside of a stream.
//!
//! Attacks that end here: T-PROV-07, T-PROV-08.

mod open_items;

use std::collections::BTreeMap;

use hyperspace_core::json_weight;
use serde_json::{Map, Value, json};

use self::open_items::OpenItems;
use super::arguments::ARGUMENTS_WEIGHT_MAX;
use super::envelope::ANSWER_WEIGHT_MAX;
use super::refusal::says_something;
use super::usage;
use crate::config::Api;

/// Bytes of events after which the answer so far is weighed.
const WEIGHED_BYTES: usize = 256 << 10;
/// Length of a list up to which a piece of it is looked for by its `index` wherever it stands.
const SEARCHED_MAX: usize = 256;

/// An event of a stream.
pub(super) struct StreamEvent {
    pub(super) value: Value,
    /// Length of its text.
    pub(super) bytes: usize,
}

/// Tells when the answer so far is to be weighed, so that weighing takes a small part of the time of reading.
#[derive(Default)]
struct WeighingClock(usize);

impl WeighingClock {
    /// Counts an event. Returns whether it is time, or the weight that `weight` returns is within the maximum.
    fn goes_on(&mut self, bytes: usize, weight: impl FnOnce() -> u64) -> bool {
        self.0 += bytes;
        if self.0 < WEIGHED_BYTES {
            return true;
        }
        self.0 = 0;
        weight() <= ANSWER_WEIGHT_MAX
    }
}

/// Returns the weight of fields.
fn weight_of(fields: &Map<String, Value>) -> u64 {
    fields.values().map(|value| json_weight::TEXT + json_weight::of(value)).sum()
}

/// Returns the weight of values.
fn weight_of_all(values: &[Value]) -> u64 {
    values.iter().map(json_weight::of).sum()
}

/// Puts the events of a stream together. Returns the answer, and whether it has its end; `None` if the events hold none, or one of
/// too many values.
pub(super) fn assembled(api: Api, events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut events = events.peekable();
    events.peek()?;
    let assembled = match api {
        Api::Openai => chunks(&mut events),
        Api::Anthropic => blocks(&mut events),
        Api::Responses => items(&mut events),
    };
    assembled.filter(|(answer, _)| json_weight::of(answer) <= ANSWER_WEIGHT_MAX)
}

/// Returns the error that an event carries.
fn error_of(event: &Value) -> Option<Value> {
    let error = event.get("error").filter(|error| says_something(error));
    let named = || event["type"] == "error" || event["object"] == "error";
    // A message beside no choice, which no answer has.
    let alone = || {
        let said = ["message", "detail", "msg"].iter().any(|name| event[*name].is_string());
        let other = event
            .get("type")
            .is_some_and(|kind| !kind.as_str().unwrap_or_default().to_lowercase().contains("error"));
        said && !other && event.get("choices").is_none() && event.get("delta").is_none()
    };
    let whole = || (named() || alone()).then(|| event.clone());
    error.cloned().or_else(whole)
}

/// Chunks of chat completions.
fn chunks(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let mut body = Map::new();
    let mut message = Map::new();
    let (mut finish, mut error, mut count, mut wholes) = (Value::Null, None, 0_usize, 0_usize);
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || weight_of(&body) + weight_of(&message)) {
            return None;
        }
        count += 1;
        error = error_of(&event).or(error);
        let Value::Object(fields) = as_chunk(event) else { continue };
        for (name, value) in fields {
            match name.as_str() {
                "choices" => {
                    let Some(choice) = value.as_array().and_then(|choices| choices.first()) else { continue };
                    if is_end(&choice["finish_reason"]) {
                        finish = choice["finish_reason"].clone();
                    }
                    error = choice.get("error").filter(|error| says_something(error)).cloned().or(error);
                    wholes += usize::from(choice["message"].is_object());
                    // One provider counts in the choice.
                    if let Some(usage) = choice.get("usage").filter(|usage| usage.is_object()) {
                        usage::take(&mut body, "usage", usage.clone());
                    }
                    merge_choice(&mut message, choice);
                    merge_other_calls(&mut message, &value);
                    if let Some(text) = choice.get("text").and_then(Value::as_str) {
                        append(message.entry("content").or_insert(Value::Null), &json!(text));
                    }
                }
                "error" => {}
                _ if value.is_null() => {}
                "usage" => usage::take(&mut body, &name, value),
                _ => {
                    body.insert(name, value);
                }
            }
        }
    }
    // A whole answer as the only event needs no end.
    let complete = !finish.is_null() || error.is_some() || (wholes, count) == (1, 1);
    if let Some(calls) = message.get_mut("tool_calls").and_then(Value::as_array_mut) {
        for call in calls.iter_mut().filter_map(Value::as_object_mut) {
            call.remove("index");
        }
    }
    if !message.is_empty() || !finish.is_null() {
        body.insert("choices".to_owned(), json!([{"index": 0, "message": message, "finish_reason": finish}]));
    }
    if let Some(error) = error {
        body.insert("error".to_owned(), error);
    }
    Some((Value::Object(body), complete))
}

/// Returns an event as a chunk. One server's own API has the message and the end beside each other.
fn as_chunk(event: Value) -> Value {
    let Value::Object(mut fields) = event else { return event };
    let Some(done) = fields.get("done").and_then(Value::as_bool) else { return Value::Object(fields) };
    if !fields.get("message").is_some_and(Value::is_object) {
        return Value::Object(fields);
    }
    let message = fields.remove("message");
    let reason = fields.get("done_reason").filter(|reason| reason.is_string()).cloned();
    let finish = if done { reason.unwrap_or_else(|| json!("stop")) } else { Value::Null };
    fields.insert("choices".to_owned(), json!([{"index": 0, "delta": message, "finish_reason": finish}]));
    Value::Object(fields)
}

/// Returns whether a reason says that the answer has ended. Some servers send an empty one with every piece.
pub(super) fn is_end(reason: &Value) -> bool {
    match reason {
        Value::Null => false,
        Value::String(text) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "null" | "none"),
        _ => true,
    }
}

/// Adds the piece of a choice. Some servers send the message so far, alone or beside the piece.
fn merge_choice(message: &mut Map<String, Value>, choice: &Value) {
    let part = |name: &str| choice.get(name).and_then(Value::as_object);
    if let Some(piece) = part("delta").filter(|piece| !piece.is_empty()) {
        merge_message(message, piece);
    } else if let Some(whole) = part("message") {
        let text = |message: &Map<String, Value>| {
            message.get("content").and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        if text(whole).starts_with(&text(message)) {
            message.extend(whole.clone());
        } else {
            merge_message(message, whole);
        }
    }
}

/// Adds the calls of a choice beside one that has none: one server has the text of an answer and its calls in two choices.
fn merge_other_calls(message: &mut Map<String, Value>, choices: &Value) {
    let calls = |choice: &Value| {
        let calls =
            ["delta", "message"].iter().find_map(|name| choice[*name]["tool_calls"].as_array().cloned());
        calls.filter(|calls| !calls.is_empty())
    };
    let mut choices = choices.as_array().into_iter().flatten();
    if choices.next().and_then(calls).is_none()
        && let Some(pieces) = choices.find_map(calls)
    {
        merge_calls(message.entry("tool_calls").or_insert(Value::Null), &pieces);
    }
}

/// Adds a piece of a message: texts grow, calls and details of an equal `index` are put together, anything else is replaced.
fn merge_message(message: &mut Map<String, Value>, piece: &Map<String, Value>) {
    for (name, value) in piece {
        let before = message.entry(name.clone()).or_insert(Value::Null);
        match (name.as_str(), value) {
            ("role", _) => *before = value.clone(),
            (_, Value::String(_)) => append(before, value),
            ("tool_calls", Value::Array(pieces)) => merge_calls(before, pieces),
            (_, Value::Array(pieces)) => merge_list(before, pieces),
            (_, Value::Null) => {}
            ("function_call", Value::Object(piece)) => match before {
                Value::Object(one) => merge_part(one, piece),
                _ => *before = value.clone(),
            },
            _ => *before = value.clone(),
        }
    }
}

/// Adds a text to a text, or a part to a list of parts.
fn append(before: &mut Value, piece: &Value) {
    match (before, piece) {
        (Value::String(text), Value::String(more)) => text.push_str(more),
        (Value::Array(parts), more) => parts.push(json!({"type": "text", "text": more})),
        (before, more) => *before = more.clone(),
    }
}

/// Adds pieces of calls. A piece with the name of a tool and another identifier begins a call, whatever its index; one with neither
/// index nor identifier continues the last one.
fn merge_calls(before: &mut Value, pieces: &[Value]) {
    if !before.is_array() {
        *before = Value::Array(Vec::new());
    }
    let Some(list) = before.as_array_mut() else { return };
    for piece in pieces {
        let mut piece = piece.clone();
        if let Some(index) =
            piece.get("index").and_then(Value::as_str).and_then(|text| text.trim().parse::<u64>().ok())
        {
            piece["index"] = json!(index);
        }
        let place = call_place(list, &piece);
        match (place.and_then(|at| list.get_mut(at)), &piece) {
            (Some(Value::Object(one)), Value::Object(piece)) => merge_part(one, piece),
            _ => list.push(piece),
        }
    }
}

/// Returns the place of the call that a piece continues.
fn call_place(list: &[Value], piece: &Value) -> Option<usize> {
    let id = |call: &Value| call["id"].as_str().filter(|id| !matches!(*id, "" | "null")).map(str::to_owned);
    let named = piece.pointer("/function/name").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
    let last = list.len().checked_sub(1)?;
    let index = piece.get("index").and_then(Value::as_u64);
    let Some(index) = index else {
        let own = id(piece);
        let same = own.as_ref().and_then(|own| list.iter().rposition(|call| id(call).as_ref() == Some(own)));
        let begun = list[last].pointer("/function/arguments").is_some_and(|given| given != "");
        let begins = named && (own.is_some() && id(&list[last]).is_some() || begun);
        return same.or((!begins).then_some(last));
    };
    let place = last_place_of(list, index)?;
    let another = id(piece).zip(id(&list[place])).is_some_and(|(own, before)| own != before);
    let begins = named && (another || id(piece).is_none() && begins_another(&list[place], piece));
    (!begins).then_some(place)
}

/// Returns whether a piece begins another call than one of the same index, where neither has an identifier: the arguments of the first are
/// whole, and the piece has other ones.
fn begins_another(call: &Value, piece: &Value) -> bool {
    let (before, more) = (arguments_of(call), arguments_of(piece));
    before.starts_with('{')
        && before.ends_with('}')
        && before != "{}"
        && more.starts_with('{')
        && before != more
        && json_weight::is_within(before.as_bytes(), ARGUMENTS_WEIGHT_MAX)
        && serde_json::from_str::<Map<String, Value>>(before).is_ok()
}

/// Returns the text of the arguments of a call, or of a piece of one.
fn arguments_of(call: &Value) -> &str {
    call.pointer("/function/arguments").and_then(Value::as_str).unwrap_or_default().trim()
}

fn merge_list(before: &mut Value, pieces: &[Value]) {
    if let Value::String(text) = before {
        *before = json!([{"type": "text", "text": text}]);
    }
    if !before.is_array() {
        *before = Value::Array(Vec::new());
    }
    let Some(list) = before.as_array_mut() else { return };
    for piece in pieces {
        let place = piece.get("index").and_then(Value::as_u64).and_then(|index| place_of(list, index));
        match (place.and_then(|at| list.get_mut(at)), piece) {
            (Some(Value::Object(one)), Value::Object(piece)) => merge_part(one, piece),
            _ => list.push(piece.clone()),
        }
    }
}

/// Returns the place of the last element with an `index`. In a long list it is looked for at the end alone.
fn last_place_of(list: &[Value], index: u64) -> Option<usize> {
    let same = |one: &Value| one.get("index").and_then(Value::as_u64) == Some(index);
    let from = list.len().saturating_sub(SEARCHED_MAX);
    list[from..].iter().rposition(same).map(|at| at + from)
}

/// Returns the place of the first element with an `index`. In a long list it is found where it belongs, or at the end.
fn place_of(list: &[Value], index: u64) -> Option<usize> {
    let same = |one: &Value| one.get("index").and_then(Value::as_u64) == Some(index);
    if list.len() <= SEARCHED_MAX {
        return list.iter().position(same);
    }
    let own = usize::try_from(index).ok().filter(|at| list.get(*at).is_some_and(same));
    own.or_else(|| list.last().filter(|last| same(last)).map(|_| list.len() - 1))
}

/// Adds a piece of a call or of a detail of reasoning.
fn merge_part(part: &mut Map<String, Value>, piece: &Map<String, Value>) {
    const GROWING: [&str; 6] = ["arguments", "text", "summary", "thinking", "data", "content"];
    let begun = part.get("arguments").is_some_and(|given| given != "");
    for (name, value) in piece {
        match (part.get_mut(name), value) {
            // A name in pieces; some servers repeat it as a whole.
            (Some(Value::String(text)), Value::String(more))
                if name == "name" && !begun && !text.is_empty() =>
            {
                if more.starts_with(text.as_str()) {
                    text.clone_from(more)
                } else {
                    text.push_str(more)
                }
            }
            (Some(Value::Object(before)), Value::Object(piece)) => merge_part(before, piece),
            (Some(Value::String(text)), Value::String(more)) if GROWING.contains(&name.as_str()) => {
                text.push_str(more);
            }
            (Some(before), value) if !value.is_null() && value != "" => *before = value.clone(),
            (Some(_), _) => {}
            (None, value) => drop(part.insert(name.clone(), value.clone())),
        }
    }
}

/// Events of messages.
fn blocks(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let mut body = json!({"content": []});
    let (mut complete, mut blocks): (bool, Vec<Value>) = (false, Vec::new());
    // The blocks by their `index`, wherever a server begins to count.
    let mut places: BTreeMap<u64, usize> = BTreeMap::new();
    let mut inputs: Vec<String> = Vec::new();
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || json_weight::of(&body) + weight_of_all(&blocks)) {
            return None;
        }
        if let Some(error) = error_of(&event) {
            body["error"] = error.get("error").cloned().unwrap_or(error);
            complete = true;
        }
        let index = event["index"].as_u64();
        match event["type"].as_str() {
            Some("message_start") if event["message"].is_object() => body = event["message"].clone(),
            Some("content_block_start") => {
                places.extend(index.map(|index| (index, blocks.len())));
                blocks.push(event["content_block"].clone());
                inputs.push(String::new());
            }
            Some("content_block_delta") => {
                let place =
                    index.and_then(|index| places.get(&index).copied()).or(blocks.len().checked_sub(1));
                let Some(index) = place else { continue };
                delta(&mut blocks[index], &mut inputs[index], &event["delta"]);
            }
            Some("message_delta") => {
                for (name, value) in event["delta"].as_object().into_iter().flatten() {
                    body[name.as_str()] = value.clone();
                }
                // Some servers end with the reason alone.
                complete |= is_end(&event["delta"]["stop_reason"]);
                if !body["usage"].is_object() {
                    body["usage"] = json!({});
                }
                if let (Some(counts), Some(later)) =
                    (body["usage"].as_object_mut(), event["usage"].as_object())
                {
                    usage::take_later(counts, later);
                }
            }
            Some("message_stop") => complete = true,
            // A whole answer as an event.
            Some("message") => {
                return Some((event, true));
            }
            _ => {}
        }
    }
    for (block, input) in blocks.iter_mut().zip(inputs) {
        if !input.is_empty() {
            block["input"] = tool_input(input);
        }
    }
    if !blocks.is_empty() && body.is_object() {
        body["content"] = Value::Array(blocks);
    }
    Some((body, complete))
}

/// Returns the arguments of a call, or their text if they are not JSON or weigh too much.
fn tool_input(text: String) -> Value {
    let light = json_weight::is_within(text.as_bytes(), ARGUMENTS_WEIGHT_MAX);
    let value = if light { serde_json::from_str(&text).ok() } else { None };
    value.unwrap_or(Value::String(text))
}

fn delta(block: &mut Value, input: &mut String, delta: &Value) {
    let Some(block) = block.as_object_mut() else { return };
    for (name, value) in delta.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("type", _) => {}
            ("partial_json", Value::String(piece)) => input.push_str(piece),
            ("citation", citation) => {
                let list = block.entry("citations").or_insert(json!([]));
                if let Some(list) = list.as_array_mut() {
                    list.push(citation.clone());
                }
            }
            (name, value) => append(block.entry(name).or_insert(Value::Null), value),
        }
    }
}

/// Events of responses: the last one holds the whole.
fn items(events: &mut dyn Iterator<Item = StreamEvent>) -> Option<(Value, bool)> {
    let mut clock = WeighingClock::default();
    let (mut items, mut open) = (Vec::new(), OpenItems::default());
    for StreamEvent { value: event, bytes } in events {
        if !clock.goes_on(bytes, || weight_of_all(&items) + open.weight()) {
            return None;
        }
        if let Some(whole) = event.get("response").filter(|_| {
            matches!(
                event["type"].as_str(),
                Some("response.completed" | "response.incomplete" | "response.failed" | "response.done")
            )
        }) {
            let mut whole = whole.clone();
            // Some servers leave the items out of the last event, and some send nothing but their pieces.
            if whole.is_object() && whole["output"].as_array().is_none_or(Vec::is_empty) {
                let items = if items.is_empty() { open.into_items() } else { items };
                whole["output"] = Value::Array(items);
            }
            return Some((whole, true));
        }
        if let Some(error) = error_of(&event) {
            return Some((json!({"error": error}), true));
        }
        open.take(&event);
        if event["type"] == "response.output_item.done" {
            items.push(event["item"].clone());
        }
        if event["object"] == "response" {
            return Some((event, true));
        }
    }
    Some((json!({"object": "response", "output": items}), false))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(values: Vec<Value>) -> impl Iterator<Item = StreamEvent> {
        values.into_iter().map(|value| StreamEvent { bytes: value.to_string().len(), value })
    }

    fn chunks(values: Vec<Value>) -> (Value, bool) {
        super::chunks(&mut events(values)).unwrap()
    }

    fn blocks(values: Vec<Value>) -> (Value, bool) {
        super::blocks(&mut events(values)).unwrap()
    }

    #[test]
    fn chunks_make_a_message() {
        let chunk = |delta: Value| json!({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]});
        let call = |piece: Value| chunk(json!({"tool_calls": [piece]}));
        let (body, complete) = chunks(vec![
            chunk(json!({"role": "assistant", "content": "", "reasoning_content": "I "})),
            chunk(json!({"reasoning_content": "look."})),
            chunk(json!({"content": "a"})),
            call(
                json!({"index": 0, "id": "c", "type": "function", "function": {"name": "bash", "arguments": ""},
                "extra_content": {"google": {"thought_signature": "SIG"}}}),
            ),
            call(json!({"index": 0, "function": {"arguments": "{\"a\":"}})),
            call(json!({"index": 0, "function": {"arguments": "1}"}})),
            call(json!({"index": 1, "id": "d", "function": {"name": "bash", "arguments": "{}"}})),
            json!({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}),
            json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}),
        ]);
        assert!(complete);
        let message = &body["choices"][0]["message"];
        assert_eq!((&message["content"], &message["reasoning_content"]), (&json!("a"), &json!("I look.")));
        assert_eq!(message["tool_calls"][0]["function"], json!({"name": "bash", "arguments": "{\"a\":1}"}));
        assert_eq!(message["tool_calls"][0]["extra_content"]["google"]["thought_signature"], "SIG");
        assert_eq!(message["tool_calls"][1]["id"], "d");
        assert_eq!(
            (&body["choices"][0]["finish_reason"], &body["usage"]["completion_tokens"]),
            (&json!("tool_calls"), &json!(2))
        );
        let (_, complete) = chunks(vec![chunk(json!({"content": "a"}))]);
        assert!(!complete, "a stream without its end");
        let (body, _) =
            chunks(vec![chunk(json!({"content": "a"})), json!({"error": {"message": "gone", "code": 502}})]);
        assert_eq!(body["error"]["code"], 502);
    }

    fn calls(pieces: Vec<Value>) -> Vec<(String, String)> {
        let chunk =
            |piece: Value| json!({"choices": [{"delta": {"tool_calls": [piece]}, "finish_reason": null}]});
        let (body, _) = chunks(pieces.into_iter().map(chunk).collect());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let calls = body["choices"][0]["message"]["tool_calls"].as_array().unwrap();
        calls
            .iter()
            .map(|call| (text(&call["function"]["name"]), text(&call["function"]["arguments"])))
            .collect()
    }

    #[test]
    fn parallel_calls_are_told_apart_whatever_their_index() {
        let bash = |arguments: &str| ("bash".to_owned(), arguments.to_owned());
        let begin = |id: Value, index: Value, arguments: &str| json!({"id": id, "index": index, "function": {"name": "bash", "arguments": arguments}});
        let two = vec![bash("{\"a\":1}"), bash("{\"b\":2}")];
        let one_index =
            vec![begin(json!("c"), json!(0), "{\"a\":1}"), begin(json!("d"), json!(0), "{\"b\":2}")];
        assert_eq!(calls(one_index), two);
        let no_index = vec![
            begin(json!("c"), Value::Null, ""),
            json!({"function": {"arguments": "{\"a\":"}}),
            json!({"function": {"arguments": "1}"}}),
            begin(json!("d"), Value::Null, "{\"b\":"),
            json!({"id": "", "function": {"arguments": "2}"}}),
        ];
        assert_eq!(calls(no_index), two);
        let whole =
            vec![begin(Value::Null, Value::Null, "{\"a\":1}"), begin(Value::Null, Value::Null, "{\"b\":2}")];
        assert_eq!(calls(whole), two);
        let text_index = vec![
            begin(json!("c"), json!("0"), "{\"a\":"),
            json!({"index": "0", "function": {"arguments": "1}"}}),
            begin(json!("d"), json!("1"), "{\"b\":2}"),
        ];
        assert_eq!(calls(text_index), two);
        let name_in_pieces = vec![
            json!({"index": 0, "id": "c", "function": {"name": "ba", "arguments": ""}}),
            json!({"index": 0, "function": {"name": "sh"}}),
            json!({"index": 0, "function": {"arguments": "{\"a\":1}"}}),
        ];
        assert_eq!(calls(name_in_pieces), vec![bash("{\"a\":1}")]);
        let repeated = vec![begin(json!("c"), json!(0), "{\"a\":"), begin(json!("c"), json!(0), "1}")];
        assert_eq!(calls(repeated), vec![bash("{\"a\":1}")]);
        let old = |call: Value| json!({"choices": [{"delta": {"function_call": call}}]});
        let (body, _) = chunks(vec![
            old(json!({"name": "bash", "arguments": ""})),
            old(json!({"arguments": "{\"a\":"})),
            old(json!({"arguments": "1}"})),
        ]);
        assert_eq!(
            body["choices"][0]["message"]["function_call"],
            json!({"name": "bash", "arguments": "{\"a\":1}"})
        );
    }

    #[test]
    fn an_error_within_a_stream_is_one() {
        let said = json!({"choices": [{"delta": {"content": "part"}, "finish_reason": null}]});
        for error in [
            json!({"object": "error", "message": "EngineDeadError", "code": 500}),
            json!({"message": "overloaded", "code": 503}),
            json!({"error": {"message": "gone"}}),
            json!({"type": "error", "message": "gone"}),
            json!({"detail": "gone"}),
        ] {
            let (body, _) = chunks(vec![said.clone(), error.clone()]);
            assert!(says_something(&body["error"]), "{error}: {body}");
        }
        assert!(!chunks(vec![said]).1);
    }

    #[test]
    fn an_empty_reason_is_no_end() {
        let piece = |text: &str, reason: Value| json!({"choices": [{"delta": {"content": text}, "finish_reason": reason}]});
        for none in [json!(""), json!("null"), Value::Null] {
            let cut = vec![piece("he", none.clone()), piece("llo", none.clone())];
            assert!(!chunks(cut.clone()).1, "{none}");
            let (body, complete) = chunks([cut, vec![piece("", json!("stop"))]].concat());
            assert_eq!((&body["choices"][0]["message"]["content"], complete), (&json!("hello"), true));
        }
    }

    #[test]
    fn a_message_so_far_is_taken_once() {
        let so_far = |piece: Option<&str>, text: &str, reason: Value| {
            let mut choice =
                json!({"message": {"role": "assistant", "content": text}, "finish_reason": reason});
            if let Some(piece) = piece {
                choice["delta"] = json!({"content": piece});
            }
            json!({"choices": [choice]})
        };
        let stop = || json!("stop");
        for events in [
            vec![so_far(Some("he"), "he", Value::Null), so_far(Some("llo"), "hello", stop())],
            vec![so_far(None, "he", Value::Null), so_far(None, "hello", stop())],
            vec![so_far(None, "he", Value::Null), so_far(None, "llo", stop())],
            vec![so_far(None, "hello", Value::Null)],
        ] {
            let (body, complete) = chunks(events.clone());
            assert_eq!(
                (&body["choices"][0]["message"]["content"], complete),
                (&json!("hello"), true),
                "{events:?}"
            );
        }
        let cut = vec![so_far(Some("he"), "he", Value::Null), so_far(Some("ll"), "hell", Value::Null)];
        assert!(!chunks(cut).1);
    }

    #[test]
    fn events_of_other_types_are_no_ones() {
        for odd in [json!("x"), json!(1), json!([1]), Value::Null] {
            let (body, complete) = blocks(vec![
                json!({"type": "message_start", "message": odd}),
                json!({"type": "message_start", "message": {"content": odd, "usage": odd}}),
                json!({"type": "content_block_start", "index": 0, "content_block": odd}),
                json!({"type": "content_block_delta", "index": 0, "delta": {"partial_json": "{}"}}),
                json!({"type": "error", "error": {"message": "gone"}}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}),
            ]);
            assert_eq!((&body["usage"]["output_tokens"], complete), (&json!(9), true), "{odd}: {body}");
        }
    }

    #[test]
    fn items_of_a_stream_are_those_that_were_done() {
        let done = json!({"type": "response.output_item.done", "item": {"type": "message", "content": "a"}});
        let completed =
            json!({"type": "response.completed", "response": {"status": "completed", "output": []}});
        let (body, complete) = super::items(&mut events(vec![done.clone(), completed])).unwrap();
        assert_eq!((&body["output"][0]["content"], complete), (&json!("a"), true));
        assert!(!super::items(&mut events(vec![done])).unwrap().1);
    }

    #[test]
    fn blocks_may_be_counted_from_one() {
        let (body, _) = blocks(vec![
            json!({"type": "message_start", "message": {"content": []}}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "hello"}}),
            json!({"type": "message_stop"}),
        ]);
        assert_eq!(body["content"][0]["text"], "hello");
    }

    #[test]
    fn events_make_a_message() {
        let (body, complete) = blocks(vec![
            json!({"type": "message_start", "message": {"id": "m", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}}}),
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}),
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "SIG"}}),
            json!({"type": "content_block_start", "index": 1, "content_block": {"type": "tool_use", "id": "t", "name": "bash", "input": {}}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{\"a\":"}}),
            json!({"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "1}"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}}),
            json!({"type": "message_stop"}),
        ]);
        assert!(complete);
        assert_eq!(body["content"][0], json!({"type": "thinking", "thinking": "hm", "signature": "SIG"}));
        assert_eq!(body["content"][1]["input"], json!({"a": 1}));
        assert_eq!(
            (&body["stop_reason"], &body["usage"]),
            (&json!("tool_use"), &json!({"input_tokens": 3, "output_tokens": 9}))
        );
        let failed = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
        assert_eq!(blocks(vec![failed]).0["error"]["type"], "overloaded_error");
    }
}
