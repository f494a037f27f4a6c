//! Properties of a candidate by which search strategies sort: sizes of its program, its score, metrics and scores of cases.

use std::collections::BTreeMap;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::{CaseResult, Evaluation, Score, Task};
use hyperspace_source::{SyntaxTree, complexity};

use crate::record::search_config::SearchConfig;
use crate::record::search_record::SearchRecord;
use crate::record::strategy::Dimension;
use crate::search::meta_lineage::is_meta;

/// Adds to a record the properties that the strategy needs, of a candidate with this evaluation on training data.
pub(crate) fn add_properties(
    record: &mut SearchRecord,
    search: &SearchConfig,
    task: &Task,
    files: &FileSet,
    train: &Evaluation,
) {
    let Some(score) = &train.score else { return };
    let program = task.entry_file(files).and_then(|path| RelPath::new(&path).ok());
    let program = program.and_then(|path| files.get(&path)).map(|bytes| String::from_utf8_lossy(bytes));
    let program = program.as_deref().unwrap_or_default();
    let value = |dimension: &Dimension| match dimension {
        Dimension::Bytes => Some(Score::integer(program.len() as u64)),
        Dimension::Lines => Some(Score::integer(lines(program))),
        Dimension::Tokens => Some(Score::integer(tokens(program))),
        Dimension::Nodes => tree(program).map(|tree| Score::integer(tree.nodes() as u64)),
        Dimension::Complexity => tree(program).map(|tree| Score::integer(complexity(&tree) as u64)),
        Dimension::Score => Some(score.clone()),
        Dimension::Metric(name) => metric(train, name),
    };
    let dimensions = search.strategy.dimensions();
    let descriptor = dimensions.iter().filter_map(|one| Some((one.to_string(), value(one)?)));
    record.descriptor = descriptor.collect::<BTreeMap<_, _>>();
    let counts = search.parsimony || search.slimming.is_some();
    record.nodes = counts.then(|| program_nodes(files)).flatten();
    if search.strategy.needs_cases() {
        let score = |case: &CaseResult| case.measure.as_ref().and_then(|measure| measure.score());
        record.cases = train.cases.iter().map(score).collect();
    }
}

/// Returns the number of syntax nodes in the measured Python files; `None` if one of them cannot be counted.
pub(crate) fn program_nodes(files: &FileSet) -> Option<u64> {
    let programs = files.iter().filter(|(path, _)| path.as_str().ends_with(".py") && !is_meta(path));
    let nodes = |bytes: &[u8]| Some(tree(std::str::from_utf8(bytes).ok()?)?.nodes() as u64);
    programs.map(|(_, bytes)| nodes(bytes)).sum()
}

/// Returns the syntax tree of a program, or `None` if it is not Python.
fn tree(program: &str) -> Option<SyntaxTree> {
    SyntaxTree::parse(program).ok()
}

/// Returns the mean of a metric over all cases, if every case has it.
fn metric(train: &Evaluation, name: &str) -> Option<Score> {
    let of = |case: &CaseResult| case.details.as_ref()?.metrics.get(name).cloned();
    let all = train.cases.iter().map(of).collect::<Option<Vec<Score>>>()?;
    let count = Score::integer(all.len() as u64);
    all.iter().sum::<Score>().checked_div(&count)
}

/// Counts lines that are neither empty nor a comment.
fn lines(program: &str) -> u64 {
    let counts = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    program.lines().filter(counts).count() as u64
}

/// Counts words, numbers, string literals and other characters, without comments and spaces.
fn tokens(program: &str) -> u64 {
    let mut rest = program;
    let mut count = 0;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => text_end(rest, first),
            _ if is_word(first) => rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        count += u64::from(first != '#' && !first.is_whitespace());
        rest = &rest[end..];
    }
    count
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the length of the string literal that begins here, or of the whole rest if it is unterminated.
fn text_end(rest: &str, quote: char) -> usize {
    let triple = quote.to_string().repeat(3);
    let (open, close) = if rest.starts_with(&triple) { (3, triple.as_str()) } else { (1, &rest[..1]) };
    let mut at = open;
    loop {
        let tail = &rest[at..];
        if tail.starts_with(close) {
            return at + close.len();
        }
        let mut letters = tail.chars();
        match letters.next() {
            None => return rest.len(),
            Some('\n') if open == 1 => return at,
            Some('\\') => at += 1 + letters.next().map_or(0, char::len_utf8),
            Some(letter) => at += letter.len_utf8(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_without_comments() {
        let program = "# a comment\n\ndef f(x):\n    return x + 1  # more\n";
        assert_eq!((lines(program), tokens(program)), (2, 10));
        assert_eq!(tokens("'a # b' + \"\"\"x\ny\"\"\" + 'ä\\'b'"), 5);
        assert_eq!((tokens("'open"), tokens("'a\nb"), tokens("'\\"), tokens("")), (1, 2, 1, 0));
    }
}
