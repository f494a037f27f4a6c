//! Edit scopes: globs for the files that a capability may change, and for those in which it may change only regions.
//!
//! Attacks that end here: T-CONF-05.

use std::sync::Arc;

use globset::{Glob, GlobMatcher, GlobSet, GlobSetBuilder};
use thiserror::Error;

use crate::path::RelPath;

/// The suffix of a glob whose files may be changed only between their EVOLVE-BLOCK markers.
pub const REGION_SUFFIX: &str = "#EVOLVE-BLOCK";
/// Maximum number of globs in an edit scope.
pub const GLOBS_MAX: usize = 256;
/// Maximum number of alternatives of one glob, with all its braces expanded.
const ALTERNATIVES_MAX: usize = 1_024;

/// Maximum length of one glob in bytes: room for the longest path, and for patterns in it.
const GLOB_BYTES_MAX: usize = 4_096;
/// Maximum depth of braces within braces in one glob. The glob parser recurses.
const BRACES_DEPTH_MAX: usize = 16;

/// An invalid edit scope.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EditScopeError {
    /// A glob does not parse.
    #[error("edit scope: {glob:?} is not a glob: {why}; write patterns such as task_agent.py or lib/**")]
    Glob {
        /// The text.
        glob: String,
        /// The parser's reason.
        why: String,
    },
    /// There are no globs, or too many.
    #[error("edit scope: {count} globs; expected 1 to {GLOBS_MAX}")]
    Count {
        /// The number of globs.
        count: usize,
    },
}

/// The files an agent may change, as globs over paths of its tree. `*` does not cross a slash, `**` does. A glob that ends with
/// [`REGION_SUFFIX`] names files of which only the regions between markers may change ([`check_regions`](crate::check_regions)).
#[derive(Debug, Clone)]
pub struct EditScope {
    globs: Arc<[String]>,
    /// Globs whose files may be changed only between markers.
    regions: Arc<GlobSet>,
    /// All other globs.
    whole: Arc<GlobSet>,
    /// The folders that lead to what the globs name: one sequence of names for each alternative of a glob.
    ways: Arc<[Vec<GlobStep>]>,
}

/// One part of a glob.
#[derive(Debug, Clone)]
enum GlobStep {
    /// `**`: any number of folders, including none.
    Any,
    /// A name that matches.
    Name(GlobMatcher),
}

impl Default for EditScope {
    /// Returns the scope of [`EditScope::DEFAULT`].
    fn default() -> Self {
        Self::new(&Self::DEFAULT).expect("the default globs are valid, as a test shows")
    }
}

impl EditScope {
    /// The scope a meta agent has by default.
    pub const DEFAULT: [&str; 3] = ["task_agent.py", "meta_agent.py", "lib/**"];

