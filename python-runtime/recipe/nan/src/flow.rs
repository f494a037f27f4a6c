//! The flow of values through a function: finds the instructions that bring a value to the stack which must be made canonical there.

use super::effect::Effect;
use super::{Bits, Width};

/// A result, or the reason why a function is not supported.
type Result<T> = std::result::Result<T, &'static str>;

/// The type of a value, as far as it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An integer or a reference.
    Other,
    /// A number.
    Scalar(Width),
    /// A vector.
    Vector,
}

impl Kind {
    /// Returns what is known of a value that is given by another function or by one of the ends of a block.
    fn given(self) -> Bits {
        match self {
            Self::Scalar(width) => Bits::Wild(width),
            Self::Other | Self::Vector => Bits::Fixed,
        }
    }
}

/// One instruction of a function.
pub(crate) struct Instruction {
    pub(crate) step: Step,
    /// The number of values that it takes from the stack.
    pub(crate) pops: usize,
    /// The types of those that it leaves there.
    pub(crate) pushes: Vec<Kind>,
}

/// The part of an instruction in the flow of values.
#[derive(Debug)]
pub(crate) enum Step {
    /// The value of a local variable.
    Get(u32),
    /// To a local variable.
    Set(u32),
    /// To a local variable, and it stays on the stack.
    Tee(u32),
    /// `block`, `loop` and `if`, with the types of their results.
    Block(Vec<Kind>),
    Loop(Vec<Kind>),
    If(Vec<Kind>),
    Else,
    End,
    /// Branches to any of these labels, by a value on the stack if `conditional`; `falls` if it may as well go on.
    Branch {
        labels: Vec<u32>,
        conditional: bool,
        falls: bool,
    },
    Return,
    Unreachable,
    /// The first or the second value.
    Select,
    /// Everything else.
    Plain(Effect),
}

/// A function: its instructions, and the types of its variables.
pub(crate) struct Function {
    pub(crate) locals: Vec<Kind>,
    pub(crate) parameters: usize,
    pub(crate) results: Vec<Kind>,
    pub(crate) instructions: Vec<Instruction>,
}

impl Function {
    /// Returns for each instruction whether what it brings to the stack must be made canonical, and as numbers of which width. What
    /// `canonical` names is so already.
    pub(crate) fn marks(&self, canonical: Vec<Option<Width>>) -> Result<Vec<Option<Width>>> {
        let mut flow = Flow {
            function: self,
            fixed: canonical,
            pinned: vec![false; self.locals.len()],
            loops: Vec::new(),
        };
        // First the results whose bits are seen where they are computed; then, with these made canonical, the variables that are
        // wild still. The second run relies on nothing but what the first has made canonical, so both together are enough.
        let first = flow.run()?;
        let computed = |at: usize| {
            matches!(self.instructions[at].step, Step::End | Step::Plain(Effect::Compute(_) | Effect::Call))
        };
        let first: Vec<_> =
            first.into_iter().enumerate().map(|(at, mark)| mark.filter(|_| computed(at))).collect();
        for (fixed, mark) in flow.fixed.iter_mut().zip(&first) {
            *fixed = fixed.or(*mark);
        }
        let second = flow.run()?;
        Ok(second.into_iter().zip(first).map(|(mark, first)| first.or(mark)).collect())
    }

    /// Returns the type of the value that a block leaves, which ends at this instruction.
    pub(crate) fn result_of_block(&self, end: usize) -> Option<Kind> {
        let mut depth = 0;
        for instruction in self.instructions[..end].iter().rev() {
            match &instruction.step {
                Step::End => depth += 1,
                Step::Block(_) | Step::Loop(_) | Step::If(_) if depth > 0 => depth -= 1,
                Step::Block(results) | Step::Loop(results) | Step::If(results) => {
                    return results.first().copied();
                }
                _ => {}
            }
        }
        None
    }
}

