//! The forms of other engines' projects: the files by which each is recognised, and how its evaluator is called.
//!
//! A form is recognised by the names of files and, if two engines use the same names, by their content. Nothing is run.

use super::project_files::ProjectFiles;

/// A program from which evolution starts: its path in the project, and its path below the task's seed.
pub(super) type SeedPath = (String, String);

/// A project of one form.
#[derive(Debug)]
pub(super) struct ProjectForm {
    pub(super) engine: &'static str,
    /// The file of the evaluator.
    pub(super) evaluator: String,
    /// The program from which evolution starts.
    pub(super) program: String,
    /// All files of the candidate's tree that the project has, the program first.
    pub(super) seeds: Vec<SeedPath>,
    /// Lines of `[scorer]`.
    pub(super) scorer: String,
    /// Lines after `[scorer]`: limits, splits.
    pub(super) more: String,
    /// Files that the project does not have in this form, with their paths in the task's folder.
    pub(super) made: Vec<(String, String)>,
    /// The settings of the project.
    pub(super) settings: Option<String>,
    pub(super) understood: Vec<String>,
    pub(super) ignored: Vec<String>,
}

impl ProjectForm {
    /// Returns a form whose program is the only file of a candidate.
    pub(super) fn of(engine: &'static str, evaluator: &str, program: &str, scorer: &str) -> Self {
        // The default name of a candidate's program.
        let own = if program.ends_with(".py") { "task_agent.py" } else { file_name(program) };
        Self {
            engine,
            evaluator: evaluator.to_owned(),
            program: program.to_owned(),
            seeds: vec![(program.to_owned(), own.to_owned())],
            scorer: scorer.to_owned(),
            more: String::new(),
            made: Vec::new(),
            settings: None,
            understood: vec![
                format!("{evaluator}: the evaluator"),
                format!("{program}: the program to start from"),
            ],
            ignored: Vec::new(),
        }
    }
}

