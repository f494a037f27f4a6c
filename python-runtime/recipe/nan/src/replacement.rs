//! The instructions that put one NaN in the place of any other.

use wasm_encoder::{Encode, Ieee32, Ieee64, Instruction};

use crate::Width;
use crate::flow::Kind;

/// The NaN that takes the place of any other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replacement {
    Canonical,
    /// One that no processor gives.
    Scrambled,
}

impl Replacement {
    /// Returns its bits as a number of 64 bits.
    pub(crate) fn bits64(self) -> u64 {
        match self {
            Self::Canonical => 0x7ff8_0000_0000_0000,
            Self::Scrambled => 0xfffb_1234_5678_9abc,
        }
    }

    /// Returns its bits as a number of 32 bits.
    pub(crate) fn bits32(self) -> u32 {
        match self {
            Self::Canonical => 0x7fc0_0000,
            Self::Scrambled => 0xffd5_4321,
        }
    }

    /// Returns its bits as each number of a vector.
    pub(crate) fn bits128(self, width: Width) -> u128 {
        match width {
            Width::F64 => u128::from(self.bits64()) << 64 | u128::from(self.bits64()),
            Width::F32 => (0..4).fold(0, |all, _| all << 32 | u128::from(self.bits32())),
        }
    }

    /// Writes what puts this NaN in the place of one on the stack, which is in `local` as well: what is equal to itself stays.
    pub(crate) fn write(self, of: Kind, width: Width, local: u32, code: &mut Vec<u8>) {
        let [nan, equal, choice] = match (of, width) {
            (Kind::Vector, _) => [
                Instruction::V128Const(self.bits128(width).cast_signed()),
                if width == Width::F64 { Instruction::F64x2Eq } else { Instruction::F32x4Eq },
                Instruction::V128Bitselect,
            ],
            (_, Width::F64) => {
                [Instruction::F64Const(Ieee64::new(self.bits64())), Instruction::F64Eq, Instruction::Select]
            }
            (_, Width::F32) => {
                [Instruction::F32Const(Ieee32::new(self.bits32())), Instruction::F32Eq, Instruction::Select]
            }
        };
        for instruction in [nan, Instruction::LocalGet(local), Instruction::LocalGet(local), equal, choice] {
            instruction.encode(code);
        }
    }
}
