//! The effects of instructions on the bits of NaN.

use wasmparser::Operator;

use super::Width;
use Width::{F32, F64};

/// The effect of an instruction on the bits of NaN. Control flow and variables are not effects; [`super::flow`] follows them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effect {
    /// Computes a number of this width; bits of NaN among the operands make no difference.
    Compute(Width),
    /// Makes a number of one width of one of the other. A NaN keeps its sign and as much of its payload as there is room for, and becomes quiet, on
    /// x86-64 as on aarch64.
    Resize { from: Width, to: Width },
    /// Computes an integer or a number that is no NaN; bits of NaN among the operands make no difference.
    Convert(Width),
    /// Compares vectors of this width; bits of NaN make no difference.
    Compare(Width),
    /// Moves numbers of this width, or changes their signs: bits of operands are bits of the result.
    Move(Width),
    /// As [`Effect::Move`], but the second operand's sign is read.
    CopySign(Width),
    /// Chooses bits of the first or the second operand by the third.
    Choose,
    /// Calls a function.
    Call,
    /// Forgets its operand.
    Ignore,
    /// Reads bits of its operands; its results are the same on all machines, those of vectors integers.
    Integers,
    /// Reads bits of its operands; its results are the same on all machines.
    Bits,
}

/// Returns the effect of an instruction; `None` if it is one of floating point that is not known here.
pub(crate) fn effect(operator: &Operator<'_>) -> Option<Effect> {
    use Operator as O;
    let effect = match operator {
        O::F32Add
        | O::F32Sub
        | O::F32Mul
        | O::F32Div
        | O::F32Min
        | O::F32Max
        | O::F32Sqrt
        | O::F32Ceil
        | O::F32Floor
        | O::F32Trunc
        | O::F32Nearest
        | O::F32x4Add
        | O::F32x4Sub
        | O::F32x4Mul
        | O::F32x4Div
        | O::F32x4Min
        | O::F32x4Max
        | O::F32x4Sqrt
        | O::F32x4Ceil
        | O::F32x4Floor
        | O::F32x4Trunc
        | O::F32x4Nearest
        | O::F32x4RelaxedMadd
        | O::F32x4RelaxedNmadd
        | O::F32x4RelaxedMin
        | O::F32x4RelaxedMax => Effect::Compute(F32),
        O::F64Add
        | O::F64Sub
        | O::F64Mul
        | O::F64Div
        | O::F64Min
        | O::F64Max
        | O::F64Sqrt
        | O::F64Ceil
        | O::F64Floor
        | O::F64Trunc
        | O::F64Nearest
        | O::F64x2Add
        | O::F64x2Sub
        | O::F64x2Mul
        | O::F64x2Div
        | O::F64x2Min
        | O::F64x2Max
        | O::F64x2Sqrt
        | O::F64x2Ceil
        | O::F64x2Floor
        | O::F64x2Trunc
        | O::F64x2Nearest
        | O::F64x2RelaxedMadd
        | O::F64x2RelaxedNmadd
        | O::F64x2RelaxedMin
        | O::F64x2RelaxedMax => Effect::Compute(F64),
        O::F32Eq
        | O::F32Ne
        | O::F32Lt
        | O::F32Gt
        | O::F32Le
        | O::F32Ge
        | O::I32TruncF32S
        | O::I32TruncF32U
        | O::I64TruncF32S
        | O::I64TruncF32U
        | O::I32TruncSatF32S
        | O::I32TruncSatF32U
        | O::I64TruncSatF32S
        | O::I64TruncSatF32U
        | O::I32x4TruncSatF32x4S
        | O::I32x4TruncSatF32x4U
        | O::I32x4RelaxedTruncF32x4S
        | O::I32x4RelaxedTruncF32x4U => Effect::Convert(F32),
        O::F64Eq
        | O::F64Ne
        | O::F64Lt
        | O::F64Gt
        | O::F64Le
        | O::F64Ge
        | O::I32TruncF64S
        | O::I32TruncF64U
        | O::I64TruncF64S
        | O::I64TruncF64U
        | O::I32TruncSatF64S
        | O::I32TruncSatF64U
        | O::I64TruncSatF64S
        | O::I64TruncSatF64U
        | O::I32x4TruncSatF64x2SZero
        | O::I32x4TruncSatF64x2UZero
        | O::I32x4RelaxedTruncF64x2SZero
        | O::I32x4RelaxedTruncF64x2UZero => Effect::Convert(F64),
        O::F32x4Eq | O::F32x4Ne | O::F32x4Lt | O::F32x4Gt | O::F32x4Le | O::F32x4Ge => Effect::Compare(F32),
        O::F64x2Eq | O::F64x2Ne | O::F64x2Lt | O::F64x2Gt | O::F64x2Le | O::F64x2Ge => Effect::Compare(F64),
        O::F32Abs
        | O::F32Neg
        | O::F32x4Abs
        | O::F32x4Neg
        | O::F32x4PMin
        | O::F32x4PMax
        | O::F32x4Splat
        | O::F32x4ExtractLane { .. }
        | O::F32x4ReplaceLane { .. } => Effect::Move(F32),
        O::F64Abs
        | O::F64Neg
        | O::F64x2Abs
        | O::F64x2Neg
        | O::F64x2PMin
        | O::F64x2PMax
        | O::F64x2Splat
        | O::F64x2ExtractLane { .. }
        | O::F64x2ReplaceLane { .. } => Effect::Move(F64),
        O::F32Copysign => Effect::CopySign(F32),
        O::F64Copysign => Effect::CopySign(F64),
        O::F32DemoteF64 | O::F32x4DemoteF64x2Zero => Effect::Resize { from: F64, to: F32 },
        O::F64PromoteF32 | O::F64x2PromoteLowF32x4 => Effect::Resize { from: F32, to: F64 },
        O::I8x16Shuffle { lanes } => match moved(lanes) {
            Some(width) => Effect::Move(width),
            None => Effect::Integers,
        },
        O::V128Bitselect => Effect::Choose,
        O::Call { .. } | O::CallIndirect { .. } => Effect::Call,
        O::Drop => Effect::Ignore,
        O::F32Load { .. }
        | O::F64Load { .. }
        | O::F32Const { .. }
        | O::F64Const { .. }
        | O::V128Const { .. }
        | O::V128Load { .. }
        | O::V128Load32Splat { .. }
        | O::V128Load64Splat { .. }
        | O::V128Load32Zero { .. }
        | O::V128Load64Zero { .. }
        | O::V128Load32Lane { .. }
        | O::V128Load64Lane { .. }
        | O::F32ConvertI32S
        | O::F32ConvertI32U
        | O::F32ConvertI64S
        | O::F32ConvertI64U
        | O::F64ConvertI32S
        | O::F64ConvertI32U
        | O::F64ConvertI64S
        | O::F64ConvertI64U
        | O::F32x4ConvertI32x4S
        | O::F32x4ConvertI32x4U
        | O::F64x2ConvertLowI32x4S
        | O::F64x2ConvertLowI32x4U
        | O::F32ReinterpretI32
        | O::F64ReinterpretI64
        | O::GlobalGet { .. } => Effect::Bits,
        O::F32Store { .. } | O::F64Store { .. } => Effect::Integers,
        other if name(other).starts_with('F') => return None,
        _ => Effect::Integers,
    };
    Some(effect)
}

/// Returns the name of an instruction as wasmparser has it.
fn name(operator: &Operator<'_>) -> &'static str {
    macro_rules! names {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => stringify!($op),)*
                _ => "",
            }
        };
    }
    wasmparser::for_each_operator!(names)
}

/// Returns the width of the numbers that a shuffle moves as a whole.
fn moved(lanes: &[u8; 16]) -> Option<Width> {
    let whole = |size: u8| {
        lanes
            .chunks(usize::from(size))
            .all(|number| number[0] % size == 0 && number.windows(2).all(|pair| pair[1] == pair[0] + 1))
    };
    if whole(8) {
        Some(F64)
    } else if whole(4) {
        Some(F32)
    } else {
        None
    }
}
