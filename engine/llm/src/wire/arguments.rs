//! Tool calls as models write them: arguments, names and identifiers are read if they have only one reading.
//!
//! Attacks that end here: T-PROV-09, T-PROV-12.

use std::collections::BTreeSet;

use hyperspace_core::json_weight;
use serde_json::{Map, Number, Value};

use super::lenient;
use super::weights::ARGUMENTS_WEIGHT_MAX;
use crate::fault::{FaultKind, ProviderFault};
use crate::repair::Repair;
use crate::types::{Arguments, ChatRequest, Message, Tool, ToolCall};

/// Maximum nesting of arguments that are kept as an object; deeper ones are kept as text.
pub(super) const ARGUMENTS_DEPTH_MAX: usize = 32;
/// Maximum number of calls in an answer.
pub(super) const CALLS_MAX: usize = 128;
/// Field in which malformed arguments are sent back to the model.
const MALFORMED: &str = "malformed";
/// Maximum number of times that a text may be encoded as JSON text.
const ENCODINGS_MAX: usize = 3;
/// Maximum length of a tool name that providers accept.
const NAME_CHARS_MAX: usize = 64;

/// Reads tool calls.
pub(super) struct CallReader<'a> {
    request: &'a ChatRequest,
    pub(super) repairs: BTreeSet<Repair>,
    /// True if the arguments of the last call are plain words, whose end cannot be recognised.
    is_open: bool,
}

impl<'a> CallReader<'a> {
    pub(super) fn new(request: &'a ChatRequest) -> Self {
        Self { request, repairs: BTreeSet::new(), is_open: false }
    }

    /// Reads a call. `arguments` is an object, its text, or nothing.
    pub(super) fn call(&mut self, id: &str, name: &str, arguments: Option<&Value>) -> ToolCall {
        let tool = self.tool(name);
        if tool.is_some_and(|tool| tool.name != name && sendable_name(&tool.name) != name) {
            self.repairs.insert(Repair::ToolName);
        }
        let name = tool.map_or(name, |tool| tool.name.as_str()).to_owned();
        let arguments = match arguments {
            None | Some(Value::Null) => Arguments::Object(Map::new()),
            Some(Value::String(text)) => self.text(text),
            Some(value @ Value::Object(fields)) if is_kept(value) => Arguments::Object(fields.clone()),
            Some(list @ Value::Array(_)) => self.text(&list.to_string()),
            Some(other) => Arguments::Malformed(other.to_string()),
        };
        self.is_open = false;
        let arguments = match (arguments, tool) {
            (Arguments::Object(fields), Some(tool)) => Arguments::Object(self.fitted(fields, tool)),
            (Arguments::Malformed(text), Some(tool)) => self.bare(text, tool),
            (arguments, _) => arguments,
        };
        ToolCall { id: id.to_owned(), name, arguments }
    }

    /// Marks the last call of an answer as cut off by the limit, unless its arguments are complete.
    pub(super) fn cut_off(&mut self, calls: &mut [ToolCall], cut: bool) {
        let Some(last) = calls.last_mut().filter(|_| cut) else { return };
        match &last.arguments {
            // The arguments had not begun.
            Arguments::Object(fields) if fields.is_empty() || self.is_open => self.cut(last),
            Arguments::Object(_) => {}
            Arguments::Malformed(_) => drop(self.repairs.insert(Repair::CallCutOff)),
        }
    }

    /// Turns a call that was cut off by the limit into one that nobody runs.
    pub(super) fn cut(&mut self, call: &mut ToolCall) {
        let given = match &call.arguments {
            Arguments::Object(fields) => Value::Object(fields.clone()).to_string(),
            Arguments::Malformed(text) => text.clone(),
        };
        self.repairs.insert(Repair::CallCutOff);
        call.arguments = Arguments::Malformed(format!("{given} …"));
    }

    /// Returns a call with arguments that cannot be read, so that nobody runs it. `text` is the available part of it.
    pub(super) fn malformed(&mut self, name: &str, text: &str) -> ToolCall {
        let name = self.tool(name).map_or(name, |tool| tool.name.as_str()).to_owned();
        // Must not be JSON, even by chance.
        let text = format!("{} …", text.trim());
        ToolCall { id: String::new(), name, arguments: Arguments::Malformed(text) }
    }

