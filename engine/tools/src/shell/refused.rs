//! What the shell refuses, because it could not repeat: bashkit takes it from the operating system's randomness or clock.
//!
//! Names and arguments are checked where they are final, before a program runs. `$SRANDOM` can only be recognised in the
//! text of a command: a script that puts its name together at run time reaches it, and a run that used it does not replay.

use std::sync::Arc;

use bashkit::hooks::{HookAction, ToolEvent};

use super::place::Place;

/// Programs that have nothing but chance or clock to give, or a history with times in it.
const PROGRAMS: [&str; 7] = ["fc", "history", "openssl", "shuf", "uuidgen", "vi", "nano"];

/// Whether bashkit may offer a program.
pub(super) fn keeps(name: &str) -> bool {
    !PROGRAMS.contains(&name)
}

/// Why a command is refused by its text.
pub(super) fn in_text(command: &str) -> Result<(), String> {
    match command.contains("SRANDOM") {
        true => Err("$SRANDOM is refused: it would not repeat in a replay. Use $RANDOM.".to_owned()),
        false => Ok(()),
    }
}

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
        "dd" if arguments.iter().any(|text| text.contains("random")) => {
            Some("dd: /dev/urandom is refused here; use `head -c N /dev/urandom`")
        }
        _ => None,
    }
}

/// Asked before every program.
pub(super) fn before_program(place: Arc<Place>) -> impl Fn(ToolEvent) -> HookAction<ToolEvent> + Send + Sync {
    move |event| match with_arguments(&event.name, &event.args) {
        None => HookAction::Continue(event),
        Some(why) => {
            place.note(why.to_owned());
            HookAction::Cancel(why.to_owned())
        }
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
    fn random_orders_and_devices_are_refused_and_nothing_else() {
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
        check("dd", "if=/dev/./urandom count=1", true);
        check("dd", "if=a of=b", false);
        assert!(in_text("echo $SRANDOM").is_err() && in_text("echo $RANDOM").is_ok());
    }
}
