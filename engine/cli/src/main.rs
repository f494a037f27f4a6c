//! The hyperspace command line.

fn main() {}