    /// Reads the text of arguments, which may be encoded more than once.
    fn text(&mut self, text: &str) -> Arguments {
        let mut inner = text.trim().to_owned();
        for encoding in 0..ENCODINGS_MAX {
            if inner.is_empty() {
                return Arguments::Object(Map::new());
            }
            let (plain, wrapped) = unwrapped(&inner);
            let Some(read) = lenient::whole(&plain, ARGUMENTS_WEIGHT_MAX) else { break };
            let value = match read.value {
                // A list with one object has only one reading.
                Value::Array(mut items) if items.len() == 1 && items[0].is_object() => {
                    self.repairs.insert(Repair::ArgumentsSyntax);
                    items.remove(0)
                }
                value => value,
            };
            if wrapped {
                self.repairs.insert(Repair::ArgumentsSyntax);
            }
            match value {
                Value::Object(fields) if depth(&fields) <= ARGUMENTS_DEPTH_MAX => {
                    if read.mended || encoding > 0 {
                        self.repairs.insert(Repair::ArgumentsSyntax);
                    }
                    return Arguments::Object(fields);
                }
                Value::String(text) => inner = text.trim().to_owned(),
                Value::Null => inner.clear(),
                _ => break,
            }
        }
        Arguments::Malformed(text.to_owned())
    }

    /// Reads plain words as the argument of a tool that takes a single text.
    fn bare(&mut self, text: String, tool: &Tool) -> Arguments {
        let Some(field) = single_text(tool) else { return Arguments::Malformed(text) };
        let quoted = |text: &str| lenient::whole(text.trim(), ARGUMENTS_WEIGHT_MAX).map(|read| read.value);
        let words = match quoted(&text) {
            // The same text may be encoded more than once.
            Some(Value::String(words)) => match quoted(&words) {
                Some(Value::String(inner)) => inner,
                _ => words,
            },
            None if !text.trim_start().starts_with(['{', '[', '"', '`', '<']) => {
                self.is_open = true;
                text
            }
            _ => return Arguments::Malformed(text),
        };
        self.repairs.insert(Repair::ArgumentsSyntax);
        Arguments::Object(Map::from_iter([(field.to_owned(), Value::String(words))]))
    }

    /// Returns the offered tool that a name denotes.
    pub(super) fn tool(&self, name: &str) -> Option<&'a Tool> {
        let tools = &self.request.tools;
        let sent = || tools.iter().find(|tool| sendable_name(&tool.name) == name);
        tools.iter().find(|tool| tool.name == name).or_else(sent).or_else(|| {
            let bare = bare_name(name);
            let exact = |name: &str| tools.iter().find(|tool| tool.name == name);
            let alike = || tools.iter().find(|tool| tool.name.eq_ignore_ascii_case(&bare));
            // The name of a module that nobody offered, before the name of a tool.
            let last = || bare.rsplit('.').next().filter(|last| *last != bare).and_then(exact);
            exact(&bare).or_else(alike).or_else(last)
        })
    }

    /// Converts each argument to the type in the tool's schema, if its value has only one reading of that type.
    fn fitted(&mut self, fields: Map<String, Value>, tool: &Tool) -> Map<String, Value> {
        let Some(properties) = tool.parameters.get("properties").and_then(Value::as_object) else {
            return fields;
        };
        let wrapped = single_wrapper(&fields, properties);
        let fields = match wrapped {
            Some(inner) => {
                self.repairs.insert(Repair::ArgumentsType);
                inner
            }
            None => fields,
        };
        let each = fields.into_iter().map(|(name, value)| {
            match properties.get(&name).and_then(|schema| read_as(&value, schema)) {
                Some(read) => {
                    self.repairs.insert(Repair::ArgumentsType);
                    (name, read)
                }
                None => (name, value),
            }
        });
        each.collect()
    }
}

/// Returns the argument of a tool that takes only a single text.
fn single_text(tool: &Tool) -> Option<&str> {
    let properties = tool.parameters.get("properties")?.as_object()?;
    let (name, schema) = properties.iter().next().filter(|_| properties.len() == 1)?;
    (schema["type"] == "string").then_some(name)
}

