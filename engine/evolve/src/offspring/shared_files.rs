//! The files of a member as other agents see them: as they are, or after the policies of [`sharing`](crate::sharing).

use std::collections::BTreeMap;
use std::sync::Arc;

use hyperspace_core::{FileSet, RelPath};
use hyperspace_eval::Score;

use crate::error::EvolveError;
use crate::offspring::published::ShownScores;
use crate::offspring::sanitised_texts::SanitisedTexts;
use crate::record::candidate_id::CandidateId;
use crate::record::event::{Event, MemberSanitised, SharingCount};
use crate::record::sharing_config::{NOTES, Sharing};
use crate::search::archive::{Archive, Member};
use crate::sharing::{
    SharedFacts, SharedText, SharingPolicy, lines_shown, quoted, shared_notes, shared_program,
};

/// The files that are shown of a member, in addition to the program of its task.
const SHOWN: [&str; 3] = ["task_agent.py", "meta_agent.py", NOTES];
/// Maximum number of bytes shown of a program.
const PROGRAM_BYTES_MAX: usize = 64 << 10;
/// Maximum number of bytes shown of notes.
const NOTES_BYTES_MAX: usize = 8 << 10;
/// Maximum number of members of a lineage whose scores a claim may be about.
const KNOWN_SCORES_MAX: usize = 8;

/// Shows files of members.
#[derive(Clone, Copy)]
pub(crate) struct Showing<'a> {
    pub(crate) sharing: Sharing,
    /// The scores that are shown.
    pub(crate) scores: ShownScores,
    /// The file of the program, if it is not an agent.
    pub(crate) program: Option<&'a str>,
    /// Texts that were already sanitised.
    pub(crate) texts: &'a SanitisedTexts,
}

/// Files by name, and the number of changes that each policy made in them.
pub(crate) type ShownFiles = (Vec<(String, Arc<[u8]>)>, BTreeMap<SharingPolicy, u64>);

impl Showing<'_> {
    /// Returns the files of a member of a population as they are shown.
    pub(crate) fn files(
        &self,
        population: &str,
        archive: &Archive,
        member: &Member,
        files: &FileSet,
    ) -> Result<ShownFiles, EvolveError> {
        let mut shown = (Vec::new(), BTreeMap::new());
        let facts = self.facts(population, archive, member);
        let names = SHOWN.into_iter().filter(|name| *name != NOTES || self.sharing == Sharing::Sanitised);
        for name in names.chain(self.program.filter(|name| !SHOWN.contains(name))) {
            let Some(content) = files.get(&RelPath::new(name)?) else { continue };
            if self.sharing == Sharing::Raw {
                shown.0.push((name.to_owned(), Arc::clone(content)));
                continue;
            }
            match sanitised(name, content, &facts, self.texts) {
                Some(text) => {
                    text.counts()
                        .into_iter()
                        .for_each(|(policy, count)| *shown.1.entry(policy).or_default() += count);
                    shown.0.push((name.to_owned(), text.text.as_bytes().into()));
                }
                None => *shown.1.entry(SharingPolicy::Unreadable).or_default() += 1,
            }
        }
        Ok(shown)
    }

    /// Returns the measured facts about a member, as far as they are visible.
    fn facts(&self, population: &str, archive: &Archive, member: &Member) -> SharedFacts {
        let scores = |member: &Member| -> Vec<f64> {
            let train = self.scores.train.then(|| member.score.to_f64());
            let held_out = member.held_out.as_ref().filter(|_| self.scores.held_out).map(Score::to_f64);
            train.into_iter().chain(held_out).collect()
        };
        let mut facts = SharedFacts::new(population, member.id, scores(member));
        if let Some(parent) = member.parent {
            facts.known = archive.lineage(parent).take(KNOWN_SCORES_MAX).flat_map(scores).collect();
        }
        facts
    }
}

impl Showing<'_> {
    /// Returns the event about the changes that the policies make in the files of a new member, if they make any.
    pub(crate) fn event(
        &self,
        population: &str,
        archive: &Archive,
        member: &Member,
        files: &FileSet,
    ) -> Result<Option<Event>, EvolveError> {
        if self.sharing == Sharing::Raw {
            return Ok(None);
        }
        let (_, counts) = self.files(population, archive, member, files)?;
        let changes: Vec<SharingCount> =
            counts.into_iter().map(|(policy, lines)| SharingCount { policy, lines }).collect();
        let event = MemberSanitised { candidate: member.id, tree: member.tree, changes };
        Ok((!event.changes.is_empty()).then(|| event.into()))
    }
}

/// Returns a file after the policies, or `None` if it is not text. Notes are a quoted block, whoever reads them.
fn sanitised(
    name: &str,
    content: &[u8],
    facts: &SharedFacts,
    texts: &SanitisedTexts,
) -> Option<Arc<SharedText>> {
    let (text, rules) = (std::str::from_utf8(content).ok()?, texts.rules());
    if name != NOTES {
        return Some(
            texts.of("program", text, facts, || shared_program(text, facts, PROGRAM_BYTES_MAX, rules)),
        );
    }
    let block = || {
        let mut notes = shared_notes(text, facts, NOTES_BYTES_MAX, rules);
        notes.text = quoted(&format!("the notes of {} {}", facts.population, facts.candidate), &notes.text);
        notes
    };
    Some(texts.of("block of notes", text, facts, block))
}

/// A file of a rejected candidate.
pub(crate) struct SharedDraft<'a> {
    pub(crate) path: &'a RelPath,
    pub(crate) text: &'a str,
}

impl SharedDraft<'_> {
    fn is_program(&self) -> bool {
        self.path.as_str().ends_with(".py")
    }

    /// Returns the maximum number of bytes that are shown.
    fn bytes_max(&self) -> usize {
        if self.is_program() { PROGRAM_BYTES_MAX } else { NOTES_BYTES_MAX }
    }

    /// Returns the number of bytes that the policies read.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len().min(self.bytes_max())
    }

    /// Returns the number of lines that its siblings see, without applying the policies.
    pub(crate) fn lines(&self) -> usize {
        lines_shown(self.text, self.bytes_max())
    }

    /// Returns the file as its siblings see it.
    pub(crate) fn sanitised(&self, scores: &[f64], texts: &SanitisedTexts) -> String {
        let facts = SharedFacts::new("", CandidateId { generation: 0, candidate: 0 }, scores.to_vec());
        let rules = texts.rules();
        let shared = if self.is_program() {
            texts.of("program", self.text, &facts, || {
                shared_program(self.text, &facts, PROGRAM_BYTES_MAX, rules)
            })
        } else {
            texts.of("notes", self.text, &facts, || shared_notes(self.text, &facts, NOTES_BYTES_MAX, rules))
        };
        shared.text.split_once('\n').map(|(_, body)| body.to_owned()).unwrap_or_default()
    }
}
