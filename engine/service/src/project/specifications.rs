//! Projects that consist of one file: specifications of FunSearch, and programs of AlphaEvolve that evaluate themselves.
//!
//! The file is the evaluator, and a copy of it is the program. The evaluator's guest loads the original and takes the evolved
//! functions from the program's guest.

use super::forms::ProjectForm;
use super::layout::quoted;
use super::project_files::ProjectFiles;

const START: &str = "EVOLVE-BLOCK-START";
const END: &str = "EVOLVE-BLOCK-END";
/// The argument of a specification with one parameter and no inputs.
const INPUT_DEFAULT: &str = "4";

/// A top-level function of a Python file.
struct TopFunction<'a> {
    name: &'a str,
    /// The text between the parentheses, as far as it is on one line.
    parameters: &'a str,
    /// Its first line, including decorators, and the line after its last, counted from 0.
    lines: (usize, usize),
    decorators: Vec<&'a str>,
}

/// Returns the top-level functions.
fn functions(text: &str) -> Vec<TopFunction<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut decorators: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let head = line.strip_prefix("async ").unwrap_or(line);
        if let Some(decorator) = line.strip_prefix('@') {
            decorators.push((at, decorator.trim()));
        } else if let Some((name, rest)) = head.strip_prefix("def ").and_then(|rest| rest.split_once('(')) {
            let start = decorators.first().map_or(at, |(line, _)| *line);
            let inside = |line: &&&str| {
                line.is_empty() || line.starts_with([' ', '\t', ')']) || line.starts_with("#\t")
            };
            let mut end = at + 1 + lines[at + 1..].iter().take_while(inside).count();
            while end > at + 1 && lines[end - 1].trim().is_empty() {
                end -= 1;
            }
            let decorators = decorators.drain(..).map(|(_, decorator)| decorator).collect();
            let parameters = rest.split(')').next().unwrap_or_default();
            found.push(TopFunction { name: name.trim(), parameters, lines: (start, end), decorators });
            at = end;
            continue;
        } else if !line.trim().is_empty() && !line.starts_with('#') {
            decorators.clear();
        }
        at += 1;
    }
    found
}

/// Recognises a specification of FunSearch.
pub(super) fn fun_search(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let mut specifications = files.at_the_top(&[".py", ".txt"]).into_iter().filter_map(|path| {
        let text = files.text(path);
        (text.contains("@funsearch.run") && text.contains("@funsearch.evolve")).then_some((path, text))
    });
    let Some((path, text)) = specifications.next() else { return Ok(None) };
    if let Some((other, _)) = specifications.next() {
        return Err(format!(
            "two specifications of FunSearch, {path} and {other}; keep one of them in the folder"
        ));
    }
    let functions = functions(&text);
    let marked =
        |mark: &str| functions.iter().filter(|one| one.decorators.contains(&mark)).collect::<Vec<_>>();
    let (run, evolved) = (marked("funsearch.run"), marked("funsearch.evolve"));
    let [run] = run[..] else {
        return Err(format!("{path}: {} functions with @funsearch.run; expected one", run.len()));
    };
    let [evolved] = evolved[..] else {
        return Err(format!("{path}: {} functions with @funsearch.evolve; expected one", evolved.len()));
    };
    let scorer =
        format!("function = {}\ncall = \"args\"\nreplaces = [{}]\n", quoted(run.name), quoted(evolved.name));
    let mut form = ProjectForm::of("FunSearch", path, path, &scorer);
    form.seeds.clear();
    form.made.push(("seed/task_agent.py".to_owned(), with_markers(&text, evolved.lines)));
    form.understood = vec![
        format!("{path}, line {}: {} measures (@funsearch.run)", run.lines.0 + 1, run.name),
        format!("{path}, line {}: {} is evolved (@funsearch.evolve)", evolved.lines.0 + 1, evolved.name),
    ];
    inputs(files, path, run, &mut form)?;
    Ok(Some(form))
}

