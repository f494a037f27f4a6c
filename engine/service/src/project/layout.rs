//! Describes a recognised project as a task.

use hyperspace_core::{FileSet, REGION_SUFFIX, regions};
use hyperspace_sandbox::RuntimeName;

use super::forms::{FORMS, ProjectForm, file_name};
use super::helpers::{Helpers, helpers};
use super::project_files::ProjectFiles;
use super::scripts::GEPA;
use super::yaml;
use super::yaml_fault;

/// The marker of a region that may be evolved.
const MARKER: &str = "EVOLVE-BLOCK-START";

/// Maximum number of bytes of an evaluator or program that are examined.
const SOURCE_BYTES_MAX: usize = 1 << 20;
/// Maximum number of the program's functions that are looked for in the evaluator.
const FUNCTIONS_MAX: usize = 256;
/// Clock limit in seconds for a project that sets no time: these engines allow minutes, much of which is for slow starts.
const SECONDS_DEFAULT: u64 = 60;
/// Seconds of its clock that a task's program has by default.
const SECONDS_ANYWAY: u64 = 5;
/// Seconds of its clock that an evaluator has by default.
const SECONDS_OF_EVALUATORS: u64 = 20;
/// Seconds of real time that it has by default.
const SECONDS_BACKSTOP: u64 = 120;
/// Maximum number of seconds that are taken over.
const SECONDS_MAX: u64 = 3_600;
/// Fuel per second of a guest's clock.
const FUEL_OF_A_SECOND: u64 = 1_000_000_000;

/// Settings of other engines that concern their search; all others concern the task.
const ABOUT_THE_SEARCH: [&str; 26] = [
    "llm",
    "database",
    "prompt",
    "max_iterations",
    "checkpoint_interval",
    "log_level",
    "random_seed",
    "diff_based_evolution",
    "diff_based_generation",
    "max_code_length",
    "max_solution_length",
    "search",
    "evo",
    "evo_config",
    "db_config",
    "job_config",
    "EVOLVE_CONFIG",
    "ENSEMBLE",
    "SAMPLER_AUX_LM",
    "MEM_CHECK_INTERVAL_S",
    "agents",
    "workspace",
    "run",
    "gateway",
    "language",
    "early_stopping_patience",
];

/// A project in the course of becoming a task.
#[derive(Debug)]
pub(super) struct RecognisedProject {
    pub(super) form: ProjectForm,
    pub(super) name: String,
    pub(super) description: String,
    cascade: Option<String>,
    minimize: bool,
    pub(super) runtime: RuntimeName,
}

/// Recognises a project.
///
/// # Errors
///
/// The reason why the folder is not a project, is two projects at once, or is a broken one.
pub(super) fn recognise(files: &FileSet, name: &str) -> Result<RecognisedProject, String> {
    let files = ProjectFiles::new(files);
    let mut found = Vec::new();
    for (recogniser, _) in FORMS {
        found.extend(recogniser(&files)?);
    }
    match found.len() {
        1 => describe(&files, name, found.swap_remove(0)),
        0 => {
            let expected: Vec<&str> = FORMS.iter().map(|(_, looks)| *looks).collect();
            let half = half_of_a_project(&files).map(|half| format!(": {half}")).unwrap_or_default();
            Err(format!("not a known kind of project{half}; expected {}", expected.join(", or ")))
        }
        _ => {
            let engines: Vec<String> =
                found.iter().map(|form| format!("{} ({})", form.engine, form.evaluator)).collect();
            Err(format!(
                "it is a project of {} at once; keep the files of one of them",
                engines.join(" and ")
            ))
        }
    }
}

/// Returns a description of what is missing from a folder that has only one half of a project.
fn half_of_a_project(files: &ProjectFiles<'_>) -> Option<String> {
    for (evaluator, program) in [("evaluator.py", "initial_program"), ("evaluate.py", "initial")] {
        match (files.has(evaluator), files.first(&format!("{program}."))) {
            (true, None) => return Some(format!("it has {evaluator}, but no {program}.py")),
            (false, Some(found)) => return Some(format!("it has {found}, but no {evaluator}")),
            _ => {}
        }
    }
    None
}

