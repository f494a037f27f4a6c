//! Content-addressed marks, scopes, the guard, the store and the journal of hyperspace.
