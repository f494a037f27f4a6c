//! Commands on the index and the tree: init, status, add, rm, commit, ls-files, config.

use std::collections::BTreeMap;

use super::arguments::{Parsed, Pathspecs, holds, in_tree, join};
use super::diff::{FileDiff, totals};
use super::history::{diffs, now};
use super::repository::Repository;
use super::worktree::{self, Change, Status};
use super::{Answer, GitError};
use crate::files;

/// `git init [-q] [-b BRANCH] [FOLDER]`.
pub(super) fn init(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("init", arguments, &["-q", "--quiet"], &["-b", "--initial-branch"])?;
    let root = parsed.others.first().map_or_else(|| folder.to_owned(), |path| join(folder, path));
    let root = root.trim_end_matches('/');
    if !root.is_empty() {
        files::create_folders(root)?;
    }
    let (repository, made) = Repository::init(root, parsed.value(&["-b", "--initial-branch"]))?;
    if parsed.has(&["-q", "--quiet"]) {
        return Ok(String::new());
    }
    let what = if made { "Initialized empty" } else { "Reinitialized existing" };
    Ok(format!("{what} Git repository in {}\n", repository.location()))
}

fn short_status(status: &Status) -> String {
    let mut lines: BTreeMap<&str, (char, char)> = BTreeMap::new();
    for (path, change) in &status.staged {
        lines.entry(path).or_insert((' ', ' ')).0 = change.letter();
    }
    for (path, change) in &status.unstaged {
        lines.entry(path).or_insert((' ', ' ')).1 = change.letter();
    }
    let tracked = lines.into_iter().map(|(path, (staged, now))| format!("{staged}{now} {path}\n"));
    tracked.chain(status.untracked.iter().map(|path| format!("?? {path}\n"))).collect()
}

fn long_status(repository: &Repository, status: &Status) -> String {
    let first = repository.head().is_none();
    let mut text = format!("On branch {}\n", repository.branch());
    if first {
        text.push_str("\nNo commits yet\n");
    }
    let mut section = |title: &str, hints: &[&str], lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text.push_str(&format!("{}{title}:\n", if text.ends_with("yet\n") { "\n" } else { "" }));
        hints.iter().for_each(|hint| text.push_str(&format!("  ({hint})\n")));
        lines.iter().for_each(|line| text.push_str(&format!("\t{line}\n")));
        text.push('\n');
    };
    let lines = |changes: &BTreeMap<String, Change>| {
        changes.iter().map(|(path, change)| format!("{}{path}", change.words())).collect::<Vec<_>>()
    };
    let unstage = if first {
        "use \"git rm --cached <file>...\" to unstage"
    } else {
        "use \"git restore --staged <file>...\" to unstage"
    };
    section("Changes to be committed", &[unstage], lines(&status.staged));
    let add = match status.unstaged.values().any(|change| *change == Change::Deleted) {
        true => "use \"git add/rm <file>...\" to update what will be committed",
        false => "use \"git add <file>...\" to update what will be committed",
    };
    let discard = "use \"git restore <file>...\" to discard changes in working directory";
    section("Changes not staged for commit", &[add, discard], lines(&status.unstaged));
    let include = "use \"git add <file>...\" to include in what will be committed";
    section("Untracked files", &[include], status.untracked.iter().cloned().collect());
    if status.staged.is_empty() {
        let last = match (status.unstaged.is_empty(), status.untracked.is_empty(), first) {
            (false, ..) => "no changes added to commit (use \"git add\" and/or \"git commit -a\")",
            (true, false, _) => {
                "nothing added to commit but untracked files present (use \"git add\" to track)"
            }
            (true, true, true) => "\nnothing to commit (create/copy files and use \"git add\" to track)",
            (true, true, false) => "nothing to commit, working tree clean",
        };
        text.push_str(&format!("{last}\n"));
    }
    text
}

