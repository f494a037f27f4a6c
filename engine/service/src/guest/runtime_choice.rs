//! The runtime of a request: the one that it names, or the one that its packages need.

use hyperspace_eval::{Packages, numpy_needed};
use hyperspace_sandbox::RuntimeName;

use super::exec_request::ExecutionRequest;
use crate::error::ServiceError;
use crate::files;

/// A runtime, the reason why it is not the plain one, and the packages of the request.
pub(super) struct RuntimeChoice {
    pub(super) name: RuntimeName,
    pub(super) reason: Option<String>,
    pub(super) packages: Packages,
}

impl ExecutionRequest {
    /// Returns the runtime of the request.
    ///
    /// # Errors
    ///
    /// Class `Usage` when something given as a package is not one.
    pub(super) fn chosen_runtime(&self) -> Result<RuntimeChoice, ServiceError> {
        let packages = files::read_packages(&self.packages)?;
        if let Some(name) = self.runtime {
            return Ok(RuntimeChoice { name, reason: None, packages });
        }
        let place = packages.numpy_import().map(str::to_owned).or_else(|| numpy_needed(&self.modules));
        let name = if place.is_some() { RuntimeName::Science } else { RuntimeName::Plain };
        let reason = place.map(|place| {
            format!("{place}, so this ran in the science runtime; --runtime plain keeps the plain one")
        });
        Ok(RuntimeChoice { name, reason, packages })
    }
}

#[cfg(test)]
mod tests {
    use hyperspace_core::FileSet;

    use super::*;

    #[test]
    fn a_request_has_the_runtime_that_it_names_or_else_that_of_its_packages() {
        let request = ExecutionRequest::new("a.py", "import numpy");
        assert_eq!(request.chosen_runtime().unwrap().name, RuntimeName::Plain);
        let modules = FileSet::from_files([("tools/a.py", b"import numpy as np".as_slice())]).unwrap();
        let request = request.modules(modules);
        let choice = request.chosen_runtime().unwrap();
        assert_eq!(choice.name, RuntimeName::Science);
        assert!(choice.reason.unwrap().starts_with("tools/a.py, line 1, imports numpy"));
        let named = request.runtime(RuntimeName::Plain).chosen_runtime().unwrap();
        assert_eq!((named.name, named.reason), (RuntimeName::Plain, None));
    }
}
