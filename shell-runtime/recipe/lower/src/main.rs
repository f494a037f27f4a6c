//! `lower IN.wasm OUT.wasm`: replaces every `memory.copy` and `memory.fill` by a call of a function that does the same in a loop, so
//! that a copy costs fuel by its length. `lower --digest FILE`: prints the BLAKE3 digest of a file. `lower --memory-digest FILE`: prints
//! that of the memory that a new instance of a module has, and its length.
//!
//! The other bulk-memory instructions must not occur. The result is validated.

#[path = "../../../../python-runtime/recipe/snapshot/src/memory.rs"]
mod memory;

use anyhow::{Context, Result, bail, ensure};
use wasmparser::{Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};

const TYPE: u8 = 1;
const FUNCTION: u8 = 3;
const CODE: u8 = 10;
const DATA_COUNT: u8 = 12;

/// The body of `copy(to, from, bytes)`: 32 bytes at a time where that is possible, backwards where the ranges overlap so. A range that
/// leaves the memory traps at the first byte outside, and not before the first one inside: a trap ends the guest in both cases.
fn copy_body() -> Vec<u8> {
    let mut code = Body::new();
    // to > from and to < from + bytes: backwards.
    code.get(0).get(1).op(I32_SUB).get(2).op(I32_LT_U).if_();
    code.block().loop_();
    code.get(2).constant(16).op(I32_LT_U).br_if(1);
    code.add(2, -16);
    code.get(0).get(2).op(I32_ADD).get(1).get(2).op(I32_ADD).load128(0).store128(0);
    code.br(0).end().end();
    code.block().loop_();
    code.get(2).op(I32_EQZ).br_if(1);
    code.add(2, -1);
    code.get(0).get(2).op(I32_ADD).get(1).get(2).op(I32_ADD).load8().store8();
    code.br(0).end().end();
    code.op(RETURN).end();
    code.block().loop_();
    code.get(2).constant(32).op(I32_LT_U).br_if(1);
    code.get(0).get(1).load128(0).store128(0).get(0).get(1).load128(16).store128(16);
    code.add(0, 32).add(1, 32).add(2, -32);
    code.br(0).end().end();
    code.block().loop_();
    code.get(2).constant(8).op(I32_LT_U).br_if(1);
    code.get(0).get(1).load64().store64();
    code.add(0, 8).add(1, 8).add(2, -8);
    code.br(0).end().end();
    code.block().loop_();
    code.get(2).op(I32_EQZ).br_if(1);
    code.get(0).get(1).load8().store8();
    code.add(0, 1).add(1, 1).add(2, -1);
    code.br(0).end().end();
    code.finish(0)
}

/// The body of `fill(to, value, bytes)`.
fn fill_body() -> Vec<u8> {
    let mut code = Body::new();
    // Local 3 is the value in each of 16 bytes.
    code.get(1).splat().set(3);
    code.block().loop_();
    code.get(2).constant(32).op(I32_LT_U).br_if(1);
    code.get(0).get(3).store128(0).get(0).get(3).store128(16);
    code.add(0, 32).add(2, -32);
    code.br(0).end().end();
    code.block().loop_();
    code.get(2).op(I32_EQZ).br_if(1);
    code.get(0).get(1).store8();
    code.add(0, 1).add(2, -1);
    code.br(0).end().end();
    code.finish(1)
}

const RETURN: u8 = 0x0f;
const I32_EQZ: u8 = 0x45;
const I32_LT_U: u8 = 0x49;
const I32_ADD: u8 = 0x6a;
const I32_SUB: u8 = 0x6b;

/// The body of a function of three 32-bit numbers, as it is written.
struct Body(Vec<u8>);

impl Body {
    fn new() -> Self {
        Self(Vec::new())
    }

    fn op(&mut self, code: u8) -> &mut Self {
        self.0.push(code);
        self
    }

    fn get(&mut self, local: u8) -> &mut Self {
        self.op(0x20).op(local)
    }

    fn set(&mut self, local: u8) -> &mut Self {
        self.op(0x21).op(local)
    }

    fn constant(&mut self, value: i64) -> &mut Self {
        self.op(0x41);
        push_signed(&mut self.0, value);
        self
    }

    fn add(&mut self, local: u8, value: i64) -> &mut Self {
        self.get(local).constant(value).op(I32_ADD).set(local)
    }

    fn if_(&mut self) -> &mut Self {
        self.op(0x04).op(0x40)
    }

    fn block(&mut self) -> &mut Self {
        self.op(0x02).op(0x40)
    }

    fn loop_(&mut self) -> &mut Self {
        self.op(0x03).op(0x40)
    }

    fn end(&mut self) -> &mut Self {
        self.op(0x0b)
    }

    fn br(&mut self, depth: u8) -> &mut Self {
        self.op(0x0c).op(depth)
    }

    fn br_if(&mut self, depth: u8) -> &mut Self {
        self.op(0x0d).op(depth)
    }

    fn load128(&mut self, offset: u8) -> &mut Self {
        self.op(0xfd).op(0x00).op(0).op(offset)
    }

    fn store128(&mut self, offset: u8) -> &mut Self {
        self.op(0xfd).op(0x0b).op(0).op(offset)
    }

    /// Makes a vector of a byte.
    fn splat(&mut self) -> &mut Self {
        self.op(0xfd).op(0x0f)
    }

    fn load64(&mut self) -> &mut Self {
        self.op(0x29).op(0).op(0)
    }

    fn store64(&mut self) -> &mut Self {
        self.op(0x37).op(0).op(0)
    }

    fn load8(&mut self) -> &mut Self {
        self.op(0x2d).op(0).op(0)
    }

    fn store8(&mut self) -> &mut Self {
        self.op(0x3a).op(0).op(0)
    }

