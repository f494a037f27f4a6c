//! The property of an interpreter that forks rely on: no state outside of linear memory can differ after a call has
//! returned.

use wasmparser::{Operator, Parser, Payload};

use crate::error::SandboxError;

/// Maximum number of mutable globals of a module. The one of a compiled C program is its stack pointer: each function that
/// moves it restores it before it returns.
const MUTABLE_GLOBALS_MAX: usize = 1;

/// Checks that a module keeps all of its state in linear memory.
///
/// # Errors
///
/// [`SandboxError::Interpreter`] when it has more than one mutable global, an instruction that changes a table or a segment,
/// or is not a module.
pub(crate) fn check_state_is_in_memory(wasm: &[u8]) -> Result<(), SandboxError> {
    count_operators(wasm).map(drop)
}

/// Checks as [`check_state_is_in_memory`] does, and returns the number of mutable globals and of instructions.
fn count_operators(wasm: &[u8]) -> Result<(usize, u64), SandboxError> {
    let broken = |error: wasmparser::BinaryReaderError| SandboxError::Interpreter(error.to_string());
    let (mut mutable_globals, mut operators) = (0, 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(broken)? {
            Payload::GlobalSection(globals) => {
                for global in globals {
                    mutable_globals += usize::from(global.map_err(broken)?.ty.mutable);
                }
            }
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().map_err(broken)? {
                    operators += 1;
                    check_operator(&operator.map_err(broken)?)?;
                }
            }
            _ => {}
        }
    }
    if mutable_globals > MUTABLE_GLOBALS_MAX {
        let why = format!(
            "it has {mutable_globals} mutable globals; at most {MUTABLE_GLOBALS_MAX}, its stack pointer"
        );
        return Err(SandboxError::Interpreter(why));
    }
    Ok((mutable_globals, operators))
}

fn check_operator(operator: &Operator<'_>) -> Result<(), SandboxError> {
    let keeps_state = matches!(
        operator,
        Operator::TableSet { .. }
            | Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. }
            | Operator::ElemDrop { .. }
            | Operator::DataDrop { .. }
            | Operator::MemoryInit { .. }
    );
    if keeps_state {
        return Err(SandboxError::Interpreter(format!("it keeps state outside of its memory: {operator:?}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interpreter_keeps_all_of_its_state_in_linear_memory() {
        let (mutable_globals, operators) = count_operators(&hyperspace_python::module_wasm()).unwrap();
        assert_eq!(mutable_globals, 1);
        assert!(operators > 1_000_000, "the code was not found: {operators} operators");
    }

    #[test]
    fn the_shell_keeps_all_of_its_state_in_linear_memory_and_copies_in_loops() {
        let module = hyperspace_shell::module_wasm();
        let (mutable_globals, operators) = count_operators(&module).unwrap();
        assert_eq!(mutable_globals, 1);
        assert!(operators > 1_000_000, "the code was not found: {operators} operators");
        let mut bulk = 0;
        for payload in Parser::new(0).parse_all(&module) {
            if let Payload::CodeSectionEntry(body) = payload.unwrap() {
                for operator in body.get_operators_reader().unwrap() {
                    let operator = operator.unwrap();
                    bulk += usize::from(matches!(
                        operator,
                        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. }
                    ));
                }
            }
        }
        assert_eq!(bulk, 0, "one of these copies any length for one unit of fuel");
    }

    #[test]
    fn a_module_that_keeps_state_elsewhere_is_refused() {
        let refused =
            |text: &str| check_state_is_in_memory(&wat::parse_str(text).unwrap()).unwrap_err().to_string();
        let table = "(module (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))";
        assert!(refused(table).contains("TableSet"));
        let globals = "(module (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0)))";
        assert!(refused(globals).contains("2 mutable globals"));
        assert!(check_state_is_in_memory(b"\0asm").is_err());
        check_state_is_in_memory(&wat::parse_str("(module (global i32 (i32.const 0)))").unwrap()).unwrap();
    }
}