/// `git status [-s] [--porcelain] [-b]`.
pub(super) fn status(folder: &str, arguments: &[String]) -> Answer {
    let flags = ["-s", "--short", "--porcelain", "-b", "--branch", "--long", "-uall", "-u"];
    let parsed = Parsed::of("status", arguments, &flags, &[])?;
    let repository = Repository::find(folder)?;
    let mut status = Status::of(&repository)?;
    let specs = Pathspecs::of(&repository, folder, &parsed.others)?;
    status.staged.retain(|path, _| specs.contain(path));
    status.unstaged.retain(|path, _| specs.contain(path));
    status.untracked.retain(|path| specs.contain(path.trim_end_matches('/')));
    if !parsed.has(&["-s", "--short", "--porcelain"]) {
        return Ok(long_status(&repository, &status));
    }
    let head = match parsed.has(&["-b", "--branch"]) {
        true => format!("## {}\n", repository.branch()),
        false => String::new(),
    };
    Ok(head + &short_status(&status))
}

/// `git add [-A] [-u] PATH…`.
pub(super) fn add(folder: &str, arguments: &[String]) -> Answer {
    let flags = ["-A", "--all", "-u", "--update", "-v", "--verbose", "-f", "--force"];
    let parsed = Parsed::of("add", arguments, &flags, &[])?;
    let mut repository = Repository::find(folder)?;
    let update = parsed.has(&["-u", "--update"]);
    if parsed.others.is_empty() && !update && !parsed.has(&["-A", "--all"]) {
        return Ok("Nothing specified, nothing added.\nhint: Maybe you wanted to say 'git add .'?\n".to_owned());
    }
    let now = worktree::paths(&repository)?;
    let mut specs = Vec::new();
    for path in &parsed.others {
        let spec = in_tree(&repository, folder, path)?;
        let known = now.iter().chain(repository.index().keys()).any(|path| holds(&spec, path));
        if !known && !spec.is_empty() {
            return Err(GitError::fatal(&format!("pathspec '{path}' did not match any files")));
        }
        specs.push(spec);
    }
    let named = |path: &str| specs.is_empty() || specs.iter().any(|spec| holds(spec, path));
    for path in now.iter().filter(|path| named(path)) {
        if !update || repository.index().contains_key(path) {
            let content = worktree::content(&repository, path)?;
            let id = repository.keep(&content);
            repository.index_mut().insert(path.clone(), id);
        }
    }
    let gone = |path: &String| named(path) && now.binary_search(path).is_err();
    repository.index_mut().retain(|path, _| !gone(path));
    repository.save()?;
    Ok(String::new())
}

/// `git rm [--cached] [-r] [-f] PATH…`.
pub(super) fn rm(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("rm", arguments, &["--cached", "-r", "-f", "--force", "-q", "--quiet"], &[])?;
    let mut repository = Repository::find(folder)?;
    let mut text = String::new();
    for path in &parsed.others {
        let spec = in_tree(&repository, folder, path)?;
        let found: Vec<String> = repository.index().keys().filter(|path| holds(&spec, path)).cloned().collect();
        if found.is_empty() {
            return Err(GitError::fatal(&format!("pathspec '{path}' did not match any files")));
        }
        if found.iter().any(|path| *path != spec) && !parsed.has(&["-r"]) {
            return Err(GitError::fatal(&format!("not removing '{path}' recursively without -r")));
        }
        for path in found {
            let whole = format!("{}/{path}", repository.root);
            if !parsed.has(&["--cached"]) && files::info(&whole).is_ok() {
                files::remove_file(&whole)?;
            }
            repository.index_mut().remove(&path);
            text.push_str(&format!("rm '{path}'\n"));
        }
    }
    repository.save()?;
    Ok(if parsed.has(&["-q", "--quiet"]) { String::new() } else { text })
}

