//! Matching of requests against rules, and expansion of templates.

use std::collections::BTreeMap;

use serde_json::Value;

use super::form::{AnswerTemplate, CountBy, TextScope};
use super::request::StubRequest;
use super::script::Rule;

/// Uses of each rule, by number of the rule and counting key.
#[derive(Debug, Default)]
pub(super) struct RuleCounts(BTreeMap<(usize, String), u64>);

/// The matched rule, its answer, and the values of template names.
#[derive(Debug)]
pub(super) struct RuleMatch<'a> {
    pub(super) rule: &'a Rule,
    pub(super) answer: &'a AnswerTemplate,
    names: BTreeMap<String, String>,
}

impl RuleCounts {
    /// Returns the first rule that matches and is not used up, and counts its use.
    pub(super) fn choose<'a>(&mut self, rules: &'a [Rule], request: &StubRequest) -> Option<RuleMatch<'a>> {
        for (number, rule) in rules.iter().enumerate() {
            let Some(mut names) = captures(rule, request) else { continue };
            let by = match rule.per {
                CountBy::Script => String::new(),
                CountBy::Model => request.model.clone(),
                CountBy::Client => request.client.clone(),
                CountBy::Conversation => format!("{}\n{}", request.model, request.text(TextScope::First)),
            };
            let used = self.0.entry((number, by)).or_default();
            if rule.times.is_some_and(|times| *used >= times) {
                continue;
            }
            let last = rule.answers.len() - 1;
            let at = usize::try_from(*used).unwrap_or(usize::MAX);
            let at = if rule.cycle { at % rule.answers.len() } else { at.min(last) };
            *used += 1;
            names.extend([
                ("count".to_owned(), used.to_string()),
                ("model".to_owned(), request.model.clone()),
                ("turn".to_owned(), request.turn.to_string()),
                ("last".to_owned(), request.text(TextScope::Last)),
            ]);
            return Some(RuleMatch { rule, answer: &rule.answers[at], names });
        }
        None
    }
}

/// Returns the captured groups if the rule matches.
fn captures(rule: &Rule, request: &StubRequest) -> Option<BTreeMap<String, String>> {
    let is = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
    let fits = is(&rule.model, &request.model)
        && rule.api.is_none_or(|api| api == request.api)
        && rule.turn.is_none_or(|turn| turn == request.turn)
        && rule.tool.as_ref().is_none_or(|tool| request.tools.contains(tool));
    if !fits {
        return None;
    }
    let text = request.text(rule.scope);
    let has = |word: &String| text.contains(word.as_str());
    if !rule.contains.iter().all(has) || rule.lacks.iter().any(has) {
        return None;
    }
    let mut names = BTreeMap::new();
    if let Some(pattern) = &rule.matches {
        let caught = pattern.captures(&text)?;
        for (number, name) in pattern.capture_names().enumerate() {
            if let Some(group) = caught.get(number) {
                names.insert(number.to_string(), group.as_str().to_owned());
                names.extend(name.map(|name| (name.to_owned(), group.as_str().to_owned())));
            }
        }
    }
    Some(names)
}

impl RuleMatch<'_> {
    /// Expands `{{name}}` in a text; unknown names are left as they are.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let (before, from) = rest.split_at(start);
            filled.push_str(before);
            let value = from.find("}}").and_then(|end| Some((end, self.names.get(from[2..end].trim())?)));
            match value {
                Some((end, value)) => {
                    filled.push_str(value);
                    rest = &from[end + 2..];
                }
                None => {
                    filled.push('{');
                    rest = &from[1..];
                }
            }
        }
        filled.push_str(rest);
        filled
    }

    /// Expands all strings of a value.
    pub(super) fn fill_value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.fill(text)),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.fill_value(value))).collect()
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Api;
    use crate::stub::Script;

    fn request(model: &str, texts: &[&str]) -> StubRequest {
        let roles = ["user", "assistant"].into_iter().cycle();
        let messages: Vec<_> =
            texts.iter().zip(roles).map(|(t, role)| json!({"role": role, "content": t})).collect();
        StubRequest::parse(Api::Openai, "k".to_owned(), &json!({"model": model, "messages": messages}))
            .unwrap()
    }

    /// Returns the texts that a script answers to consecutive requests.
    fn said(script: &str, requests: &[StubRequest]) -> Vec<Option<String>> {
        let script = Script::parse("s", script).unwrap();
        let mut counts = RuleCounts::default();
        let texts = requests.iter().map(|request| {
            let matched = counts.choose(&script.rules, request)?;
            Some(matched.fill(matched.answer.text.as_deref().unwrap()))
        });
        texts.collect()
    }

    fn texts(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn rules_match_in_order_and_are_used_up() {
        let script = r#"
            [[rule]]
            times = 2
            per = "model"
            [[rule.answer]]
            text = "{{model}} {{count}}"
            [[rule]]
            when = { matches = 'row (?<row>\d+)', lacks = ["no"] }
            cycle = true
            [[rule.answer]]
            text = "{{row}}{{1}} {{other}} {{"
            [[rule.answer]]
            text = "second {{ turn }}"
            [[rule]]
            when = { turn = 2, in = "first", contains = ["a", "b"] }
            [[rule.answer]]
            text = "third"
        "#;
        let (a, b) = (request("a", &["row 7"]), request("b", &["row 7"]));
        let requests = [&a, &b, &a, &b, &a, &a, &a].map(Clone::clone);
        let expected = ["a 1", "b 1", "a 2", "b 2", "77 {{other}} {{", "second 1", "77 {{other}} {{"];
        assert_eq!(said(script, &requests), texts(&expected));
        let c = [
            request("a", &["no row 1"]),
            request("a", &["x"]),
            request("a", &["ab", "row", "c"]),
            request("a", &["no row 1"]),
        ];
        assert_eq!(said(script, &c)[2..], [Some("third".to_owned()), None]);
    }
}
