//! Commands on commits: diff, log, show, rev-parse, branch, checkout, restore, reset.

use std::collections::BTreeMap;

use super::arguments::{Parsed, Pathspecs, holds, in_tree};
use super::diff::{FileDiff, summary};
use super::repository::{Commit, Repository, Tree};
use super::worktree::{self, Change};
use super::{Answer, GitError};
use crate::files;

const FORMATS: [&str; 6] = ["--stat", "--name-only", "--name-status", "-p", "--patch", "--no-color"];

/// Returns the time in seconds since the Unix epoch.
pub(super) fn now() -> u64 {
    // SAFETY: asks for the time; there is nothing to uphold.
    let time = unsafe { wasi::clock_time_get(wasi::CLOCKID_REALTIME, 1) };
    time.unwrap_or(0) / 1_000_000_000
}

/// Returns the time of a commit, as git prints it.
fn date(time: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (mut days, seconds) = (time / 86_400, time % 86_400);
    let weekday = DAYS[(days % 7) as usize];
    let leap = |year: u64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{weekday} {} {} {hour:02}:{minute:02}:{second:02} {year} +0000", MONTHS[month], days + 1)
}

/// Returns the differences between two trees whose blobs are kept.
pub(super) fn diffs(repository: &Repository, from: &Tree, to: &Tree) -> Result<Vec<FileDiff>, GitError> {
    let side = |tree: &Tree, path: &str| match tree.get(path) {
        Some(id) => repository.blob(id).map(|content| Some((id.clone(), content))),
        None => Ok(None),
    };
    let changed = worktree::changes(from, to).into_keys().map(|path| {
        let (before, after) = (side(from, &path)?, side(to, &path)?);
        Ok(FileDiff { path, before, after })
    });
    changed.collect()
}

/// Returns the differences of the tree's files from a tree; files that were never added are left out.
fn diffs_of_files(repository: &Repository, from: &Tree) -> Result<Vec<FileDiff>, GitError> {
    let tracked = |path: &String| from.contains_key(path) || repository.index().contains_key(path);
    let now: Tree = worktree::tree(repository)?.into_iter().filter(|(path, _)| tracked(path)).collect();
    let mut found = Vec::new();
    for (path, change) in worktree::changes(from, &now) {
        let before = match from.get(&path) {
            Some(id) => Some((id.clone(), repository.blob(id)?)),
            None => None,
        };
        let after = match (change, now.get(&path)) {
            (Change::Deleted, _) | (_, None) => None,
            (_, Some(id)) => Some((id.clone(), worktree::content(repository, &path)?)),
        };
        found.push(FileDiff { path, before, after });
    }
    Ok(found)
}

fn formatted(parsed: &Parsed<'_>, diffs: &[FileDiff]) -> String {
    if parsed.has(&["--stat"]) {
        return summary(diffs);
    }
    let line = |diff: &FileDiff| match (parsed.has(&["--name-only"]), parsed.has(&["--name-status"])) {
        (true, _) => format!("{}\n", diff.path),
        (_, true) => format!("{}\t{}\n", diff.change().letter(), diff.path),
        _ => diff.patch(),
    };
    diffs.iter().map(line).collect()
}

/// Splits arguments into commits and paths: what comes before `--`, or names a commit, is one.
fn commits_and_paths(repository: &Repository, parsed: &Parsed<'_>) -> Result<(Vec<String>, Vec<String>), GitError> {
    let (mut commits, mut paths) = (Vec::new(), Vec::new());
    for (index, text) in parsed.others.iter().enumerate() {
        match parsed.before_dashes {
            Some(count) if index >= count => paths.push(text.clone()),
            Some(_) => commits.push(repository.resolve(text)?),
            None if paths.is_empty() => match text.split_once("..") {
                Some((from, to)) if !from.starts_with('.') => {
                    commits.push(repository.resolve(from)?);
                    commits.push(repository.resolve(if to.is_empty() { "HEAD" } else { to.trim_start_matches('.') })?);
                }
                _ => match repository.resolve(text) {
                    Ok(id) => commits.push(id),
                    Err(error) => {
                        let known = files::info(&super::arguments::join(&repository.root, text)).is_ok()
                            || repository.index().keys().any(|path| path.contains(text.as_str()))
                            || text == ".";
                        if !known {
                            return Err(error);
                        }
                        paths.push(text.clone());
                    }
                },
            },
            None => paths.push(text.clone()),
        }
    }
    Ok((commits, paths))
}

