//! Generated histories of a population: lively ones, and such with one planted fault.
//!
//! The generator knows nothing of the detectors. Phrases, times, rates, lengths and noise are drawn; the words come from [`texts`].

pub(crate) mod claims;
pub(crate) mod texts;

use hyperspace_evolve::complacency::{ComplacencyKind, HistoryCall, HistoryStep, ToolLooks};

/// Numbers that look random and are the same at every run.
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most.max(1) as u64).unwrap_or_default()
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one_of<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn share(&mut self) -> f64 {
        self.below(1_000_000) as f64 / 1e6
    }
}

/// A generated history and what was planted in it.
pub(crate) struct Generated {
    pub(crate) steps: Vec<HistoryStep>,
    pub(crate) fault: Option<ComplacencyKind>,
    /// The index from which on it was.
    pub(crate) from: usize,
    /// The text or the guard that was planted.
    pub(crate) planted: String,
}

/// A population while it is generated.
struct World {
    numbers: Numbers,
    part: usize,
    /// Percent of candidates that change nothing, of meta agents that are edited, of candidates with recorded calls.
    idle: usize,
    meta_edits: usize,
    has_calls: bool,
    /// The program of a peer, in a history that has one, and the percent of candidates that take it over, with something of their own.
    peer: Option<String>,
    adopts: usize,
    /// Lines that a bloating program gets besides; percent of candidates that copy.
    padding: usize,
    copies: usize,
    steps: Vec<HistoryStep>,
    planted: String,
}

/// Generates a history from a seed. `part` names the part of the words.
pub(crate) fn generate(seed: u64, fault: Option<ComplacencyKind>, part: usize) -> Generated {
    let mut numbers = Numbers::new(seed);
    let calls = matches!(fault, Some(ComplacencyKind::ReadingLoop | ComplacencyKind::EarlyEnd));
    let (idle, meta_edits, has_calls) =
        (numbers.below(30), 20 + numbers.below(60), calls || numbers.chance(60));
    // What came later is drawn from numbers of its own, so that histories of before stay as they were.
    let mut more = Numbers::new(seed ^ 0xb10a7);
    let (adopts, padding, copies) = (2 + more.below(20), 12 + more.below(40), 60 + more.below(41));
    let has_peer = fault == Some(ComplacencyKind::BlindCopy) || more.chance(40);
    let mut world = World {
        numbers,
        part,
        idle,
        meta_edits,
        has_calls,
        peer: None,
        adopts,
        padding,
        copies,
        steps: Vec::new(),
        planted: String::new(),
    };
    world.seed();
    if has_peer {
        world.own(more, |world| world.peer = Some(world.program()));
    }
    let length = 50 + world.numbers.below(50);
    let from = 14 + world.numbers.below(length - 44);
    for at in 1..length {
        match fault {
            Some(kind) if at >= from => world.faulty(kind, at - from),
            _ => world.lively(),
        }
        world.beside(seed, at);
    }
    Generated { steps: world.steps, fault, from, planted: world.planted }
}

impl World {
    /// Does something with other numbers than those of the history.
    fn own(&mut self, numbers: Numbers, act: impl FnOnce(&mut Self)) {
        let own = std::mem::replace(&mut self.numbers, numbers);
        act(self);
        self.numbers = own;
    }

    /// Lets the last candidate see its peer, which goes on in the meantime, and take its program over now and then, in an honest history.
    fn beside(&mut self, seed: u64, at: usize) {
        let Some(peer) = self.peer.clone() else { return };
        self.own(Numbers::new(seed.wrapping_mul(31).wrapping_add(at as u64)), |world| {
            let mut step = world.steps[at].clone();
            step.peers = vec![peer.as_str().into()];
            let parent = step.parent.and_then(|parent| world.steps.get(parent)).cloned();
            let changed = parent.is_some_and(|parent| parent.program != step.program);
            if step.id.ends_with("_copy") {
                step.program = Some(world.copied(&peer).into());
                let note = world.benign();
                step.notes = world
                    .numbers
                    .chance(50)
                    .then(|| format!("- {note}\n- adopted the better program of a peer\n").into());
            } else if changed && world.numbers.chance(world.adopts) {
                world.adopt(&mut step, &peer);
            }
            world.steps[at] = step;
            if world.numbers.chance(60) {
                let mut other = HistoryStep::new("peer");
                other.program = Some(peer.as_str().into());
                world.edit(&mut other);
                world.peer = other.program.map(|program| program.to_string());
            }
        });
    }

