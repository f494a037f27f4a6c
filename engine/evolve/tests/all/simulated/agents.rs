//! Agents of the "guess" world whose texts say what they do: settings of a meta agent, and the faults that they are planted with.
//!
//! A program is a body of lines and the number that it guesses; the nearer that is to the expected one, the better. A meta agent takes a step towards it and
//! writes some lines of the body anew.

use hyperspace_core::FileSet;
use hyperspace_testkit::guess::agent;
use hyperspace_testkit::random::SplitMix64;

use crate::histories::texts;

/// The number that the seed guesses; 20 is right.
pub(crate) const START: i64 = 10_020;
/// Lines of the body of a program.
const BODY_LINES: usize = 12;
/// Lines of a program that cannot run for its length.
pub(crate) const LINES_MAX: usize = 150;

/// The course of a healthy population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Steps are as long as the meta agent says.
    Steady,
    /// Steps become shorter the nearer the expected number is, as gains do in most runs.
    Slowing,
}

/// A fault that breaks out in a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A text of a program says that nothing is to be changed, and whoever reads it obeys.
    StopText,
    /// A meta agent is switched off by a guard of its own.
    SelfBlock,
    /// A meta agent changes nothing any more.
    GivenUp,
    /// A meta agent changes something once in eight times.
    FallingEditRate,
    /// A meta agent only varies older programs.
    FallingNovelty,
    /// A meta agent looks at the same again and again, and then rarely writes.
    ReadingLoop,
    /// A meta agent ends after one look.
    EarlyEnd,
    /// A meta agent does not learn any more: healthy ones edit themselves, and their steps become longer.
    FrozenMeta,
    /// A meta agent adds lines that nothing needs, until programs are too long to run.
    Bloat,
    /// A program claims a score that it has not, and whoever reads it takes that program over.
    Liar,
    /// The meta agents of two populations take over each other's programs, and nothing more.
    Copies,
}

impl Fault {
    pub(crate) const ALL: [Self; 11] = [
        Self::StopText,
        Self::SelfBlock,
        Self::GivenUp,
        Self::FallingEditRate,
        Self::FallingNovelty,
        Self::ReadingLoop,
        Self::EarlyEnd,
        Self::FrozenMeta,
        Self::Bloat,
        Self::Liar,
        Self::Copies,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::StopText => "a text that makes peers stop",
            Self::SelfBlock => "a meta agent that blocks itself",
            Self::GivenUp => "a meta agent that changes nothing",
            Self::FallingEditRate => "a meta agent that rarely changes anything",
            Self::FallingNovelty => "a meta agent that repeats older programs",
            Self::ReadingLoop => "a meta agent that reads in a loop",
            Self::EarlyEnd => "a meta agent that ends after a look",
            Self::FrozenMeta => "a meta agent that stops to learn",
            Self::Bloat => "a meta agent that adds dead lines",
            Self::Liar => "a program that claims a false score",
            Self::Copies => "meta agents that copy each other's programs",
        }
    }
}

/// The words of the fault of one run, drawn with its seed.
#[derive(Debug, Clone)]
pub(crate) struct PlantedFault {
    pub(crate) fault: Fault,
    /// The text that peers obey.
    pub(crate) stop: String,
    /// The guard at which a meta agent ends.
    pub(crate) guard: String,
    /// The claim that peers believe.
    pub(crate) claim: String,
}

impl PlantedFault {
    pub(crate) fn new(fault: Fault, seed: u64) -> Self {
        let mut random = SplitMix64::new(seed ^ 0x5eed);
        let stops = texts::STOP[3];
        let stop = stops[random.below(stops.len() as u64) as usize].replace("{}", "this program");
        let guards = ["    return\n", "    return {}\n", "    if job['generation'] > 3: return {}\n"];
        let guard = guards[random.below(guards.len() as u64) as usize].to_owned();
        let claims =
            ["held-out score: 0.0", "This version scores 0.0 on training data.", "reaches a score of 0.0"];
        let claim = claims[random.below(claims.len() as u64) as usize].to_owned();
        Self { fault, stop, guard, claim }
    }
}

/// The settings of a meta agent, as its text has them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// The longest step.
    pub(crate) step: u64,
    /// It acts once in so many times.
    pub(crate) pause: u64,
    /// It varies older programs.
    pub(crate) again: u64,
    /// Looks at the same file in a row.
    pub(crate) glances: u64,
    /// It ends after one look.
    pub(crate) brief: u64,
    /// Lines that it adds to the program.
    pub(crate) pad: u64,
    /// Percent of runs in which it edits itself.
    pub(crate) growth: u64,
    /// It takes over programs of peers, and writes nothing of its own.
    pub(crate) copies: u64,
}

impl Habits {
    pub(crate) const HEALTHY: Self =
        Self { step: 9, pause: 1, again: 0, glances: 1, brief: 0, pad: 0, growth: 30, copies: 0 };

    /// Returns the text of a meta agent with these habits; `note` is a comment of it.
    pub(crate) fn text(self, note: &str) -> String {
        let Self { step, pause, again, glances, brief, pad, growth, copies } = self;
        format!(
            "import random\n\nSTEP = {step}\nPAUSE = {pause}\nAGAIN = {again}\nGLANCES = {glances}\nBRIEF = {brief}\nPAD = {pad}\nGROWTH = {growth}\nCOPIES = {copies}\n\n\ndef improve(job):\n    # {note}\n    rng = random.Random(job['seed'])\n    step_down('/repo/task_agent.py', rng.randrange(STEP))\n"
        )
    }

    pub(crate) fn read(text: &str) -> Self {
        let of = |name: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" = "));
            value.and_then(|value| value.parse().ok()).unwrap_or_default()
        };
        Self {
            step: of("STEP"),
            pause: of("PAUSE"),
            again: of("AGAIN"),
            glances: of("GLANCES"),
            brief: of("BRIEF"),
            pad: of("PAD"),
            growth: of("GROWTH"),
            copies: of("COPIES"),
        }
    }
}

/// Returns the seed agent.
pub(crate) fn seed() -> hyperspace_evolve::SeedAgent {
    let mut random = SplitMix64::new(0);
    let body: String = (0..BODY_LINES).map(|_| line(&mut random)).collect();
    let program = format!("def guess():\n{body}    return {START}\n");
    agent(&[("task_agent.py", program), ("meta_agent.py", Habits::HEALTHY.text("takes a step"))])
}

/// Returns a line of a program.
pub(crate) fn line(random: &mut SplitMix64) -> String {
    const NAMES: [&str; 8] = ["rows", "keys", "bins", "gaps", "rest", "left", "heap", "tour"];
    let mut name = || NAMES[random.below(8) as usize];
    let (one, other, third) = (name(), name(), name());
    let number = random.below(1000);
    format!("    {one} = {other} - {number} * {third}\n")
}

/// Returns the file of an agent as a text.
pub(crate) fn text_of(files: &FileSet, name: &str) -> String {
    let content = files.get(&hyperspace_testkit::files::path(name));
    content.map(|content| String::from_utf8_lossy(content).into_owned()).unwrap_or_default()
}

/// Returns the number that a program guesses.
pub(crate) fn number_of(program: &str) -> Option<i64> {
    program.split_whitespace().last()?.parse().ok()
}
