//! The Python packages a guest imports, embedded as bytes.
