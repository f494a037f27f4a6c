//! The machine: words of 32 bits in scratch and memory, and bundles whose slots all read before any of them writes.
//!
//! A bundle takes one cycle; a bundle with no slot except `debug` takes none. Arithmetic wraps at 2^32, comparisons give 0 or 1, shifts
//! by 32 or more give 0. Division by zero, an address outside of memory, two writes to one word in a bundle, and a jump to a bundle
//! that does not exist are faults. The program ends at `halt` or after the last bundle. `pause` and `trace_write` take their slot and
//! do nothing; there is one core, number 0. A relative jump counts from the next bundle.
//!
//! Attacks that end here: T-CHECK-12.

use crate::scorer::{InvalidAnswer, WorkMeter};

use super::program::{Arithmetic, SCRATCH_WORDS, Slot, SlotBundle, VECTOR, VliwProgram, Word};

/// The reason why the machine stopped, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineFault {
    /// The number of the bundle.
    pub bundle: usize,
    /// The reason, in words.
    pub reason: String,
}

/// The end of a run before that of its program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MachineStop {
    /// The program did what the machine cannot do.
    Fault(MachineFault),
    /// The run took too much work.
    Work(InvalidAnswer),
}

/// Work of a bundle, and of each word that it writes.
const BUNDLE_UNITS: u64 = 4;
const WRITE_UNITS: u64 = 2;

/// Scratch, memory, and the position in the program.
#[derive(Debug, Clone)]
pub struct VliwMachine {
    scratch: Vec<u32>,
    memory: Vec<u32>,
    /// For each word of scratch and of memory, the bundle step that wrote it last.
    written: [Vec<u64>; 2],
    step: u64,
}

/// The effects of a bundle, applied at its end.
#[derive(Default)]
struct Effects {
    scratch: Vec<(usize, u32)>,
    memory: Vec<(usize, u32)>,
    jump: Option<usize>,
    is_over: bool,
}

fn compute(op: Arithmetic, a: u32, b: u32) -> Result<u32, String> {
    let zero = || "a division by zero".to_owned();
    Ok(match op {
        Arithmetic::Add => a.wrapping_add(b),
        Arithmetic::Sub => a.wrapping_sub(b),
        Arithmetic::Mul => a.wrapping_mul(b),
        Arithmetic::Div => a.checked_div(b).ok_or_else(zero)?,
        Arithmetic::DivCeil if b == 0 => return Err(zero()),
        Arithmetic::DivCeil => a.div_ceil(b),
        Arithmetic::Xor => a ^ b,
        Arithmetic::And => a & b,
        Arithmetic::Or => a | b,
        Arithmetic::ShiftLeft => a.checked_shl(b).unwrap_or(0),
        Arithmetic::ShiftRight => a.checked_shr(b).unwrap_or(0),
        Arithmetic::Remainder => a.checked_rem(b).ok_or_else(zero)?,
        Arithmetic::Less => u32::from(a < b),
        Arithmetic::Equal => u32::from(a == b),
    })
}

impl Effects {
    fn clear(&mut self) {
        self.scratch.clear();
        self.memory.clear();
        (self.jump, self.is_over) = (None, false);
    }
}

impl VliwMachine {
    /// Creates a machine with this memory and a scratch of zeros.
    #[must_use]
    pub fn new(memory: Vec<u32>) -> Self {
        let written = [vec![0; SCRATCH_WORDS], vec![0; memory.len()]];
        Self { scratch: vec![0; SCRATCH_WORDS], memory, written, step: 0 }
    }

    /// Returns the memory.
    #[must_use]
    pub fn memory(&self) -> &[u32] {
        &self.memory
    }

    /// Returns the scratch.
    #[must_use]
    pub fn scratch(&self) -> &[u32] {
        &self.scratch
    }

    /// Runs a program from its first bundle, and returns the number of cycles.
    ///
    /// # Errors
    ///
    /// When it does what the machine cannot do, or has not ended after `cycles_max` cycles or as many bundles.
    pub fn run(&mut self, program: &VliwProgram, cycles_max: u64) -> Result<u64, MachineFault> {
        self.run_within(program, cycles_max, &mut WorkMeter::unbounded()).map_err(|stop| match stop {
            MachineStop::Fault(fault) => fault,
            MachineStop::Work(answer) => MachineFault { bundle: 0, reason: answer.to_string() },
        })
    }

    /// Runs a program as [`VliwMachine::run`] does, and counts its work.
    pub(super) fn run_within(
        &mut self,
        program: &VliwProgram,
        cycles_max: u64,
        work: &mut WorkMeter,
    ) -> Result<u64, MachineStop> {
        let (mut at, mut cycles, mut effects) = (0, 0, Effects::default());
        while let Some(bundle) = program.bundles.get(at) {
            let fault = move |reason: String| MachineStop::Fault(MachineFault { bundle: at, reason });
            if self.step >= cycles_max {
                return Err(fault(format!("more than {cycles_max} bundles")));
            }
            cycles += u64::from(!bundle.slots.is_empty());
            effects.clear();
            self.collect(bundle, at + 1, &mut effects).map_err(fault)?;
            let writes = (effects.scratch.len() + effects.memory.len()) as u64;
            work.spend(BUNDLE_UNITS + WRITE_UNITS * writes).map_err(MachineStop::Work)?;
            self.apply(&effects).map_err(fault)?;
            if effects.is_over {
                break;
            }
            at = effects.jump.unwrap_or(at + 1);
            if at > program.bundles.len() {
                return Err(fault(format!("a jump to bundle {at}")));
            }
        }
        Ok(cycles)
    }

