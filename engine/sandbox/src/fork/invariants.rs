//! What forks rely on, checked of the interpreter itself: no state outside of linear memory that could differ after a call
//! returned.

use wasmparser::{Operator, Parser, Payload};

#[test]
fn the_interpreter_keeps_all_of_its_state_in_linear_memory() {
    let wasm = hyperspace_python::module_wasm();
    let (mut mutable_globals, mut tables, mut operators) = (0, 0, 0_u64);
    for payload in Parser::new(0).parse_all(&wasm) {
        match payload.unwrap() {
            Payload::GlobalSection(globals) => {
                mutable_globals +=
                    globals.into_iter().filter(|global| global.as_ref().unwrap().ty.mutable).count();
            }
            Payload::TableSection(section) => tables += section.count(),
            Payload::CodeSectionEntry(body) => {
                for operator in body.get_operators_reader().unwrap() {
                    operators += 1;
                    let operator = operator.unwrap();
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
                    assert!(!keeps_state, "{operator:?}");
                }
            }
            _ => {}
        }
    }
    // The one global is the stack pointer: each function that moves it puts it back before it returns.
    assert_eq!((mutable_globals, tables), (1, 1));
    assert!(operators > 1_000_000, "the code was not found: {operators} operators");
}
