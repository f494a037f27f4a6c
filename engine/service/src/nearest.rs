//! The name that was probably meant.

use std::path::Path;

/// Maximum number of names in a folder among which a mistyped one is looked for.
const NAMES_MAX: usize = 10_000;
/// Minimum similarity of two names, from 0 to 1.
const LIKENESS_MIN: f64 = 0.7;
/// The same for names of at most [`SHORT_CHARS_MAX`] characters, in which two common letters are already alike.
const SHORT_LIKENESS_MIN: f64 = 0.8;
/// Maximum number of characters of a short name.
const SHORT_CHARS_MAX: usize = 6;

/// Returns the hint for an unknown name: the most similar known one, if any is similar at all.
#[must_use]
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(|found| format!("did you mean {found}?"))
}

/// Returns the most similar known name, if any is similar at all.
fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let least = if name.chars().count() > SHORT_CHARS_MAX { LIKENESS_MIN } else { SHORT_LIKENESS_MIN };
    let likeness = |other: &str| {
        let other = other.to_lowercase();
        let begins = !name.is_empty() && (other.starts_with(&name) || name.starts_with(&other));
        if begins { 1.0 } else { strsim::jaro_winkler(&name, &other) }
    };
    let known = known.into_iter().map(|other| (likeness(other), other));
    let best = known.filter(|(likeness, _)| *likeness >= least).fold(None, |best, next| match best {
        Some((most, _)) if most >= next.0 => best,
        _ => Some(next),
    });
    best.map(|(_, other)| other)
}

/// Returns the hint for a path that does not exist: the most similar one in the same folder.
pub(crate) fn nearest_path(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder).ok()?.take(NAMES_MAX);
    let mut names: Vec<String> =
        entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let found = nearest(name, names.iter().map(String::as_str))?;
    Some(format!("did you mean {}?", path.with_file_name(found).display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_nonsense_is_not() {
        let names = ["bin-packing", "cap-set", "circle-packing"];
        let meant = |name| did_you_mean(name, names);
        assert_eq!(meant("bin-paking").as_deref(), Some("did you mean bin-packing?"));
        assert_eq!(meant("circel-packing").as_deref(), Some("did you mean circle-packing?"));
        assert_eq!(meant("capset").as_deref(), Some("did you mean cap-set?"));
        assert_eq!(meant("zzz"), None);
        let short = |name| did_you_mean(name, ["beam", "evolver", "trace"]);
        assert_eq!(short("beem").as_deref(), Some("did you mean beam?"));
        assert_eq!(short("nope").as_deref(), None);
        assert_eq!(short("lever").as_deref(), None);
        assert_eq!(did_you_mean("", names), None);
    }
}
