//! JSON values as Python holds them.

use hyperspace::exact_json;
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList};
use serde_json::Value;

/// Returns the Python value of a JSON value, with integers of any length. An integer with more digits than this Python converts
/// must come from a guest, and stays text.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(value) => value.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => number.into_bound_py_any(py),
            (None, Some(number)) => number.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::String(text) => match exact_json::big_integer(value) {
            Some(digits) => match py.get_type::<PyInt>().call1((digits,)) {
                Ok(number) => Ok(number),
                Err(_) => digits.into_bound_py_any(py),
            },
            None => exact_json::as_text(value).unwrap_or(text).into_bound_py_any(py),
        },
        Value::Array(values) => {
            let items = values.iter().map(|value| to_python(py, value)).collect::<PyResult<Vec<_>>>()?;
            Ok(PyList::new(py, items)?.into_any())
        }
        Value::Object(fields) => {
            let made = PyDict::new(py);
            for (name, value) in fields {
                made.set_item(exact_name(name), to_python(py, value)?)?;
            }
            Ok(made.into_any())
        }
    }
}

/// Returns the name of a field as the guest wrote it.
fn exact_name(name: &str) -> &str {
    name.strip_prefix('\0').filter(|rest| rest.starts_with('\0')).unwrap_or(name)
}
