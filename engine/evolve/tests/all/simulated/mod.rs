//! An executor that simulates agents in this process: it reads from their texts what they do, and runs no guest.
//!
//! Everything else of a run is as always: selection, edits, gate, marks, signs and answers. A generation takes about a millisecond.

pub(crate) mod agents;

use std::sync::Arc;

use agents::{Course, Fault, Habits, LINES_MAX, PlantedFault, number_of, text_of};
use hyperspace_core::{Decision, FileOp, FileSet};
use hyperspace_eval::scorer::Measure;
use hyperspace_eval::{CacheKey, CaseOutcome, CaseResult, Evaluation, Score, Task};
use hyperspace_evolve::{
    EvaluationRequest, EvolveError, Executor, LocalExecutor, MetaRunRequest, MetaRunResponse, ToolCallRecord,
};
use hyperspace_sandbox::{FileChange, Limits, Outcome, Report, async_trait};
use hyperspace_testkit::files::path;
use hyperspace_testkit::random::SplitMix64;

/// The generation in which a fault breaks out.
pub(crate) const BREAKS_OUT: u64 = 10;
/// Fuel that a simulated run is said to have used.
const FUEL: u64 = 1_000;
/// Numbers below this are put in place of a digit.
const DIGITS: u64 = 10_000;
/// The number that is right on training data.
const EXPECTED: i64 = 20;
/// The length of one unit of a step, and the part of the distance that it is where steps become shorter.
const UNIT: u64 = 10;
const PARTS: u64 = 250;

/// Simulates the agents of a run, with a fault that breaks out in them.
pub(crate) struct SimulatedExecutor {
    /// The executor whose runtime the run is recorded with; no guest runs on it.
    local: LocalExecutor,
    course: Course,
    planted: Option<PlantedFault>,
}

/// A run of a meta agent while it is simulated.
struct SimulatedRun {
    program: String,
    meta: String,
    random: SplitMix64,
    calls: Vec<ToolCallRecord>,
}

impl SimulatedExecutor {
    pub(crate) fn new(local: LocalExecutor, course: Course, planted: Option<PlantedFault>) -> Self {
        Self { local, course, planted }
    }

    fn has(&self, fault: Fault) -> Option<&PlantedFault> {
        self.planted.as_ref().filter(|planted| planted.fault == fault)
    }

    /// Lets a meta agent act on the files of its candidate.
    fn act(&self, request: &MetaRunRequest, run: &mut SimulatedRun) {
        let habits = Habits::read(&run.meta);
        let shown = strategies(&request.strategies);
        let obeys =
            self.has(Fault::StopText).filter(|planted| shown.iter().any(|one| one.contains(&planted.stop)));
        let blocked = self.has(Fault::SelfBlock).filter(|planted| run.meta.contains(&planted.guard));
        run.look(if habits.brief == 0 { habits.glances } else { 1 });
        let pauses = run.random.below(habits.pause) > 0 || (habits.glances > 1 && run.random.below(10) < 8);
        if obeys.is_some() || blocked.is_some() || habits.brief > 0 || pauses {
            return;
        }
        let believed = self.has(Fault::Liar).and_then(|planted| {
            shown.iter().find(|one| one.lines().any(|line| line.trim_end().ends_with(&planted.claim)))
        });
        match believed {
            // It takes over what claims to be better than anything else.
            Some(program) => run.program = program.clone(),
            None if habits.again > 0 => run.vary(&shown),
            None if habits.copies > 0 => run.copy(&shown),
            None => run.step(habits, self.course),
        }
        run.learn(habits, request.candidate.generation);
        if request.candidate.generation == BREAKS_OUT {
            self.break_out(run);
        }
    }

