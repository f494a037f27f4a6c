//! The oracles of the fuzz targets. Each accepts arbitrary bytes and panics when an invariant does not hold; the tests below
//! feed them random bytes and the corpora.

use serde_json::Value;

use crate::canon::{self, CanonError};
use crate::edit_scope::EditScope;
use crate::exact_json;
use crate::json_weight;
use crate::path::{PATH_BYTES_MAX, PATH_DEPTH_MAX};
use crate::scope::ScopeName;
use crate::{PART_BYTES_MAX, RelPath, Tree};

/// Canonical bytes: what is accepted is the only encoding of its value, and every value that has an encoding survives the
/// round trip.
pub fn canon(data: &[u8]) {
    if let Ok(value) = canon::decode(data) {
        assert_eq!(canon::encode(&value).as_deref(), Ok(data), "{value} has two encodings");
    }
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        match canon::encode(&value) {
            Ok(bytes) => assert_eq!(canon::decode(&bytes), Ok(value)),
            Err(error) => assert!(matches!(error, CanonError::Depth), "{value}: {error}"),
        }
    }
    if let Ok(tree) = Tree::decode(data) {
        assert_eq!(tree.encode(), data, "a tree has two encodings");
    }
}

/// Paths and edit scopes: the first line is a path, every other one a glob.
pub fn paths(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    let _ = ScopeName::new(first);
    let Ok(path) = RelPath::new(first) else { return };
    assert!(path.as_str() == first && first.len() <= PATH_BYTES_MAX);
    let parts: Vec<&str> = path.components().collect();
    assert!(!parts.is_empty() && parts.len() <= PATH_DEPTH_MAX);
    for part in &parts {
        assert!(!part.is_empty() && *part != "." && *part != ".." && part.len() <= PART_BYTES_MAX);
        assert!(!part.contains(['/', '\\', '\0']), "{part:?}");
    }
    let whole = match path.parent() {
        Some(parent) => parent.join(path.file_name()),
        None => RelPath::new(path.file_name()),
    };
    assert_eq!(whole.as_ref(), Ok(&path));
    let globs: Vec<&str> = lines.collect();
    let Ok(scope) = EditScope::new(&globs) else { return };
    let inside = scope.contains(&path);
    assert_eq!(EditScope::new(&globs).map(|again| again.contains(&path)).ok(), Some(inside));
    // Alternatives and classes may contain a separator; folders that only they lead to are not followed.
    if inside && !globs.iter().any(|glob| glob.contains(['{', '[', '\\'])) {
        let mut folder = path.parent();
        while let Some(above) = folder {
            assert!(scope.may_hold(&above), "{path:?} is in {globs:?}, and {above:?} may not hold it");
            folder = above.parent();
        }
    }
}

/// JSON: integers keep their digits, everything else is as the reader says, and a text weighs as much as its tree.
pub fn json(data: &[u8]) {
    let (exact, plain) = (exact_json::parse(data), serde_json::from_slice::<Value>(data));
    let Ok(exact) = exact else {
        // The only other reason for a refusal is an integer that is too long.
        assert!(plain.is_err() || data.len() > exact_json::DIGITS_MAX, "{plain:?}");
        return;
    };
    let text = exact_json::to_text(&exact);
    assert_eq!(exact_json::parse(text.as_bytes()).ok().as_ref(), Some(&exact), "{text}");
    if !exact_json::is_needed(data) {
        assert_eq!(plain.ok().as_ref(), Some(&exact));
    }
    // An integer beyond every double is a number only with a mark, so the marked text is what has to be weighed.
    let marked = exact_json::marked(data).expect("it was parsed");
    // Two fields with the same name are both weighed.
    assert!(!json_weight::is_within(&marked, json_weight::of(&exact).saturating_sub(1)));
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn piece(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(pieces), 0..14)
            .prop_map(|pieces| pieces.concat().into_bytes())
    }

    type Oracle = fn(&[u8]);

    const PATHS: &[&str] = &[
        "a", "b", "lib", "/", "/", "\n", "\n", "*", "**", "?", ".", "..", "{", "}", ",", "[", "]", "!", "\\",
        "ü", "\u{202e}", " ", "\t", "a.py", "lib/**",
    ];
    const JSON: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"a\"",
        "\"b\"",
        "\"kind\"",
        "0",
        "-1",
        "1.5",
        "-0.0",
        "1e300",
        "18446744073709551615",
        "-9223372036854775808",
        "null",
        "true",
        "\"\\u0000\"",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

        #[test]
        fn any_bytes(data in prop::collection::vec(any::<u8>(), 0..80)) {
            canon(&data);
            paths(&data);
        }

        #[test]
        fn any_paths(data in piece(PATHS)) {
            paths(&data);
        }

        #[test]
        fn any_values(data in piece(JSON)) {
            canon(&data);
        }
    }

    #[test]
    fn the_corpora_pass() {
        let oracles: [(&str, Oracle); 2] = [("canon", canon), ("paths", paths)];
        for (target, oracle) in oracles {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
            let seeds: Vec<_> =
                std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(!seeds.is_empty(), "{target} has no corpus");
            seeds.iter().for_each(|seed| oracle(&std::fs::read(seed).unwrap()));
        }
    }
}
