//! Programs of the machine, read from data.
//!
//! A program is a list of bundles. A bundle is an object that maps names of engines to lists of slots; a slot is a list of an
//! operation and its operands: `{"alu": [["+", 3, 1, 2]], "load": [["const", 4, 7]]}`. Operands are numbers of scratch words, or
//! immediate numbers where the operation says so. The number of slots that an engine has per bundle is checked here.
//!
//! Long programs are better written as text, one line per bundle: `alu + 3 1 2; load const 4 7` is the bundle above.
//!
//! Attacks that end here: T-CHECK-11.

use hyperspace_core::exact_json;
use serde_json::{Map, Value};

use crate::scorer::{InvalidAnswer, WorkMeter};

use super::super::read;

/// Number of words of scratch space.
pub(super) const SCRATCH_WORDS: usize = 1_536;
/// Number of elements of a vector.
pub(super) const VECTOR: usize = 8;
/// Maximum number of bundles that are read.
const BUNDLES_MAX: usize = 400_000;

/// The engines and their slots per bundle; slots of `debug` are ignored.
const ENGINES: [(&str, usize); 6] =
    [("alu", 12), ("valu", 6), ("load", 2), ("store", 2), ("flow", 1), ("debug", DEBUG_MAX)];

/// Their names in the order of the fields of an object.
const ENGINES_BY_NAME: [&str; ENGINES.len()] = ["alu", "debug", "flow", "load", "store", "valu"];
/// Maximum number of slots of `debug` in a bundle.
const DEBUG_MAX: usize = 1_000;
/// Maximum number of operands of a slot.
const OPERANDS_MAX: usize = 4;

/// A program that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VliwProgram {
    pub(super) bundles: Vec<SlotBundle>,
}

/// The slots of one cycle. A bundle without slots, or with only `debug` slots, takes no cycle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SlotBundle {
    pub(super) slots: Vec<Slot>,
}

/// An elementary operation on words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    DivCeil,
    Xor,
    And,
    Or,
    ShiftLeft,
    ShiftRight,
    Remainder,
    Less,
    Equal,
}

/// The number of a scratch word.
pub(super) type Word = u16;

/// One slot. Words of operands are scratch words; `Immediate` numbers are part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Alu { op: Arithmetic, to: Word, a: Word, b: Word },
    Broadcast { to: Word, from: Word },
    MultiplyAdd { to: Word, a: Word, b: Word, c: Word },
    Elementwise { op: Arithmetic, to: Word, a: Word, b: Word },
    Load { to: Word, address: Word },
    LoadOffset { to: Word, address: Word, offset: u16 },
    VectorLoad { to: Word, address: Word },
    Const { to: Word, value: u32 },
    Store { address: Word, from: Word },
    VectorStore { address: Word, from: Word },
    Select { to: Word, condition: Word, a: Word, b: Word },
    VectorSelect { to: Word, condition: Word, a: Word, b: Word },
    AddImmediate { to: Word, a: Word, value: u32 },
    Halt,
    Pause,
    JumpIf { condition: Word, to: usize },
    JumpIfBy { condition: Word, by: i64 },
    Jump { to: usize },
    JumpIndirect { to: Word },
    CoreId { to: Word },
    Trace { from: Word },
}

impl VliwProgram {
    /// Reads a program from data.
    ///
    /// # Errors
    ///
    /// When something in it is not an operation of the machine, or a bundle has more slots than an engine.
    pub fn read(value: &Value) -> Result<Self, InvalidAnswer> {
        Self::read_within(value, &mut WorkMeter::unbounded())
    }

    /// Reads a program as [`VliwProgram::read`] does, and looks after every bundle whether somebody still waits.
    pub(super) fn read_within(value: &Value, work: &mut WorkMeter) -> Result<Self, InvalidAnswer> {
        if value.is_string() {
            return Self::of_text(value, work);
        }
        let list = read::list(value, "answer", 1..=BUNDLES_MAX, "bundles")?;
        let mut bundles = Vec::with_capacity(list.len());
        for (index, bundle) in list.iter().enumerate() {
            work.look()?;
            bundles.push(SlotBundle::read(index, bundle)?);
        }
        Ok(Self { bundles })
    }

