//! Finds the rule and the answer for a request, and fills in templates.

use std::collections::BTreeMap;

use serde_json::Value;

use super::asked::Asked;
use super::script::{Per, Place, Reply, Rule};

/// How often each rule was used, by what it counts.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<(usize, String), u64>);

/// An answer that was chosen, and what its templates mean.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    pub(super) rule: &'a Rule,
    pub(super) reply: &'a Reply,
    names: BTreeMap<String, String>,
}

impl Counts {
    /// The first rule that matches and is not used up; counts its use.
    pub(super) fn choose<'a>(&mut self, rules: &'a [Rule], asked: &Asked) -> Option<Chosen<'a>> {
        for (number, rule) in rules.iter().enumerate() {
            let Some(mut names) = matched(rule, asked) else { continue };
            let by = match rule.per {
                Per::Script => String::new(),
                Per::Model => asked.model.clone(),
                Per::Client => asked.client.clone(),
                Per::Conversation => format!("{}\n{}", asked.model, asked.text(Place::First)),
            };
            let used = self.0.entry((number, by)).or_default();
            if rule.times.is_some_and(|times| *used >= times) {
                continue;
            }
            let last = rule.replies.len() - 1;
            let at = usize::try_from(*used).unwrap_or(usize::MAX);
            let at = if rule.cycle { at % rule.replies.len() } else { at.min(last) };
            *used += 1;
            names.extend([
                ("count".to_owned(), used.to_string()),
                ("model".to_owned(), asked.model.clone()),
                ("turn".to_owned(), asked.turn.to_string()),
                ("last".to_owned(), asked.text(Place::Last)),
            ]);
            return Some(Chosen { rule, reply: &rule.replies[at], names });
        }
        None
    }
}

/// Whether a rule is for this request: nothing if not, otherwise what its groups caught.
fn matched(rule: &Rule, asked: &Asked) -> Option<BTreeMap<String, String>> {
    let is = |wanted: &Option<String>, given: &str| wanted.as_deref().is_none_or(|wanted| wanted == given);
    let fits = is(&rule.model, &asked.model)
        && rule.api.is_none_or(|api| api == asked.api)
        && rule.turn.is_none_or(|turn| turn == asked.turn)
        && rule.tool.as_ref().is_none_or(|tool| asked.tools.contains(tool));
    if !fits {
        return None;
    }
    let text = asked.text(rule.place);
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

impl Chosen<'_> {
    /// The text with `{{name}}` filled in; names that are not known stay as they are.
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

    /// The value with all its texts filled in.
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

    fn asked(model: &str, texts: &[&str]) -> Asked {
        let roles = ["user", "assistant"].into_iter().cycle();
        let messages: Vec<_> =
            texts.iter().zip(roles).map(|(t, role)| json!({"role": role, "content": t})).collect();
        Asked::read(Api::Openai, "k".to_owned(), &json!({"model": model, "messages": messages})).unwrap()
    }

    /// What a script answers to requests one after the other.
    fn said(script: &str, requests: &[Asked]) -> Vec<Option<String>> {
        let script = Script::parse("s", script).unwrap();
        let mut counts = Counts::default();
        let texts = requests.iter().map(|asked| {
            let chosen = counts.choose(&script.rules, asked)?;
            Some(chosen.fill(chosen.reply.text.as_deref().unwrap()))
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
        let (a, b) = (asked("a", &["row 7"]), asked("b", &["row 7"]));
        let requests = [&a, &b, &a, &b, &a, &a, &a].map(Clone::clone);
        let expected = ["a 1", "b 1", "a 2", "b 2", "77 {{other}} {{", "second 1", "77 {{other}} {{"];
        assert_eq!(said(script, &requests), texts(&expected));
        let c = [
            asked("a", &["no row 1"]),
            asked("a", &["x"]),
            asked("a", &["ab", "row", "c"]),
            asked("a", &["no row 1"]),
        ];
        assert_eq!(said(script, &c)[2..], [Some("third".to_owned()), None]);
    }
}
