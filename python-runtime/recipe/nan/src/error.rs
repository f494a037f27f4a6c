use wasmparser::BinaryReaderError;

/// A module that cannot be made canonical, or is not.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalNanError {
    /// The module is not valid.
    #[error("the module is not valid: {0}")]
    Invalid(#[from] BinaryReaderError),
    /// It has what the compilers of the recipe do not write.
    #[error("{place}: {what}")]
    Unsupported {
        /// The function, import, export or global.
        place: String,
        /// The part that is not supported.
        what: &'static str,
    },
    /// It has been made canonical already.
    #[error("the module has been made canonical already")]
    Again,
    /// The bits of a NaN can be seen that is not canonical.
    #[error(
        "function {function}: the bits of what the instruction at {offset:#x} gives can be seen, and may be those of any NaN"
    )]
    Visible {
        /// The index of the function.
        function: u32,
        /// The place of the instruction in the module.
        offset: usize,
    },
}