    /// Reads a program from a text with one line per bundle. An empty line is a bundle without slots.
    fn of_text(value: &Value, work: &mut WorkMeter) -> Result<Self, InvalidAnswer> {
        let text = exact_json::as_text(value).unwrap_or_default().trim_end();
        let count = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
        if value.as_str().is_none_or(|text| text.trim().is_empty()) || count > BUNDLES_MAX {
            return Err(InvalidAnswer::quoting(
                "answer",
                format!("1 to {BUNDLES_MAX} lines, one per bundle"),
                value,
            ));
        }
        let (mut bundles, mut reader) = (Vec::with_capacity(count), BundleReader::default());
        for (index, line) in text.split('\n').enumerate() {
            work.look()?;
            let bundle = match reader.bundle(line, work)? {
                Some(bundle) => bundle,
                // The line is wrong. Read as an object, it gives the description of what is.
                None => SlotBundle::read(index, &bundle_of(line))?,
            };
            bundles.push(bundle);
        }
        Ok(Self { bundles })
    }
}

/// Reads lines of a text without building their objects.
#[derive(Default)]
struct BundleReader {
    /// The slots of a line by engine, in the order of [`ENGINES_BY_NAME`].
    slots: [Vec<Slot>; ENGINES.len()],
    operands: Vec<Value>,
}

impl BundleReader {
    /// Reads a line; `None` if something in it is wrong.
    fn bundle(&mut self, line: &str, work: &mut WorkMeter) -> Result<Option<SlotBundle>, InvalidAnswer> {
        self.slots.iter_mut().for_each(Vec::clear);
        let mut debug = 0;
        for slot in line.split(';') {
            let mut words = slot.split_whitespace();
            let Some(engine) = words.next() else { continue };
            if engine == "debug" {
                debug += 1;
                if debug > DEBUG_MAX {
                    return Ok(None);
                }
                work.look()?;
                continue;
            }
            if self.slot(engine, &mut words).is_none() {
                return Ok(None);
            }
        }
        Ok(Some(SlotBundle { slots: self.slots.iter().flatten().copied().collect() }))
    }

    /// Adds a slot of an engine; `None` if something in it is wrong, or the bundle has too many.
    fn slot<'a>(&mut self, engine: &str, words: &mut impl Iterator<Item = &'a str>) -> Option<()> {
        let place = ENGINES_BY_NAME.iter().position(|known| *known == engine)?;
        let (_, most) = ENGINES.iter().find(|(known, _)| *known == engine)?;
        let op = words.next().filter(|op| op.parse::<i64>().is_err())?;
        self.operands.clear();
        for word in words {
            if self.operands.len() == OPERANDS_MAX {
                return None;
            }
            self.operands.push(word.parse::<i64>().ok()?.into());
        }
        let fields = SlotFields { place: "", engine, slot: &Value::Null, op, operands: &self.operands };
        let slots = self.slots.get_mut(place).filter(|slots| slots.len() < *most)?;
        slots.push(fields.slot().ok()?);
        Some(())
    }
}

/// Returns a line as the object of a bundle.
fn bundle_of(line: &str) -> Value {
    let mut engines: Map<String, Value> = Map::new();
    for slot in line.split(';') {
        let mut words = slot.split_whitespace();
        let Some(engine) = words.next() else { continue };
        let part = |word: &str| word.parse::<i64>().map_or_else(|_| Value::from(word), Value::from);
        let slots = engines.entry(engine).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(slots) = slots {
            slots.push(words.map(part).collect());
        }
    }
    Value::Object(engines)
}

impl SlotBundle {
    fn read(index: usize, value: &Value) -> Result<Self, InvalidAnswer> {
        let place = format!("bundle {index}");
        let engines = value
            .as_object()
            .ok_or_else(|| InvalidAnswer::quoting(&place, "an object from engines to slots", value))?;
        let mut bundle = Self::default();
        for (name, slots) in engines {
            let known = ENGINES.iter().find(|(engine, _)| engine == name);
            let (_, most) = known.ok_or_else(|| {
                InvalidAnswer::new(&place, "engines alu, valu, load, store, flow, debug", format!("{name:?}"))
            })?;
            let slots = read::list(slots, &format!("{place}, {name}"), 0..=*most, "slots")?;
            for slot in slots.iter().filter(|_| name != "debug") {
                bundle.slots.push(SlotFields::read(&place, name, slot)?.slot()?);
            }
        }
        Ok(bundle)
    }
}