/// A value on the stack.
#[derive(Clone, Copy)]
struct Value {
    /// The instruction that brought it there.
    by: usize,
    kind: Kind,
    bits: Bits,
}

/// The bits of each local variable, as far as they are known; `None` where nothing can be executed.
type Variables = Option<Vec<Bits>>;

/// A block that has not ended.
struct Label {
    /// The instruction, if it is a loop.
    loop_at: Option<usize>,
    /// The variables after the end of the block, from the branches that have been seen.
    out: Variables,
    /// The variables at `if`, for `else`.
    before: Variables,
    /// The height of the stack outside of it.
    height: usize,
    results: Vec<Kind>,
}

struct Flow<'a> {
    function: &'a Function,
    /// The instructions whose values are canonical whatever the analysis says.
    fixed: Vec<Option<Width>>,
    /// The vectors that are canonical in their variable, because something else is there at other times.
    pinned: Vec<bool>,
    /// The variables at the head of each loop, by its instruction.
    loops: Vec<Variables>,
}

impl Flow<'_> {
    fn run(&mut self) -> Result<Vec<Option<Width>>> {
        self.loops = vec![None; self.function.instructions.len()];
        loop {
            if let Some(marks) = self.pass()? {
                return Ok(marks);
            }
        }
    }

    /// Follows all instructions once, in order; `None` when that has taught something about the head of a loop, or about a variable.
    fn pass(&mut self) -> Result<Option<Vec<Option<Width>>>> {
        let function = self.function;
        let mut walk = Walk {
            stack: Vec::new(),
            labels: Vec::new(),
            variables: Some(
                function
                    .locals
                    .iter()
                    .enumerate()
                    .map(|(at, kind)| if at < function.parameters { kind.given() } else { Bits::Fixed })
                    .collect(),
            ),
            needed: vec![None; function.instructions.len()],
        };
        walk.enter(None, &function.results);
        let (mut again, mut pinned) = (false, false);
        for (at, instruction) in function.instructions.iter().enumerate() {
            let width = self.fixed[at];
            let made = |kind: Kind, bits: Bits| {
                let bits = if width.is_some() && kind != Kind::Other { Bits::Fixed } else { bits };
                Value { by: at, kind, bits }
            };
            match &instruction.step {
                Step::Get(local) => {
                    let mut bits = walk.variables.as_ref().map_or(Bits::Fixed, |all| all[*local as usize]);
                    if bits == Bits::Mixed {
                        pinned |= !std::mem::replace(&mut self.pinned[*local as usize], true);
                        bits = Bits::Integer;
                    }
                    walk.stack.push(made(function.locals[*local as usize], bits));
                }
                Step::Set(local) | Step::Tee(local) => {
                    let mut value = walk.pop();
                    if self.pinned[*local as usize] {
                        value = walk.need(value);
                    }
                    if let Some(all) = &mut walk.variables {
                        all[*local as usize] = value.bits;
                    }
                    if matches!(instruction.step, Step::Tee(_)) {
                        walk.stack.push(value);
                    }
                }
                Step::Block(results) => walk.enter(None, results),
                Step::Loop(results) => {
                    let known = self.loops[at].take();
                    walk.variables = joined(walk.variables.take(), known);
                    self.loops[at].clone_from(&walk.variables);
                    walk.enter(Some(at), results);
                }
                Step::If(results) => {
                    walk.pop();
                    walk.enter(None, results);
                    let variables = walk.variables.clone();
                    walk.label(0)?.before = variables;
                }
                Step::Else => {
                    walk.fall()?;
                    let label = walk.label(0)?;
                    let height = label.height;
                    walk.variables = label.before.take();
                    walk.stack.truncate(height);
                }
                Step::End => {
                    walk.fall()?;
                    let Some(label) = walk.labels.pop() else { return Err("an end without a beginning") };
                    walk.variables = joined(label.out, label.before);
                    walk.stack.truncate(label.height);
                    for kind in &label.results {
                        walk.stack.push(made(*kind, kind.given()));
                    }
                }
                Step::Branch { labels, conditional, falls } => {
                    if *conditional {
                        walk.pop();
                    }
                    for label in labels {
                        again |= walk.branch(*label, &mut self.loops)?;
                    }
                    if !falls {
                        walk.stop();
                    }
                }
                Step::Return => {
                    walk.leave()?;
                    walk.stop();
                }
                Step::Unreachable => walk.stop(),
                Step::Select => {
                    walk.pop();
                    let (b, a) = (walk.pop(), walk.pop());
                    let bits = walk.either(a, b);
                    for kind in &instruction.pushes {
                        walk.stack.push(made(*kind, bits));
                    }
                }
                Step::Plain(effect) => {
                    let operands = walk.take(instruction.pops);
                    let bits = walk.apply(*effect, &operands);
                    if instruction.pushes.len() > 1 {
                        return Err("an instruction leaves more than one value on the stack");
                    }
                    for kind in &instruction.pushes {
                        let bits = match (kind, *effect) {
                            (Kind::Other, _) => Bits::Fixed,
                            (_, Effect::Call) => kind.given(),
                            (Kind::Scalar(_), _) if !matches!(bits, Bits::Wild(_)) => Bits::Fixed,
                            _ => bits,
                        };
                        walk.stack.push(made(*kind, bits));
                    }
                }
            }
        }
        if pinned {
            // What the loops were told of this variable no longer holds.
            self.loops.fill(None);
        }
        Ok((!again && !pinned).then_some(walk.needed))
    }
}

