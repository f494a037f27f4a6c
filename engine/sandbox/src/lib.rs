//! Runs untrusted Python in a deterministic, limited WebAssembly sandbox.