/// The parts of a slot while it is read.
struct SlotFields<'a> {
    place: &'a str,
    engine: &'a str,
    slot: &'a Value,
    op: &'a str,
    operands: &'a [Value],
}

impl<'a> SlotFields<'a> {
    fn read(place: &'a str, engine: &'a str, slot: &'a Value) -> Result<Self, InvalidAnswer> {
        let parts = slot.as_array().and_then(|parts| parts.split_first());
        let found = parts.and_then(|(op, operands)| Some((op.as_str()?, operands)));
        let (op, operands) =
            found.ok_or_else(|| InvalidAnswer::quoting(place, "slots [operation, operands]", slot))?;
        Ok(Self { place, engine, slot, op, operands })
    }

    fn refused(&self, expected: impl Into<String>) -> InvalidAnswer {
        let found: String = self.slot.to_string().chars().take(80).collect();
        InvalidAnswer::new(format!("{}, {}", self.place, self.engine), expected, found)
    }

    /// Returns the operands, of which there must be `N`.
    fn numbers<const N: usize>(&self) -> Result<[i64; N], InvalidAnswer> {
        let refused = || self.refused(format!("{} with {N} whole numbers", self.op));
        if self.operands.len() != N {
            return Err(refused());
        }
        let mut numbers = [0; N];
        for (number, operand) in numbers.iter_mut().zip(self.operands) {
            *number = operand.as_i64().ok_or_else(refused)?;
        }
        Ok(numbers)
    }

    /// Returns the first of `width` consecutive scratch words.
    fn words(&self, number: i64, width: usize) -> Result<Word, InvalidAnswer> {
        let fits = usize::try_from(number).is_ok_and(|first| first + width <= SCRATCH_WORDS);
        let word = Word::try_from(number).ok().filter(|_| fits);
        word.ok_or_else(|| self.refused(format!("scratch words 0 to {}", SCRATCH_WORDS - 1)))
    }

    fn word(&self, number: i64) -> Result<Word, InvalidAnswer> {
        self.words(number, 1)
    }

    fn vector(&self, number: i64) -> Result<Word, InvalidAnswer> {
        self.words(number, VECTOR)
    }

