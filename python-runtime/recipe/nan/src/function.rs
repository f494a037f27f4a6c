//! Functions, read from a module and written back with what makes their NaN canonical.

use wasm_encoder::{Encode, Instruction as Write};
use wasmparser::{
    BlockType, FuncValidator, FunctionBody, Operator, OperatorsReader, ValType, WasmModuleResources,
};

use crate::effect::{Effect, effect};
use crate::flow::{Function, Instruction, Kind, Step};
use crate::module::Canonical;
use crate::replacement::Replacement;
use crate::{CanonicalNanError, Width};

/// A function, and where its instructions are in the module.
pub(crate) struct Read {
    /// The index of the function in the module.
    pub(crate) index: u32,
    function: Function,
    /// The width of what each instruction makes canonical, as [`Replacement::write`] writes it.
    pub(crate) canonical: Vec<Option<Width>>,
    /// The ends of the instructions; the first begins at `begin`.
    pub(crate) ends: Vec<usize>,
    begin: usize,
    /// The width of what each instruction computes, if that can be a NaN.
    computed: Vec<Option<Width>>,
}

impl Read {
    /// Reads and validates a function.
    ///
    /// # Errors
    ///
    /// [`CanonicalNanError::Invalid`], and [`CanonicalNanError::Unsupported`] for functions and blocks with several results, blocks with parameters
    /// and operations that are not known.
    pub(crate) fn new<T: WasmModuleResources>(
        body: &FunctionBody<'_>,
        validator: &mut FuncValidator<T>,
    ) -> Result<Self, CanonicalNanError> {
        let index = validator.index();
        let unsupported = |what| unsupported(index, what);
        let resources = validator.resources();
        let of = resources.type_index_of_function(index).and_then(|of| resources.sub_type_at(of));
        let signature = of.ok_or_else(|| unsupported("it has no type"))?.unwrap_func();
        let parameters = signature.params().len();
        let results = kinds(signature.results()).map_err(unsupported)?;
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let locals = (0..validator.len_locals())
            .map(|at| validator.get_local_type(at).map_or(Kind::Other, kind))
            .collect();
        let mut read = Self {
            index,
            function: Function { locals, parameters, results, instructions: Vec::new() },
            canonical: Vec::new(),
            begin: reader.original_position(),
            ends: Vec::new(),
            computed: Vec::new(),
        };
        let mut operators = OperatorsReader::new(reader);
        let mut last: [Option<Operator<'_>>; 5] = Default::default();
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            let (pops, pushes) = operator
                .operator_arity(&validator.visitor(offset))
                .ok_or_else(|| unsupported("an operation has no known number of operands"))?;
            let step = step(&operator, validator.resources()).map_err(unsupported)?;
            validator.op(offset, &operator)?;
            let pushes: Vec<_> = match step {
                Step::Get(_) | Step::Tee(_) | Step::Select | Step::Plain(_) => (0..pushes as usize)
                    .map(|depth| validator.get_operand_type(depth).flatten().map_or(Kind::Other, kind))
                    .collect(),
                _ => Vec::new(),
            };
            read.computed.push(match step {
                Step::Plain(Effect::Compute(width)) => Some(width),
                _ => None,
            });
            last.rotate_left(1);
            last[4] = Some(operator);
            // It takes the place of what lies on the stack, which has to be in the variable: the instruction before put or found it there.
            let held = read
                .function
                .instructions
                .len()
                .checked_sub(5)
                .map(|at| &read.function.instructions[at].step);
            read.canonical.push(match (canonical_value(&last), held) {
                (Some((width, local)), Some(Step::Get(of) | Step::Tee(of))) if *of == local => Some(width),
                _ => None,
            });
            read.function.instructions.push(Instruction { step, pops: pops as usize, pushes });
            read.ends.push(operators.original_position());
        }
        Ok(read)
    }

    /// Returns what has to be made canonical beside what `canonical` names.
    ///
    /// # Errors
    ///
    /// [`CanonicalNanError::Unsupported`].
    pub(crate) fn marks(
        &self,
        canonical: Vec<Option<Width>>,
    ) -> Result<Vec<Option<Width>>, CanonicalNanError> {
        self.function.marks(canonical).map_err(|what| unsupported(self.index, what))
    }

    /// Returns the function's body with what makes the marked values canonical. With `scrambled`, each other value that can be a NaN gets its bits.
    ///
    /// # Errors
    ///
    /// [`CanonicalNanError::Invalid`].
    pub(crate) fn written(
        &self,
        wasm: &[u8],
        body: &FunctionBody<'_>,
        marks: &[Option<Width>],
        scrambled: bool,
        done: &mut Canonical,
    ) -> Result<Vec<u8>, CanonicalNanError> {
        let mut scratch = Scratch { first: self.function.locals.len(), locals: Vec::new() };
        let mut code = Vec::new();
        let mut from = self.begin;
        for (at, instruction) in self.function.instructions.iter().enumerate() {
            code.extend_from_slice(&wasm[from..self.ends[at]]);
            from = self.ends[at];
            done.computed += usize::from(self.computed[at].is_some());
            let (width, replacement) = match (marks[at], self.computed[at]) {
                (Some(width), _) => (width, Replacement::Canonical),
                (None, Some(width)) if scrambled => (width, Replacement::Scrambled),
                _ => continue,
            };
            done.made += usize::from(replacement == Replacement::Canonical);
            let of = match instruction.step {
                Step::End => self.function.result_of_block(at),
                _ => instruction.pushes.first().copied(),
            };
            // A mark is on an instruction that leaves a value.
            let Some(of) = of else { continue };
            let local = match instruction.step {
                Step::Get(local) => local,
                _ => {
                    let local = scratch.local(of);
                    Write::LocalTee(local).encode(&mut code);
                    local
                }
            };
            replacement.write(of, width, local, &mut code);
        }
        let mut written = Vec::new();
        // The declarations as they are, after their number.
        let mut declared = body.get_binary_reader();
        (declared.read_var_u32()? + length(scratch.locals.len())).encode(&mut written);
        written.extend_from_slice(&wasm[declared.original_position()..self.begin]);
        for of in scratch.locals {
            1_u32.encode(&mut written);
            written.push(type_code(of));
        }
        written.extend_from_slice(&code);
        Ok(written)
    }
}

