//! The script: its shape, and what makes no sense in it, told with file, line and field.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

use crate::config::Api;

/// A script that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {problem}")]
pub struct ScriptError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field, what is wrong with it, and what was expected.
    pub problem: String,
}

/// A script that was checked.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) server: Server,
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    server: Server,
    #[serde(default)]
    rule: Vec<Spanned<RuleForm>>,
}

/// What holds for all requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Server {
    /// Models that exist; empty means all.
    pub(super) models: Vec<String>,
    /// Keys that are accepted; empty means all, and none.
    pub(super) api_keys: Vec<String>,
    /// Requests in any second; more are answered with 429 and `Retry-After`.
    pub(super) requests_per_second: Option<u32>,
    /// Estimated tokens of a request; more are a context overflow.
    pub(super) context_window: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RuleForm {
    name: Option<String>,
    #[serde(default)]
    when: WhenForm,
    #[serde(default)]
    per: Per,
    times: Option<u64>,
    #[serde(default)]
    cycle: bool,
    #[serde(default)]
    answer: Vec<Spanned<Reply>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct WhenForm {
    model: Option<String>,
    api: Option<Api>,
    turn: Option<u64>,
    tool: Option<String>,
    r#in: Place,
    contains: Vec<String>,
    lacks: Vec<String>,
    matches: Option<Spanned<String>>,
}

/// Where a text is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Place {
    /// The newest message.
    #[default]
    Last,
    /// The first message of the user.
    First,
    /// The system messages.
    System,
    /// Everything.
    All,
}

/// What a rule counts by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Per {
    /// One count.
    #[default]
    Script,
    /// One for each model.
    Model,
    /// One for each key.
    Client,
    /// One for each model and first message of the user.
    Conversation,
}

/// A rule: which requests it answers, how often, and with what.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) model: Option<String>,
    pub(super) api: Option<Api>,
    pub(super) turn: Option<u64>,
    pub(super) tool: Option<String>,
    pub(super) place: Place,
    pub(super) contains: Vec<String>,
    pub(super) lacks: Vec<String>,
    pub(super) matches: Option<Regex>,
    pub(super) per: Per,
    pub(super) times: Option<u64>,
    pub(super) cycle: bool,
    pub(super) replies: Vec<Reply>,
}

/// One answer of a rule.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Reply {
    pub(super) text: Option<String>,
    pub(super) calls: Vec<CallForm>,
    pub(super) thinking: Option<String>,
    pub(super) finish: Option<Finish>,
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) delay_ms: u64,
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) fault: Option<Fault>,
    pub(super) body: Option<String>,
}

/// A call that the model makes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CallForm {
    pub(super) name: String,
    #[serde(default)]
    pub(super) arguments: toml::Table,
    /// Text instead of arguments, which need not be JSON.
    pub(super) arguments_text: Option<String>,
}

/// Why an answer ends, where it is not what follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
    ContentFilter,
}

/// Ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Fault {
    /// No answer.
    Hang,
    /// The connection is reset.
    Reset,
    /// The body ends before its announced length.
    Truncated,
    /// JSON that ends in the middle, as a whole body.
    MalformedJson,
    /// A page of HTML with status 200.
    WrongContentType,
    /// An answer without choices, or without content.
    EmptyChoices,
    /// A refusal because the conversation is too long.
    ContextOverflow,
    /// A good answer without usage.
    NoUsage,
}

impl Script {
    /// Reads a script; `file` is how errors name it.
    ///
    /// # Errors
    ///
    /// [`ScriptError`].
    pub fn parse(file: &str, text: &str) -> Result<Self, ScriptError> {
        let line = |span: Option<Range<usize>>| {
            let start = span.map_or(0, |span| span.start.min(text.len()));
            1 + text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count()
        };
        let error = |span: Option<Range<usize>>, problem: String| ScriptError {
            file: file.to_owned(),
            line: line(span),
            problem,
        };
        let form: Form =
            toml::from_str(text).map_err(|e| error(e.span(), e.message().trim_end().replace('\n', ", ")))?;
        if form.server.requests_per_second == Some(0) {
            let at = text.find("requests-per-second").map(|at| at..at);
            return Err(error(at, "requests-per-second: 0; expected at least 1".to_owned()));
        }
        if form.rule.is_empty() {
            return Err(error(None, "rule: there is none; expected at least one [[rule]]".to_owned()));
        }
        let mut rules = Vec::new();
        for (number, rule) in (1..).zip(form.rule) {
            let span = rule.span();
            let checked = check_rule(number, rule.into_inner());
            rules.push(checked.map_err(|(at, problem)| error(Some(at.unwrap_or(span)), problem))?);
        }
        Ok(Self { server: form.server, rules })
    }

    /// How many rules it has.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.rules.len()
    }
}

type Misfit = (Option<Range<usize>>, String);

