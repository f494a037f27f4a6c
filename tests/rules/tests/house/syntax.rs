//! The modules of each crate as syntax trees, without what is compiled for tests alone.

use std::collections::BTreeMap;

use syn::{Attribute, Item, ItemMod, Meta};

use super::repository::root;
use crate::LEVELS;

/// One module of a crate.
pub(crate) struct Module {
    /// From the root of the crate: `["store", "journal"]`.
    pub(crate) path: Vec<String>,
    /// From the root of the repository.
    pub(crate) file: String,
    /// Without inline modules, which are modules of their own here.
    pub(crate) items: Vec<Item>,
}

/// One crate of the product.
pub(crate) struct Crate {
    /// Its folder.
    pub(crate) folder: &'static str,
    /// All modules, by path.
    pub(crate) modules: BTreeMap<Vec<String>, Module>,
}

/// Parses the crates of the product.
pub(crate) fn crates() -> Vec<Crate> {
    LEVELS.iter().map(|(_, folder, _)| load(folder)).collect()
}

fn load(folder: &'static str) -> Crate {
    let mut modules = BTreeMap::new();
    for name in ["lib.rs", "main.rs"] {
        let file = format!("{folder}/src/{name}");
        if root().join(&file).is_file() {
            load_file(&file, &format!("{folder}/src"), &[], &mut modules);
        }
    }
    assert!(!modules.is_empty(), "{folder} has no lib.rs and no main.rs");
    Crate { folder, modules }
}

/// Loads a file and the modules below it; `inside` is the folder of its child modules.
fn load_file(file: &str, inside: &str, path: &[String], modules: &mut BTreeMap<Vec<String>, Module>) {
    let source = super::repository::read(file);
    let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{file}: {error}"));
    load_items(parsed.items, (file, inside), path, modules);
}

fn load_items(
    items: Vec<Item>,
    (file, inside): (&str, &str),
    path: &[String],
    modules: &mut BTreeMap<Vec<String>, Module>,
) {
    let mut kept = Vec::new();
    for item in items {
        match item {
            Item::Mod(child) if is_test(&child.attrs) => {}
            Item::Mod(child) => load_child(child, (file, inside), path, modules),
            other if is_test(attributes(&other)) => {}
            other => kept.push(other),
        }
    }
    modules.insert(path.to_vec(), Module { path: path.to_vec(), file: file.to_owned(), items: kept });
}

fn load_child(
    child: ItemMod,
    (file, inside): (&str, &str),
    path: &[String],
    modules: &mut BTreeMap<Vec<String>, Module>,
) {
    let name = child.ident.to_string();
    let path: Vec<String> = path.iter().cloned().chain([name.clone()]).collect();
    let below = format!("{inside}/{name}");
    match child.content {
        Some((_, items)) => load_items(items, (file, &below), &path, modules),
        None => {
            let flat = format!("{inside}/{name}.rs");
            let file = if root().join(&flat).is_file() { flat } else { format!("{below}/mod.rs") };
            load_file(&file, &below, &path, modules);
        }
    }
}

/// Returns whether an item is compiled for tests alone: `#[cfg(test)]`, `#[test]`, or with the oracles of the fuzz targets.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => {
            let condition = list.tokens.to_string();
            condition == "test" || condition.starts_with("any (test") || condition.starts_with("all (test")
        }
        _ => false,
    })
}

/// Returns the attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
