//! Recognises the engine of a project from its files, and describes it as a task.

use hyperspace_core::FileSet;

use super::yaml;

/// A project, as it becomes a task.
#[derive(Debug)]
pub(super) struct RecognisedProject {
    pub(super) engine: &'static str,
    /// The program that evolution starts from.
    pub(super) program: String,
    /// Its path in the task.
    pub(super) seed: String,
    /// The text of `task.toml`.
    pub(super) definition: String,
    pub(super) understood: Vec<String>,
    pub(super) ignored: Vec<String>,
}

/// The files that make a project one of an engine.
struct EngineForm {
    name: &'static str,
    evaluator: &'static str,
    program: &'static str,
    /// The keys of `[scorer]` for it.
    scorer: &'static str,
}

const ENGINES: [EngineForm; 3] = [
    EngineForm {
        name: "OpenEvolve",
        evaluator: "evaluator.py",
        program: "initial_program.",
        scorer: "function = \"evaluate\"\n",
    },
    EngineForm {
        name: "ShinkaEvolve",
        evaluator: "evaluate.py",
        program: "initial.",
        scorer: "call = \"script\"\n",
    },
    EngineForm { name: "CORAL", evaluator: "grader.py", program: "solution.", scorer: "call = \"grader\"\n" },
];

/// Bytes of an evaluator or program that are looked at.
const SOURCE_BYTES_MAX: usize = 1 << 20;
/// Functions of the program that are looked for in the evaluator.
const FUNCTIONS_MAX: usize = 256;

/// Settings of other engines that say something about the task; the rest is about their search and their models.
const ABOUT_THE_SEARCH: [&str; 9] = [
    "llm",
    "database",
    "prompt",
    "max_iterations",
    "checkpoint_interval",
    "log_level",
    "random_seed",
    "diff_based_evolution",
    "max_code_length",
];

/// Recognises a project.
///
/// # Errors
///
/// The reason why it is none, or two at once.
pub(super) fn recognise(files: &FileSet, name: &str) -> Result<RecognisedProject, String> {
    let mut found = Vec::new();
    for engine in &ENGINES {
        let evaluator = files.iter().any(|(path, _)| path.as_str() == engine.evaluator);
        let program =
            files.iter().map(|(path, _)| path.as_str()).find(|path| path.starts_with(engine.program));
        if let (true, Some(program)) = (evaluator, program) {
            found.push((engine, program.to_owned()));
        }
    }
    match found.len() {
        1 => describe(files, name, found[0].0, &found[0].1),
        0 => Err(format!(
            "it is no project that is known; expected {}",
            ENGINES
                .iter()
                .map(|engine| format!("{} with {}py ({})", engine.evaluator, engine.program, engine.name))
                .collect::<Vec<_>>()
                .join(", or ")
        )),
        _ => Err(format!(
            "it is a project of {} at once; keep the files of one of them",
            found.iter().map(|(engine, _)| engine.name).collect::<Vec<_>>().join(" and ")
        )),
    }
}