/// `git commit [-a] -m MESSAGE [--amend] [--allow-empty]`.
pub(super) fn commit(folder: &str, arguments: &[String]) -> Answer {
    let flags = ["-a", "--all", "-q", "--quiet", "--amend", "--allow-empty", "--no-edit", "--no-verify", "-n"];
    let parsed = Parsed::of("commit", arguments, &flags, &["-m", "--message"])?;
    if parsed.has(&["-a", "--all"]) {
        add(folder, &["-u".to_owned()])?;
    }
    let mut repository = Repository::find(folder)?;
    let amended = match (parsed.has(&["--amend"]), repository.head()) {
        (true, Some(id)) => Some(repository.commit(id)?.clone()),
        (true, None) => return Err(GitError::fatal("You have nothing to amend.")),
        (false, _) => None,
    };
    let messages = parsed.options.iter().filter(|(name, _)| ["-m", "--message"].contains(name));
    let paragraphs: Vec<&str> = messages.filter_map(|(_, value)| *value).map(str::trim_end).collect();
    let message = match (paragraphs.join("\n\n"), &amended) {
        (text, _) if !text.trim().is_empty() => format!("{text}\n"),
        (_, Some(commit)) => commit.message.clone(),
        (_, None) if paragraphs.is_empty() => {
            return Err(GitError::plain("error: there is no editor here; use `git commit -m MESSAGE`", 1));
        }
        _ => return Err(GitError::plain("Aborting commit due to empty commit message.", 1)),
    };
    let parent = match &amended {
        Some(commit) => commit.parent.clone(),
        None => repository.head().map(str::to_owned),
    };
    let before = match &parent {
        Some(id) => repository.commit(id)?.tree.clone(),
        None => BTreeMap::new(),
    };
    if *repository.index() == before && amended.is_none() && !parsed.has(&["--allow-empty"]) {
        let status = Status::of(&repository)?;
        return Err(GitError::plain(long_status(&repository, &status).trim_end(), 1));
    }
    let root = if parent.is_none() { " (root-commit)" } else { "" };
    let id = repository.add_commit(parent, &message, now());
    repository.save()?;
    if parsed.has(&["-q", "--quiet"]) {
        return Ok(String::new());
    }
    let first = message.lines().next().unwrap_or_default();
    let mut text = format!("[{}{root} {}] {first}\n", repository.branch(), &id[..7]);
    let changed = diffs(&repository, &before, repository.index())?;
    if !changed.is_empty() {
        text.push_str(&totals(&changed.iter().map(|diff| (diff.path.clone(), diff.counts())).collect()));
    }
    changed.iter().for_each(|diff| text.push_str(&mode_line(diff)));
    Ok(text)
}

fn mode_line(diff: &FileDiff) -> String {
    match diff.change() {
        Change::Added => format!(" create mode 100644 {}\n", diff.path),
        Change::Deleted => format!(" delete mode 100644 {}\n", diff.path),
        Change::Modified => String::new(),
    }
}

/// `git ls-files [PATH…]`.
pub(super) fn ls_files(folder: &str, arguments: &[String]) -> Answer {
    let parsed = Parsed::of("ls-files", arguments, &["-c", "--cached"], &[])?;
    let repository = Repository::find(folder)?;
    let here = in_tree(&repository, folder, ".")?;
    let specs = Pathspecs::of(&repository, folder, &parsed.others)?;
    let within = repository.index().keys().filter(|path| holds(&here, path) && specs.contain(path));
    let prefix = if here.is_empty() { String::new() } else { format!("{here}/") };
    Ok(within.map(|path| format!("{}\n", path.strip_prefix(&prefix).unwrap_or(path))).collect())
}

/// `git config [--global] NAME [VALUE]`.
pub(super) fn config(folder: &str, arguments: &[String]) -> Answer {
    let flags = ["--global", "--local", "--get", "--unset", "-l", "--list"];
    let parsed = Parsed::of("config", arguments, &flags, &[])?;
    let mut repository = Repository::find(folder)?;
    if parsed.has(&["-l", "--list"]) {
        return Ok(repository.config().iter().map(|(name, value)| format!("{name}={value}\n")).collect());
    }
    match parsed.others.as_slice() {
        [name] if parsed.has(&["--unset"]) => {
            repository.config().remove(name);
        }
        [name] => {
            let value = repository.config().get(name).cloned();
            return value.map(|value| format!("{value}\n")).ok_or(GitError { message: String::new(), code: 1 });
        }
        [name, value] => {
            repository.config().insert(name.clone(), value.clone());
        }
        _ => return Err(GitError::plain("usage: git config [--global] <name> [<value>]", 129)),
    }
    repository.save()?;
    Ok(String::new())
}
