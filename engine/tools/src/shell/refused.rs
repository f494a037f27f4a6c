//! What the shell refuses, because it could not repeat: bashkit takes it from the operating system's randomness or clock.
//!
//! Names and arguments are checked where they are final, before a program runs. What bashkit takes from the package `getrandom`
//! needs no refusal, as the thread of a command gets it from the shell's own stream (`engine/chance`).

use std::sync::Arc;

use bashkit::hooks::{HookAction, ToolEvent, ToolResult};

use super::place::Place;
use crate::limits::PROGRAM_FUEL;

/// Programs that have nothing but chance or clock to give, or a history with times in it.
const NO_REPEAT: [&str; 5] = ["fc", "history", "shuf", "vi", "nano"];
/// Programs that nobody needs for editing an agent, and that are much code with hostile input before it, or take long: archives, readers of
/// other formats, the network, which is not there, and what runs programs in other ways than the shell.
const NOT_NEEDED: [&str; 34] = [
    "assert", "bunzip2", "busybox", "bzcat", "bzip2", "csv", "curl", "dotenv", "factor", "flock", "gunzip",
    "gzip", "http", "jq", "json", "less", "log", "make", "man", "more", "parallel", "retry", "rg", "semver",
    "sudo", "tar", "template", "tomlq", "unzip", "verify", "watch", "wget", "yq", "zip",
];
/// Programs that run others, and may be nested without end where the interpreter does not count it: each level takes stack.
const NESTING: [&str; 13] = [
    ".", "awk", "builtin", "command", "env", "eval", "exec", "find", "nice", "nohup", "source", "timeout",
    "xargs",
];
/// Programs that may take long with little.
const LONG: [&str; 14] = [
    "awk", "bc", "comm", "diff", "egrep", "fgrep", "find", "grep", "join", "patch", "sed", "seq", "sort",
    "tsort",
];
/// Bytes of a text that is evaluated.
const TEXT_BYTES_MAX: usize = 64 << 10;
/// How deep they may be nested.
const NESTING_MAX: u32 = 32;

/// Whether bashkit may offer a program.
pub(super) fn keeps(name: &str) -> bool {
    !NO_REPEAT.contains(&name) && !NOT_NEEDED.contains(&name)
}

// T-SH-03, T-SH-06, T-SH-22, T-SH-23, T-SH-24.
/// Why a program is refused with these arguments.
fn with_arguments(name: &str, arguments: &[String]) -> Option<&'static str> {
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
            // Its reader recurses without a limit.
            Some("an expression of more than 64 parentheses and negations is refused")
        }
        // What they take apart again for each of its parts.
        "eval" | "trap" | "alias" if arguments.iter().map(String::len).sum::<usize>() > TEXT_BYTES_MAX => {
            Some("a text of more than 64 KiB is not evaluated; write it into a file and run that")
        }
        // Without a year, it is the year of the operating system's clock that decides whether the day exists.
        "touch" if arguments.iter().any(|text| stamp_without_year(text)) => {
            Some("touch: a time without a year is refused: it would not repeat in a replay; use CCYYMMDDhhmm")
        }
        _ => None,
    }
}

/// Eight digits, with or without seconds, alone or after `-t`.
fn stamp_without_year(text: &str) -> bool {
    let text = text.rsplit_once('t').map_or(text, |(_, after)| after);
    let stamp = text.split_once('.').map_or(text, |(stamp, _)| stamp);
    stamp.len() == 8 && stamp.bytes().all(|byte| byte.is_ascii_digit())
}

/// Asked before every program.
pub(super) fn before_program(place: Arc<Place>) -> impl Fn(ToolEvent) -> HookAction<ToolEvent> + Send + Sync {
    move |event| {
        if LONG.contains(&event.name.as_str())
            && let Some(files) = place.files()
        {
            files.charge(PROGRAM_FUEL);
        }
        let nests = NESTING.contains(&event.name.as_str());
        let why = match with_arguments(&event.name, &event.args) {
            None if nests && !place.enter(NESTING_MAX) => "programs that run programs are nested too deeply",
            None => return HookAction::Continue(event),
            Some(why) => why,
        };
        place.note(why.to_owned());
        HookAction::Cancel(why.to_owned())
    }
}

/// Told after every program that was not refused and did not end the command.
pub(super) fn after_program(
    place: Arc<Place>,
) -> impl Fn(ToolResult) -> HookAction<ToolResult> + Send + Sync {
    move |result| {
        if NESTING.contains(&result.name.as_str()) {
            place.leave();
        }
        HookAction::Continue(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, arguments: &str, refused: bool) {
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        assert_eq!(with_arguments(name, &arguments).is_some(), refused, "{name} {arguments:?}");
    }

    #[test]
    fn no_program_is_kept_and_left_out() {
        assert!(keeps("grep") && keeps("eval") && !keeps("shuf") && !keeps("yq") && !keeps("tar"));
        assert!(NESTING.iter().all(|name| keeps(name)));
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