/// Returns the text of arguments without what models and servers leave around it: a fence, end marks, a surplus bracket, a
/// preceding empty object or a preceding beginning of the same object. Also returns whether there was anything.
fn unwrapped(text: &str) -> (String, bool) {
    const ENDS: [&str; 8] = [
        "</tool_call>",
        "<|im_end|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "</s>",
        "<|tool_call_end|>",
        "</function>",
        "```",
    ];
    let mut inner = text.trim();
    if let Some(rest) = inner.strip_prefix("```") {
        inner = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).trim();
    }
    while let Some(rest) = ENDS.iter().find_map(|end| inner.strip_suffix(end)) {
        inner = rest.trim_end();
    }
    if let Some(rest) = inner.strip_prefix("{}").map(str::trim_start).filter(|rest| rest.starts_with('{')) {
        inner = rest;
    }
    inner = begun_again(inner);
    let tail = lenient::prefix(inner, ARGUMENTS_WEIGHT_MAX).map(|read| (read.end, inner[read.end..].trim()));
    if let Some((end, "}" | "}}")) = tail {
        inner = &inner[..end];
    }
    (inner.to_owned(), inner.len() != text.trim().len())
}

/// Returns the last of several objects, if the text before it is the beginning of the same object: servers that stream a call may
/// send the part so far again as a whole. A single object stays as it is: a part of it that begins within has a bracket too many.
fn begun_again(text: &str) -> &str {
    /// Number of places at which an object is looked for.
    const PLACES: usize = 8;
    if let Some(rest) = text.strip_prefix('{').filter(|rest| rest.starts_with('{')) {
        return rest;
    }
    let objects = text.match_indices('{').map(|(at, _)| at).skip(1).take(PLACES);
    let mut rests =
        objects.filter(|at| text[*at..].starts_with(text[..*at].trim_end())).map(|at| &text[at..]);
    rests.find(|rest| lenient::whole(rest, ARGUMENTS_WEIGHT_MAX).is_some()).unwrap_or(text)
}

/// Returns the object inside `{"arguments": {…}}` and similar wrappers that the tool does not take. Names of the tool and of the
/// kind of call may stand beside it.
fn single_wrapper(
    fields: &Map<String, Value>,
    properties: &Map<String, Value>,
) -> Option<Map<String, Value>> {
    const WRAPPERS: [&str; 5] = ["arguments", "parameters", "input", "kwargs", "properties"];
    const BESIDE: [&str; 6] = ["name", "tool", "tool_name", "function", "type", "id"];
    if fields.keys().any(|name| properties.contains_key(name)) {
        return None;
    }
    let mut others = fields.iter().filter(|(name, _)| !BESIDE.contains(&name.as_str()));
    let (name, value) = others.next().filter(|_| others.next().is_none())?;
    let inner = value.as_object()?;
    let known = inner.keys().any(|key| properties.contains_key(key));
    (WRAPPERS.contains(&name.as_str()) && known).then(|| inner.clone())
}

/// Returns a name without the namespaces, numbers and marks that models add to it.
fn bare_name(name: &str) -> String {
    let mut name = name.trim();
    if let Some(end) = name.find("<|") {
        name = name[..end].trim_end();
    }
    for prefix in
        ["functions.", "function.", "tools.", "tool.", "default_api.", "default_api:", "functions:", "mcp__"]
    {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    if let Some((before, number)) = name.rsplit_once(':')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        name = before;
    }
    name.trim_end_matches("()").trim().to_owned()
}

/// Returns the value converted to the type of its schema, if it has another type and exactly one reading.
fn read_as(value: &Value, schema: &Value) -> Option<Value> {
    let schema = single_schema(schema)?;
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect()
        }
        _ => return None,
    };
    let [kind] = kinds[..] else { return None };
    match (kind, value) {
        ("array", Value::Array(items)) => {
            let item = schema.get("items")?;
            let read: Vec<Value> =
                items.iter().map(|one| read_as(one, item).unwrap_or_else(|| one.clone())).collect();
            (read != *items).then_some(Value::Array(read))
        }
        ("array" | "object", Value::String(text)) => {
            let read = lenient::whole(text.trim(), ARGUMENTS_WEIGHT_MAX)?.value;
            let right = if kind == "array" { read.is_array() } else { read.is_object() };
            right.then(|| read_as(&read, schema).unwrap_or(read))
        }
        ("integer", Value::Number(number)) => {
            let whole = number.as_f64().filter(|_| number.is_f64())?;
            integer(whole)
        }
        ("integer", Value::String(text)) => {
            let number: f64 = text.trim().parse().ok()?;
            integer(number)
        }
        ("number", Value::String(text)) => {
            Some(Value::Number(serde_json::from_str::<Number>(text.trim()).ok()?))
        }
        ("boolean", Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        ("string", Value::Number(number)) => Some(Value::String(number.to_string())),
        ("string", Value::Bool(truth)) => Some(Value::String(truth.to_string())),
        _ => None,
    }
}