/// Gives a specification its inputs: those in `inputs.json`, or a small default if there is one parameter.
fn inputs(
    files: &ProjectFiles<'_>,
    path: &str,
    run: &TopFunction<'_>,
    form: &mut ProjectForm,
) -> Result<(), String> {
    const FILE: &str = "inputs.json";
    if files.has(FILE) {
        let text = files.text(FILE);
        let given: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{FILE}, line {}: {error}", error.line()))?;
        let serde_json::Value::Array(given) = given else {
            return Err(format!("{FILE}: expected a list with one input of {} each", run.name));
        };
        form.more.push_str(&format!("\n[splits.train]\neach = {}\n", super::layout::toml_of(&given)?));
        form.understood.push(format!("{FILE}: {} inputs of {}, one case each", given.len(), run.name));
        return Ok(());
    }
    let required = |parameters: &str| {
        let all = parameters.split(',').map(str::trim).filter(|one| !one.is_empty());
        all.filter(|one| !one.contains('=') && !one.starts_with('*')).count()
    };
    match required(run.parameters) {
        0 => Ok(()),
        1 if !run.parameters.contains("tuple") && !run.parameters.contains("list") => {
            form.more.push_str(&format!("\n[splits.train]\neach = [{INPUT_DEFAULT}]\n"));
            form.ignored.push(format!(
                "{path}: the inputs of {}({}) are in no file, so {INPUT_DEFAULT} is taken; each = [...] in task.toml, or {FILE} beside it, \
                 names others",
                run.name, run.parameters
            ));
            Ok(())
        }
        _ => Err(format!(
            "{path}: {}({}) needs inputs that are in no file; put a list of them into {FILE} beside it, such as [4, 5]",
            run.name, run.parameters
        )),
    }
}

/// Returns the text with markers around these lines and without the decorators, whose module the program does not have.
fn with_markers(text: &str, (start, end): (usize, usize)) -> String {
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number == start {
            lines.push(format!("# {START}"));
        }
        if number == end {
            lines.push(format!("# {END}"));
        }
        if !line.starts_with("@funsearch.") {
            lines.push(line.to_owned());
        }
    }
    if end >= text.lines().count() {
        lines.push(format!("# {END}"));
    }
    lines.join("\n") + "\n"
}

/// Recognises a file with EVOLVE-BLOCK markers and its own `evaluate`, if nothing else evaluates.
pub(super) fn alpha_evolve(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let others = ["evaluator.py", "evaluate.py", "evaluator/evaluator.py", "input/evaluate.py"];
    if others.iter().any(|path| files.has(path)) {
        return Ok(None);
    }
    let mut found = files.at_the_top(&[".py"]).into_iter().filter_map(|path| {
        let text = files.text(path);
        let evaluates = functions(&text).iter().any(|one| one.name == "evaluate");
        (text.contains(START) && evaluates).then_some((path, text))
    });
    let Some((path, text)) = found.next() else { return Ok(None) };
    if let Some((other, _)) = found.next() {
        return Err(format!(
            "two files with {START} and evaluate(), {path} and {other}; keep one of them in the folder"
        ));
    }
    let blocks = blocks(&text);
    let within = |line: usize| blocks.iter().any(|(start, end)| (*start..*end).contains(&line));
    let functions = functions(&text);
    let evaluate = functions.iter().find(|one| one.name == "evaluate");
    if evaluate.is_some_and(|one| within(one.lines.0)) {
        return Err(format!(
            "{path}: evaluate() is inside of an EVOLVE-BLOCK; move it out, as what measures cannot be evolved"
        ));
    }
    let replaced: Vec<&str> =
        functions.iter().filter(|one| within(one.lines.0)).map(|one| one.name).collect();
    if replaced.is_empty() {
        return Err(format!("{path}: no function is inside of an EVOLVE-BLOCK; expected at least one"));
    }
    let names: Vec<String> = replaced.iter().map(|name| quoted(name)).collect();
    let scorer = format!("function = \"evaluate\"\ncall = \"args\"\nreplaces = [{}]\n", names.join(", "));
    let mut form = ProjectForm::of("AlphaEvolve", path, path, &scorer);
    form.understood
        .push(format!("{path}: evaluate() measures; {} come from the program", replaced.join(", ")));
    if let Some(evaluate) = evaluate.filter(|one| !one.parameters.trim().is_empty()) {
        inputs(files, path, evaluate, &mut form)?;
    }
    Ok(Some(form))
}

/// Returns the lines between markers, counted from 0.
fn blocks(text: &str) -> Vec<(usize, usize)> {
    let (mut found, mut start) = (Vec::new(), None);
    for (number, line) in text.lines().enumerate() {
        if line.contains(START) {
            start = Some(number);
        } else if line.contains(END)
            && let Some(start) = start.take()
        {
            found.push((start, number));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_at_the_top_have_their_decorators_and_lines() {
        let text = "import math\n\n@a\n@b.c\ndef f(x,\n      y):\n    return 1\n\n    # still\n\n\ndef g(): pass\nx = 1\n@late\nx2 = 2\ndef h(): pass\n";
        let found: Vec<_> = functions(text)
            .iter()
            .map(|one| (one.name.to_owned(), one.lines, one.decorators.len()))
            .collect();
        assert_eq!(
            found,
            [("f".to_owned(), (2, 9), 2), ("g".to_owned(), (11, 12), 0), ("h".to_owned(), (15, 16), 0)]
        );
    }
}