fn unsupported(function: u32, what: &'static str) -> CanonicalNanError {
    CanonicalNanError::Unsupported { place: format!("function {function}"), what }
}

/// Returns the width and the variable of a value that these instructions make canonical.
fn canonical_value(last: &[Option<Operator<'_>>; 5]) -> Option<(Width, u32)> {
    use Operator as O;
    let [
        Some(nan),
        Some(O::LocalGet { local_index: local }),
        Some(O::LocalGet { local_index: again }),
        Some(equal),
        Some(choice),
    ] = last
    else {
        return None;
    };
    let canonical = Replacement::Canonical;
    let vector =
        |value: &wasmparser::V128, width| u128::from_le_bytes(*value.bytes()) == canonical.bits128(width);
    let width = match (nan, equal, choice) {
        (O::V128Const { value }, O::F64x2Eq, O::V128Bitselect) if vector(value, Width::F64) => Width::F64,
        (O::V128Const { value }, O::F32x4Eq, O::V128Bitselect) if vector(value, Width::F32) => Width::F32,
        (O::F64Const { value }, O::F64Eq, O::Select) if value.bits() == canonical.bits64() => Width::F64,
        (O::F32Const { value }, O::F32Eq, O::Select) if value.bits() == canonical.bits32() => Width::F32,
        _ => return None,
    };
    (local == again).then_some((width, *local))
}

/// Returns the kind of a type.
pub(crate) fn kind(of: ValType) -> Kind {
    match of {
        ValType::F32 => Kind::Scalar(Width::F32),
        ValType::F64 => Kind::Scalar(Width::F64),
        ValType::V128 => Kind::Vector,
        ValType::I32 | ValType::I64 | ValType::Ref(_) => Kind::Other,
    }
}

fn kinds(of: &[ValType]) -> Result<Vec<Kind>, &'static str> {
    if of.len() > 1 {
        return Err("several results are not supported");
    }
    Ok(of.iter().map(|ty| kind(*ty)).collect())
}

fn step<T: WasmModuleResources>(operator: &Operator<'_>, resources: &T) -> Result<Step, &'static str> {
    let results = |block: BlockType| match block {
        BlockType::Empty => Ok(Vec::new()),
        BlockType::Type(of) => kinds(&[of]),
        BlockType::FuncType(of) => {
            let of = resources.sub_type_at(of).ok_or("a block has no type")?.unwrap_func();
            if of.params().is_empty() {
                kinds(of.results())
            } else {
                Err("blocks with parameters are not supported")
            }
        }
    };
    let branch = |labels, conditional, falls| Step::Branch { labels, conditional, falls };
    Ok(match operator {
        Operator::LocalGet { local_index } => Step::Get(*local_index),
        Operator::LocalSet { local_index } => Step::Set(*local_index),
        Operator::LocalTee { local_index } => Step::Tee(*local_index),
        Operator::Block { blockty } => Step::Block(results(*blockty)?),
        Operator::Loop { blockty } => Step::Loop(results(*blockty)?),
        Operator::If { blockty } => Step::If(results(*blockty)?),
        Operator::Else => Step::Else,
        Operator::End => Step::End,
        Operator::Br { relative_depth } => branch(vec![*relative_depth], false, false),
        Operator::BrIf { relative_depth } => branch(vec![*relative_depth], true, true),
        Operator::BrTable { targets } => {
            let mut labels: Vec<_> = targets.targets().flatten().collect();
            labels.push(targets.default());
            labels.sort_unstable();
            labels.dedup();
            branch(labels, true, false)
        }
        Operator::Return => Step::Return,
        Operator::Unreachable => Step::Unreachable,
        Operator::Select | Operator::TypedSelect { .. } => Step::Select,
        other => Step::Plain(effect(other).ok_or("an operation of floating point is not known here")?),
    })
}

/// The local variables that a function gets besides, one of each type.
struct Scratch {
    first: usize,
    locals: Vec<Kind>,
}

impl Scratch {
    fn local(&mut self, of: Kind) -> u32 {
        let at = self.locals.iter().position(|known| *known == of).unwrap_or_else(|| {
            self.locals.push(of);
            self.locals.len() - 1
        });
        length(self.first + at)
    }
}

/// Returns a length that a valid module has.
fn length(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

/// Returns the type of a variable as WebAssembly writes it.
fn type_code(of: Kind) -> u8 {
    match of {
        Kind::Scalar(Width::F32) => 0x7d,
        Kind::Scalar(Width::F64) => 0x7c,
        Kind::Vector => 0x7b,
        Kind::Other => 0x7f,
    }
}
