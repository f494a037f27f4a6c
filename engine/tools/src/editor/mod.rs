//! The editor: looks at files and changes them, one command at a time.
//!
//! A change is exact: nothing is normalised, tabs and line ends stay as they are. Every answer is text; one that begins
//! with `Error:` changed nothing.

mod text;
mod undo;

use hyperspace_sandbox::{FileError, Files};
use serde::Deserialize;

use crate::clip::clipped;
use crate::limits::{LIST_CHARS_MAX, LIST_LEVELS, VIEW_CHARS_MAX};
use undo::{Step, Undo};

/// One command, as `tool.editor` carries it. A field of another command is ignored, an unknown field refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditorRequest {
    /// `view`, `create`, `str_replace`, `insert` or `undo_edit`.
    pub command: String,
    /// Absolute path in the guest.
    pub path: String,
    /// `create`: the content.
    pub file_text: Option<String>,
    /// `str_replace`: what is replaced; must occur exactly once.
    pub old_str: Option<String>,
    /// `str_replace` and `insert`: the new text. Default for `str_replace`: none.
    pub new_str: Option<String>,
    /// `insert`: the line after which to insert; 0 is the beginning.
    pub insert_line: Option<i64>,
    /// `view`: first and last line; a last line of −1 is the end.
    pub view_range: Option<(i64, i64)>,
}

/// See the module. One value serves one run of a guest, as it remembers the edits.
#[derive(Debug, Default)]
pub struct Editor {
    undo: Undo,
}

/// An answer: what was done, or why nothing was, without the `Error:`.
type Answer = Result<String, String>;

impl Editor {
    /// An editor that made no edit yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Does one command on `files`; the answer for the model.
    pub fn run(&mut self, files: &Files, request: &EditorRequest) -> String {
        let answer = match absolute(&request.path) {
            Err(why) => Err(why),
            Ok(()) => match request.command.as_str() {
                "view" => view(files, request),
                "create" => self.create(files, request),
                "str_replace" => self.str_replace(files, request),
                "insert" => self.insert(files, request),
                "undo_edit" => self.undo_edit(files, &request.path),
                other => Err(format!(
                    "there is no command `{other}`; there are view, create, str_replace, insert and undo_edit."
                )),
            },
        };
        answer.unwrap_or_else(|why| format!("Error: {why}"))
    }

    fn create(&mut self, files: &Files, request: &EditorRequest) -> Answer {
        let path = &request.path;
        let text = request.file_text.as_deref().ok_or("`create` needs `file_text`.")?;
        match files.info(path) {
            Err(FileError::NotFound) => {}
            Ok(_) => {
                return Err(format!(
                    "{path} exists already; `create` does not overwrite. Nothing was changed."
                ));
            }
            Err(error) => return Err(told(path, &error)),
        }
        make_parents(files, path)?;
        files.write(path, text.as_bytes()).map_err(|error| told(path, &error))?;
        self.undo.push(path, Step { before: None, after: text.to_owned() });
        Ok(format!("{path} was created ({}).", lines(text)))
    }

    fn str_replace(&mut self, files: &Files, request: &EditorRequest) -> Answer {
        let path = &request.path;
        let old = request.old_str.as_deref().ok_or("`str_replace` needs `old_str`.")?;
        let new = request.new_str.as_deref().unwrap_or_default();
        if old.is_empty() {
            return Err("`old_str` is empty. Nothing was changed.".to_owned());
        }
        let before = read(files, path)?;
        // Occurrences may overlap: each is a place that could be meant.
        let found: Vec<usize> = places(&before, old);
        let at = match found.as_slice() {
            [at] => *at,
            [] => {
                return Err(format!(
                    "`old_str` not found in {path} (0 occurrences). White space counts. Nothing was changed."
                ));
            }
            several => {
                let numbers: Vec<String> =
                    several.iter().take(20).map(|&at| text::line_of(&before, at).to_string()).collect();
                return Err(format!(
                    "`old_str` appears {} times in {path}, at lines {}; it must be unique. Nothing was changed.",
                    several.len(),
                    numbers.join(", "),
                ));
            }
        };
        let after = [&before[..at], new, &before[at + old.len()..]].concat();
        let first = text::line_of(&after, at);
        self.write(files, path, before, after, (first, first + new.matches('\n').count()))
    }

    fn insert(&mut self, files: &Files, request: &EditorRequest) -> Answer {
        let path = &request.path;
        let line = request.insert_line.ok_or("`insert` needs `insert_line`.")?;
        let new = request.new_str.as_deref().ok_or("`insert` needs `new_str`.")?;
        let before = read(files, path)?;
        let count = text::count_lines(&before);
        let Some(line) = usize::try_from(line).ok().filter(|line| *line <= count) else {
            return Err(format!(
                "`insert_line` is {line}, but {path} has {}; it must be between 0 and {count}. Nothing was changed.",
                lines(&before)
            ));
        };
        let (after, inserted) = text::with_lines(&before, line, new);
        self.write(files, path, before, after, (line + 1, line + inserted.max(1)))
    }

