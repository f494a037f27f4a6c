//! Re-executes recorded generations and reports the first difference.
