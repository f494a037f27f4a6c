//! Evaluators in Python: a task brings the code that measures, and it runs in a guest of its own.
//!
//! Two guests take part in a case. The evaluator's guest has the task's files and nothing of the program but its text; the program's
//! guest has the program and nothing of the task. Only data cross between them, through the door of the evaluator
//! (`evaluator_door.rs`), which resumes the program's guest (`program_guest.rs`) while the evaluator waits. The Python code on both
//! sides is the tree `guest-sdk/bridge`.
//!
//! Invariant: if a program fails or answers nonsense, that is the program's fault; every other reason for a missing score is the
//! evaluator's fault, and says so.

mod details;
mod evaluator_door;
mod evaluator_result;
mod numpy_imports;
mod packages;
mod process;
mod program_guest;
mod rooms;
mod run;
mod scorer;
mod settings;
mod text_parts;

pub use self::details::{Artifact, ArtifactObject, CaseDetails};
pub use self::numpy_imports::{NumpyImport, numpy_imports, numpy_needed};
pub use self::packages::Packages;
pub(crate) use self::rooms::bridge_id;
pub(crate) use self::run::{PythonRunner, PythonRunnerSpec};
pub(crate) use self::scorer::{PythonCase, PythonScorer};
pub use self::settings::{EvaluatorCall, Isolation, PythonScoring, Separation};