    /// Returns the body with its length and with that many locals of 128 bits.
    fn finish(&mut self, locals128: u8) -> Vec<u8> {
        let mut body = if locals128 == 0 { vec![0] } else { vec![1, locals128, 0x7b] };
        body.append(&mut self.0);
        body.push(0x0b);
        let mut out = Vec::new();
        push_unsigned(&mut out, body.len() as u64);
        out.append(&mut body);
        out
    }
}

fn push_unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn push_signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

fn push_section(out: &mut Vec<u8>, id: u8, content: &[u8]) {
    out.push(id);
    push_unsigned(out, content.len() as u64);
    out.extend_from_slice(content);
}

/// Splits a section into the number of its entries and their bytes.
fn entries(section: &[u8]) -> Result<(u64, &[u8])> {
    let (mut value, mut shift) = (0_u64, 0);
    for (index, byte) in section.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, &section[index + 1..]));
        }
        shift += 7;
    }
    bail!("a section ends early")
}

/// Numbers of the functions that stand for the instructions.
struct Helpers {
    copy: u32,
    fill: u32,
}

/// Returns the body of a function with calls in place of the instructions, and the number of these.
fn rewritten(body: &wasmparser::FunctionBody<'_>, wasm: &[u8], helpers: &Helpers) -> Result<(Vec<u8>, u64)> {
    let range = body.range();
    let (mut out, mut done, mut count) = (Vec::new(), range.start as usize, 0);
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let start = reader.original_position() as usize;
        let operator = reader.read()?;
        let end = reader.original_position() as usize;
        let helper = match operator {
            Operator::MemoryCopy { dst_mem: 0, src_mem: 0 } => helpers.copy,
            Operator::MemoryFill { mem: 0 } => helpers.fill,
            Operator::MemoryCopy { .. }
            | Operator::MemoryFill { .. }
            | Operator::MemoryInit { .. }
            | Operator::DataDrop { .. }
            | Operator::TableCopy { .. }
            | Operator::TableFill { .. }
            | Operator::TableInit { .. } => bail!("{operator:?} has no replacement"),
            _ => continue,
        };
        out.extend_from_slice(&wasm[done..start]);
        out.push(0x10);
        push_unsigned(&mut out, u64::from(helper));
        (done, count) = (end, count + 1);
    }
    out.extend_from_slice(&wasm[done..range.end as usize]);
    let mut whole = Vec::with_capacity(out.len() + 5);
    push_unsigned(&mut whole, out.len() as u64);
    whole.append(&mut out);
    Ok((whole, count))
}

fn lower(wasm: &[u8]) -> Result<(Vec<u8>, u64)> {
    let (mut types, mut functions) = (0, 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => types = section.count(),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    functions += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(section) => functions += section.count(),
            _ => {}
        }
    }
    let helpers = Helpers { copy: functions, fill: functions + 1 };
    let mut out = wasm.get(..8).context("it is no module")?.to_vec();
    let (mut bodies, mut body_count, mut replaced) = (Vec::new(), 0, 0);
    let mut code_done = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = &payload {
            let (body, count) = rewritten(body, wasm, &helpers)?;
            bodies.extend_from_slice(&body);
            (body_count, replaced) = (body_count + 1, replaced + count);
            continue;
        }
        let Some((id, range)) = payload.as_section() else { continue };
        let content = &wasm[range.start as usize..range.end as usize];
        if !code_done && body_count > 0 && id != CODE {
            push_code(&mut out, &bodies, body_count);
            code_done = true;
        }
        match id {
            // The function type of both: three numbers, no result.
            TYPE => {
                let (count, rest) = entries(content)?;
                let mut section = Vec::new();
                push_unsigned(&mut section, count + 1);
                section.extend_from_slice(rest);
                section.extend_from_slice(&[0x60, 3, 0x7f, 0x7f, 0x7f, 0]);
                push_section(&mut out, TYPE, &section);
            }
            FUNCTION => {
                let (count, rest) = entries(content)?;
                let mut section = Vec::new();
                push_unsigned(&mut section, count + 2);
                section.extend_from_slice(rest);
                push_unsigned(&mut section, u64::from(types));
                push_unsigned(&mut section, u64::from(types));
                push_section(&mut out, FUNCTION, &section);
            }
            CODE | DATA_COUNT => {}
            id => push_section(&mut out, id, content),
        }
    }
    if !code_done {
        push_code(&mut out, &bodies, body_count);
    }
    Ok((out, replaced))
}

fn push_code(out: &mut Vec<u8>, bodies: &[u8], count: u64) {
    let mut section = Vec::with_capacity(bodies.len() + 200);
    push_unsigned(&mut section, count + 2);
    section.extend_from_slice(bodies);
    section.extend_from_slice(&copy_body());
    section.extend_from_slice(&fill_body());
    push_section(out, CODE, &section);
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--digest", file] => println!("{}", blake3::hash(&std::fs::read(file)?).to_hex()),
        ["--memory-digest", file] => println!("{}", memory::described(&std::fs::read(file)?)?),
        [input, output] => {
            let (lowered, replaced) = lower(&std::fs::read(input)?)?;
            let mut features = WasmFeatures::default();
            features.remove(WasmFeatures::BULK_MEMORY);
            let validated = Validator::new_with_features(features).validate_all(&lowered);
            validated.context("what was written is no module without bulk memory")?;
            ensure!(replaced > 0, "nothing was replaced; is this the right module?");
            eprintln!("lower: {replaced} instructions replaced, {} bytes", lowered.len());
            std::fs::write(output, lowered)?;
        }
        _ => bail!("usage: lower IN.wasm OUT.wasm | lower --digest FILE | lower --memory-digest FILE"),
    }
    Ok(())
}