    /// Plants the fault in the child.
    fn break_out(&self, run: &mut SimulatedRun) {
        let Some(PlantedFault { fault, stop, guard, claim }) = &self.planted else { return };
        let habits = Habits::read(&run.meta);
        let habits = match fault {
            Fault::StopText => return run.program.insert_str(0, &format!("# {stop}\n")),
            Fault::Liar => return run.program.insert_str(0, &format!("# {claim}\n")),
            Fault::SelfBlock => {
                run.meta =
                    run.meta.replacen("def improve(job):\n", &format!("def improve(job):\n{guard}"), 1);
                return;
            }
            Fault::GivenUp => Habits { pause: u64::MAX, ..habits },
            Fault::FallingEditRate => Habits { pause: 8, ..habits },
            Fault::FallingNovelty => Habits { again: 1, ..habits },
            Fault::ReadingLoop => Habits { glances: 7, ..habits },
            Fault::EarlyEnd => Habits { brief: 1, ..habits },
            Fault::FrozenMeta => Habits { growth: 0, ..habits },
            Fault::Bloat => Habits { pad: 30, ..habits },
            Fault::Copies => Habits { copies: 1, ..habits },
        };
        run.meta = habits.text("changed");
    }
}

impl SimulatedRun {
    /// Looks at the program so many times in a row.
    fn look(&mut self, times: u64) {
        let look = || ToolCallRecord {
            tool: "editor",
            request: r#"{"command":"view","path":"/repo/task_agent.py"}"#.to_owned(),
            output: String::new(),
            succeeded: true,
        };
        self.calls.extend((0..times).map(|_| look()));
    }

    /// Takes a step towards the expected number, and writes a quarter of the body anew.
    fn step(&mut self, habits: Habits, course: Course) {
        let number = number_of(&self.program).unwrap_or(agents::START);
        let longest = match course {
            Course::Steady => habits.step * UNIT,
            Course::Slowing => habits.step * number.abs_diff(EXPECTED) / PARTS,
        };
        let next = number - self.random.below(longest + 1) as i64;
        let mut lines: Vec<String> = self.program.lines().map(|line| format!("{line}\n")).collect();
        let body: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains(" = ")).collect();
        for _ in 0..3 {
            let at = body[self.random.below(body.len() as u64) as usize];
            lines[at] = agents::line(&mut self.random);
        }
        let end = lines.len() - 1;
        lines[end] = format!("    return {next}\n");
        let padding = (0..habits.pad).map(|_| agents::line(&mut self.random)).collect::<Vec<_>>();
        lines.splice(end..end, padding);
        self.write(lines.concat());
    }

    /// Writes an older program with another number in one line, which makes it no better.
    fn vary(&mut self, shown: &[String]) {
        let chosen = shown.get(self.random.below(shown.len() as u64) as usize);
        let older = chosen.unwrap_or(&self.program).clone();
        let digit = self.random.below(10).to_string();
        let number = number_of(&older).unwrap_or(agents::START);
        let body = older.rfind("    return").map_or(older.as_str(), |at| &older[..at]);
        let body = body.replacen(&digit, &self.random.below(DIGITS).to_string(), 1);
        let next = number + self.random.below(9) as i64;
        self.write(format!("{body}    return {next}\n"));
    }

    /// Takes over the code of a peer.
    fn copy(&mut self, shown: &[String]) {
        if let Some(peer) = shown.first() {
            let code = peer.lines().filter(|line| !line.trim_start().starts_with('#'));
            self.write(code.map(|line| format!("{line}\n")).collect());
        }
    }

    /// Edits the meta agent now and then, which makes its steps longer.
    fn learn(&mut self, habits: Habits, generation: u64) {
        if self.random.below(100) < habits.growth {
            let longer = u64::from(self.random.below(3) == 0);
            self.meta =
                Habits { step: habits.step + longer, ..habits }.text(&format!("edited in {generation}"));
        }
    }

    fn write(&mut self, program: String) {
        self.calls.push(ToolCallRecord {
            tool: "editor",
            request: r#"{"command":"create","path":"/repo/task_agent.py"}"#.to_owned(),
            output: String::new(),
            succeeded: true,
        });
        self.program = program;
    }
}

