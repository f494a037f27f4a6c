//! Tests of the whole house: layering, vectors, the installed command.
