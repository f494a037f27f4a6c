//! Evaluates untrusted candidates on tasks, with scores computed outside the sandbox.