/// Returns the schema itself, or its only alternative that is not null.
fn single_schema(schema: &Value) -> Option<&Value> {
    let Some(listed) = ["anyOf", "oneOf"].iter().find_map(|name| schema.get(*name)?.as_array()) else {
        return Some(schema);
    };
    let mut others = listed.iter().filter(|one| one["type"] != "null");
    others.next().filter(|_| others.next().is_none())
}

/// Returns a number without a fraction as an integer.
fn integer(number: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then(|| Value::from(number as i64))
}

/// Returns whether arguments can be kept as an object.
fn is_kept(arguments: &Value) -> bool {
    depth_of(arguments) <= ARGUMENTS_DEPTH_MAX && json_weight::of(arguments) <= ARGUMENTS_WEIGHT_MAX
}

/// Returns the nesting depth of an object.
pub(super) fn depth(fields: &Map<String, Value>) -> usize {
    1 + fields.values().map(depth_of).max().unwrap_or(0)
}

/// Returns the nesting depth of a value.
pub(super) fn depth_of(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth_of).max().unwrap_or(0),
        Value::Object(fields) => depth(fields),
        _ => 0,
    }
}

/// Returns the arguments as the object that is sent back to the model.
pub(super) fn arguments_object(call: &ToolCall) -> Map<String, Value> {
    match &call.arguments {
        Arguments::Object(fields) => fields.clone(),
        Arguments::Malformed(raw) => Map::from_iter([(MALFORMED.to_owned(), Value::from(raw.as_str()))]),
    }
}