/// Returns the last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A function that recognises a form. The error is a mistake in a project of that form.
type Recogniser = fn(&ProjectFiles<'_>) -> Result<Option<ProjectForm>, String>;

/// The forms, each with a description of how it is recognised.
pub(super) const FORMS: [(Recogniser, &str); 8] = [
    (open_evolve, "evaluator.py with initial_program.py (OpenEvolve)"),
    (shinka_evolve, "evaluate.py with initial.py (ShinkaEvolve)"),
    (sky_discover, "evaluator/evaluator.py with initial_program.py (SkyDiscover)"),
    (coral, "task.yaml with eval/grader.py and seed/ (CORAL)"),
    (code_evolve, "input/evaluate.py with input/src/init_program.py (CodeEvolve)"),
    (
        super::specifications::fun_search,
        "a specification with @funsearch.run and @funsearch.evolve (FunSearch)",
    ),
    (super::specifications::alpha_evolve, "one file with EVOLVE-BLOCK markers and evaluate() (AlphaEvolve)"),
    (super::scripts::optimize_anything, "a script that calls optimize_anything (GEPA)"),
];

/// Returns the program of OpenEvolve, SkyDiscover and AlphaEvolve projects whose evaluator and program are at the top level.
fn at_the_top<'a>(files: &'a ProjectFiles<'_>) -> Option<&'a str> {
    let program = files.first("initial_program.")?;
    files.has("evaluator.py").then_some(program)
}

fn open_evolve(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let Some(program) = at_the_top(files) else { return Ok(None) };
    if is_sky_discover(files) {
        return Ok(None);
    }
    let evaluator = files.text("evaluator.py");
    let is_content = ["\"content\"", "'content'"].iter().any(|key| evaluator.contains(key))
        && ["\"files\"", "'files'"].iter().any(|key| evaluator.contains(key));
    let (engine, scorer) = match is_content {
        true => ("AlphaEvolve", "function = \"evaluate\"\ncall = \"files\"\n"),
        false => ("OpenEvolve", "function = \"evaluate\"\n"),
    };
    let mut form = ProjectForm::of(engine, "evaluator.py", program, scorer);
    form.settings = files.settings(&["config.yaml", "config.yml"]);
    Ok(Some(form))
}

fn is_sky_discover(files: &ProjectFiles<'_>) -> bool {
    let settings = files.settings(&["config.yaml", "config.yml"]);
    let text = settings.map(|path| files.text(&path)).unwrap_or_default();
    files.has("evaluator/evaluator.py")
        || text.lines().any(|line| line.starts_with("diff_based_generation:") || line.starts_with("search:"))
}

fn sky_discover(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let Some(program) = files.first("initial_program.") else { return Ok(None) };
    if !is_sky_discover(files) {
        return Ok(None);
    }
    let Some(evaluator) = ["evaluator.py", "evaluator/evaluator.py"].into_iter().find(|path| files.has(path))
    else {
        return Ok(None);
    };
    let mut form = ProjectForm::of("SkyDiscover", evaluator, program, "function = \"evaluate\"\n");
    form.settings = files.settings(&["config.yaml", "config.yml"]);
    for name in ["evaluator/Dockerfile", "evaluator/evaluate.sh", "evaluator/requirements.txt"] {
        if files.has(name) {
            form.ignored.push(format!("{name}: containers are not used; the evaluator runs in a guest"));
        }
    }
    Ok(Some(form))
}

fn shinka_evolve(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let Some(program) = files.first("initial.") else { return Ok(None) };
    if !files.has("evaluate.py") {
        return Ok(None);
    }
    let mut form = ProjectForm::of("ShinkaEvolve", "evaluate.py", program, "call = \"script\"\n");
    form.settings = files.settings(&["config.yaml", "config.yml"]);
    Ok(Some(form))
}

fn code_evolve(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let found = ["input/", ""].into_iter().find_map(|root| {
        let evaluator = format!("{root}evaluate.py");
        let program = files.first(&format!("{root}src/init_program."))?;
        files.has(&evaluator).then(|| (evaluator, program.to_owned()))
    });
    let Some((evaluator, program)) = found else { return Ok(None) };
    let mut form = ProjectForm::of("CodeEvolve", &evaluator, &program, "call = \"command\"\n");
    let all = files.below("configs/", ".yaml");
    form.settings = files.settings(&["config.yaml", "configs/config.yaml"]).or_else(|| all.first().cloned());
    if let Some(settings) = &form.settings {
        for other in all.iter().filter(|other| *other != settings) {
            form.ignored.push(format!("{other}: another configuration; {settings} is used"));
        }
        if let Some(key) = files.value(settings, "fitness_key") {
            form.scorer.push_str(&format!("key = {}\n", super::layout::quoted(&key)));
            form.understood.push(format!("{settings}: fitness_key = {key}: the key of the score"));
        }
    }
    Ok(Some(form))
}

fn coral(files: &ProjectFiles<'_>) -> Result<Option<ProjectForm>, String> {
    let Some(grader) = ["eval/grader.py", "grader.py"].into_iter().find(|path| files.has(path)) else {
        return Ok(None);
    };
    let settings = files.settings(&["task.yaml", "task.yml"]);
    let seeds = files.below("seed/", "");
    let single = files.first("solution.").map(str::to_owned);
    if settings.is_none() && single.is_none() {
        return Ok(None);
    }
    let named = settings.as_ref().and_then(|path| files.value(path, "program_file"));
    let program = match (&named, single) {
        (Some(name), _) if files.has(&format!("seed/{name}")) => format!("seed/{name}"),
        (_, Some(single)) => single,
        _ => seeds.iter().find(|path| path.ends_with(".py")).or(seeds.first()).cloned().ok_or_else(|| {
            format!("a project of CORAL with {grader}, but without a program; expected files in seed/, or solution.py")
        })?,
    };
    let mut form = ProjectForm::of("CORAL", grader, &program, "call = \"grader\"\n");
    if program.starts_with("seed/") {
        // The grader refers to its files by name.
        let below = |path: &String| (path.clone(), path.trim_start_matches("seed/").to_owned());
        form.seeds = seeds.iter().map(below).collect();
        form.seeds.sort_by_key(|(path, _)| *path != program);
    }
    if let Some(settings) = &settings {
        let given = files.section(settings, "args");
        if !given.is_empty() {
            let pairs: Vec<String> = given
                .iter()
                .map(|(name, value)| {
                    format!("{} = {}", super::layout::quoted(name), super::layout::value(value))
                })
                .collect();
            form.scorer.push_str(&format!("settings = {{ {} }}\n", pairs.join(", ")));
            form.understood.push(format!("{settings}: grader.args: the settings of the grader"));
        }
    }
    form.settings = settings;
    Ok(Some(form))
}