    /// Compiles globs.
    ///
    /// # Errors
    ///
    /// [`EditScopeError`] names the glob.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, EditScopeError> {
        if globs.is_empty() || globs.len() > GLOBS_MAX {
            return Err(EditScopeError::Count { count: globs.len() });
        }
        let (mut regions, mut whole, mut ways) = (GlobSetBuilder::new(), GlobSetBuilder::new(), Vec::new());
        for text in globs {
            let given = text.as_ref();
            let text = given.strip_suffix(REGION_SUFFIX).unwrap_or(given);
            let shown = || text.chars().take(80).collect();
            let error = |why: String| EditScopeError::Glob { glob: shown(), why };
            check_size(text).map_err(error)?;
            let pattern = glob(text).map_err(|e| error(e.kind().to_string()))?;
            let own = if text.len() < given.len() { &mut regions } else { &mut whole };
            own.add(pattern);
            // A pattern that can match no valid path is a mistake of its author.
            if text.is_empty() || text.starts_with('/') || text.split('/').any(|part| part == "..") {
                return Err(error("it matches no path below the root".to_owned()));
            }
            let mut plain = Vec::new();
            if !spread(text, &mut plain) {
                return Err(error(format!("it has more than {ALTERNATIVES_MAX} alternatives")));
            }
            for alternative in plain {
                ways.push(steps(&alternative).map_err(|e| error(e.kind().to_string()))?);
            }
        }
        let build = |builder: GlobSetBuilder| {
            let set = builder.build();
            set.map(Arc::new).map_err(|e| EditScopeError::Glob { glob: String::new(), why: e.to_string() })
        };
        let globs = globs.iter().map(|g| g.as_ref().to_owned()).collect();
        let (regions, whole) = (build(regions)?, build(whole)?);
        Ok(Self { globs, regions, whole, ways: ways.into() })
    }

    /// Returns whether a path is inside the scope.
    #[must_use]
    pub fn contains(&self, path: &RelPath) -> bool {
        self.whole.is_match(path.as_str()) || self.regions.is_match(path.as_str())
    }

    /// Returns whether a file may only be changed between its markers.
    #[must_use]
    pub fn is_region(&self, path: &RelPath) -> bool {
        self.regions.is_match(path.as_str()) && !self.whole.is_match(path.as_str())
    }

    /// Returns whether a text is a valid path inside the scope.
    #[must_use]
    pub fn covers(&self, text: &str) -> bool {
        RelPath::new(text).is_ok_and(|path| self.contains(&path))
    }

    /// Returns whether something inside the scope may need this folder, as `lib/**` needs `lib`.
    #[must_use]
    pub fn may_hold(&self, folder: &RelPath) -> bool {
        self.ways.iter().any(|way| {
            let mut steps = way.iter();
            for name in folder.components() {
                match steps.next() {
                    Some(GlobStep::Any) => return true,
                    Some(GlobStep::Name(matcher)) if matcher.is_match(name) => {}
                    _ => return false,
                }
            }
            steps.next().is_some()
        })
    }

    /// Returns the globs, as given.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }
}

/// Checks length and nesting before anything parses the glob.
fn check_size(text: &str) -> Result<(), String> {
    if text.len() > GLOB_BYTES_MAX {
        return Err(format!("it has {} bytes; at most {GLOB_BYTES_MAX}", text.len()));
    }
    let mut depth = 0_usize;
    for byte in text.bytes() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > BRACES_DEPTH_MAX {
            return Err(format!("its braces are nested more than {BRACES_DEPTH_MAX} deep"));
        }
    }
    Ok(())
}

fn glob(text: &str) -> Result<Glob, globset::Error> {
    globset::GlobBuilder::new(text).literal_separator(true).backslash_escape(false).build()
}

/// Splits a glob without alternatives into its parts.
fn steps(text: &str) -> Result<Vec<GlobStep>, globset::Error> {
    let step = |part| match part {
        "**" => Ok(GlobStep::Any),
        part => Ok(GlobStep::Name(glob(part)?.compile_matcher())),
    };
    text.split('/').map(step).collect()
}

/// Expands the braces of a valid glob into globs without braces, whose alternatives may contain slashes. Returns whether there
/// are few enough of them.
fn spread(text: &str, found: &mut Vec<String>) -> bool {
    let Some((open, close, commas)) = braces(text) else {
        found.push(text.to_owned());
        return found.len() <= ALTERNATIVES_MAX;
    };
    let mut from = open + 1;
    for to in commas.into_iter().chain([close]) {
        if !spread(&format!("{}{}{}", &text[..open], &text[from..to], &text[close + 1..]), found) {
            return false;
        }
        from = to + 1;
    }
    true
}

