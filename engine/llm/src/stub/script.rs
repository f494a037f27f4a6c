//! Scripts: parsing and validation. Errors name file, line and field.

use std::ops::Range;

use hyperspace_core::toml_nesting;
use regex::Regex;
use thiserror::Error;

use super::dialect::Dialect;
use super::form::{AnswerTemplate, CountBy, RuleForm, ScriptForm, ScriptedFault, ServerSettings, TextScope};
use crate::config::Api;

/// An invalid script.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{file}, line {line}: {problem}")]
pub struct ScriptError {
    /// The name of the file.
    pub file: String,
    /// The number of the line, from 1.
    pub line: usize,
    /// The field, the value found, and the value expected.
    pub problem: String,
}

/// A validated script.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) server: ServerSettings,
    pub(super) rules: Vec<Rule>,
}

/// A rule: the requests it answers, how often, and its answers.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) model: Option<String>,
    pub(super) api: Option<Api>,
    pub(super) turn: Option<u64>,
    pub(super) tool: Option<String>,
    pub(super) scope: TextScope,
    pub(super) contains: Vec<String>,
    pub(super) lacks: Vec<String>,
    pub(super) matches: Option<Regex>,
    pub(super) per: CountBy,
    pub(super) times: Option<u64>,
    pub(super) cycle: bool,
    pub(super) answers: Vec<AnswerTemplate>,
}

impl Script {
    /// Parses a script; `file` is its name in errors.
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
        if let Some(at) = toml_nesting::deep_place(text) {
            return Err(error(Some(at..at), toml_nesting::TOO_DEEP.to_owned()));
        }
        let form: ScriptForm =
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
            rules.push(checked.map_err(|defect| error(Some(defect.at.unwrap_or(span)), defect.problem))?);
        }
        Ok(Self { server: form.server, rules })
    }

    /// Sets the server to imitate.
    #[must_use]
    pub fn dialect(mut self, dialect: Option<Dialect>) -> Self {
        self.server.dialect = dialect.or(self.server.dialect);
        self
    }

    /// Returns the server that is imitated.
    #[must_use]
    pub fn imitates(&self) -> Option<Dialect> {
        self.server.dialect
    }

    /// Returns the number of rules.
    #[must_use]
    pub fn rules(&self) -> usize {
        self.rules.len()
    }
}

/// A defect of a rule, and its position if that is narrower than the rule.
struct RuleDefect {
    at: Option<Range<usize>>,
    problem: String,
}

fn check_rule(number: usize, form: RuleForm) -> Result<Rule, RuleDefect> {
    let defect = |field: &str, problem: &str| {
        Err(RuleDefect { at: None, problem: format!("rule {number}: {field}: {problem}") })
    };
    if form.answer.is_empty() {
        return defect("answer", "there is none; expected at least one [[rule.answer]]");
    }
    if form.times == Some(0) {
        return defect("times", "0; expected at least 1");
    }
    if form.when.turn == Some(0) {
        return defect("when.turn", "0; turns are counted from 1");
    }
    let matches = match form.when.matches {
        None => None,
        Some(pattern) => Some(Regex::new(pattern.get_ref()).map_err(|error| {
            let text = error.to_string();
            let text = text.lines().last().unwrap_or_default().trim();
            let problem = format!("rule {number}: when.matches: {text}");
            RuleDefect { at: Some(pattern.span()), problem }
        })?),
    };
    let mut answers = Vec::new();
    for answer in form.answer {
        let span = answer.span();
        let answer = answer.into_inner();
        check_answer(&answer).map_err(|problem| RuleDefect {
            at: Some(span),
            problem: format!("rule {number}: answer.{problem}"),
        })?;
        answers.push(answer);
    }
    Ok(Rule {
        name: form.name.unwrap_or_else(|| format!("rule {number}")),
        model: form.when.model,
        api: form.when.api,
        turn: form.when.turn,
        tool: form.when.tool,
        scope: form.when.r#in,
        contains: form.when.contains,
        lacks: form.when.lacks,
        matches,
        per: form.per,
        times: form.times,
        cycle: form.cycle,
        answers,
    })
}

fn check_answer(answer: &AnswerTemplate) -> Result<(), String> {
    let says = answer.text.is_some() || !answer.calls.is_empty();
    // These faults modify an answer; the others replace it.
    let changes = |fault| {
        matches!(fault, ScriptedFault::NoUsage | ScriptedFault::Truncated | ScriptedFault::EmptyChoices)
    };
    let fails = answer.fault.is_some_and(|fault| !changes(fault)) || (answer.fault.is_some() && !says);
    let refuses = answer.status.is_some_and(|status| status >= 400);
    let raw = answer.body.is_some();
    if answer.status.is_some_and(|status| !(200..=599).contains(&status)) {
        return Err("status: expected 200 to 599".to_owned());
    }
    if answer.error.is_some() && !refuses {
        return Err("error: requires a `status` of 400 or more".to_owned());
    }
    if answer.fault == Some(ScriptedFault::NoUsage) && !says {
        return Err("fault: no-usage is for an answer with `text` or `calls`".to_owned());
    }
    let ways = [says, fails, refuses && !raw, raw].into_iter().filter(|way| *way).count();
    if ways != 1 {
        return Err("text: expected exactly one of `text` or `calls`, `body`, a `status` of 400 or more, and a `fault`"
            .to_owned());
    }
    for call in &answer.calls {
        if call.arguments_text.is_some() && !call.arguments.is_empty() {
            return Err("calls: either `arguments` or `arguments-text`".to_owned());
        }
    }
    for (name, value) in &answer.headers {
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
    fn mistakes_are_reported_with_line_and_field() {
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
