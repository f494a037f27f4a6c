//! Fuzz targets are built by a nightly compiler and not by the gate, so that here their names are checked: each has its oracle, its seeds,
//! and its row on the page.

use super::repository::{files, read, sources, toml};

#[test]
fn every_fuzz_target_has_an_oracle_seeds_and_a_row() {
    let manifest = toml("fuzz/Cargo.toml");
    let page = read("fuzz/README.md");
    let files = files();
    let targets = manifest["bin"].as_array().unwrap();
    let programs = files.iter().filter(|path| path.starts_with("fuzz/fuzz_targets/"));
    assert_eq!(programs.count(), targets.len(), "fuzz/Cargo.toml lists every file of fuzz_targets");
    for target in targets {
        let (name, path) = (target["name"].as_str().unwrap(), target["path"].as_str().unwrap());
        let text = read(&format!("fuzz/{path}"));
        let (package, rest) = text.split_once("::fuzzing::").unwrap();
        let package = package.rsplit("hyperspace_").next().unwrap();
        let oracle = rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap();
        let head = format!("pub fn {oracle}(");
        let has_oracle = sources(&format!("engine/{package}/src")).iter().any(|(path, text)| {
            path.contains("fuzzing") && (text.contains(&head) || text.contains(&format!(" as {oracle};")))
        });
        assert!(has_oracle, "{name}: no {head} in engine/{package}/src");
        assert!(page.contains(&format!("| `{name}` |")), "fuzz/README.md has no row for {name}");
        let seeds = format!("fuzz/seeds/{name}/");
        assert!(files.iter().any(|path| path.starts_with(&seeds)), "{name} has no seeds");
    }
}
