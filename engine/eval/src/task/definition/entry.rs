//! `[entry]`: the function of the candidate that is called.

use hyperspace_core::{EditScope, FileSet, RelPath};
use serde::{Deserialize, Serialize};

use super::code_limits::CodeLimits;
use crate::task::error::TaskError;

/// The function of the candidate that is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct TaskEntry {
    /// The dotted module name, importable from the root of the candidate's tree.
    pub module: String,
    /// The name of the function in it; with [`TaskEntry::class`], of its method.
    pub function: String,
    /// The class of the method, such as `TaskAgent`: `TaskAgent(model=...).forward(inputs)` returns the answer, or a pair whose first
    /// element is the answer.
    #[serde(default)]
    pub class: Option<String>,
    /// The name of the model that the class receives. Without it, the class uses its own default.
    #[serde(default)]
    pub model: Option<String>,
    /// Texts of example calls, for people and prompts; they are not executed.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Globs of the files that a run on the task lets meta agents change, unless the run says otherwise. Empty means the globs of every
    /// run. A glob that ends with `#EVOLVE-BLOCK` allows changes only between such markers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edit_scope: Vec<String>,
    /// Limits on the code of candidates in a run on the task, unless the run says otherwise.
    #[serde(default, skip_serializing_if = "CodeLimits::is_empty")]
    pub code_limits: CodeLimits,
}

impl TaskEntry {
    /// Creates an entry for a function of a module, without class, model and examples.
    #[must_use]
    pub fn new(module: impl Into<String>, function: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            function: function.into(),
            class: None,
            model: None,
            examples: Vec::new(),
            edit_scope: Vec::new(),
            code_limits: CodeLimits::default(),
        }
    }

    /// Returns the two files that the module may be: `MODULE.py` and `MODULE/__init__.py`.
    #[must_use]
    pub fn files(&self) -> [String; 2] {
        let module = self.module.replace('.', "/");
        [format!("{module}.py"), format!("{module}/__init__.py")]
    }

    /// Returns whether these files have the module.
    #[must_use]
    pub fn is_in(&self, files: &FileSet) -> bool {
        self.files().iter().any(|name| RelPath::new(name).is_ok_and(|path| files.get(&path).is_some()))
    }

    pub(crate) fn check(&self, file: &str) -> Result<(), TaskError> {
        let identifier = |part: &str| {
            let mut bytes = part.bytes();
            bytes.next().is_some_and(|b| b == b'_' || b.is_ascii_alphabetic())
                && bytes.all(|b| b == b'_' || b.is_ascii_alphanumeric())
        };
        let Self { module, function, .. } = self;
        if !module.split('.').all(identifier) {
            let expected = "a dotted Python module name such as \"task_agent\"";
            return Err(TaskError::field(file, "entry.module", expected, format!("{module:?}")));
        }
        let top = module.split('.').next().unwrap_or(module);
        let is_of_sdk = |path: &str| path.split(['/', '.']).next() == Some(top);
        if hyperspace_guest::sdk_files().keys().any(|path| is_of_sdk(path)) {
            let expected = "a module of the candidate, not one of the SDK (agent, hyperspace); rename it, for example to \"task_agent\"";
            return Err(TaskError::field(file, "entry.module", expected, format!("{module:?}")));
        }
        if !identifier(function) {
            let expected = "a Python function name";
            return Err(TaskError::field(file, "entry.function", expected, format!("{function:?}")));
        }
        if let Some(class) = &self.class
            && (class != "TaskAgent" || module != "task_agent" || function != "forward")
        {
            let expected = "\"TaskAgent\", with module = \"task_agent\" and function = \"forward\"";
            return Err(TaskError::field(file, "entry.class", expected, format!("{class:?} of {module:?}")));
        }
        if !self.edit_scope.is_empty()
            && let Err(error) = EditScope::new(&self.edit_scope)
        {
            let expected = "globs such as \"task_agent.py\", or \"task_agent.py#EVOLVE-BLOCK\"";
            return Err(TaskError::field(file, "entry.edit_scope", expected, error));
        }
        self.code_limits.check(file)?;
        if self.model.is_some() && self.class.is_none() {
            let expected = "no such key without entry.class, which gets the model";
            return Err(TaskError::field(file, "entry.model", expected, "a value"));
        }
        Ok(())
    }
}
