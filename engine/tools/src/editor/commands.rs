//! The commands of the editor.

use hyperspace_sandbox::{FileError, Files};

use super::request::EditorRequest;
use super::text::{self, LineRange};
use super::undo::{Edit, UndoHistory};
use crate::clip::clipped;
use crate::limits::{LIST_CHARS_MAX, LIST_LEVELS, VIEW_CHARS_MAX};

/// An editor over the files of a guest. One value serves one run of a guest, because it remembers the edits.
#[derive(Debug, Default)]
pub struct Editor {
    undo: UndoHistory,
}

/// Number of places of a text that a refusal names.
const PLACES_SHOWN: usize = 20;

/// The answer of a command, or the reason why nothing was done, without the prefix `Error:`.
type EditorAnswer = Result<String, String>;

impl Editor {
    /// Creates an editor without edits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs one command on `files` and returns the answer for the model.
    pub fn run(&mut self, files: &Files, request: &EditorRequest) -> String {
        let answer = match check_absolute(&request.path) {
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

    fn create(&mut self, files: &Files, request: &EditorRequest) -> EditorAnswer {
        let path = &request.path;
        let text = request.file_text.as_deref().ok_or("`create` needs `file_text`.")?;
        match files.info(path) {
            Err(FileError::NotFound) => {}
            Ok(_) => {
                return Err(format!(
                    "{path} exists already; `create` does not overwrite. Nothing was changed."
                ));
            }
            Err(error) => return Err(describe(path, &error)),
        }
        make_parents(files, path)?;
        files.write(path, text.as_bytes()).map_err(|error| describe(path, &error))?;
        self.undo.push(path, Edit { before: None, after: text.to_owned() });
        Ok(format!("{path} was created ({}).", lines(text)))
    }

    fn str_replace(&mut self, files: &Files, request: &EditorRequest) -> EditorAnswer {
        let path = &request.path;
        let old = request.old_str.as_deref().ok_or("`str_replace` needs `old_str`.")?;
        let new = request.new_str.as_deref().unwrap_or_default();
        if old.is_empty() {
            return Err("`old_str` is empty. Nothing was changed.".to_owned());
        }
        let before = read(files, path)?;
        // Overlapping occurrences count, because each could be meant.
        let (found, count) = text::places(&before, old, PLACES_SHOWN);
        let at = match found.as_slice() {
            [at] => *at,
            [] => {
                return Err(format!(
                    "`old_str` not found in {path} (0 occurrences). White space counts. Nothing was changed."
                ));
            }
            several => {
                let numbers: Vec<String> =
                    text::lines_of(&before, several).iter().map(usize::to_string).collect();
                return Err(format!(
                    "`old_str` appears {count} times in {path}, at lines {}; it must be unique. Nothing was changed.",
                    numbers.join(", "),
                ));
            }
        };
        let after = [&before[..at], new, &before[at + old.len()..]].concat();
        let first = text::line_of(&after, at);
        let edited = LineRange { first, last: first + new.matches('\n').count() };
        self.write(files, path, Edit { before: Some(before), after }, edited)
    }

    fn insert(&mut self, files: &Files, request: &EditorRequest) -> EditorAnswer {
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
        let edited = LineRange { first: line + 1, last: line + inserted.max(1) };
        self.write(files, path, Edit { before: Some(before), after }, edited)
    }

    /// Writes an edit, remembers it, and shows the edited lines.
    fn write(&mut self, files: &Files, path: &str, edit: Edit, edited: LineRange) -> EditorAnswer {
        files.write(path, edit.after.as_bytes()).map_err(|error| describe(path, &error))?;
        let snippet = text::snippet(&edit.after, edited, VIEW_CHARS_MAX);
        self.undo.push(path, edit);
        Ok(format!("{path} was edited. There is now:\n{snippet}"))
    }

    fn undo_edit(&mut self, files: &Files, path: &str) -> EditorAnswer {
        let Some(edit) = self.undo.last(path) else {
            return Err(format!("there is no edit of {path} to take back."));
        };
        if files.read(path).ok().as_deref() != Some(edit.after.as_bytes()) {
            return Err(format!(
                "{path} was changed by something else since its last edit. Nothing was changed."
            ));
        }
        let answer = match &edit.before {
            Some(before) => {
                files.write(path, before.as_bytes()).map_err(|error| describe(path, &error))?;
                let shown = text::numbered(before, 1, VIEW_CHARS_MAX);
                format!("The last edit of {path} was taken back. There is now:\n{shown}")
            }
            None => {
                files.remove_file(path).map_err(|error| describe(path, &error))?;
                format!("The creation of {path} was taken back; there is no such file now.")
            }
        };
        self.undo.pop(path);
        Ok(answer)
    }
}

// T-SH-44, T-SH-45.
/// Checks that a path is absolute.
fn check_absolute(path: &str) -> Result<(), String> {
    if path.starts_with('/') && !path.contains('\0') {
        Ok(())
    } else {
        Err(format!("`path` must be absolute, such as /repo/task_agent.py, and is {path:?}."))
    }
}

/// Describes a failure of a file for the model.
fn describe(path: &str, error: &FileError) -> String {
    match error {
        FileError::NotFound => format!("{path} does not exist."),
        FileError::IsAFolder => format!("{path} is a directory; `view` is all that can be done with it."),
        FileError::Refused(reason) => format!("{path} may not be changed: {reason}. Nothing was changed."),
        FileError::Full => format!("{path}: no space is left. Nothing was changed."),
        other => format!("{path}: {other}. Nothing was changed."),
    }
}

fn read(files: &Files, path: &str) -> EditorAnswer {
    let bytes = files.read(path).map_err(|error| describe(path, &error))?;
    String::from_utf8(bytes).map_err(|_| format!("{path} is not UTF-8 text."))
}

fn lines(text: &str) -> String {
    match text::count_lines(text) {
        1 => "1 line".to_owned(),
        count => format!("{count} lines"),
    }
}

/// Creates the folders above a new file.
fn make_parents(files: &Files, path: &str) -> Result<(), String> {
    for (at, _) in path.match_indices('/').skip(1) {
        let folder = &path[..at];
        match files.info(folder) {
            Ok(info) if info.is_folder => {}
            Ok(_) => return Err(format!("{folder} is no directory. Nothing was changed.")),
            Err(FileError::NotFound) => {
                files.create_folder(folder).map_err(|error| describe(folder, &error))?;
            }
            Err(error) => return Err(describe(folder, &error)),
        }
    }
    Ok(())
}

fn view(files: &Files, request: &EditorRequest) -> EditorAnswer {
    let path = &request.path;
    let info = files.info(path).map_err(|error| describe(path, &error))?;
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
    Ok(text::numbered(text::range(&content, first, last), first, VIEW_CHARS_MAX))
}

/// Lists a folder and its contents down to `levels`, ordered by name.
fn list(files: &Files, folder: &str, levels: usize, listing: &mut String) -> Result<(), String> {
    let entries = files.list(folder).map_err(|error| describe(folder, &error))?;
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