    fn apply(&mut self, effects: &Effects) -> Result<(), String> {
        self.step += 1;
        for (space, writes) in [&effects.scratch, &effects.memory].into_iter().enumerate() {
            for &(word, value) in writes {
                if std::mem::replace(&mut self.written[space][word], self.step) == self.step {
                    let name = ["scratch", "memory"][space];
                    return Err(format!("two writes to {name} word {word}"));
                }
                let words = if space == 0 { &mut self.scratch } else { &mut self.memory };
                words[word] = value;
            }
        }
        Ok(())
    }

    fn word(&self, word: Word) -> u32 {
        self.scratch[usize::from(word)]
    }

    fn vector(&self, first: Word) -> &[u32] {
        &self.scratch[usize::from(first)..][..VECTOR]
    }

    /// Returns the address of `width` words of memory.
    fn address(&self, word: Word, width: usize) -> Result<usize, String> {
        let first = self.word(word) as usize;
        if first + width <= self.memory.len() {
            Ok(first)
        } else {
            Err(format!("memory word {} of {}", first + width - 1, self.memory.len()))
        }
    }

    /// Adds what a bundle does.
    fn collect(&self, bundle: &SlotBundle, next: usize, effects: &mut Effects) -> Result<(), String> {
        for slot in &bundle.slots {
            match *slot {
                Slot::Halt
                | Slot::Pause
                | Slot::JumpIf { .. }
                | Slot::JumpIfBy { .. }
                | Slot::Jump { .. }
                | Slot::JumpIndirect { .. } => {
                    self.control(slot, next, effects)?;
                }
                Slot::Trace { .. } => {}
                Slot::Store { address, from } => {
                    effects.memory.push((self.address(address, 1)?, self.word(from)))
                }
                Slot::VectorStore { address, from } => {
                    let first = self.address(address, VECTOR)?;
                    effects.memory.extend((first..).zip(self.vector(from).iter().copied()));
                }
                _ => self.results(slot, &mut effects.scratch)?,
            }
        }
        Ok(())
    }

    fn control(&self, slot: &Slot, next: usize, effects: &mut Effects) -> Result<(), String> {
        match *slot {
            Slot::Halt => effects.is_over = true,
            Slot::JumpIf { condition, to } if self.word(condition) != 0 => effects.jump = Some(to),
            Slot::JumpIfBy { condition, by } if self.word(condition) != 0 => {
                let to =
                    i64::try_from(next).ok().and_then(|next| usize::try_from(next.checked_add(by)?).ok());
                effects.jump = Some(to.ok_or_else(|| format!("a jump by {by} from bundle {next}"))?);
            }
            Slot::Jump { to } => effects.jump = Some(to),
            Slot::JumpIndirect { to } => effects.jump = Some(self.word(to) as usize),
            _ => {}
        }
        Ok(())
    }

    /// Adds what a slot writes to scratch.
    fn results(&self, slot: &Slot, writes: &mut Vec<(usize, u32)>) -> Result<(), String> {
        let mut one = |to: Word, value: u32| writes.push((usize::from(to), value));
        let lanes = 0..VECTOR as Word;
        match *slot {
            Slot::Alu { op, to, a, b } => one(to, compute(op, self.word(a), self.word(b))?),
            Slot::Broadcast { to, from } => lanes.for_each(|lane| one(to + lane, self.word(from))),
            Slot::MultiplyAdd { to, a, b, c } => lanes.for_each(|lane| {
                let product = self.word(a + lane).wrapping_mul(self.word(b + lane));
                one(to + lane, product.wrapping_add(self.word(c + lane)));
            }),
            Slot::Elementwise { op, to, a, b } => {
                for lane in lanes {
                    one(to + lane, compute(op, self.word(a + lane), self.word(b + lane))?);
                }
            }
            Slot::Load { to, address } => one(to, self.memory[self.address(address, 1)?]),
            Slot::LoadOffset { to, address, offset } => {
                one(to + offset, self.memory[self.address(address + offset, 1)?])
            }
            Slot::VectorLoad { to, address } => {
                let first = self.address(address, VECTOR)?;
                lanes.for_each(|lane| one(to + lane, self.memory[first + usize::from(lane)]));
            }
            Slot::Const { to, value } => one(to, value),
            Slot::Select { to, condition, a, b } => {
                one(to, self.word(if self.word(condition) != 0 { a } else { b }))
            }
            Slot::VectorSelect { to, condition, a, b } => lanes.for_each(|lane| {
                one(to + lane, self.word(if self.word(condition + lane) != 0 { a } else { b } + lane));
            }),
            Slot::AddImmediate { to, a, value } => one(to, self.word(a).wrapping_add(value)),
            Slot::CoreId { to } => one(to, 0),
            _ => {}
        }
        Ok(())
    }
}