fn check_rule(number: usize, form: RuleForm) -> Result<Rule, Misfit> {
    let misfit = |field: &str, problem: &str| Err((None, format!("rule {number}: {field}: {problem}")));
    if form.answer.is_empty() {
        return misfit("answer", "there is none; expected at least one [[rule.answer]]");
    }
    if form.times == Some(0) {
        return misfit("times", "0; expected at least 1");
    }
    if form.when.turn == Some(0) {
        return misfit("when.turn", "0; turns are counted from 1");
    }
    let matches = match form.when.matches {
        None => None,
        Some(pattern) => Some(Regex::new(pattern.get_ref()).map_err(|error| {
            let text = error.to_string();
            let text = text.lines().last().unwrap_or_default().trim();
            (Some(pattern.span()), format!("rule {number}: when.matches: {text}"))
        })?),
    };
    let mut replies = Vec::new();
    for reply in form.answer {
        let span = reply.span();
        let reply = reply.into_inner();
        check_reply(&reply).map_err(|problem| (Some(span), format!("rule {number}: answer.{problem}")))?;
        replies.push(reply);
    }
    Ok(Rule {
        name: form.name.unwrap_or_else(|| format!("rule {number}")),
        model: form.when.model,
        api: form.when.api,
        turn: form.when.turn,
        tool: form.when.tool,
        place: form.when.r#in,
        contains: form.when.contains,
        lacks: form.when.lacks,
        matches,
        per: form.per,
        times: form.times,
        cycle: form.cycle,
        replies,
    })
}

fn check_reply(reply: &Reply) -> Result<(), String> {
    let says = reply.text.is_some() || !reply.calls.is_empty();
    // These change an answer; the others take its place.
    let changes = |fault| matches!(fault, Fault::NoUsage | Fault::Truncated | Fault::EmptyChoices);
    let fails = reply.fault.is_some_and(|fault| !changes(fault)) || (reply.fault.is_some() && !says);
    let refuses = reply.status.is_some_and(|status| status >= 400);
    let raw = reply.body.is_some();
    if reply.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err("status: expected 200 to 599".to_owned());
    }
    if reply.error.is_some() && !refuses {
        return Err("error: it needs a `status` of 400 or more".to_owned());
    }
    if reply.fault == Some(Fault::NoUsage) && !says {
        return Err("fault: no-usage is for an answer with `text` or `calls`".to_owned());
    }
    let ways = [says, fails, refuses && !raw, raw].into_iter().filter(|way| *way).count();
    if ways != 1 {
        return Err("text: expected exactly one of `text` or `calls`, `body`, a `status` of 400 or more, and a `fault`"
            .to_owned());
    }
    for call in &reply.calls {
        if call.arguments_text.is_some() && !call.arguments.is_empty() {
            return Err("calls: either `arguments` or `arguments-text`".to_owned());
        }
    }
    for (name, value) in &reply.headers {
        let header = hyper::header::HeaderName::try_from(name.as_str()).is_ok()
            && hyper::header::HeaderValue::try_from(value.as_str()).is_ok();
        if !header {
            return Err(format!("headers: {name:?} is not a header"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_told_with_line_and_field() {
        let answer = "[[rule.answer]]\ntext = \"a\"\n";
        for (text, line, words) in [
            ("rules = 1", 1, "rules"),
            ("[server]\n", 1, "rule: there is none"),
            ("[server]\nport = 1", 2, "port"),
            ("[server]\nrequests-per-second = 0\n", 2, "at least 1"),
            ("[[rule]]\nname = \"x\"", 1, "rule 1: answer: there is none"),
            (&format!("[[rule]]\n{answer}[[rule]]\ntimes = 0\n{answer}"), 4, "rule 2: times"),
            (&format!("[[rule]]\nwhen = {{ turn = 0 }}\n{answer}"), 1, "when.turn"),
            (&format!("[[rule]]\n[rule.when]\nmatches = \"(\"\n{answer}"), 3, "when.matches"),
            (&format!("[[rule]]\n[rule.when]\nin = \"middle\"\n{answer}"), 3, "middle"),
            (&format!("[[rule]]\nwhen.turns = 1\n{answer}"), 2, "turns"),
            ("[[rule]]\n[[rule.answer]]\ndelay-ms = 1\n", 2, "expected exactly one"),
            ("[[rule]]\n[[rule.answer]]\ntext = \"a\"\nstatus = 500\n", 2, "expected exactly one"),
            ("[[rule]]\n[[rule.answer]]\nstatus = 99\n", 2, "200 to 599"),
            ("[[rule]]\n[[rule.answer]]\nfault = \"sulk\"\n", 3, "sulk"),
            ("[[rule]]\n[[rule.answer]]\ntext = \"a\"\nerror = \"b\"\n", 2, "answer.error"),
            ("[[rule]]\n[[rule.answer]]\ntext = \"a\"\nheaders = { \"a b\" = \"c\" }\n", 2, "not a header"),
            ("[[rule]]\n[[rule.answer]]\ntext = 1\n", 3, "string"),
            ("[[rule]\n", 1, ""),
        ] {
            let error = Script::parse("s.toml", text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.problem.contains(words), "{text}: {error}");
            assert!(error.to_string().starts_with(&format!("s.toml, line {line}: ")), "{error}");
        }
    }
}