fn describe(
    files: &FileSet,
    name: &str,
    engine: &EngineForm,
    program: &str,
) -> Result<RecognisedProject, String> {
    let text = |path: &str| {
        let content = files.iter().find(|(own, _)| own.as_str() == path).map(|(_, content)| content.clone());
        content.and_then(|content| String::from_utf8(content.to_vec()).ok()).unwrap_or_default()
    };
    let (evaluator, source) = (text(engine.evaluator), text(program));
    let is_python = program.ends_with(".py");
    let function = entry_function(&source, &evaluator);
    let seed = if is_python { "seed/task_agent.py".to_owned() } else { format!("seed/{program}") };
    let mut understood =
        vec![format!("{}: the evaluator", engine.evaluator), format!("{program}: the program to start from")];
    let mut ignored = Vec::new();
    let mut scorer = engine.scorer.to_owned();
    let mut description = format!("Improve the program {program}, which {} scores.", engine.evaluator);
    let config = files
        .iter()
        .map(|(path, _)| path.as_str())
        .find(|path| matches!(*path, "config.yaml" | "config.yml" | "task.yaml"));
    let mut cascade = evaluator.contains("def evaluate_stage1").then(|| "[0.5, 0.75, 0.9]".to_owned());
    for key in config.map(|path| yaml::keys(&text(path))).unwrap_or_default() {
        let place = format!("{}, line {}: {}", config.unwrap_or_default(), key.line, key.path);
        match key.path.as_str() {
            "prompt.system_message" | "description" | "task.description" => {
                description.clone_from(&key.value);
                understood.push(format!("{place}: the description of the task"));
            }
            "evaluator.cascade_evaluation" | "cascade_evaluation" => {
                understood.push(format!("{place} = {}", key.value));
                if key.value.eq_ignore_ascii_case("false") {
                    cascade = None;
                }
            }
            "evaluator.cascade_thresholds" | "cascade_thresholds" => {
                understood.push(format!("{place} = {}", key.value));
                // Numbers and nothing else: it becomes a part of a file.
                let numbers = key.value.trim_matches(['[', ']']).split(',').map(str::trim);
                let numbers: Result<Vec<f64>, _> = numbers.map(str::parse).collect();
                let numbers = numbers.map_err(|_| format!("{place}: expected a list of numbers"))?;
                cascade = cascade.map(|_| format!("{numbers:?}"));
            }
            path if ABOUT_THE_SEARCH
                .iter()
                .any(|prefix| path == *prefix || path.starts_with(&format!("{prefix}."))) =>
            {
                ignored.push(format!(
                    "{place} = {}: about the search or its models; see hyperspace evolve --help",
                    first_line(&key.value)
                ));
            }
            _ => ignored.push(format!("{place} = {}: unknown here", first_line(&key.value))),
        }
    }
    if let Some(thresholds) = &cascade {
        scorer.push_str(&format!("cascade = {thresholds}\n"));
    }
    if !is_python {
        scorer.push_str(&format!("program = {}\nreads = true\n", quoted(program)));
        understood.push(format!("{program} is not Python: it is evolved as text"));
    }
    if source.contains("EVOLVE-BLOCK-START") {
        ignored.push(format!("{program}: EVOLVE-BLOCK markers; the whole file may be changed"));
    }
    let module = engine.evaluator.trim_end_matches(".py");
    let definition = format!(
        "# Made of a project of {}; refers.toml names its folder.\n[task]\nname = {}\ntitle = {}\ndescription = {}\n\
         direction = \"maximize\"\n\n[entry]\nmodule = \"task_agent\"\nfunction = {}\n\n[scorer]\nkind = \"python\"\nmodule = {}\n{scorer}",
        engine.name,
        quoted(name),
        quoted(name),
        quoted(&description),
        quoted(&function),
        quoted(module),
    );
    Ok(RecognisedProject {
        engine: engine.name,
        program: program.to_owned(),
        seed,
        definition,
        understood,
        ignored,
    })
}

/// Returns a text as TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
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
        let found = recognise(&project(&evaluator, &names, &config), "p").unwrap();
        // Without bounds, this is hours: each name is looked for in all of the evaluator.
        assert!(found.ignored.len() < 2_000);
    }

    #[test]
    fn settings_of_a_project_become_numbers_and_no_other_lines_of_the_task() {
        let evaluator = "def evaluate_stage1(path): pass\n";
        let config = |thresholds: &str| format!("evaluator:\n  cascade_thresholds: {thresholds}\n");
        let found = recognise(&project(evaluator, "", &config("[0.25, 1]")), "p").unwrap();
        assert!(found.definition.contains("\ncascade = [0.25, 1.0]\n"), "{}", found.definition);
        let hostile = "|\n    [0.5]\n    [limits]\n    fuel = 1";
        let error = recognise(&project(evaluator, "", &config(hostile)), "p").unwrap_err();
        assert!(error.contains("expected a list of numbers"), "{error}");
    }
}