    /// Returns an immediate number modulo 2^32.
    fn immediate(&self, number: i64) -> Result<u32, InvalidAnswer> {
        let fits = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&number);
        let value = u32::try_from(number.rem_euclid(1 << 32)).ok().filter(|_| fits);
        value.ok_or_else(|| self.refused("an immediate number of 32 bits"))
    }

    /// Returns the number of a bundle, which may be the one after the last.
    fn target(&self, number: i64) -> Result<usize, InvalidAnswer> {
        let target = usize::try_from(number).ok().filter(|target| *target <= BUNDLES_MAX);
        target.ok_or_else(|| self.refused("the number of a bundle"))
    }

    fn slot(&self) -> Result<Slot, InvalidAnswer> {
        match self.engine {
            "alu" => {
                let [to, a, b] = self.numbers()?;
                Ok(Slot::Alu {
                    op: self.arithmetic()?,
                    to: self.word(to)?,
                    a: self.word(a)?,
                    b: self.word(b)?,
                })
            }
            "valu" => self.valu(),
            "load" => self.load(),
            "store" => self.store(),
            _ => self.flow(),
        }
    }

    fn arithmetic(&self) -> Result<Arithmetic, InvalidAnswer> {
        Ok(match self.op {
            "+" => Arithmetic::Add,
            "-" => Arithmetic::Sub,
            "*" => Arithmetic::Mul,
            "//" => Arithmetic::Div,
            "cdiv" => Arithmetic::DivCeil,
            "^" => Arithmetic::Xor,
            "&" => Arithmetic::And,
            "|" => Arithmetic::Or,
            "<<" => Arithmetic::ShiftLeft,
            ">>" => Arithmetic::ShiftRight,
            "%" => Arithmetic::Remainder,
            "<" => Arithmetic::Less,
            "==" => Arithmetic::Equal,
            _ => return Err(self.refused(format!("an operation of {}", self.engine))),
        })
    }

    fn valu(&self) -> Result<Slot, InvalidAnswer> {
        match self.op {
            "vbroadcast" => {
                let [to, from] = self.numbers()?;
                Ok(Slot::Broadcast { to: self.vector(to)?, from: self.word(from)? })
            }
            "multiply_add" => {
                let [to, a, b, c] = self.numbers()?;
                let vector = |number| self.vector(number);
                Ok(Slot::MultiplyAdd { to: vector(to)?, a: vector(a)?, b: vector(b)?, c: vector(c)? })
            }
            _ => {
                let op = self.arithmetic()?;
                let [to, a, b] = self.numbers()?;
                Ok(Slot::Elementwise { op, to: self.vector(to)?, a: self.vector(a)?, b: self.vector(b)? })
            }
        }
    }

    fn load(&self) -> Result<Slot, InvalidAnswer> {
        match self.op {
            "load" => {
                let [to, address] = self.numbers()?;
                Ok(Slot::Load { to: self.word(to)?, address: self.word(address)? })
            }
            "load_offset" => {
                let [to, address, offset] = self.numbers()?;
                let (to, address) = (self.word(to)?, self.word(address)?);
                let width = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(1));
                let width = width
                    .filter(|width| *width <= SCRATCH_WORDS)
                    .ok_or_else(|| self.refused("an offset into scratch"))?;
                self.words(i64::from(to), width)?;
                self.words(i64::from(address), width)?;
                Ok(Slot::LoadOffset { to, address, offset: u16::try_from(offset).unwrap_or(0) })
            }
            "vload" => {
                let [to, address] = self.numbers()?;
                Ok(Slot::VectorLoad { to: self.vector(to)?, address: self.word(address)? })
            }
            "const" => {
                let [to, value] = self.numbers()?;
                Ok(Slot::Const { to: self.word(to)?, value: self.immediate(value)? })
            }
            _ => Err(self.refused("load, load_offset, vload or const")),
        }
    }

    fn store(&self) -> Result<Slot, InvalidAnswer> {
        let [address, from] = self.numbers()?;
        match self.op {
            "store" => Ok(Slot::Store { address: self.word(address)?, from: self.word(from)? }),
            "vstore" => Ok(Slot::VectorStore { address: self.word(address)?, from: self.vector(from)? }),
            _ => Err(self.refused("store or vstore")),
        }
    }

    fn flow(&self) -> Result<Slot, InvalidAnswer> {
        match self.op {
            "select" => {
                let [to, condition, a, b] = self.numbers()?;
                let word = |number| self.word(number);
                Ok(Slot::Select { to: word(to)?, condition: word(condition)?, a: word(a)?, b: word(b)? })
            }
            "vselect" => {
                let [to, condition, a, b] = self.numbers()?;
                let vector = |number| self.vector(number);
                Ok(Slot::VectorSelect {
                    to: vector(to)?,
                    condition: vector(condition)?,
                    a: vector(a)?,
                    b: vector(b)?,
                })
            }
            "add_imm" => {
                let [to, a, value] = self.numbers()?;
                Ok(Slot::AddImmediate { to: self.word(to)?, a: self.word(a)?, value: self.immediate(value)? })
            }
            "halt" => self.numbers::<0>().map(|_| Slot::Halt),
            "pause" => self.numbers::<0>().map(|_| Slot::Pause),
            "cond_jump" => {
                let [condition, to] = self.numbers()?;
                Ok(Slot::JumpIf { condition: self.word(condition)?, to: self.target(to)? })
            }
            "cond_jump_rel" => {
                let [condition, by] = self.numbers()?;
                Ok(Slot::JumpIfBy { condition: self.word(condition)?, by })
            }
            "jump" => {
                let [to] = self.numbers()?;
                Ok(Slot::Jump { to: self.target(to)? })
            }
            "jump_indirect" => {
                let [to] = self.numbers()?;
                Ok(Slot::JumpIndirect { to: self.word(to)? })
            }
            "coreid" => {
                let [to] = self.numbers()?;
                Ok(Slot::CoreId { to: self.word(to)? })
            }
            "trace_write" => {
                let [from] = self.numbers()?;
                Ok(Slot::Trace { from: self.word(from)? })
            }
            _ => Err(self.refused("an operation of flow")),
        }
    }
}
