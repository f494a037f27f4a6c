//! Advice about the end of a program.

use std::path::Path;

use hyperspace_sandbox::{Limits, Outcome, virtual_seconds};

use super::execution_view::ExecutionView;

/// Facts of a program besides its end.
pub(super) struct ProgramContext<'a> {
    pub(super) limits: &'a Limits,
    /// The folder that it comes from.
    pub(super) origin: Option<&'a Path>,
    /// The whole folder of the program is readable to it.
    pub(super) is_whole: bool,
}

impl ProgramContext<'_> {
    /// Returns what can be done about an end, in sentences.
    pub(super) fn hints(&self, view: &ExecutionView) -> Vec<String> {
        let mut found = Vec::new();
        match &view.detail {
            Outcome::Exception { exception, message } if exception == "ModuleNotFoundError" => {
                found.push(self.missing(message));
            }
            Outcome::Exception { exception, .. }
                if exception == "PermissionError" && !view.denials.is_empty() =>
            {
                found.push("only /tmp can be written; what is left there is listed with --json".to_owned());
            }
            Outcome::OutOfFuel => {
                let fuel = self.limits.fuel;
                let seconds = virtual_seconds(fuel);
                found.push(format!(
                    "it had {fuel} units of fuel, which are {seconds} s of its own clock; --fuel gives more"
                ));
            }
            _ => {}
        }
        if !self.is_whole && !view.detail.is_completed() {
            found.push(
                "its folder is too large to be readable as a whole; --mount DIR adds the folders that it needs"
                    .to_owned(),
            );
        }
        found
    }

    /// Returns the advice for a module that was not found.
    fn missing(&self, message: &str) -> String {
        self.origin.and_then(|origin| lies_beside(message, origin)).unwrap_or_else(|| {
            "the sandbox has the standard library only; --packages PATH adds a folder or wheel of pure Python"
                .to_owned()
        })
    }
}

/// Returns the advice for a module that was not found and lies beside the program.
fn lies_beside(message: &str, origin: &Path) -> Option<String> {
    let name = message.strip_prefix("No module named '")?.split(['\'', '.']).next()?;
    let file = origin.join(format!("{name}.py"));
    let found =
        if file.is_file() { Some(file) } else { Some(origin.join(name)).filter(|path| path.is_dir()) };
    let found = found.filter(|_| !name.is_empty())?;
    // A package is found in the folder that holds it.
    let mount = if found.is_dir() { origin } else { &found };
    Some(format!("{} is not in the guest; --mount {} lets it be imported", found.display(), mount.display()))
}