/// `git diff [--cached] [--stat | --name-only | --name-status] [COMMIT [COMMIT]] [--] [PATH…]`.
pub(super) fn diff(folder: &str, arguments: &[String]) -> Answer {
    let flags = [&FORMATS[..], &["--cached", "--staged", "--exit-code", "--quiet"]].concat();
    let parsed = Parsed::of("diff", arguments, &flags, &[])?;
    let repository = Repository::find(folder)?;
    let (commits, paths) = commits_and_paths(&repository, &parsed)?;
    let specs = Pathspecs::of(&repository, folder, &paths)?;
    let tree = |id: &String| repository.commit(id).map(|commit| commit.tree.clone());
    let mut found = match (commits.as_slice(), parsed.has(&["--cached", "--staged"])) {
        ([], true) => diffs(&repository, &repository.head_tree(), repository.index())?,
        ([from], true) => diffs(&repository, &tree(from)?, repository.index())?,
        ([], false) => diffs_of_files(&repository, repository.index())?,
        ([from], false) => diffs_of_files(&repository, &tree(from)?)?,
        ([from, to, ..], _) => diffs(&repository, &tree(from)?, &tree(to)?)?,
    };
    found.retain(|diff| specs.contain(&diff.path));
    if parsed.has(&["--exit-code", "--quiet"]) && !found.is_empty() {
        let message = if parsed.has(&["--quiet"]) { String::new() } else { formatted(&parsed, &found) };
        return Err(GitError { message, code: 1 });
    }
    Ok(formatted(&parsed, &found))
}

fn heading(id: &str, commit: &Commit) -> String {
    let mut text = format!("commit {id}\nAuthor: {}\nDate:   {}\n\n", commit.author, date(commit.time));
    for line in commit.message.trim_end().lines() {
        text.push_str(format!("    {line}").trim_end());
        text.push('\n');
    }
    text
}

/// Returns the differences that a commit made.
fn made_by(repository: &Repository, commit: &Commit) -> Result<Vec<FileDiff>, GitError> {
    let before = match &commit.parent {
        Some(id) => repository.commit(id)?.tree.clone(),
        None => BTreeMap::new(),
    };
    diffs(repository, &before, &commit.tree)
}

fn shows_changes(parsed: &Parsed<'_>) -> bool {
    parsed.has(&["--stat", "--name-only", "--name-status", "-p", "--patch"])
}

/// `git log [--oneline] [-n N] [-p | --stat] [COMMIT] [--] [PATH…]`.
pub(super) fn log(folder: &str, arguments: &[String]) -> Answer {
    // `-3` is the same as `-n 3`.
    let arguments: Vec<String> = arguments.iter().map(|text| count_option(text)).collect();
    let flags = [&FORMATS[..], &["--oneline", "--all", "--graph", "--decorate", "--reverse"]].concat();
    let parsed = Parsed::of("log", &arguments, &flags, &["-n", "--max-count"])?;
    let repository = Repository::find(folder)?;
    let (commits, paths) = commits_and_paths(&repository, &parsed)?;
    let specs = Pathspecs::of(&repository, folder, &paths)?;
    let most = match parsed.value(&["-n", "--max-count"]) {
        Some(text) => text.parse().map_err(|_| GitError::fatal(&format!("'{text}': not an integer")))?,
        None => usize::MAX,
    };
    let none = || {
        GitError::fatal(&format!("your current branch '{}' does not have any commits yet", repository.branch()))
    };
    let first = commits.first().map(String::as_str).or(repository.head()).ok_or_else(none)?;
    let (mut at, mut entries) = (Some(first.to_owned()), Vec::new());
    while let Some(id) = at.filter(|_| entries.len() < most) {
        let commit = repository.commit(&id)?;
        let mut made = made_by(&repository, commit)?;
        made.retain(|diff| specs.contain(&diff.path));
        if paths.is_empty() || !made.is_empty() {
            let mut text = match parsed.has(&["--oneline"]) {
                true => format!("{} {}\n", &id[..7], commit.message.lines().next().unwrap_or_default()),
                false => heading(&id, commit),
            };
            if shows_changes(&parsed) {
                text.push_str(if parsed.has(&["--oneline"]) { "" } else { "\n" });
                text.push_str(&formatted(&parsed, &made));
            }
            entries.push(text);
        }
        at = commit.parent.clone();
    }
    if parsed.has(&["--reverse"]) {
        entries.reverse();
    }
    Ok(entries.join(if parsed.has(&["--oneline"]) { "" } else { "\n" }))
}

fn count_option(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("-n{digits}")
        }
        _ => text.to_owned(),
    }
}