/// The state of the analysis at one place of a function.
struct Walk {
    stack: Vec<Value>,
    labels: Vec<Label>,
    variables: Variables,
    /// The instructions whose values have to be made canonical, as far as has been seen.
    needed: Vec<Option<Width>>,
}

impl Walk {
    /// Returns the value on top; any harmless one where nothing can be executed.
    fn pop(&mut self) -> Value {
        let height = self.labels.last().map_or(0, |label| label.height);
        let value = if self.stack.len() > height { self.stack.pop() } else { None };
        value.unwrap_or(Value { by: 0, kind: Kind::Other, bits: Bits::Fixed })
    }

    fn take(&mut self, count: usize) -> Vec<Value> {
        let mut values: Vec<_> = (0..count).map(|_| self.pop()).collect();
        values.reverse();
        values
    }

    /// Notes that the bits of a value are seen, and returns it as it will be.
    fn need(&mut self, value: Value) -> Value {
        match value.bits {
            Bits::Wild(width) => {
                self.needed[value.by] = Some(width);
                Value { bits: Bits::Fixed, ..value }
            }
            _ => value,
        }
    }

    /// Takes operands as numbers of a width: wild ones of the other width are made canonical.
    fn numbers(&mut self, operands: &[Value], width: Width) {
        for value in operands {
            if value.bits != Bits::Wild(width) {
                self.need(*value);
            }
        }
    }

    /// Returns what is known of a value whose bits are those of one or of the other.
    fn either(&mut self, a: Value, b: Value) -> Bits {
        match a.bits.join(b.bits) {
            Bits::Mixed => self.need(a).bits.join(self.need(b).bits),
            bits => bits,
        }
    }

