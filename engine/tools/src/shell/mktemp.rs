//! The program `mktemp`, which draws names from the shell's own randomness.

use std::sync::Arc;

use bashkit::{Builtin, BuiltinContext, ExecResult, Result};
use hyperspace_sandbox::{FileError, async_trait};

use super::context::ShellContext;

pub(super) struct Mktemp {
    context: Arc<ShellContext>,
}

impl Mktemp {
    pub(super) fn new(context: Arc<ShellContext>) -> Self {
        Self { context }
    }

    fn letters(&self, count: usize) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let bytes = self.context.random_bytes(count);
        bytes.iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
    }
}

#[async_trait]
impl Builtin for Mktemp {
    /// `mktemp [-d] [-u] [-q] [-t] [-p DIR] [TEMPLATE]`.
    async fn execute(&self, ctx: BuiltinContext<'_>) -> Result<ExecResult> {
        let (mut folder, mut dry, mut parent, mut template) = (false, false, None, None);
        let mut arguments = ctx.args.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "-d" | "--directory" => folder = true,
                "-u" | "--dry-run" => dry = true,
                "-q" | "--quiet" | "--tmpdir" => {}
                "-t" => parent = Some("/tmp".to_owned()),
                "-p" => parent = arguments.next().cloned(),
                text if text.starts_with("--tmpdir=") => {
                    parent = text.split_once('=').map(|(_, dir)| dir.to_owned())
                }
                text if text.starts_with('-') => {
                    return Ok(ExecResult::err(format!("mktemp: unknown option {text}\n"), 1));
                }
                text => template = Some(text.to_owned()),
            }
        }
        let cwd = ctx.cwd.to_string_lossy().into_owned();
        let parent = parent.unwrap_or_else(|| if template.is_some() { cwd } else { "/tmp".to_owned() });
        let template = template.unwrap_or_else(|| "tmp.XXXXXXXXXX".to_owned());
        let end = template.rfind("XXX").map(|at| at + 3);
        let Some(end) = end else {
            return Ok(ExecResult::err(format!("mktemp: too few X's in template '{template}'\n"), 1));
        };
        let start = template[..end].trim_end_matches('X').len();
        let name = format!("{}{}{}", &template[..start], self.letters(end - start), &template[end..]);
        let path =
            if name.starts_with('/') { name } else { format!("{}/{name}", parent.trim_end_matches('/')) };
        let made = match (self.context.files(), dry) {
            (_, true) => Ok(()),
            (Some(files), false) if folder => files.create_folder(&path),
            (Some(files), false) => files.write(&path, b""),
            (None, false) => Err(FileError::Gone),
        };
        Ok(match made {
            Ok(()) => ExecResult::ok(format!("{path}\n")),
            Err(error) => ExecResult::err(format!("mktemp: failed to create '{path}': {error}\n"), 1),
        })
    }
}
