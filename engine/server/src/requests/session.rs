//! Requests about sessions.

use std::collections::BTreeMap;

use hyperspace_service::ExecutionRequest;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{RequestError, file_set, limits, whole};

/// Starts a session, in which each piece of code goes on where the one before it stopped.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionRequest {
    /// Texts of files in the folder that the code starts in, by relative path. It may change them.
    pub files: BTreeMap<String, String>,
    /// Texts of modules that the code can import, by relative path.
    pub packages: BTreeMap<String, String>,
    /// Units of fuel of each piece of code. Default 20 billion.
    #[schema(minimum = 1_000_000, maximum = 9_007_199_254_740_992_u64)]
    #[serde(deserialize_with = "whole::optional")]
    pub fuel: Option<u64>,
    /// MiB of memory, the interpreter's included. Default 256.
    #[schema(minimum = 1, maximum = 4_096)]
    #[serde(deserialize_with = "whole::optional")]
    pub memory_mib: Option<u64>,
    /// Keys all randomness. Default 0.
    #[schema(format = "uint64", minimum = 0, maximum = 18_446_744_073_709_551_615_u64)]
    #[serde(deserialize_with = "whole::required")]
    pub seed: u64,
}

impl SessionRequest {
    /// Returns the request of the application layer.
    ///
    /// # Errors
    ///
    /// [`RequestError`] when a path or a limit is out of range.
    pub fn into_execution(self) -> Result<ExecutionRequest, RequestError> {
        Ok(ExecutionRequest::new("session", "")
            .limits(limits(self.fuel, self.memory_mib)?)
            .seed(self.seed)
            .files(file_set("files", self.files)?)
            .modules(file_set("packages", self.packages)?))
    }
}

/// Executes code in a session.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SessionCodeRequest {
    /// The code. The value of a last expression is its result.
    pub code: String,
    /// Names that are set before, with JSON values: an object, as it was written, so that integers keep every digit.
    #[serde(default = "no_variables")]
    #[schema(value_type = Object)]
    pub variables: Box<RawValue>,
}

fn no_variables() -> Box<RawValue> {
    RawValue::from_string("{}".to_owned()).unwrap_or_default()
}