    /// Returns the program of a peer as a copier writes it: with or without its comments, or with another number.
    fn copied(&mut self, peer: &str) -> String {
        match self.numbers.below(3) {
            0 => peer.to_owned(),
            1 => peer
                .lines()
                .map(|line| format!("{}\n", line.split("  #").next().unwrap_or_default()))
                .collect(),
            _ => format!("# {}\n{peer}", self.benign()),
        }
    }

    /// Takes a program over with something of its own: more lines, or words on what it does; one in twenty does so blindly.
    fn adopt(&mut self, step: &mut HistoryStep, peer: &str) {
        step.program = Some(peer.into());
        match self.numbers.below(20) {
            0 => {}
            1..10 => {
                // Only its program: whose meta agent is frozen may take over as well.
                let meta = step.meta.clone();
                self.edit(step);
                step.meta = meta;
            }
            _ => {
                let code: Vec<&str> = peer.lines().skip(1).filter(|line| line.contains('(')).collect();
                let line = *self.numbers.one_of(&code);
                let line = line.split("  #").next().unwrap_or_default();
                let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                let words: Vec<&str> = words.filter(|word| word.len() > 2).collect();
                let about = words.join(" and ");
                step.notes = Some(format!("- taken over for its {about}, which mine has not\n").into());
            }
        }
    }

    fn seed(&mut self) {
        let mut step = HistoryStep::new("gen_0_0");
        step.program = Some(self.program().into());
        step.meta = Some(self.meta_agent("").into());
        step.score = Some(0.2);
        self.steps.push(step);
    }

    /// Returns a program of some lines, with comments.
    fn program(&mut self) -> String {
        let mut text = "def solve(items):\n".to_owned();
        for _ in 0..4 + self.numbers.below(12) {
            text.push_str(&self.line());
        }
        text + "    return items\n"
    }

    fn line(&mut self) -> String {
        const VERBS: [&str; 8] =
            ["sorted", "sum", "best_of", "packed", "shifted", "joined", "filtered", "scaled"];
        const NAMES: [&str; 10] =
            ["items", "bins", "rest", "weights", "rows", "open", "left", "right", "total", "gaps"];
        let (verb, one, other) =
            (*self.numbers.one_of(&VERBS), *self.numbers.one_of(&NAMES), *self.numbers.one_of(&NAMES));
        let number = self.numbers.below(1000);
        let comment = if self.numbers.chance(25) { format!("  # {}", self.benign()) } else { String::new() };
        match self.numbers.below(3) {
            0 => format!("    {one} = {verb}({other}, {number}){comment}\n"),
            1 => format!("    if {one} > {number}:\n        {other} = {verb}({one}){comment}\n"),
            _ => format!("    for {one} in {verb}({other}):\n        total += {one} * {number}{comment}\n"),
        }
    }

    fn benign(&mut self) -> String {
        (*self.numbers.one_of(texts::BENIGN[self.part])).to_owned()
    }

    fn stop_text(&mut self) -> String {
        let thing = *self.numbers.one_of(&texts::THINGS);
        let text = self.numbers.one_of(texts::STOP[self.part]).replace("{}", thing);
        match self.numbers.below(4) {
            0 => text.to_uppercase(),
            1 => format!("{} ({})", text, self.benign()),
            _ => text,
        }
    }

