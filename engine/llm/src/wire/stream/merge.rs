//! Merging of message pieces: texts, tool calls, and details by index.

use hyperspace_core::json_weight;
use serde_json::{Map, Value, json};

use super::super::weights::ARGUMENTS_WEIGHT_MAX;

/// Maximum length of a list in which a part is looked for by `index` at any place.
const SEARCHED_MAX: usize = 256;

/// Adds the piece of a choice. Some servers send the message so far, alone or beside the piece.
pub(super) fn merge_choice(message: &mut Map<String, Value>, choice: &Value) {
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

/// Adds the calls of another choice to one that has none: one server puts the text and the calls of an answer into two choices.
pub(super) fn merge_other_calls(message: &mut Map<String, Value>, choices: &Value) {
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

/// Adds a piece of a message: texts are appended, calls and details with an equal `index` are merged, and anything else is
/// replaced.
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

/// Adds pieces of calls. A piece with the name of a tool and another identifier begins a call, whatever its index; one with
/// neither index nor identifier continues the last call.
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

/// Returns whether a piece begins a new call although a call has the same index and neither has an identifier: the arguments of
/// the existing call are complete, and the piece has others.
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

/// Returns the place of the last element with an `index`. In a long list, only the end is searched.
fn last_place_of(list: &[Value], index: u64) -> Option<usize> {
    let same = |one: &Value| one.get("index").and_then(Value::as_u64) == Some(index);
    let from = list.len().saturating_sub(SEARCHED_MAX);
    list[from..].iter().rposition(same).map(|at| at + from)
}

/// Returns the place of the first element with an `index`. In a long list, only its expected place and the end are searched.
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

/// Appends a text to a text, or a part to a list of parts.
pub(super) fn append(before: &mut Value, piece: &Value) {
    match (before, piece) {
        (Value::String(text), Value::String(more)) => text.push_str(more),
        (Value::Array(parts), more) => parts.push(json!({"type": "text", "text": more})),
        (before, more) => *before = more.clone(),
    }
}