/// `git show [--stat] [COMMIT | COMMIT:PATH]`.
pub(super) fn show(folder: &str, arguments: &[String]) -> Answer {
    let flags = [&FORMATS[..], &["--oneline", "-s", "--no-patch"]].concat();
    let parsed = Parsed::of("show", arguments, &flags, &[])?;
    let repository = Repository::find(folder)?;
    let name = parsed.others.first().map_or("HEAD", String::as_str);
    if let Some((commit, path)) = name.split_once(':') {
        let id = repository.resolve(if commit.is_empty() { "HEAD" } else { commit })?;
        let blob = repository.commit(&id)?.tree.get(path);
        let blob = blob.ok_or_else(|| GitError::fatal(&format!("path '{path}' does not exist in '{commit}'")))?;
        return Ok(String::from_utf8_lossy(&repository.blob(blob)?).into_owned());
    }
    let id = repository.resolve(name)?;
    let commit = repository.commit(&id)?;
    let head = match parsed.has(&["--oneline"]) {
        true => format!("{} {}\n", &id[..7], commit.message.lines().next().unwrap_or_default()),
        false => heading(&id, commit) + "\n",
    };
    if parsed.has(&["-s", "--no-patch"]) {
        return Ok(head.trim_end_matches('\n').to_owned() + "\n");
    }
    Ok(head + &formatted(&parsed, &made_by(&repository, commit)?))
}

/// `git rev-parse [--short | --show-toplevel | --abbrev-ref | --is-inside-work-tree] [COMMIT]`.
pub(super) fn rev_parse(folder: &str, arguments: &[String]) -> Answer {
    let flags = ["--show-toplevel", "--short", "--abbrev-ref", "--is-inside-work-tree", "--git-dir", "--verify", "-q"];
    let parsed = Parsed::of("rev-parse", arguments, &flags, &[])?;
    let repository = Repository::find(folder)?;
    if parsed.has(&["--show-toplevel"]) {
        return Ok(format!("{}\n", repository.root));
    }
    if parsed.has(&["--is-inside-work-tree"]) {
        return Ok("true\n".to_owned());
    }
    if parsed.has(&["--git-dir"]) {
        return Ok(format!("{}\n", repository.location()));
    }
    let name = parsed.others.first().map_or("HEAD", String::as_str);
    if parsed.has(&["--abbrev-ref"]) && name == "HEAD" {
        return Ok(format!("{}\n", repository.branch()));
    }
    let id = repository.resolve(name)?;
    Ok(format!("{}\n", if parsed.has(&["--short"]) { &id[..7] } else { &id }))
}

/// `git branch [--show-current] [-d] [NAME]`.
pub(super) fn branch(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("branch", arguments, &["--show-current", "-d", "-D", "-a", "--list", "-v"], &[])?;
    let mut repository = Repository::find(folder)?;
    if parsed.has(&["--show-current"]) {
        return Ok(format!("{}\n", repository.branch()));
    }
    let Some(name) = parsed.others.first() else {
        let current = repository.branch();
        let mark = |name: &String| format!("{} {name}\n", if name == current { '*' } else { ' ' });
        return Ok(repository.branches().keys().map(mark).collect());
    };
    let mut text = String::new();
    if !parsed.has(&["-d", "-D"]) {
        repository.add_branch(name)?;
    } else if name == repository.branch() || !repository.remove_branch(name) {
        return Err(GitError::plain(&format!("error: branch '{name}' not found, or it is the current one"), 1));
    } else {
        text = format!("Deleted branch {name}.\n");
    }
    repository.save()?;
    Ok(text)
}

/// Writes the files of a tree whose paths are wanted, and removes those that it has not and the index has.
fn write_files(repository: &Repository, tree: &Tree, wanted: impl Fn(&str) -> bool) -> Result<(), GitError> {
    for (path, id) in tree.iter().filter(|(path, _)| wanted(path)) {
        let whole = format!("{}/{path}", repository.root);
        let content = repository.blob(id)?;
        if files::read(&whole).ok().as_ref() != Some(&content) {
            if let Some((above, _)) = whole.rsplit_once('/') {
                files::create_folders(above)?;
            }
            files::write(&whole, &content)?;
        }
    }
    let gone = repository.index().keys().filter(|path| wanted(path) && !tree.contains_key(*path));
    for path in gone {
        let whole = format!("{}/{path}", repository.root);
        if files::info(&whole).is_ok() {
            files::remove_file(&whole)?;
        }
    }
    Ok(())
}

/// Checks that every path names something in a tree, and returns them below the tree.
fn specs_in(repository: &Repository, folder: &str, tree: &Tree, paths: &[String]) -> Result<Vec<String>, GitError> {
    let checked = paths.iter().map(|path| {
        let spec = in_tree(repository, folder, path)?;
        match tree.keys().any(|path| holds(&spec, path)) {
            true => Ok(spec),
            false => Err(GitError::plain(
                &format!("error: pathspec '{path}' did not match any file(s) known to git"),
                1,
            )),
        }
    });
    checked.collect()
}