    /// Returns a meta agent with `more` at its end, or within `improve` if that is a body.
    fn meta_agent(&mut self, more: &str) -> String {
        let rate = self.numbers.below(90) + 5;
        let name = *self.numbers.one_of(&["mutated", "rewritten", "tuned", "varied"]);
        let (before, body) = if more.starts_with("    ") { ("", more) } else { (more, "") };
        let comment = self.benign();
        format!(
            "import os\n\nRATE = 0.{rate:02}\n{before}\n\n\ndef {name}(source, rng):\n    # {comment}\n    return source.replace(str(rng), '{rate}')\n\n\ndef improve(job):\n{body}{}    source = open('/repo/task_agent.py').read()\n    open('/repo/task_agent.py', 'w').write({name}(source, job['seed']))\n    return {{'rate': RATE}}\n",
            if body.is_empty() { "" } else { "\n" }
        )
    }

    /// Adds a candidate that goes on: it may change nothing, its program, or its meta agent besides.
    fn lively(&mut self) {
        let mut step = self.child();
        if !self.numbers.chance(self.idle) {
            self.edit(&mut step);
        }
        self.push(step);
    }

    fn child(&mut self) -> HistoryStep {
        // Of the last few, as an archive of good members gives them.
        let back = 1 + self.numbers.below(self.steps.len().min(4));
        let parent = self.steps.len() - back;
        let mut step = self.steps[parent].clone();
        step.id = format!("gen_{}_0", self.steps.len());
        step.parent = Some(parent);
        step.score = step.score.map(|score| (score + (self.numbers.share() - 0.45) * 0.06).clamp(0.0, 0.95));
        step.looks = self.has_calls.then(|| ToolLooks::of(&self.calls()));
        step
    }

    /// Changes lines of a program, and now and then its meta agent and its notes.
    fn edit(&mut self, step: &mut HistoryStep) {
        let text = step.program.clone().unwrap_or_default();
        let mut lines: Vec<String> = text.lines().map(|line| format!("{line}\n")).collect();
        for _ in 0..1 + self.numbers.below(5) {
            let at = 1 + self.numbers.below(lines.len().saturating_sub(1));
            let new = self.line();
            if self.numbers.chance(40) && lines.len() > 6 {
                lines[at.min(5)] = new;
            } else {
                lines.insert(at, new);
            }
        }
        if lines.len() > 60 {
            lines.truncate(20);
        }
        step.program = Some(lines.concat().into());
        if self.numbers.chance(self.meta_edits) {
            step.meta = Some(self.meta_agent("").into());
        }
        if self.numbers.chance(30) {
            let notes: Vec<String> =
                (0..1 + self.numbers.below(4)).map(|_| format!("- {}\n", self.benign())).collect();
            step.notes = Some(notes.concat().into());
        }
    }

    fn push(&mut self, step: HistoryStep) {
        self.steps.push(step);
    }

    /// Returns calls as somebody makes them who looks and then writes, with a second look now and then.
    fn calls(&mut self) -> Vec<HistoryCall> {
        let mut calls = Vec::new();
        for _ in 0..2 + self.numbers.below(5) {
            for _ in 0..1 + self.numbers.below(4) {
                let file = self.numbers.below(30);
                calls.push(HistoryCall::new(format!("editor view /repo/part_{file}.py"), false));
            }
            if self.numbers.chance(30) {
                let again = calls[calls.len() - 1].clone();
                calls.push(again);
            }
            calls.push(HistoryCall::new(format!("editor str_replace {}", self.numbers.below(1000)), true));
        }
        calls
    }

