//! CPython for WASI: the interpreter's bytes, its library and its guest contract.
