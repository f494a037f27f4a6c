//! The initial memory of a module, as the product finds it in its cache folder. The recipe of the shell uses this file, too.

use anyhow::{Result, bail, ensure};
use wasmparser::{DataKind, Operator, Parser, Payload};

const WASM_PAGE: usize = 65_536;

/// Returns digest and length of the memory that a new instance of this module has, as a line for `manifest.py`.
pub fn described(wasm: &[u8]) -> Result<String> {
    let memory = initial(wasm)?;
    Ok(format!("{} {}", blake3::hash(&memory).to_hex(), memory.len()))
}

fn initial(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut initial = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::MemorySection(section) => {
                ensure!(section.count() == 1, "the module does not have one memory");
                for memory in section {
                    initial = vec![0; usize::try_from(memory?.initial)? * WASM_PAGE];
                }
            }
            Payload::DataSection(section) => {
                for segment in section {
                    let segment = segment?;
                    let offset_expr = match segment.kind {
                        DataKind::Active { memory_index: 0, offset_expr } => offset_expr,
                        // Only an instruction places these, and there is none.
                        DataKind::Passive => continue,
                        DataKind::Active { .. } => bail!("the module has data for another memory"),
                    };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else {
                        bail!("the module has data without a fixed position");
                    };
                    let start = value as u32 as usize;
                    let place = initial.get_mut(start..start + segment.data.len());
                    let Some(place) = place else { bail!("the module's data do not fit its memory") };
                    place.copy_from_slice(segment.data);
                }
            }
            _ => {}
        }
    }
    ensure!(!initial.is_empty(), "the module has no memory");
    Ok(initial)
}