/// Returns a name that every provider accepts: 1 to 64 letters, digits, `_` and `-`.
pub(super) fn sendable_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let name: String = name.chars().map(plain).take(NAME_CHARS_MAX).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// Assigns identifiers to calls that have none or a duplicate one, so that each result can be matched to its call.
///
/// # Errors
///
/// When there are more calls than an answer may have.
pub(super) fn assign_ids(request: &ChatRequest, calls: &mut [ToolCall]) -> Result<(), ProviderFault> {
    if calls.len() > CALLS_MAX {
        let text = format!("the answer has {} tool calls; at most {CALLS_MAX} are read", calls.len());
        return Err(ProviderFault::new(FaultKind::NoMessage, text));
    }
    let mut known: BTreeSet<String> = BTreeSet::new();
    for message in &request.messages {
        if let Message::Assistant { tool_calls, .. } = message {
            known.extend(tool_calls.iter().map(|call| call.id.clone()));
        }
    }
    for (at, call) in calls.iter_mut().enumerate() {
        let mut number = at;
        while call.id.is_empty() || known.contains(&call.id) {
            call.id = format!("call_{}_{number}", request.messages.len());
            number += 1;
        }
        known.insert(call.id.clone());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request() -> ChatRequest {
        serde_json::from_value(json!({"model": "m", "messages": [], "temperature": null, "max_tokens": null, "tools": [
            {"name": "bash", "description": "", "parameters": {"type": "object", "properties": {"command": {"type": "string"}}}},
            {"name": "editor", "description": "", "parameters": {"type": "object", "properties": {
                "path": {"type": "string"}, "insert_line": {"type": "integer"}, "all": {"type": "boolean"},
                "view_range": {"type": "array", "items": {"type": "integer"}},
                "from": {"type": ["integer", "null"]}, "to": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "either": {"anyOf": [{"type": "integer"}, {"type": "string"}]}}}}]}))
        .unwrap()
    }

    #[test]
    fn arguments_with_one_reading_are_read_and_the_repair_is_noted() {
        let request = request();
        for (name, arguments, expected, repair) in [
            ("bash", json!("{\"command\": \"ls\"}"), json!({"command": "ls"}), None),
            ("bash", json!({"command": "ls"}), json!({"command": "ls"}), None),
            (
                "bash",
                json!("{\"command\": \"a\nb\"}"),
                json!({"command": "a\nb"}),
                Some(Repair::ArgumentsSyntax),
            ),
            ("bash", json!("{\"command\": \"a\",}"), json!({"command": "a"}), Some(Repair::ArgumentsSyntax)),
            (
                "bash",
                json!("\"{\\\"command\\\": \\\"a\\\"}\""),
                json!({"command": "a"}),
                Some(Repair::ArgumentsSyntax),
            ),
            ("bash", json!(""), json!({}), None),
            (
                "bash",
                json!({"arguments": {"command": "a"}}),
                json!({"command": "a"}),
                Some(Repair::ArgumentsType),
            ),
            (
                "bash",
                json!({"name": "bash", "arguments": {"command": "a"}}),
                json!({"command": "a"}),
                Some(Repair::ArgumentsType),
            ),
            (
                "bash",
                json!({"type": "object", "properties": {"command": "a"}}),
                json!({"command": "a"}),
                Some(Repair::ArgumentsType),
            ),
            (
                "bash",
                json!({"arguments": {"command": "a"}, "timeout": 3}),
                json!({"arguments": {"command": "a"}, "timeout": 3}),
                None,
            ),
            (
                "editor",
                json!({"view_range": "[1, 5]"}),
                json!({"view_range": [1, 5]}),
                Some(Repair::ArgumentsType),
            ),
            (
                "editor",
                json!({"view_range": [1.0, "5"]}),
                json!({"view_range": [1, 5]}),
                Some(Repair::ArgumentsType),
            ),
            ("editor", json!({"insert_line": "5"}), json!({"insert_line": 5}), Some(Repair::ArgumentsType)),
            ("editor", json!({"insert_line": 5.5}), json!({"insert_line": 5.5}), None),
            (
                "editor",
                json!({"from": "5", "to": 6.0}),
                json!({"from": 5, "to": 6}),
                Some(Repair::ArgumentsType),
            ),
            (
                "editor",
                json!({"from": null, "to": null, "either": "7"}),
                json!({"from": null, "to": null, "either": "7"}),
                None,
            ),
            (
                "editor",
                json!({"all": "True", "path": 7}),
                json!({"all": true, "path": "7"}),
                Some(Repair::ArgumentsType),
            ),
        ] {
            let mut reader = CallReader::new(&request);
            let call = reader.call("c", name, Some(&arguments));
            assert_eq!(
                call.arguments,
                Arguments::Object(expected.as_object().unwrap().clone()),
                "{arguments}"
            );
            assert_eq!(reader.repairs, repair.into_iter().collect(), "{arguments}");
        }
        let cut = CallReader::new(&request).call("c", "bash", Some(&json!("{\"command\": \"a")));
        assert_eq!(cut.arguments, Arguments::Malformed("{\"command\": \"a".to_owned()));
    }

    #[test]
    fn what_a_stream_sends_twice_is_read_once() {
        let request = request();
        for (given, read) in [
            ("{\"command\": \"ls\"}{\"command\": \"ls\"}", true),
            ("{{\"command\": \"ls\"}", true),
            ("{{\"command\": \"ls\"}}", true),
            ("{\"command\": \"l{\"command\": \"ls\"}", true),
            ("{\"command\": \"ls\"}\n{\"command\": \"ls\"}", true),
            ("{\"command\": \"ls\"}{\"command\": \"rm\"}", false),
            ("{\"command\": \"ls", false),
        ] {
            let arguments = CallReader::new(&request).call("c", "bash", Some(&json!(given))).arguments;
            let right = Arguments::Object(json!({"command": "ls"}).as_object().unwrap().clone());
            assert_eq!(arguments == right, read, "{given}: {arguments:?}");
            assert!(read || matches!(arguments, Arguments::Malformed(_)), "{given}");
        }
        // An object stays unchanged.
        for text in [
            json!({"command": "{{x}} {\"command\": 1}"}).to_string(),
            "{\"command\":{\"command\":{\"command\":1}}}".to_owned(),
            "{\"x\": {}, \"y\": {}}".to_owned(),
        ] {
            let call = CallReader::new(&request).call("c", "bash", Some(&json!(text)));
            assert_eq!(call.arguments, Arguments::Object(serde_json::from_str(&text).unwrap()));
        }
        // Many brackets take time proportional to their text.
        let brackets = "{".repeat(1 << 20);
        assert!(matches!(
            CallReader::new(&request).call("c", "bash", Some(&json!(brackets))).arguments,
            Arguments::Malformed(_)
        ));
    }

    #[test]
    fn names_are_found_in_their_decoration_and_made_sendable() {
        let request = request();
        for (given, name) in [
            ("bash", "bash"),
            ("functions.bash:0 <|x|>", "bash"),
            ("default_api.editor", "editor"),
            ("Bash", "bash"),
            ("rm -rf", "rm -rf"),
            ("", ""),
        ] {
            assert_eq!(CallReader::new(&request).call("c", given, None).name, name);
        }
        assert_eq!(sendable_name("functions.x:0 <|x|>"), "functions_x_0___x__");
        assert_eq!((sendable_name(""), sendable_name(&"a".repeat(99)).len()), ("unnamed".to_owned(), 64));
    }
}