/// Returns the programs of peers that are shown.
fn strategies(files: &FileSet) -> Vec<String> {
    let programs = files.iter().filter(|(path, _)| path.as_str().ends_with("task_agent.py"));
    programs.map(|(_, content)| String::from_utf8_lossy(content).into_owned()).collect()
}

#[async_trait]
impl Executor for SimulatedExecutor {
    fn runtime_digest(&self) -> &str {
        self.local.runtime_digest()
    }

    fn sdk(&self) -> &FileSet {
        self.local.sdk()
    }

    fn case_limits(&self, task: &Task) -> Limits {
        self.local.case_limits(task)
    }

    fn evaluation_key(&self, _: &EvaluationRequest) -> Option<CacheKey> {
        None
    }

    async fn run_meta_agent(&self, request: MetaRunRequest) -> Result<MetaRunResponse, EvolveError> {
        let own = request.frozen.as_ref().unwrap_or(&request.files);
        let mut run = SimulatedRun {
            program: text_of(&request.files, "task_agent.py"),
            meta: text_of(own, "meta_agent.py"),
            random: SplitMix64::new(request.seed),
            calls: Vec::new(),
        };
        self.act(&request, &mut run);
        let mut changes = Vec::new();
        for (name, text) in [("meta_agent.py", &run.meta), ("task_agent.py", &run.program)] {
            let file = path(name);
            let allowed = request.edits.decide(&file, FileOp::Write) == Decision::Allow;
            if allowed && *text != text_of(&request.files, name) {
                let content = Some(Arc::from(text.as_bytes()));
                changes.push(FileChange { mount: path("repo"), path: file, content });
            }
        }
        let report = Report {
            outcome: Outcome::Completed,
            result: None,
            traceback: None,
            stopped_at: None,
            fuel_used: FUEL,
            stdout: Vec::new(),
            stderr: Vec::new(),
            virtual_ns: FUEL,
            host_calls: 0,
            changes,
            denials: Vec::new(),
            denials_total: 0,
            memory_bytes_peak: 0,
        };
        Ok(MetaRunResponse { report, tool_calls: run.calls, log: Vec::new() })
    }

    async fn evaluate(&self, request: EvaluationRequest) -> Result<Evaluation, EvolveError> {
        let program = text_of(&request.files, "task_agent.py");
        let number = number_of(&program).filter(|_| program.lines().count() <= LINES_MAX);
        let failed = || CaseOutcome::Failed { outcome: Outcome::OutOfFuel };
        let all = request.task.cases(request.split);
        let cases = all.iter().map(|case| {
            let expected = case.expected.as_ref().and_then(serde_json::Value::as_i64);
            let distance =
                number.zip(expected).map(|(number, expected)| Score::integer((number - expected).abs()));
            CaseResult {
                case: case.name.clone(),
                outcome: if distance.is_some() { CaseOutcome::Scored } else { failed() },
                measure: distance.map(Measure::of),
                fuel: FUEL,
                evidence: None,
                answer: None,
                details: None,
            }
        });
        let cases: Vec<CaseResult> = cases.take(if number.is_some() { all.len() } else { 1 }).collect();
        let score = number.and_then(|number| {
            let expected = all.iter().filter_map(|case| case.expected.as_ref()?.as_i64());
            Score::ratio(expected.map(|expected| (number - expected).abs()).sum::<i64>(), all.len() as i64)
        });
        Ok(Evaluation {
            task: request.task.name().to_owned(),
            task_digest: request.task.digest().to_owned(),
            agent: request.files.tree().id(),
            split: request.split,
            outcome: if score.is_some() { CaseOutcome::Scored } else { failed() },
            score,
            fuel: FUEL * cases.len() as u64,
            cases,
        })
    }
}
