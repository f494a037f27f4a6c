//! Modules of a project that its program imports besides its own files. Programs have to see these, and must not see anything
//! else of the project.

use std::collections::BTreeSet;

use super::forms::ProjectForm;
use super::project_files::ProjectFiles;

/// Maximum number of modules that are followed.
const MODULES_MAX: usize = 64;
/// Maximum number of bytes of a source that are examined, and of names that it may import.
const SOURCE_BYTES_MAX: usize = 1 << 20;
const NAMES_MAX: usize = 256;

/// The modules of a project that its program needs.
#[derive(Debug, Default)]
pub(super) struct Helpers {
    /// Their files, or the folders of packages.
    pub(super) visible: Vec<String>,
    /// True if the program imports the evaluator, which it must not see.
    pub(super) is_evaluator_imported: bool,
}

/// Finds the modules that the program of a form imports, directly or indirectly, beside the program and beside the evaluator.
pub(super) fn helpers(files: &ProjectFiles<'_>, form: &ProjectForm) -> Helpers {
    let mut found = Helpers::default();
    let own: BTreeSet<&str> = form.seeds.iter().map(|(path, _)| path.as_str()).collect();
    let mut waiting: Vec<String> = own.iter().rev().map(|path| (*path).to_owned()).collect();
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let folders = [above(&form.program), above(&form.evaluator)];
    while let Some(path) = waiting.pop() {
        if !path.ends_with(".py") {
            continue;
        }
        for name in imports(&files.text(&path)) {
            let module = folders.iter().find_map(|folder| {
                let file = format!("{folder}{name}.py");
                let package = format!("{folder}{name}/");
                match files.has(&format!("{package}__init__.py")) {
                    true => Some((package.trim_end_matches('/').to_owned(), files.below(&package, ".py"))),
                    false => files.has(&file).then(|| (file.clone(), vec![file])),
                }
            });
            let Some((module, inside)) = module else { continue };
            if module == form.evaluator {
                found.is_evaluator_imported = true;
            } else if seen.len() < MODULES_MAX && seen.insert(module.clone()) {
                found.visible.push(module);
                waiting.extend(inside);
            }
        }
    }
    found.visible.sort();
    found
}

/// Returns the folder of a path with a trailing slash; empty at the top level.
fn above(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..=end])
}

/// Returns the top-level names of the modules that a source imports, except for those that it imports only when run as the main
/// program.
fn imports(source: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut is_main = false;
    for line in source[..source.floor_char_boundary(SOURCE_BYTES_MAX)].lines() {
        let statement = line.trim_start();
        if !statement.is_empty() && statement.len() == line.len() {
            is_main = statement.starts_with("if __name__");
        }
        let mut add = |name: &str| {
            let name = name.trim().split(['.', ' ', '\t', '#', ';', ')']).next().unwrap_or_default();
            let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
            if is_name && found.len() < NAMES_MAX {
                found.insert(name.to_owned());
            }
        };
        let after = |word: &str| statement.strip_prefix(word).filter(|rest| rest.starts_with([' ', '\t']));
        match (is_main, after("from"), after("import")) {
            (false, Some(rest), _) => add(rest),
            (false, None, Some(rest)) => rest.split(',').for_each(add),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use hyperspace_testkit::file_set;

    use super::*;

    fn check(program: &str, visible: &[&str], is_evaluator_imported: bool) {
        let files = file_set(&[
            ("evaluator/evaluator.py", "import secret\n"),
            ("evaluator/world.py", "import numpy\nfrom rules import RULES\n"),
            ("evaluator/rules.py", "RULES = 1\n"),
            ("evaluator/secret.py", "ANSWER = 42\n"),
            ("initial_program.py", program),
            ("tools/__init__.py", "from .fast import run\n"),
            ("tools/fast.py", "import rules\n"),
        ]);
        let form = ProjectForm::of("SkyDiscover", "evaluator/evaluator.py", "initial_program.py", "");
        let found = helpers(&ProjectFiles::new(&files), &form);
        assert_eq!(found.visible, visible, "{program}");
        assert_eq!(found.is_evaluator_imported, is_evaluator_imported, "{program}");
    }

    #[test]
    fn modules_that_the_program_imports_are_found_and_followed() {
        check("import json, os\n", &[], false);
        check("from world import World\n", &["evaluator/rules.py", "evaluator/world.py"], false);
        check("def f():\n    import rules as r, json\n", &["evaluator/rules.py"], false);
        check("import tools.fast\n", &["evaluator/rules.py", "tools"], false);
        check("import worldwide\nfrom . import world\n# import world\nx = 'import world'\n", &[], false);
    }

    #[test]
    fn the_evaluator_is_none_of_them() {
        check("import evaluator\n", &[], true);
        check("def f(): pass\nif __name__ == '__main__':\n    from evaluator import x\n", &[], false);
        check(
            "if __name__ == '__main__':\n    import secret\n\nimport rules\n",
            &["evaluator/rules.py"],
            false,
        );
    }
}