/// Returns the first braces outside a character class: the positions of the opening and the closing one, and of their own commas.
fn braces(text: &str) -> Option<(usize, usize, Vec<usize>)> {
    let (mut open, mut depth, mut commas) = (0, 0_usize, Vec::new());
    // The start of the character class that the scan is in.
    let mut class = None;
    for (at, byte) in text.bytes().enumerate() {
        if let Some(start) = class {
            // A bracket at the very beginning, or right after the negation, is a character of the class.
            let first =
                at == start + 1 || (at == start + 2 && matches!(text.as_bytes()[start + 1], b'!' | b'^'));
            if byte == b']' && !first {
                class = None;
            }
            continue;
        }
        match byte {
            b'[' => class = Some(at),
            b'{' if depth == 0 => (open, depth) = (at, 1),
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some((open, at, commas)),
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => commas.push(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn long_and_deep_globs_are_refused_before_they_are_parsed() {
        for text in ["{".repeat(60_000), "{".repeat(17), "a".repeat(5_000), "{a,".repeat(2_000)] {
            EditScope::new(&[&text]).unwrap_err();
        }
        EditScope::new(&["{a,{b,{c,d}}}/**"]).unwrap();
    }

    #[test]
    fn the_default_scope_is_the_agent_and_its_library() {
        let scope = EditScope::new(&EditScope::DEFAULT).unwrap();
        for (name, inside) in [
            ("task_agent.py", true),
            ("meta_agent.py", true),
            ("lib/a.py", true),
            ("lib/deep/b.py", true),
            ("lib", false),
            ("library/a.py", false),
            ("x/task_agent.py", false),
            ("task_agent.py.bak", false),
            ("task_agentXpy", false),
            ("evals/gen_0/report.json", false),
        ] {
            assert_eq!(scope.contains(&path(name)), inside, "{name}");
        }
        for (name, holds) in [("lib", true), ("lib/deep", true), ("evals", false), ("task_agent.py", false)] {
            assert_eq!(scope.may_hold(&path(name)), holds, "{name}");
        }
    }

    #[test]
    fn a_star_does_not_cross_a_slash() {
        let scope = EditScope::new(&["*.py"]).unwrap();
        assert!(scope.contains(&path("a.py")) && !scope.contains(&path("a/b.py")));
    }

    #[test]
    fn a_glob_can_name_the_regions_of_files() {
        let scope = EditScope::new(&["a.py#EVOLVE-BLOCK", "lib/**#EVOLVE-BLOCK", "lib/free.py"]).unwrap();
        for (name, inside, region) in [
            ("a.py", true, true),
            ("lib/b.py", true, true),
            ("lib/free.py", true, false),
            ("c.py", false, false),
            ("a.py#EVOLVE-BLOCK", false, false),
        ] {
            assert_eq!(
                (scope.contains(&path(name)), scope.is_region(&path(name))),
                (inside, region),
                "{name}"
            );
        }
        assert_eq!(scope.globs()[0], "a.py#EVOLVE-BLOCK");
    }

    #[test]
    fn folders_are_found_behind_braces() {
        let scope = EditScope::new(&["{lib/{a,b/c},src}/x.py", "[{]d/{,y/}z", "e/**/{f,g/h}"]).unwrap();
        let may = |name: &str| scope.may_hold(&path(name));
        for name in ["lib", "lib/a", "lib/b", "lib/b/c", "src", "{d", "{d/y", "e", "e/q", "e/q/g"] {
            assert!(may(name), "{name}");
        }
        for name in ["lib/c", "lib/a/c", "src/x.py", "a", "x.py", "d", "{d/z", "f"] {
            assert!(!may(name), "{name}");
        }
        let many = EditScope::new(&["{a,b}".repeat(11)]).unwrap_err().to_string();
        assert!(many.contains("more than 1024 alternatives"), "{many}");
    }

    proptest! {
        /// Everything inside the scope can be created: none of its folders is refused.
        #[test]
        fn what_is_inside_has_its_folders(
            globs in prop::collection::vec("(a|b|\\*|\\*\\*|[a-b]|\\{a,b/a\\}|\\{b/\\*,a\\})(/(a|b|\\*|\\*\\*|\\{a,b/a\\})){0,3}", 1..3),
            name in "[ab](/[ab]){0,4}",
        ) {
            let (scope, name) = (EditScope::new(&globs).unwrap(), path(&name));
            if scope.contains(&name) {
                let mut folder = name.parent();
                while let Some(one) = folder {
                    prop_assert!(scope.may_hold(&one), "{globs:?}: {one} for {name}");
                    folder = one.parent();
                }
            }
        }
    }

    #[test]
    fn bad_globs_are_named() {
        for bad in ["[", "", "/abs", "../x", "a/{b"] {
            let error = EditScope::new(&[bad]).unwrap_err().to_string();
            assert!(error.contains(&format!("{bad:?}")), "{error}");
        }
        assert!(EditScope::new::<&str>(&[]).is_err());
    }
}
