//! The program `git`: the commands with which a model looks at its own changes and takes them back.
//!
//! It works on trees of the guest's files, with a repository beside them (`repository.rs`). There are no remotes, merges and
//! modes of files. What is not offered says so.

mod arguments;
mod commands;
mod diff;
mod history;
mod repository;
mod worktree;

use bashkit::{Builtin, BuiltinContext, ExecResult, Result, async_trait};

use crate::error::FileError;

/// The commands, for messages.
const OFFERED: &str =
    "add, branch, checkout, commit, config, diff, init, log, ls-files, reset, restore, rev-parse, rm, show, status, switch";

/// The reason why a command failed, with the code that git exits with.
#[derive(Debug)]
pub(crate) struct GitError {
    message: String,
    code: i32,
}

impl GitError {
    /// Makes an error that git calls fatal.
    fn fatal(why: &str) -> Self {
        Self { message: format!("fatal: {why}\n"), code: 128 }
    }

    fn plain(message: &str, code: i32) -> Self {
        Self { message: format!("{message}\n"), code }
    }
}

impl From<FileError> for GitError {
    fn from(error: FileError) -> Self {
        Self::fatal(&error.to_string())
    }
}

/// The output of a command.
type Answer = std::result::Result<String, GitError>;

pub(crate) struct Git;

fn run(cwd: &str, arguments: &[String]) -> Answer {
    let (mut folder, mut rest) = (cwd.to_owned(), arguments);
    loop {
        match rest {
            [option, value, more @ ..] if option == "-C" => {
                folder = arguments::join(&folder, value);
                rest = more;
            }
            [option, _, more @ ..] if option == "-c" => rest = more,
            [option, more @ ..] if option == "--no-pager" => rest = more,
            _ => break,
        }
    }
    let [command, rest @ ..] = rest else {
        return Err(GitError::plain(&format!("usage: git <command> [<args>]; commands here: {OFFERED}"), 1));
    };
    match command.as_str() {
        "--version" | "version" => Ok("git version 2.39.5 (a part of it)\n".to_owned()),
        "init" => commands::init(&folder, rest),
        "status" => commands::status(&folder, rest),
        "add" => commands::add(&folder, rest),
        "rm" => commands::rm(&folder, rest),
        "commit" => commands::commit(&folder, rest),
        "ls-files" => commands::ls_files(&folder, rest),
        "config" => commands::config(&folder, rest),
        "diff" => history::diff(&folder, rest),
        "log" => history::log(&folder, rest),
        "show" => history::show(&folder, rest),
        "rev-parse" => history::rev_parse(&folder, rest),
        "branch" => history::branch(&folder, rest),
        "checkout" | "switch" => history::checkout(&folder, rest),
        "restore" => history::restore(&folder, rest),
        "reset" => history::reset(&folder, rest),
        "clone" | "fetch" | "pull" | "push" | "remote" => {
            Err(GitError::plain(&format!("git: '{command}' needs a network, which is absent"), 1))
        }
        other => Err(GitError::plain(&format!("git: '{other}' is not offered here; commands here: {OFFERED}"), 1)),
    }
}

#[async_trait]
impl Builtin for Git {
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        Ok(match run(&ctx.cwd.to_string_lossy(), ctx.args) {
            Ok(text) => ExecResult::ok(text),
            Err(error) => ExecResult::err(error.message, error.code),
        })
    }
}
