//! Imports between the files of a crate: no circle crosses a folder, and no arrow points up where folders have an order.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Item, ItemUse, Path, UseTree, Visibility};

use super::syntax::{Crate, Module, attributes, crates, is_test};
use super::violations;

/// Crates whose top modules have an order, lowest first: code in one does not name what is in a later one.
const ORDERS: &[(&str, &[&str])] =
    &[("engine/evolve", &["record", "search", "executor", "models", "offspring", "generation", "run"])];

/// The imports of a module: names, and modules of which it imports everything.
#[derive(Default)]
struct Scope {
    names: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// Adds the paths of a `use` tree.
fn flatten(tree: &UseTree, before: &[String], scope: &mut Scope) {
    let with =
        |name: &syn::Ident| -> Vec<String> { before.iter().cloned().chain([name.to_string()]).collect() };
    match tree {
        UseTree::Path(path) => flatten(&path.tree, &with(&path.ident), scope),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, scope)),
        UseTree::Glob(_) => scope.globs.push(before.to_vec()),
        UseTree::Name(name) if name.ident == "self" => {
            scope.names.insert(before.last().cloned().unwrap_or_default(), before.to_vec());
        }
        UseTree::Name(name) => {
            scope.names.insert(name.ident.to_string(), with(&name.ident));
        }
        UseTree::Rename(rename) => {
            scope.names.insert(rename.rename.to_string(), with(&rename.ident));
        }
    }
}

fn scope(module: &Module) -> Scope {
    let mut scope = Scope::default();
    for item in &module.items {
        if let Item::Use(ItemUse { tree, .. }) = item {
            flatten(tree, &[], &mut scope);
        }
    }
    scope
}

fn defines(module: &Module, name: &str) -> bool {
    module.items.iter().any(|item| match item {
        Item::Const(item) => item.ident == name,
        Item::Enum(item) => item.ident == name,
        Item::Fn(item) => item.sig.ident == name,
        Item::Static(item) => item.ident == name,
        Item::Struct(item) => item.ident == name,
        Item::Trait(item) => item.ident == name,
        Item::Type(item) => item.ident == name,
        Item::Union(item) => item.ident == name,
        _ => false,
    })
}

/// Returns the module that defines what a path in module `from` names; `None` when it is of another crate.
fn resolve<'a>(one: &'a Crate, from: &[String], path: &[String], depth: u32) -> Option<&'a Module> {
    let (first, mut rest) = path.split_first()?;
    let mut at = match first.as_str() {
        "crate" => Vec::new(),
        "self" => from.to_vec(),
        "super" => from.split_last()?.1.to_vec(),
        child => {
            let at: Vec<String> = from.iter().cloned().chain([child.to_owned()]).collect();
            if !one.modules.contains_key(&at) {
                return None;
            }
            at
        }
    };
    while let Some((segment, after)) = rest.split_first() {
        let child: Vec<String> = at.iter().cloned().chain([segment.clone()]).collect();
        if segment == "super" {
            at.pop();
        } else if one.modules.contains_key(&child) {
            at = child;
        } else {
            return Some(definer(one, one.modules.get(&at)?, segment, depth));
        }
        rest = after;
    }
    one.modules.get(&at)
}

/// Returns the module that defines a name which `module` defines or takes from elsewhere.
fn definer<'a>(one: &'a Crate, module: &'a Module, name: &str, depth: u32) -> &'a Module {
    if depth == 0 || defines(module, name) {
        return module;
    }
    let scope = scope(module);
    if let Some(path) = scope.names.get(name) {
        return resolve(one, &module.path, path, depth - 1).unwrap_or(module);
    }
    let globs = scope.globs.iter().filter_map(|path| resolve(one, &module.path, path, depth - 1));
    globs
        .map(|target| definer(one, target, name, depth - 1))
        .find(|found| defines(found, name))
        .unwrap_or(module)
}

/// Collects the paths in the code of a module.
struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast Path) {
        self.0.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {
        // `pub(crate)` and `pub(in path)` name a module without depending on it.
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }
}

/// Returns the modules that a module depends on. A public `use` passes a name on and is no dependency.
fn dependencies<'a>(one: &'a Crate, module: &Module) -> Vec<&'a Module> {
    let mut paths = Paths(Vec::new());
    for item in &module.items {
        match item {
            Item::Use(ItemUse { vis: Visibility::Inherited, tree, .. }) => {
                let mut scope = Scope::default();
                flatten(tree, &[], &mut scope);
                paths.0.extend(scope.names.into_values().chain(scope.globs));
            }
            Item::Use(_) => {}
            other => paths.visit_item(other),
        }
    }
    let named =
        paths.0.iter().filter(|path| path.len() > 1 || path.first().is_some_and(|first| first == "crate"));
    named
        .filter_map(|path| resolve(one, &module.path, path, 8))
        .filter(|other| other.file != module.file)
        .collect()
}

