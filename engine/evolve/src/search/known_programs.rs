//! The measured programs of a population: a fold over the records of its candidates.

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::TreeId;
use hyperspace_source::Sketch;

use crate::record::candidate_id::CandidateId;
use crate::record::generation::CandidateRecord;
use crate::record::program_form::ProgramForm;

/// A candidate that was or will be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownProgram {
    pub(crate) id: CandidateId,
    pub(crate) tree: TreeId,
}

/// The programs measured so far, by form.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownPrograms {
    forms: Arc<FormIndex>,
}

#[derive(Debug, Clone, Default)]
struct FormIndex {
    /// The first candidate of each form, which consists of program and meta agent.
    equal: BTreeMap<(String, String), KnownProgram>,
    /// The sketches of all candidates in order, by the form of their meta agents.
    sketches: BTreeMap<String, Vec<(KnownProgram, Sketch)>>,
}

impl KnownPrograms {
    /// Adds a candidate, if its record has a form.
    ///
    /// # Errors
    ///
    /// The fault of the record, when its sketch is malformed.
    pub(crate) fn apply(&mut self, id: CandidateId, record: &CandidateRecord) -> Result<(), String> {
        let form = record.search.as_ref().and_then(|search| search.form.as_ref());
        form.map_or(Ok(()), |form| self.add(KnownProgram { id, tree: record.tree }, form))
    }

    /// Adds a program.
    pub(crate) fn add(&mut self, known: KnownProgram, form: &ProgramForm) -> Result<(), String> {
        let index = Arc::make_mut(&mut self.forms);
        index.equal.entry((form.program.clone(), form.meta.clone())).or_insert(known);
        if let Some(text) = &form.sketch {
            let sketch = read_sketch(text).ok_or("its sketch is not 512 hexadecimal digits")?;
            index.sketches.entry(form.meta.clone()).or_default().push((known, sketch));
        }
        Ok(())
    }

    /// Returns the first program with this form.
    pub(crate) fn equal(&self, form: &ProgramForm) -> Option<KnownProgram> {
        self.forms.equal.get(&(form.program.clone(), form.meta.clone())).copied()
    }

    /// Returns the programs with the same meta agent whose similarity may reach a threshold, most similar first; among equals,
    /// the earliest first.
    pub(crate) fn near(&self, form: &ProgramForm, threshold: f64) -> Vec<KnownProgram> {
        let Some(own) = form.sketch.as_deref().and_then(read_sketch) else { return Vec::new() };
        let known = self.forms.sketches.get(&form.meta).into_iter().flatten();
        let mut hints: Vec<(f64, KnownProgram)> = known
            .filter(|(_, sketch)| sketch.may_reach(&own, threshold))
            .map(|(known, sketch)| (sketch.likeness(&own), *known))
            .collect();
        hints.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        hints.into_iter().map(|(_, known)| known).collect()
    }
}

/// Returns the sketch given as hexadecimal digits.
fn read_sketch(text: &str) -> Option<Sketch> {
    let digits = text.as_bytes().chunks(2);
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    bytes.collect::<Option<Vec<u8>>>().filter(|_| text.is_ascii()).and_then(Sketch::from_bytes)
}

#[cfg(test)]
mod tests {
    use hyperspace_source::Shingles;

    use super::*;

    fn form(program: &str, text: &str) -> ProgramForm {
        let sketch = hyperspace_core::digest::hex(Shingles::of(text).sketch().as_bytes());
        ProgramForm { program: program.to_owned(), meta: "m".to_owned(), sketch: Some(sketch) }
    }

    #[test]
    fn the_first_of_equals_and_the_nearest_are_named() {
        let known = |candidate| KnownProgram {
            id: CandidateId { generation: 1, candidate },
            tree: TreeId::of_bytes(&candidate.to_le_bytes()),
        };
        let text = |last: &str| (0..60).map(|n| format!("a{n} = b{n}({n}, x)\n")).collect::<String>() + last;
        let mut programs = KnownPrograms::default();
        programs.add(known(0), &form("p", &text(""))).unwrap();
        programs.add(known(1), &form("p", &text(""))).unwrap();
        programs.add(known(2), &form("q", &text("y = 1\n"))).unwrap();
        programs.add(known(3), &form("r", "import math\n")).unwrap();
        assert_eq!(programs.equal(&form("p", "")), Some(known(0)));
        assert_eq!(programs.equal(&form("s", "")), None);
        assert_eq!(programs.near(&form("t", &text("y = 1\n")), 0.9), [known(2), known(0), known(1)]);
        let other_meta = ProgramForm { meta: "n".to_owned(), ..form("p", &text("")) };
        assert_eq!((programs.equal(&other_meta), programs.near(&other_meta, 0.9)), (None, vec![]));
        let broken = ProgramForm { sketch: Some("00".to_owned()), ..form("u", "") };
        assert!(programs.add(known(4), &broken).is_err());
    }
}