/// Checks the files from which a task is made: they are text, and the program's markers are closed.
fn check_texts(files: &ProjectFiles<'_>, form: &ProjectForm) -> Result<(), String> {
    for path in [&form.evaluator, &form.program].into_iter().chain(&form.settings) {
        if !files.is_text(path) {
            return Err(format!("{path}: expected text in UTF-8"));
        }
    }
    let yaml = form.settings.iter().filter(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
    for path in yaml {
        if let Some((line, why)) = yaml_fault::fault(&files.text(path)) {
            return Err(format!("{path}, line {line}: not YAML: {why}"));
        }
    }
    let source = files.text(&form.program);
    let started = source.lines().position(|line| line.contains(MARKER));
    match started.filter(|_| regions(source.as_bytes()).is_empty()) {
        Some(line) => Err(format!(
            "{}, line {}: {MARKER} without an EVOLVE-BLOCK-END below it: nothing could be evolved",
            form.program,
            line + 1
        )),
        None => Ok(()),
    }
}

fn describe(
    files: &ProjectFiles<'_>,
    name: &str,
    mut form: ProjectForm,
) -> Result<RecognisedProject, String> {
    check_texts(files, &form)?;
    for other in files.other_forms(&form.program) {
        form.ignored.push(format!("{other}: not used; {} is the program to start from", form.program));
    }
    let (evaluator, source) = (files.text(&form.evaluator), files.text(&form.program));
    let mut description = format!("Improve the program {}, which {} scores.", form.program, form.evaluator);
    let mut cascade = evaluator.contains("def evaluate_stage1").then(|| "[0.5, 0.75, 0.9]".to_owned());
    let mut minimize = false;
    let mut timeout = None;
    let settings = form.settings.clone();
    for key in settings.as_ref().map(|path| yaml::keys(&files.text(path))).unwrap_or_default() {
        let place = format!("{}, line {}: {}", settings.as_deref().unwrap_or_default(), key.line, key.path);
        match key.path.as_str() {
            "prompt.system_message"
            | "description"
            | "task.description"
            | "task_description"
            | "SYS_MSG"
            | "task_sys_msg" => {
                description.clone_from(&key.value);
                form.understood.push(format!("{place}: the description of the task"));
            }
            "evaluator.cascade_evaluation" | "cascade_evaluation" => {
                form.understood.push(format!("{place} = {}", key.value));
                if key.value.eq_ignore_ascii_case("false") {
                    cascade = None;
                }
            }
            "evaluator.cascade_thresholds" | "cascade_thresholds" => {
                form.understood.push(format!("{place} = {}", key.value));
                // Only numbers are allowed, because the value becomes part of a file.
                let numbers = key.value.trim_matches(['[', ']']).split(',').map(str::trim);
                let numbers: Result<Vec<f64>, _> = numbers.map(str::parse).collect();
                let numbers = numbers.map_err(|_| format!("{place}: expected a list of numbers"))?;
                cascade = cascade.map(|_| format!("{numbers:?}"));
            }
            "grader.direction" | "direction" => {
                form.understood.push(format!("{place} = {}", key.value));
                minimize = key.value == "minimize";
            }
            "task.name" | "CODEBASE_PATH" | "INIT_FILE_DATA" | "EVAL_FILE_NAME" => {
                form.understood.push(format!("{place} = {}", first_line(&key.value)));
            }
            "evaluator.timeout" | "grader.timeout" | "EVAL_TIMEOUT" => match seconds(&key.value) {
                Some(limit) => {
                    let told = format!(
                        "{place} = {}: {limit} s of the clocks of evaluator and program",
                        first_line(&key.value)
                    );
                    form.understood.push(told);
                    timeout = Some(limit);
                }
                None => {
                    form.ignored.push(format!("{place} = {}: no number of seconds", first_line(&key.value)))
                }
            },
            "MAX_MEM_BYTES" => form.ignored.push(format!(
                "{place} = {}: see `memory_bytes` in [limits] and [scorer.limits] of task.toml",
                first_line(&key.value)
            )),
            path if path.contains("grader.args.") => {}
            path if is_about_the_search(path) => form.ignored.push(format!(
                "{place} = {}: about the search or its models; see hyperspace evolve --help",
                first_line(&key.value)
            )),
            _ => form
                .ignored
                .push(format!("{place} = {}: unknown here, without effect", first_line(&key.value))),
        }
    }
    if !form.program.ends_with(".py") && form.engine != GEPA && form.made.is_empty() {
        form.scorer.push_str(&format!("program = {}\nreads = true\n", quoted(file_name(&form.program))));
        form.understood.push(format!("{} is not Python: it is evolved as text", form.program));
    }
    if source.contains(MARKER) || !form.made.is_empty() {
        form.understood
            .push(format!("{}: only what is between EVOLVE-BLOCK markers may be changed", form.program));
    }
    show_helpers(files, &mut form);
    let limit = timeout.unwrap_or(SECONDS_DEFAULT);
    // Less than a task's default would be less than the same seconds allow in the other engine.
    if limit > SECONDS_ANYWAY {
        // The backstop in real time must not end what the clock allows.
        let backstop = limit.max(SECONDS_BACKSTOP) * 1_000;
        let limits =
            |seconds: u64| format!("fuel = {}\nwall_clock_ms = {backstop}\n", seconds * FUEL_OF_A_SECOND);
        let (program, evaluator) = (limits(limit), limits(limit.max(SECONDS_OF_EVALUATORS)));
        form.more.push_str(&format!("\n[limits]\n{program}\n[scorer.limits]\n{evaluator}"));
    }
    let mut runtime = RuntimeName::default();
    if let Some(place) = files.numpy_need() {
        runtime = RuntimeName::Science;
        form.understood.push(format!("{place}: guests have the science runtime"));
    }
    Ok(RecognisedProject { form, name: name.to_owned(), description, cascade, minimize, runtime })
}

/// Makes the modules of the project that its programs import visible to them.
fn show_helpers(files: &ProjectFiles<'_>, form: &mut ProjectForm) {
    let Helpers { visible, is_evaluator_imported } = helpers(files, form);
    if is_evaluator_imported {
        form.ignored.push(format!(
            "{} imports {}, which programs may not see; move what both need into a module of its own",
            form.program, form.evaluator
        ));
    }
    if visible.is_empty() {
        return;
    }
    let listed: Vec<String> = visible.iter().map(|path| quoted(path)).collect();
    form.scorer.push_str(&format!("visible = [{}]\n", listed.join(", ")));
    form.understood.push(format!(
        "{}: imported by {}: programs see it at /task, and only that",
        visible.join(", "),
        form.program
    ));
}

/// Returns a number of seconds, rounded up, and at most an hour.
fn seconds(text: &str) -> Option<u64> {
    let number: f64 = text.trim().parse().ok()?;
    (number.is_finite() && number > 0.0).then(|| number.ceil().min(SECONDS_MAX as f64) as u64)
}

fn is_about_the_search(path: &str) -> bool {
    ABOUT_THE_SEARCH.iter().any(|prefix| path == *prefix || path.starts_with(&format!("{prefix}.")))
}

impl RecognisedProject {
    /// Returns the text of `task.toml`.
    pub(super) fn definition(&self, files: &FileSet) -> String {
        let Self { form, name, description, cascade, minimize, runtime } = self;
        let files = ProjectFiles::new(files);
        let (source, evaluator) = (files.text(&form.program), files.text(&form.evaluator));
        // The candidate's files with their texts, program first.
        let taken = form.seeds.iter().map(|(path, own)| (own.as_str(), files.text(path)));
        let made =
            form.made.iter().filter_map(|(path, text)| Some((path.strip_prefix("seed/")?, text.clone())));
        let all: Vec<(&str, String)> = taken.chain(made).collect();
        let (own, text) =
            all.first().map_or(("task_agent.py", source.as_str()), |(own, text)| (*own, text.as_str()));
        let region = |text: &str| if text.contains(MARKER) { REGION_SUFFIX } else { "" };
        let scope: Vec<String> =
            all.iter().map(|(own, text)| quoted(&format!("{own}{}", region(text)))).collect();
        let module = match own.strip_suffix(".py") {
            Some(module) => module.replace('/', "."),
            None => "task_agent".to_owned(),
        };
        let mut scorer = form.scorer.clone();
        if let Some(thresholds) = cascade.as_ref().filter(|_| scorer.contains("function = ")) {
            scorer.push_str(&format!("cascade = {thresholds}\n"));
        }
        let runtime = match runtime {
            RuntimeName::Plain => String::new(),
            other => format!("runtime = \"{other}\"\n"),
        };
        let direction = if *minimize { "minimize" } else { "maximize" };
        let evaluator_module =
            file_name(&form.evaluator).rsplit_once('.').map_or("evaluator", |(stem, _)| stem);
        format!(
            "# Made of a project of {}; refers.toml names its folder.\n{runtime}[task]\nname = {}\ntitle = {}\ndescription = {}\n\
             direction = \"{direction}\"\n\n[entry]\nmodule = {}\nfunction = {}\nedit_scope = [{}, \"meta_agent.py\", \"lib/**\"]\n\n\
             [scorer]\nkind = \"python\"\nmodule = {}\nfile = {}\n{scorer}{}",
            form.engine,
            quoted(name),
            quoted(name),
            quoted(description),
            quoted(&module),
            quoted(&entry_function(text, &evaluator)),
            scope.join(", "),
            quoted(evaluator_module),
            quoted(&form.evaluator),
            form.more,
        )
    }
}

/// Returns a text as TOML.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns a scalar from a settings file as TOML: a number, a boolean, or a string.
pub(super) fn value(text: &str) -> String {
    let is_number = text.parse::<i64>().is_ok() || (text.parse::<f64>().is_ok() && text.contains('.'));
    if is_number || matches!(text, "true" | "false") { text.to_owned() } else { quoted(text) }
}

/// Returns JSON values as a TOML list.
pub(super) fn toml_of(values: &[serde_json::Value]) -> Result<String, String> {
    let list = toml::Value::try_from(values).map_err(|error| format!("inputs.json: {error}"))?;
    Ok(list.to_string())
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(60).collect()
}

/// Returns the first function of the program that the evaluator names.
fn entry_function(source: &str, evaluator: &str) -> String {
    let within = |text: &str| text.floor_char_boundary(SOURCE_BYTES_MAX);
    let (source, evaluator) = (&source[..within(source)], &evaluator[..within(evaluator)]);
    let names: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("def ")?.split('(').next())
        .map(str::trim)
        .take(FUNCTIONS_MAX)
        .collect();
    let named = names.iter().find(|name| evaluator.contains(**name)).or(names.first());
    named.map_or("main", |name| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(evaluator: &str, program: &str, config: &str) -> FileSet {
        let files = [("evaluator.py", evaluator), ("initial_program.py", program), ("config.yaml", config)];
        FileSet::from_files(files).unwrap()
    }

    #[test]
    fn a_hostile_project_takes_a_bounded_time() {
        let names: String = (0..200_000).map(|number| format!("def f{number}():\n")).collect();
        let (evaluator, config) = ("x = 1\n".repeat(1 << 20), "k: 1\n".repeat(1 << 20));
        let files = project(&evaluator, &names, &config);
        let found = recognise(&files, "p").unwrap();
        // Without limits, this would take hours, because each name is looked for in the whole evaluator.
        assert!(found.definition(&files).len() < 10_000 && found.form.ignored.len() < 2_000);
    }

    #[test]
    fn a_project_that_imports_numpy_has_the_runtime_with_it() {
        for (program, line) in [
            ("import numpy as np\n", "\nruntime = \"science\"\n[task]\n"),
            ("import sys\n", "folder.\n[task]\n"),
        ] {
            let files = project("", program, "");
            let found = recognise(&files, "p").unwrap();
            let definition = found.definition(&files);
            assert!(definition.contains(line), "{definition}");
            let told = found
                .form
                .understood
                .iter()
                .any(|told| told.contains("line 1: import of numpy: guests have the science"));
            assert_eq!(told, program.contains("numpy"));
        }
    }

    #[test]
    fn seconds_of_a_project_are_those_of_the_clocks() {
        let made = |timeout: &str| {
            let files = project("", "", &format!("evaluator:\n  timeout: {timeout}\n"));
            let found = recognise(&files, "p").unwrap();
            (found.definition(&files), found.form.understood.join("; "))
        };
        let (definition, told) = made("600");
        let limits = "fuel = 600000000000\nwall_clock_ms = 600000\n";
        let limits = format!("\n[limits]\n{limits}\n[scorer.limits]\n{limits}");
        assert!(definition.contains(&limits) && told.contains("600 s of the clocks"), "{definition} {told}");
        assert!(made("1e9").0.contains("\nfuel = 3600000000000\n"));
        assert!(!made("5").0.contains("fuel"));
        for (seconds, program, evaluator) in [("8", 8, 20), ("-1", 60, 60), ("nan", 60, 60), ("soon", 60, 60)]
        {
            let limits = |seconds: u64| format!("fuel = {seconds}000000000\nwall_clock_ms = 120000\n");
            let limits = format!("\n[limits]\n{}\n[scorer.limits]\n{}", limits(program), limits(evaluator));
            assert!(made(seconds).0.contains(&limits), "{seconds}: {}", made(seconds).0);
        }
    }

    #[test]
    fn what_could_not_be_evolved_is_told_at_once() {
        let error = |files: &FileSet| recognise(files, "p").unwrap_err();
        let open = "# EVOLVE-BLOCK-START\ndef f(): pass\n";
        assert!(
            error(&project("", open, "")).contains("initial_program.py, line 1: EVOLVE-BLOCK-START without")
        );
        let turned = "# EVOLVE-BLOCK-END\n# EVOLVE-BLOCK-START\n";
        assert!(error(&project("", turned, "")).contains("line 2: EVOLVE-BLOCK-START without"));
        let binary = FileSet::from_files([
            ("evaluator.py", &b"x = 1"[..]),
            ("initial_program.py", b"x = 1"),
            ("config.yaml", b"\xff\xfe"),
        ]);
        assert!(error(&binary.unwrap()).contains("config.yaml: expected text in UTF-8"));
        for (path, told) in [
            ("evaluator.py", "it has evaluator.py, but no initial_program.py"),
            ("initial_program.rs", "it has initial_program.rs, but no evaluator.py"),
            ("initial.py", "it has initial.py, but no evaluate.py"),
        ] {
            let found = error(&FileSet::from_files([(path, "")]).unwrap());
            assert!(found.contains(told), "{found}");
        }
        let two = [("evaluator.py", ""), ("initial_program.py", ""), ("initial_program.rs", "")];
        let found = recognise(&FileSet::from_files(two).unwrap(), "p").unwrap();
        assert!(found.form.ignored.contains(
            &"initial_program.rs: not used; initial_program.py is the program to start from".to_owned()
        ));
    }

    #[test]
    fn settings_of_a_project_become_numbers_and_no_other_lines_of_the_task() {
        let evaluator = "def evaluate_stage1(path): pass\n";
        let config = |thresholds: &str| format!("evaluator:\n  cascade_thresholds: {thresholds}\n");
        let files = project(evaluator, "", &config("[0.25, 1]"));
        let definition = recognise(&files, "p").unwrap().definition(&files);
        assert!(definition.contains("\ncascade = [0.25, 1.0]\n"), "{definition}");
        let hostile = "|\n    [0.5]\n    [limits]\n    fuel = 1";
        let error = recognise(&project(evaluator, "", &config(hostile)), "p").unwrap_err();
        assert!(error.contains("expected a list of numbers"), "{error}");
    }
}