/// Returns the folder that a file belongs to; `space.rs` beside `space/` belongs to `space`.
fn folder(one: &Crate, file: &str) -> String {
    let own = file.trim_end_matches("/mod.rs").trim_end_matches(".rs").to_owned();
    let beside = one.modules.values().any(|module| module.file.starts_with(&format!("{own}/")));
    if beside { own } else { file.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned()) }
}

/// Returns the files that each file of a crate depends on.
fn graph(one: &Crate) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for module in one.modules.values() {
        let files = dependencies(one, module).into_iter().map(|other| other.file.as_str());
        graph.entry(&module.file).or_default().extend(files);
    }
    graph
}

/// Returns the circles of a graph, each as all of its files.
fn circles<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<BTreeSet<&'a str>> {
    let reach = |start: &'a str| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
        while let Some(file) = open.pop() {
            open.extend(graph.get(file).into_iter().flatten().filter(|next| seen.insert(**next)));
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = graph.keys().map(|file| (*file, reach(file))).collect();
    let circle = |file: &str| -> BTreeSet<&'a str> {
        reached[file]
            .iter()
            .copied()
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(file)))
            .collect()
    };
    reached.keys().map(|file| circle(file)).filter(|circle| circle.len() > 1).collect()
}

#[test]
fn no_circle_of_imports_crosses_a_folder() {
    let mut found = BTreeMap::new();
    for one in &crates() {
        for circle in circles(&graph(one)) {
            let folders: BTreeSet<String> = circle.iter().map(|file| folder(one, file)).collect();
            if folders.len() > 1 {
                let prefix = format!("{}/src/", one.folder);
                let files: Vec<&str> =
                    circle.iter().map(|file| file.trim_start_matches(prefix.as_str())).collect();
                found.insert(format!("{}: {}", one.folder, files.join(" ")), String::new());
            }
        }
    }
    violations::none("circle", found);
}

#[test]
fn no_arrow_inside_a_crate_points_up() {
    let (mut found, crates) = (BTreeMap::new(), crates());
    for (folder, order) in ORDERS {
        let one = crates.iter().find(|one| one.folder == *folder).expect("a crate of the table");
        let place = |module: &Module| {
            order.iter().position(|name| module.path.first().is_some_and(|top| top == name))
        };
        for name in *order {
            assert!(one.modules.contains_key(&vec![(*name).to_owned()]), "{folder} has no module {name}");
        }
        for module in one.modules.values() {
            for other in dependencies(one, module) {
                if let (Some(own), Some(above)) = (place(module), place(other))
                    && above > own
                {
                    found.insert(format!("{} -> {}", module.file, other.file), String::new());
                }
            }
        }
    }
    violations::none("upward", found);
}

#[test]
fn a_name_is_followed_to_the_file_that_defines_it() {
    let module = |path: &str, file: &str, source: &str| {
        let path: Vec<String> = path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
        (path.clone(), Module { path, file: file.to_owned(), items: syn::parse_file(source).unwrap().items })
    };
    let modules = BTreeMap::from([
        module("", "c/src/lib.rs", "pub use self::a::{A, b::*};"),
        module("a", "c/src/a/mod.rs", "pub struct A; fn f() -> crate::low::Low { b::B }"),
        module("a::b", "c/src/a/b.rs", "use crate::A; pub struct B;"),
        module(
            "low",
            "c/src/low.rs",
            "use crate::B; pub(crate) struct Low; #[cfg(test)] fn t(_: crate::A) {}",
        ),
    ]);
    let one = Crate { folder: "c", modules };
    let graph = graph(&one);
    assert_eq!(graph["c/src/a/b.rs"], BTreeSet::from(["c/src/a/mod.rs"]));
    assert_eq!(
        graph["c/src/low.rs"],
        BTreeSet::from(["c/src/a/b.rs"]),
        "through the public use, to its definer"
    );
    assert!(graph["c/src/lib.rs"].is_empty(), "passing a name on is no dependency");
    let circles = circles(&graph);
    assert_eq!(circles, BTreeSet::from([BTreeSet::from(["c/src/a/b.rs", "c/src/a/mod.rs", "c/src/low.rs"])]));
    assert_eq!(
        (folder(&one, "c/src/a/mod.rs"), folder(&one, "c/src/a/b.rs")),
        ("c/src/a".into(), "c/src/a".into())
    );
    assert_eq!(folder(&one, "c/src/low.rs"), "c/src");
}