    /// Writes an edit, remembers it, and shows what is there now.
    fn write(
        &mut self,
        files: &Files,
        path: &str,
        before: String,
        after: String,
        edited: (usize, usize),
    ) -> Answer {
        files.write(path, after.as_bytes()).map_err(|error| told(path, &error))?;
        let snippet = text::snippet(&after, edited);
        self.undo.push(path, Step { before: Some(before), after });
        Ok(format!("{path} was edited. There is now:\n{}", clipped(&snippet, VIEW_CHARS_MAX)))
    }

    fn undo_edit(&mut self, files: &Files, path: &str) -> Answer {
        let Some(step) = self.undo.last(path) else {
            return Err(format!("there is no edit of {path} to take back."));
        };
        if files.read(path).ok().as_deref() != Some(step.after.as_bytes()) {
            return Err(format!(
                "{path} was changed by something else since its last edit. Nothing was changed."
            ));
        }
        let answer = match &step.before {
            Some(before) => {
                files.write(path, before.as_bytes()).map_err(|error| told(path, &error))?;
                let shown = clipped(&text::numbered(before, 1), VIEW_CHARS_MAX);
                format!("The last edit of {path} was taken back. There is now:\n{shown}")
            }
            None => {
                files.remove_file(path).map_err(|error| told(path, &error))?;
                format!("The creation of {path} was taken back; there is no such file now.")
            }
        };
        self.undo.pop(path);
        Ok(answer)
    }
}

// T-SH-44, T-SH-45.
fn absolute(path: &str) -> Result<(), String> {
    match path.starts_with('/') && !path.contains('\0') {
        true => Ok(()),
        false => Err(format!("`path` must be absolute, such as /repo/task_agent.py, and is {path:?}.")),
    }
}

/// A failure of a file, for a model.
fn told(path: &str, error: &FileError) -> String {
    match error {
        FileError::NotFound => format!("{path} does not exist."),
        FileError::IsAFolder => format!("{path} is a directory; `view` is all that can be done with it."),
        FileError::Refused(reason) => format!("{path} may not be changed: {reason}. Nothing was changed."),
        FileError::Full => format!("{path}: no space is left. Nothing was changed."),
        other => format!("{path}: {other}. Nothing was changed."),
    }
}

fn read(files: &Files, path: &str) -> Answer {
    let bytes = files.read(path).map_err(|error| told(path, &error))?;
    String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text."))
}

fn lines(text: &str) -> String {
    match text::count_lines(text) {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

/// Every place where `old` begins in `text`.
fn places(text: &str, old: &str) -> Vec<usize> {
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text[from..].find(old) {
        found.push(from + at);
        // One character further, so that overlapping ones count.
        from += at + text[from + at..].chars().next().map_or(1, char::len_utf8);
    }
    found
}

/// Makes the folders above a new file.
fn make_parents(files: &Files, path: &str) -> Result<(), String> {
    for (at, _) in path.match_indices('/').skip(1) {
        let folder = &path[..at];
        match files.info(folder) {
            Ok(info) if info.is_folder => {}
            Ok(_) => return Err(format!("{folder} is no directory. Nothing was changed.")),
            Err(FileError::NotFound) => {
                files.create_folder(folder).map_err(|error| told(folder, &error))?;
            }
            Err(error) => return Err(told(folder, &error)),
        }
    }
    Ok(())
}

fn view(files: &Files, request: &EditorRequest) -> Answer {
    let path = &request.path;
    let info = files.info(path).map_err(|error| told(path, &error))?;
    if info.is_folder {
        if request.view_range.is_some() {
            return Err(format!("{path} is a directory; `view_range` is for files."));
        }
        let mut listing = String::new();
        list(files, path, LIST_LEVELS, &mut listing)?;
        return Ok(format!(
            "Two levels below {path}, without hidden names:\n{}",
            clipped(&listing, LIST_CHARS_MAX)
        ));
    }
    let content = read(files, path)?;
    let count = text::count_lines(&content);
    let (first, last) = match request.view_range {
        None => (1, count),
        Some((first, last)) => {
            let wanted = usize::try_from(first).unwrap_or(0);
            let end = if last == -1 { count } else { usize::try_from(last).unwrap_or(0) };
            if wanted == 0 || wanted > count || end > count || end < wanted {
                return Err(format!(
                    "`view_range` is [{first}, {last}], but {path} has {}; it must be [first, last] with 1 <= first <= \
                     last <= {count}, or a last of -1 for the end.",
                    lines(&content)
                ));
            }
            (wanted, end)
        }
    };
    let shown = text::numbered(text::range(&content, first, last), first);
    Ok(clipped(&shown, VIEW_CHARS_MAX))
}

/// Lists a folder and what is below it, in order of names.
fn list(files: &Files, folder: &str, levels: usize, listing: &mut String) -> Result<(), String> {
    let entries = files.list(folder).map_err(|error| told(folder, &error))?;
    for entry in entries.iter().filter(|entry| !entry.name.starts_with('.')) {
        let path = format!("{}/{}", folder.trim_end_matches('/'), entry.name);
        listing.push_str(&path);
        listing.push_str(if entry.is_folder { "/\n" } else { "\n" });
        if entry.is_folder && levels > 1 {
            list(files, &path, levels - 1, listing)?;
        }
    }
    Ok(())
}
