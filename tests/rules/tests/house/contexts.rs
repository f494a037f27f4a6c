//! Every context of a digest is specified: `docs/formats.md` lists those that the code has, and no others.

use std::collections::{BTreeMap, BTreeSet};

use syn::LitStr;
use syn::visit::Visit;

use super::repository::read;
use super::syntax::crates;
use super::violations;

/// Returns the contexts that the page names: whole ones, and the kinds of `hyperspace 2026-11 KIND v1`.
fn documented(page: &str) -> BTreeSet<String> {
    let (_, section) = page.split_once("\n## Canonical bytes\n").expect("a section of canonical bytes");
    let section = section.split("\n## ").next().unwrap_or_default();
    let mut contexts: BTreeSet<String> = section
        .split('`')
        .filter(|text| is_context(text) && !text.contains("KIND"))
        .map(str::to_owned)
        .collect();
    let table = section.split("| KIND |").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let kinds = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next());
    contexts.extend(kinds.map(|kind| format!("hyperspace 2026-11 {kind} v1")));
    contexts
}

/// Returns whether a text is a context: the name of the project, a version or month, and a purpose.
fn is_context(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("hyperspace ") else { return false };
    let word = rest.split(' ').next().unwrap_or_default();
    let digits = word.trim_start_matches('v').replace('-', "");
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit()) && rest.contains(' ')
}

#[derive(Default)]
struct Literals(BTreeSet<String>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        let text = literal.value();
        if is_context(&text) {
            self.0.insert(text);
        }
    }
}

#[test]
fn every_context_of_a_digest_is_specified() {
    let mut used: BTreeMap<String, String> = BTreeMap::new();
    for module in crates().iter().flat_map(|one| one.modules.values()) {
        let mut literals = Literals::default();
        module.items.iter().for_each(|item| literals.visit_item(item));
        used.extend(literals.0.into_iter().map(|text| (text, module.file.clone())));
    }
    assert!(used.len() > 10, "the contexts were not found");
    let documented = documented(&read("docs/formats.md"));
    let unused = documented.iter().filter(|context| !used.contains_key(*context)).cloned();
    let mut found: BTreeMap<String, String> =
        unused.map(|context| (context, "docs/formats.md names it, and no code has it".to_owned())).collect();
    found.extend(used.into_iter().filter(|(context, _)| !documented.contains(context)));
    violations::none("context", found);
}

#[test]
fn contexts_are_told_from_other_texts() {
    for (text, expected) in [
        ("hyperspace v1 task", true),
        ("hyperspace 2026-11 blob v1", true),
        ("hyperspace import, process 7", false),
        ("hyperspace v1", false),
        ("other v1 task", false),
    ] {
        assert_eq!(is_context(text), expected, "{text}");
    }
}
