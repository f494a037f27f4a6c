//! Restrictions of the shell: programs and options that would not be deterministic, take too long, or are not needed.
//!
//! Names and arguments are checked when they are final, before a program runs. What bashkit draws from the package `getrandom`
//! needs no restriction, because the thread of a command draws from the shell's own stream (`randomness.rs`).

use std::sync::Arc;

use bashkit::hooks::{HookAction, ToolEvent, ToolResult};

use super::context::ShellContext;
use crate::limits::PROGRAM_FUEL;

/// Programs whose output is random or depends on a clock.
const NOT_DETERMINISTIC: [&str; 5] = ["fc", "history", "shuf", "vi", "nano"];
/// Programs that are not needed to edit an agent, and that parse much hostile input or take long: archives, readers of other formats,
/// the network, which is absent, and other ways to run programs.
const NOT_NEEDED: [&str; 34] = [
    "assert", "bunzip2", "busybox", "bzcat", "bzip2", "csv", "curl", "dotenv", "factor", "flock", "gunzip",
    "gzip", "http", "jq", "json", "less", "log", "make", "man", "more", "parallel", "retry", "rg", "semver",
    "sudo", "tar", "template", "tomlq", "unzip", "verify", "watch", "wget", "yq", "zip",
];
/// Programs that run programs. The interpreter does not count their nesting, and each level takes stack.
const NESTING: [&str; 13] = [
    ".", "awk", "builtin", "command", "env", "eval", "exec", "find", "nice", "nohup", "source", "timeout",
    "xargs",
];
/// Programs that may take long on small input.
const LONG: [&str; 14] = [
    "awk", "bc", "comm", "diff", "egrep", "fgrep", "find", "grep", "join", "patch", "sed", "seq", "sort",
    "tsort",
];
/// Maximum bytes of an evaluated text.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// Maximum nesting of programs that run programs.
const NESTING_MAX: u32 = 32;

/// Returns whether the shell offers a program.
pub(super) fn is_offered(name: &str) -> bool {
    !NOT_DETERMINISTIC.contains(&name) && !NOT_NEEDED.contains(&name)
}

// T-SH-03, T-SH-06, T-SH-22, T-SH-23, T-SH-24.
/// Returns the reason why a program is refused with these arguments.
fn refusal(name: &str, arguments: &[String]) -> Option<&'static str> {
    let short = |letter: char| {
        arguments.iter().any(|text| text.starts_with('-') && !text.starts_with("--") && text.contains(letter))
    };
    match name {
        "sort"
            if short('R') || arguments.iter().any(|text| text.starts_with("--r") || text.contains("=r")) =>
        {
            // `--reverse` begins the same way and is not random.
            let harmless = |text: &String| {
                !text.starts_with("--r") || "--reverse".starts_with(text.as_str()) && text != "--r"
            };
            let random = short('R') || !arguments.iter().all(|text| harmless(text) && !text.contains("=r"));
            random.then_some("sort: a random order is refused: it would not repeat in a replay")
        }
        "find" | "test" | "[" | "expr"
            if arguments.iter().filter(|text| ["(", "!", "-not"].contains(&text.as_str())).count() > 64 =>
        {
            // bashkit's parser of expressions recurses without a limit.
            Some("an expression of more than 64 parentheses and negations is refused")
        }
        // The text is parsed again for each of its parts.
        "eval" | "trap" | "alias" if arguments.iter().map(String::len).sum::<usize>() > TEXT_BYTES_MAX => {
            Some("a text of more than 64 KiB is not evaluated; write it into a file and run that")
        }
        // Without a year, the operating system's clock decides whether the day exists.
        "touch" if arguments.iter().any(|text| stamp_without_year(text)) => {
            Some("touch: a time without a year is refused: it would not repeat in a replay; use CCYYMMDDhhmm")
        }
        _ => None,
    }
}

/// Returns whether a text is a time without a year: eight digits, with or without seconds, alone or after `-t`.
fn stamp_without_year(text: &str) -> bool {
    let text = text.rsplit_once('t').map_or(text, |(_, after)| after);
    let stamp = text.split_once('.').map_or(text, |(stamp, _)| stamp);
    stamp.len() == 8 && stamp.bytes().all(|byte| byte.is_ascii_digit())
}

/// Creates the hook that runs before every program: charges it, and refuses it or counts its nesting.
pub(super) fn before_program(
    context: Arc<ShellContext>,
) -> impl Fn(ToolEvent) -> HookAction<ToolEvent> + Send + Sync {
    move |event| {
        if LONG.contains(&event.name.as_str())
            && let Some(files) = context.files()
        {
            files.charge(PROGRAM_FUEL);
        }
        let nests = NESTING.contains(&event.name.as_str());
        let why = match refusal(&event.name, &event.args) {
            None if nests && !context.enter(NESTING_MAX) => {
                "programs that run programs are nested too deeply"
            }
            None => return HookAction::Continue(event),
            Some(why) => why,
        };
        context.note(why.to_owned());
        HookAction::Cancel(why.to_owned())
    }
}

/// Creates the hook that runs after every program that was neither refused nor ended the command.
pub(super) fn after_program(
    context: Arc<ShellContext>,
) -> impl Fn(ToolResult) -> HookAction<ToolResult> + Send + Sync {
    move |result| {
        if NESTING.contains(&result.name.as_str()) {
            context.leave();
        }
        HookAction::Continue(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, arguments: &str, refused: bool) {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        assert_eq!(refusal(name, &arguments).is_some(), refused, "{name} {arguments:?}");
    }

    #[test]
    fn no_program_is_both_offered_and_left_out() {
        assert!(
            is_offered("grep")
                && is_offered("eval")
                && !is_offered("shuf")
                && !is_offered("yq")
                && !is_offered("tar")
        );
        assert!(NESTING.iter().all(|name| is_offered(name)));
    }

    #[test]
    fn random_orders_and_times_without_a_year_are_refused_and_nothing_else() {
        for (arguments, refused) in [
            ("-R", true),
            ("-nR f", true),
            ("--random-sort", true),
            ("--sort=random", true),
            ("--ran", true),
            ("-r", false),
            ("--reverse -n", false),
            ("--rev", false),
            ("-k2,2n", false),
            ("", false),
        ] {
            check("sort", arguments, refused);
        }
        check("dd", "if=a of=b", false);
        check("find", &format!(". {} -name x", "! ".repeat(65)), true);
        check("find", &format!(". {} -name x", "( ".repeat(64)), false);
        check("touch", "-t 02290000 a", true);
        check("touch", "-ct02290000.30 a", true);
        check("touch", "-t 202601010000 a", false);
        check("touch", "-d 2026-01-01 lib/a", false);
    }
}