    /// Adds a candidate with a fault, the one of this number since it began.
    fn faulty(&mut self, kind: ComplacencyKind, since: usize) {
        let mut step = self.child();
        match kind {
            ComplacencyKind::StopText | ComplacencyKind::SelfBlock => {
                self.edit(&mut step);
                if since == 0 {
                    self.plant(&mut step, kind);
                }
            }
            ComplacencyKind::GivenUp => step = self.idle_child(),
            ComplacencyKind::FallingEditRate => {
                // It still changes something now and then, but hardly any more.
                if since % 6 == 5 {
                    self.edit(&mut step);
                } else {
                    step = self.idle_child();
                }
            }
            ComplacencyKind::FallingNovelty => self.repeat(&mut step),
            ComplacencyKind::ReadingLoop => {
                self.edit(&mut step);
                if since < 3 || self.numbers.chance(60) {
                    self.look_again(&mut step);
                }
            }
            ComplacencyKind::EarlyEnd => {
                step = self.idle_child();
                let looks = self.numbers.below(3);
                let calls = (0..looks).map(|at| HistoryCall::new(format!("bash ls part_{at}"), false));
                step.looks = Some(ToolLooks::of(&calls.collect::<Vec<_>>()));
            }
            ComplacencyKind::Bloat => {
                // Nothing is cut off again, as an ordinary edit does with a program that has become long.
                let program = step.program.clone().unwrap_or_default();
                let padding: String = (0..self.padding).map(|_| self.line()).collect();
                let at = program.rfind("    return").unwrap_or(program.len());
                let (head, tail) = program.split_at(at);
                step.program = Some(format!("{head}{padding}{tail}").into());
                if self.numbers.chance(self.meta_edits) {
                    step.meta = Some(self.meta_agent("").into());
                }
            }
            ComplacencyKind::BlindCopy => {
                if self.numbers.chance(self.copies) {
                    step.id.push_str("_copy");
                } else {
                    self.edit(&mut step);
                }
            }
            ComplacencyKind::FrozenMeta => {
                self.edit(&mut step);
                step.meta.clone_from(&self.steps[self.steps.len() - 1].meta);
            }
            _ => {}
        }
        self.push(step);
    }

    fn idle_child(&mut self) -> HistoryStep {
        let mut step = self.child();
        let parent = self.steps.len() - 1;
        let last = self.steps[parent].clone();
        (step.program, step.meta, step.notes, step.parent) =
            (last.program, last.meta, last.notes, Some(parent));
        step
    }

    /// Plants a text or a guard somewhere.
    fn plant(&mut self, step: &mut HistoryStep, kind: ComplacencyKind) {
        if kind == ComplacencyKind::SelfBlock {
            let early = self.numbers.chance(35);
            let block = if early {
                *self.numbers.one_of(texts::EARLY[self.part])
            } else {
                *self.numbers.one_of(texts::BLOCKS[self.part])
            };
            step.meta = Some(self.meta_agent(block).into());
            block.clone_into(&mut self.planted);
            return;
        }
        let text = self.stop_text();
        let comment = format!("# {text}\n");
        self.planted.clone_from(&text);
        match self.numbers.below(4) {
            0 => step.notes = Some(format!("{}- {text}\n", step.notes.as_deref().unwrap_or_default()).into()),
            1 => step.meta = Some(self.meta_agent(&comment).into()),
            2 => {
                let program = step.program.as_deref().unwrap_or_default();
                let doc = format!("def solve(items):\n    \"\"\"Solves it.\n\n    {text}\n    \"\"\"\n");
                step.program = Some(program.replacen("def solve(items):\n", &doc, 1).into());
            }
            _ => {
                step.program =
                    Some(format!("{comment}{}", step.program.as_deref().unwrap_or_default()).into())
            }
        }
    }

    /// Makes a program that is an older one with one number changed.
    fn repeat(&mut self, step: &mut HistoryStep) {
        let older = 1 + self.numbers.below(self.steps.len() - 1);
        let text = self.steps[older].program.clone().unwrap_or_default();
        let (from, to) = (self.numbers.below(10).to_string(), self.numbers.below(10_000).to_string());
        step.program = Some(text.replacen(&from, &to, 1).into());
        step.score = step.score.map(|score| score.min(self.steps[older].score.unwrap_or_default()));
    }

    fn look_again(&mut self, step: &mut HistoryStep) {
        let file = self.numbers.below(30);
        let look = HistoryCall::new(format!("bash cat /repo/part_{file}.py"), false);
        let mut calls = self.calls();
        for _ in 0..3 + self.numbers.below(4) {
            calls.push(look.clone());
            if self.numbers.chance(40) {
                calls.push(HistoryCall::new(format!("bash ls {}", self.numbers.below(100)), false));
            }
        }
        step.looks = Some(ToolLooks::of(&calls));
    }
}
