//! The forms of candidates, and candidates that are not measured because a similar one was.
//!
//! The measured files and the files of the meta agent have one form each, made of the normal forms of their Python files. A part
//! in which a program may see its own text has its bytes as its form. If one measured file does, this holds for all of them, and
//! so it does if the evaluator of a task reads the program. Two candidates are equal if both forms are equal. They are near
//! duplicates if the forms of their meta agents are equal and the similarity of their programs reaches the threshold, so a change
//! of the meta agent alone is never rejected.

use std::collections::BTreeMap;

use hyperspace_core::digest::{derive, hex};
use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Score;
use hyperspace_source::{ExactReason, NormalForm, Shingles, mentions_reflection, reads_source};
use hyperspace_store::Store;

use crate::context::RunContext;
use crate::error::EvolveError;
use crate::record::event::CandidateResembled;
use crate::record::fate::Fate;
use crate::record::program_form::{DuplicateRule, ProgramForm, Resemblance};
use crate::record::search_config::SearchConfig;
use crate::record::strategy::Fraction;
use crate::search::known_programs::{KnownProgram, KnownPrograms};
use crate::search::meta_lineage::is_meta;

/// The context under which the digest of a part's forms is derived.
const CONTEXT: &str = "hyperspace v1 candidate form";
/// Bytes of all Python files of a candidate up to which they are parsed. A larger candidate is compared by its bytes.
const PARSED_BYTES_MAX: usize = 256 << 10;

/// Makes the forms of candidates, in runs that compare them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormMaker {
    near: Option<Fraction>,
    /// True if the evaluator may read the text of the program.
    is_read: bool,
}

/// The form of a candidate, and the shingles by which near duplicates are compared.
#[derive(Debug)]
pub(crate) struct MadeForm {
    pub(crate) form: ProgramForm,
    shingles: Option<Shingles>,
}

impl FormMaker {
    /// Returns the maker of a run; `None` if the run compares files as they are.
    pub(crate) fn of(context: &RunContext) -> Option<Self> {
        let search = context.config.search.as_ref().filter(|search| compares_forms(search))?;
        let is_python = |path: &RelPath| path.as_str().ends_with(".py");
        let is_read = context.config.bridge.is_some()
            && context.task.files().iter().any(|(path, bytes)| is_python(path) && reads_source(bytes));
        Some(Self { near: search.near_duplicates, is_read })
    }

    /// Returns the form of files.
    pub(crate) fn make(&self, files: &FileSet) -> MadeForm {
        let python = files.iter().filter(|(path, _)| path.as_str().ends_with(".py"));
        let parses = python.map(|(_, bytes)| bytes.len()).sum::<usize>() <= PARSED_BYTES_MAX;
        let read = files.iter().map(|(path, bytes)| FormFile::of(path, bytes, parses));
        let (meta, program): (Vec<_>, Vec<_>) = read.partition(|file| is_meta(file.path));
        let uses_meta = names_meta(&program);
        let docstrings = reads_docstrings(&program) || (uses_meta && reads_docstrings(&meta));
        let exact = self.is_read || sees_itself(&program) || (uses_meta && sees_itself(&meta));
        let shingles = self.near.filter(|_| parses).map(|_| shingles(&program));
        let sketch = shingles.as_ref().map(|shingles| hex(shingles.sketch().as_bytes()));
        let form = ProgramForm {
            program: digest(&program, exact, docstrings),
            meta: digest(&meta, false, docstrings || reads_docstrings(&meta)),
            sketch,
        };
        MadeForm { form, shingles }
    }
}

/// Returns whether a search compares candidates by more than their files.
pub(crate) fn compares_forms(search: &SearchConfig) -> bool {
    search.duplicates == DuplicateRule::Syntax || search.near_duplicates.is_some()
}

/// A file of a candidate.
struct FormFile<'a> {
    path: &'a RelPath,
    bytes: &'a [u8],
    /// The normal form with docstrings, and the text; `None` for a file that is not Python, and in a candidate that is not parsed.
    normal: Option<(NormalForm, &'a str)>,
}

impl<'a> FormFile<'a> {
    fn of(path: &'a RelPath, bytes: &'a [u8], parses: bool) -> Self {
        let text = text_of(path, bytes).filter(|_| parses);
        Self { path, bytes, normal: text.map(|text| (NormalForm::of(text, true), text)) }
    }

    fn is_python(&self) -> bool {
        self.path.as_str().ends_with(".py")
    }

