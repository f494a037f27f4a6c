//! Names of types occur once in the workspace, and parameters are named instead of packed into tuples.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{FnArg, ImplItemFn, Item, ItemFn, ItemImpl, Signature, TraitItemFn, Type};

use super::syntax::{self, crates};
use super::violations;

/// Type names that occur more than once on purpose, with the reason.
const SHARED: &[(&str, &str)] = &[];

/// Returns the name of a type that an item defines.
fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        Item::Union(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

#[test]
fn a_type_name_occurs_once() {
    let crates = crates();
    let mut places: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in &crates {
        for module in one.modules.values() {
            for name in module.items.iter().filter_map(defined) {
                places.entry(name.clone()).or_default().insert(&module.file);
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    for (name, reason) in SHARED {
        assert!(
            counts.get(*name).is_some_and(|count| *count > 1),
            "{name} ({reason}) occurs once: remove it"
        );
    }
    let shared = |name: &str| SHARED.iter().any(|(shared, _)| *shared == name);
    let found = counts.into_iter().filter(|(name, count)| *count > 1 && !shared(name));
    let found = found.map(|(name, _)| {
        let files: Vec<&str> = places[&name].iter().copied().collect();
        (name, files.join(", "))
    });
    violations::none("type-name", found.collect());
}

/// Collects functions of one file with a parameter that packs values of several kinds into a tuple.
#[derive(Default)]
struct Packed {
    names: Vec<String>,
}

impl Packed {
    fn look(&mut self, signature: &Signature) {
        let packed = signature.inputs.iter().any(|input| match input {
            FnArg::Receiver(_) => false,
            FnArg::Typed(parameter) => packs(&parameter.ty),
        });
        if packed {
            self.names.push(signature.ident.to_string());
        }
    }
}

/// Returns whether a type is a tuple, but no pair of one kind such as `(Start, End)`.
fn packs(ty: &Type) -> bool {
    let mut ty = ty;
    while let Type::Reference(reference) = ty {
        ty = &reference.elem;
    }
    let Type::Tuple(tuple) = ty else { return false };
    let kinds: BTreeSet<String> = tuple.elems.iter().map(|ty| ty.to_token_stream().to_string()).collect();
    tuple.elems.len() > 2 || kinds.len() > 1
}

impl<'ast> Visit<'ast> for Packed {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        if !syntax::is_test(&item.attrs) {
            self.look(&item.sig);
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        // The signatures of a trait are those of its definition.
        if item.trait_.is_none() && !syntax::is_test(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        if !syntax::is_test(&item.attrs) {
            self.look(&item.sig);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.look(&item.sig);
    }
}

#[test]
fn parameters_are_not_packed_into_tuples() {
    let mut found = BTreeMap::new();
    for module in crates().iter().flat_map(|one| one.modules.values()) {
        let mut packed = Packed::default();
        module.items.iter().for_each(|item| packed.visit_item(item));
        found
            .extend(packed.names.into_iter().map(|name| (format!("{}: {name}", module.file), String::new())));
    }
    violations::none("tuple-parameter", found);
}

#[test]
fn only_pairs_of_one_kind_are_no_packing() {
    for (text, expected) in [
        ("(u64, u64)", false),
        ("&(Start, Start)", false),
        ("(u64, usize)", true),
        ("(u64, u64, u64)", true),
        ("&mut (A, B)", true),
        ("Vec<(A, B)>", false),
        ("A", false),
    ] {
        assert_eq!(packs(&syn::parse_str(text).unwrap()), expected, "{text}");
    }
}