/// `git checkout [-b] BRANCH`, `git checkout [COMMIT] [--] PATH…`, `git switch [-c] BRANCH`.
pub(super) fn checkout(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("checkout", arguments, &["-q", "--quiet", "-f", "--force"], &["-b", "-B", "-c"])?;
    let mut repository = Repository::find(folder)?;
    if let Some(name) = parsed.value(&["-b", "-B", "-c"]) {
        repository.switch(name);
        repository.save()?;
        return Ok(format!("Switched to a new branch '{name}'\n"));
    }
    if let ([name], None) = (parsed.others.as_slice(), parsed.before_dashes)
        && let Some(id) = repository.branches().get(name).cloned()
    {
        let tree = repository.commit(&id)?.tree.clone();
        if worktree::changes(repository.index(), &worktree::tree(&repository)?).values().any(|c| *c != Change::Added) {
            let why = "error: Your local changes to the files would be overwritten by checkout.\nPlease commit your changes \
                       before you switch branches.\nAborting";
            return Err(GitError::plain(why, 1));
        }
        write_files(&repository, &tree, |_| true)?;
        *repository.index_mut() = tree;
        repository.switch(name);
        repository.save()?;
        return Ok(format!("Switched to branch '{name}'\n"));
    }
    let (commits, paths) = commits_and_paths(&repository, &parsed)?;
    if paths.is_empty() {
        return Err(GitError::plain("error: a commit without a branch cannot be checked out here; name paths, or use -b", 1));
    }
    let tree = match commits.first() {
        Some(id) => repository.commit(id)?.tree.clone(),
        None => repository.index().clone(),
    };
    let specs = specs_in(&repository, folder, &tree, &paths)?;
    let wanted = |path: &str| specs.iter().any(|spec| holds(spec, path)) && tree.contains_key(path);
    write_files(&repository, &tree, wanted)?;
    let count = tree.keys().filter(|path| wanted(path)).count();
    for (path, id) in tree.iter().filter(|(path, _)| wanted(path)) {
        repository.index_mut().insert(path.clone(), id.clone());
    }
    repository.save()?;
    let from = if commits.is_empty() { "the index" } else { &commits[0][..7] };
    Ok(format!("Updated {count} path{} from {from}\n", if count == 1 { "" } else { "s" }))
}

/// `git restore [--staged] [--worktree] [-s COMMIT] PATH…`.
pub(super) fn restore(folder: &str, arguments: &[String]) -> Answer {
    let parsed =
        Parsed::of("restore", arguments, &["-S", "--staged", "-W", "--worktree", "-q"], &["-s", "--source"])?;
    let mut repository = Repository::find(folder)?;
    if parsed.others.is_empty() {
        return Err(GitError::fatal("you must specify path(s) to restore"));
    }
    let staged = parsed.has(&["-S", "--staged"]);
    let tree = match parsed.value(&["-s", "--source"]) {
        Some(name) => repository.commit(&repository.resolve(name)?)?.tree.clone(),
        None if staged => repository.head_tree(),
        None => repository.index().clone(),
    };
    let known: Tree = tree.iter().chain(repository.index()).map(|(p, id)| (p.clone(), id.clone())).collect();
    let specs = specs_in(&repository, folder, &known, &parsed.others)?;
    let wanted = |path: &str| specs.iter().any(|spec| holds(spec, path));
    if !staged || parsed.has(&["-W", "--worktree"]) {
        write_files(&repository, &tree, wanted)?;
    }
    if staged {
        repository.index_mut().retain(|path, _| !wanted(path));
        let back = tree.into_iter().filter(|(path, _)| wanted(path));
        let back: Vec<(String, String)> = back.collect();
        repository.index_mut().extend(back);
        repository.save()?;
    }
    Ok(String::new())
}

/// `git reset [--soft | --mixed | --hard] [COMMIT]`, `git reset [--] PATH…`.
pub(super) fn reset(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("reset", arguments, &["--soft", "--mixed", "--hard", "-q", "--quiet"], &[])?;
    let mut repository = Repository::find(folder)?;
    let (commits, paths) = commits_and_paths(&repository, &parsed)?;
    if !paths.is_empty() {
        let options = ["--staged".to_owned(), "--".to_owned()];
        return restore(folder, &options.into_iter().chain(paths).collect::<Vec<_>>());
    }
    let Some(id) = commits.first().cloned().or(repository.head().map(str::to_owned)) else {
        repository.index_mut().clear();
        repository.save()?;
        return Ok(String::new());
    };
    let tree = repository.commit(&id)?.tree.clone();
    if parsed.has(&["--hard"]) {
        write_files(&repository, &tree, |_| true)?;
    }
    if !parsed.has(&["--soft"]) {
        *repository.index_mut() = tree;
    }
    repository.set_head(&id);
    repository.save()?;
    let first = repository.commit(&id)?.message.lines().next().unwrap_or_default().to_owned();
    Ok(if parsed.has(&["--hard"]) { format!("HEAD is now at {} {first}\n", &id[..7]) } else { String::new() })
}
