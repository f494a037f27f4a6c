//! Everything that an embedder names.