    /// Returns the digest of the normal form. What is compared as it stands has its docstrings in any case.
    fn digest(&self, docstrings: bool) -> Option<[u8; 32]> {
        let (form, text) = self.normal.as_ref()?;
        let holds = docstrings || form.exact().is_some();
        Some(if holds { form.digest() } else { NormalForm::of(text, false).digest() })
    }
}

/// Returns the text of a Python file, or `None` for any other file.
fn text_of<'a>(path: &RelPath, bytes: &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(bytes).ok().filter(|_| path.as_str().ends_with(".py"))
}

/// Returns whether one of these files may read docstrings.
fn reads_docstrings(files: &[FormFile<'_>]) -> bool {
    let reads = |file: &FormFile<'_>| file.normal.as_ref().is_none_or(|(form, _)| form.reads_docstrings());
    files.iter().any(|file| file.is_python() && reads(file))
}

/// Returns whether these files may let a program see its own text or names.
fn sees_itself(files: &[FormFile<'_>]) -> bool {
    let sees = |file: &FormFile<'_>| match file.normal.as_ref().map(|(form, _)| form.exact()) {
        Some(None) => false,
        Some(Some(ExactReason::SeesItself(_))) => true,
        _ => mentions_reflection(file.bytes),
    };
    files.iter().any(|file| file.is_python() && sees(file))
}

/// Returns whether the measured files may use a file of the meta agent.
fn names_meta(files: &[FormFile<'_>]) -> bool {
    let is_name = |word: &str| word == "lib" || word == "meta_agent";
    files.iter().any(|file| {
        String::from_utf8_lossy(file.bytes).split(|c: char| !(c.is_alphanumeric() || c == '_')).any(is_name)
    })
}

/// Returns the digest of files by their normal forms, or by their bytes if `exact`.
fn digest(files: &[FormFile<'_>], exact: bool, docstrings: bool) -> String {
    let mut framed: Vec<u8> = Vec::new();
    for file in files {
        let (kind, form) = match file.digest(docstrings).filter(|_| !exact) {
            Some(form) => (1, form),
            None => (0, derive(CONTEXT, &[file.bytes])),
        };
        framed.extend((file.path.as_str().len() as u64).to_le_bytes());
        framed.extend(file.path.as_str().as_bytes());
        framed.push(kind);
        framed.extend(form);
    }
    hex(&derive(CONTEXT, &[&framed]))
}

fn shingles(files: &[FormFile<'_>]) -> Shingles {
    let mut shingles = Shingles::default();
    files.iter().filter_map(|file| text_of(file.path, file.bytes)).for_each(|text| shingles.add(text));
    shingles
}

/// Compares candidates with those already measured, while a generation is accepted in order.
pub(crate) struct FormFilter<'a> {
    maker: Option<FormMaker>,
    store: &'a Store,
    /// The programs of each population, with the candidates of this generation so far.
    known: Vec<KnownPrograms>,
    /// The shingles of this generation's candidates.
    siblings: BTreeMap<u64, Shingles>,
}

/// A candidate that is about to be measured.
pub(crate) struct NewProgram<'a> {
    pub(crate) known: KnownProgram,
    pub(crate) population: usize,
    pub(crate) files: &'a FileSet,
    /// True for a slimmed program, which is similar to its parent by intention.
    pub(crate) is_slimmed: bool,
}

/// The result of a comparison.
pub(crate) enum FormDecision {
    /// Measure it; with its form, in a run that compares forms.
    Measure(Option<ProgramForm>),
    /// Reject it.
    Reject(Fate, Box<CandidateResembled>),
}

impl<'a> FormFilter<'a> {
    /// Returns the filter of a generation, given the programs known before it.
    pub(crate) fn new(context: &RunContext, store: &'a Store, known: Vec<KnownPrograms>) -> Self {
        Self { maker: FormMaker::of(context), store, known, siblings: BTreeMap::new() }
    }

    /// Decides on the next candidate.
    pub(crate) fn decide(&mut self, candidate: &NewProgram<'_>) -> Result<FormDecision, EvolveError> {
        let Some(maker) = self.maker else { return Ok(FormDecision::Measure(None)) };
        let MadeForm { form, shingles } = maker.make(candidate.files);
        let known = &self.known[candidate.population];
        let resembled = |other: KnownProgram, by, likeness| {
            let KnownProgram { id: other, tree } = other;
            Box::new(CandidateResembled { candidate: candidate.known.id, by, other, tree, likeness })
        };
        if let Some(other) = known.equal(&form) {
            let event = resembled(other, Resemblance::Syntax, Score::one());
            return Ok(FormDecision::Reject(Fate::Duplicate, event));
        }
        if let (Some(threshold), Some(own), false) = (maker.near, &shingles, candidate.is_slimmed) {
            for other in known.near(&form, threshold.to_f64()) {
                let (shared, all) = own.likeness(&self.shingles_of(other, candidate.known)?);
                let likeness = Score::ratio(shared, all).unwrap_or_else(Score::zero);
                if likeness.as_rational() >= threshold.to_score().as_rational() {
                    let event = resembled(other, Resemblance::Near, likeness);
                    return Ok(FormDecision::Reject(Fate::NearDuplicate, event));
                }
            }
        }
        let added = self.known[candidate.population].add(candidate.known, &form);
        added.map_err(|error| EvolveError::internal(candidate.known.id, error))?;
        self.siblings.extend(shingles.map(|shingles| (candidate.known.id.candidate, shingles)));
        Ok(FormDecision::Measure(Some(form)))
    }

    /// Returns the shingles of a known program.
    fn shingles_of(&self, known: KnownProgram, own: KnownProgram) -> Result<Shingles, EvolveError> {
        if known.id.generation == own.id.generation {
            return Ok(self.siblings.get(&known.id.candidate).cloned().unwrap_or_default());
        }
        let files = self.store.get_files(&known.tree)?;
        let program = files.iter().filter(|(path, _)| !is_meta(path));
        let program: Vec<_> = program.map(|(path, bytes)| FormFile::of(path, bytes, false)).collect();
        Ok(shingles(&program))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(near: bool, files: &[(&str, &str)]) -> ProgramForm {
        let files = files.iter().map(|(path, text)| (RelPath::new(path).unwrap(), text.as_bytes().to_vec()));
        let files = FileSet::from_files(files).unwrap();
        let near = near.then(|| Fraction::new(19, 20).unwrap());
        FormMaker { near, is_read: false }.make(&files).form
    }

    const META: (&str, &str) =
        ("meta_agent.py", "def improve(job):\n    text = open('task_agent.py').read()\n");

    #[test]
    fn what_a_program_cannot_see_is_no_part_of_its_form() {
        let one = form(false, &[("task_agent.py", "def f(x):\n    a = x\n    return a\n"), META]);
        let other =
            form(false, &[("task_agent.py", "def f(x):\n    'Doc.'\n    b = x # b\n    return b\n"), META]);
        assert_eq!(one, other);
        let changed = form(false, &[("task_agent.py", "def f(x):\n    a = x\n    return a + 1\n"), META]);
        assert_eq!((changed.meta == one.meta, changed.program == one.program), (true, false));
        let meta = ("meta_agent.py", "def improve(job):\n    text = open('task_agent.py').read()  # more\n");
        let changed = form(false, &[("task_agent.py", "def f(x):\n    a = x\n    return a\n"), meta]);
        assert_eq!((changed.meta == one.meta, changed.program == one.program), (false, true));
        assert!(one.sketch.is_none() && form(true, &[META]).sketch.is_some_and(|text| text.len() == 512));
    }

    #[test]
    fn a_candidate_that_is_too_large_is_compared_by_its_bytes() {
        let of = |comment: &str, lines: usize| {
            let text = format!("def f(x):\n    return x{comment}\n");
            let filler = "a\n".repeat(lines);
            let files =
                [("task_agent.py", text.as_str()), ("lib/one.py", &filler), ("lib/two.py", &filler), META];
            form(true, &files)
        };
        let (few, many) = (100, PARSED_BYTES_MAX / 4);
        assert_eq!(of("", few), of(" # the same", few));
        assert_ne!(of("", many), of(" # another one", many));
        assert!(of("", few).sketch.is_some() && of("", many).sketch.is_none());
    }

    #[test]
    fn a_file_by_which_a_program_sees_itself_makes_all_measured_files_exact() {
        let program =
            |comment: &str| format!("import helper\ndef f(x):\n    return helper.g(x)  {comment}\n");
        let pair = |helper: &str| {
            ["# a", "# b"].map(|comment| {
                form(false, &[("task_agent.py", &program(comment)), ("helper.py", helper), META])
            })
        };
        let [one, other] = pair("def g(x):\n    return x\n");
        assert_eq!(one, other);
        for helper in [
            "import sys\ndef g(x):\n    return sys._getframe(1).f_lineno\n",
            "def g(x):\n    return open('task_agent.py').read()\n",
            "def g(x)\n    return open\n",
        ] {
            let [one, other] = pair(helper);
            assert_ne!(one, other, "{helper}");
        }
        let documented = |text: &str| {
            let program = format!("def f(x):\n    '{text}'\n    return f.__doc__\n");
            form(false, &[("task_agent.py", &program)])
        };
        assert_ne!(documented("a"), documented("b"));
    }
}