    fn apply(&mut self, effect: Effect, operands: &[Value]) -> Bits {
        match effect {
            Effect::Compute(width) => {
                self.numbers(operands, width);
                Bits::Wild(width)
            }
            Effect::Resize { from, to } => {
                self.numbers(operands, from);
                let wild = operands.iter().any(|value| value.bits == Bits::Wild(from));
                if wild { Bits::Wild(to) } else { Bits::Fixed }
            }
            Effect::Convert(width) => {
                self.numbers(operands, width);
                Bits::Integer
            }
            Effect::Compare(width) => {
                self.numbers(operands, width);
                Bits::Mask(width)
            }
            Effect::Move(width) => self.moved(operands, width),
            Effect::CopySign(width) => {
                let sign = operands.len() - 1;
                self.need(operands[sign]);
                self.moved(&operands[..sign], width)
            }
            Effect::Choose => match *operands {
                [a, b, Value { bits: Bits::Mask(width), .. }] => self.moved(&[a, b], width),
                _ => self.seen(operands, Bits::Integer),
            },
            Effect::Call => {
                self.pass(operands);
                Bits::Fixed
            }
            Effect::Ignore => Bits::Fixed,
            Effect::Integers => self.seen(operands, Bits::Integer),
            Effect::Bits => self.seen(operands, Bits::Fixed),
        }
    }

    /// Notes that the bits of all operands are seen.
    fn seen(&mut self, operands: &[Value], result: Bits) -> Bits {
        for value in operands {
            self.need(*value);
        }
        result
    }

    /// Returns what is known of numbers of a width that come from these operands.
    fn moved(&mut self, operands: &[Value], width: Width) -> Bits {
        let bits = operands.iter().fold(Bits::Fixed, |bits, value| bits.join(value.bits));
        if bits == Bits::Wild(width) {
            return bits;
        }
        self.seen(operands, if bits == Bits::Fixed { bits } else { Bits::Integer })
    }

    /// Passes values to a function or to the end of a block: vectors are canonical there, scalars are not (see [`Kind::given`]).
    fn pass(&mut self, values: &[Value]) {
        for value in values {
            if value.kind == Kind::Vector {
                self.need(*value);
            }
        }
    }

    fn enter(&mut self, loop_at: Option<usize>, results: &[Kind]) {
        let height = self.stack.len();
        self.labels.push(Label { loop_at, out: None, before: None, height, results: results.to_vec() });
    }

    fn label(&mut self, depth: u32) -> Result<&mut Label> {
        let at = self.labels.len().checked_sub(1 + depth as usize);
        match at.and_then(|at| self.labels.get_mut(at)) {
            Some(label) => Ok(label),
            None => Err("a branch out of the function"),
        }
    }

    /// Goes on to the end of the innermost block.
    fn fall(&mut self) -> Result<()> {
        let variables = self.variables.take();
        let label = self.label(0)?;
        label.out = joined(label.out.take(), variables);
        let results = label.results.len();
        self.pass_top(results);
        Ok(())
    }

    /// Branches to the end of a block or to the head of a loop. Returns whether the head has to be looked at again.
    fn branch(&mut self, depth: u32, loops: &mut [Variables]) -> Result<bool> {
        let variables = self.variables.clone();
        let label = self.label(depth)?;
        if let Some(at) = label.loop_at {
            let all = joined(loops[at].clone(), variables);
            let changed = all != loops[at];
            loops[at] = all;
            return Ok(changed);
        }
        label.out = joined(label.out.take(), variables);
        let results = label.results.len();
        self.pass_top(results);
        Ok(false)
    }

    /// Returns from the function.
    fn leave(&mut self) -> Result<()> {
        let results = self.labels.first().ok_or("a return outside of the function")?.results.len();
        self.pass_top(results);
        Ok(())
    }

    /// Passes the values on top of the stack, which stay there.
    fn pass_top(&mut self, count: usize) {
        let from = self.stack.len().saturating_sub(count);
        for at in from..self.stack.len() {
            self.pass(&[self.stack[at]]);
        }
    }

    /// Nothing after this is executed.
    fn stop(&mut self) {
        self.variables = None;
        let height = self.labels.last().map_or(0, |label| label.height);
        self.stack.truncate(height);
    }
}

/// Returns what is known where two ways meet.
fn joined(a: Variables, b: Variables) -> Variables {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.into_iter().zip(b).map(|(a, b)| a.join(b)).collect()),
        (one, None) | (None, one) => one,
    }
}
