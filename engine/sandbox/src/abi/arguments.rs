//! Parameters and results of host calls.

use wasmtime::WasmTy;

use super::errno::{AbiError, Errno};
use super::memory::{BadPointer, GuestMemory, GuestPtr, ToGuest};

/// A type that a host call takes as a parameter.
pub(crate) trait Parameter: Sized {
    /// The WebAssembly type in which it is passed.
    type Wasm: WasmTy;

    /// Converts the parameter, or returns the error number that the call returns.
    fn from_wasm(value: Self::Wasm) -> Result<Self, AbiError>;
}

/// A result that a call writes to `N` places in the guest's memory.
pub(crate) trait CallResults<const N: usize> {
    /// Writes the result.
    fn store(self, memory: &mut GuestMemory<'_>, places: [i32; N]) -> Result<(), BadPointer>;
}

impl Parameter for u32 {
    type Wasm = i32;

    fn from_wasm(value: i32) -> Result<Self, AbiError> {
        Ok(value.cast_unsigned())
    }
}

impl Parameter for u64 {
    type Wasm = i64;

    fn from_wasm(value: i64) -> Result<Self, AbiError> {
        Ok(value.cast_unsigned())
    }
}

impl Parameter for i64 {
    type Wasm = i64;

    fn from_wasm(value: i64) -> Result<Self, AbiError> {
        Ok(value)
    }
}

/// Bits without names; a value of more than sixteen bits is `EOVERFLOW`.
impl Parameter for u16 {
    type Wasm = i32;

    fn from_wasm(value: i32) -> Result<Self, AbiError> {
        Self::try_from(value).map_err(|_| Errno::Overflow.into())
    }
}

impl<T> Parameter for GuestPtr<T> {
    type Wasm = i32;

    fn from_wasm(value: i32) -> Result<Self, AbiError> {
        Ok(Self::new(value.cast_unsigned()))
    }
}

impl CallResults<0> for () {
    fn store(self, _: &mut GuestMemory<'_>, []: [i32; 0]) -> Result<(), BadPointer> {
        Ok(())
    }
}

impl<T: ToGuest> CallResults<1> for T {
    fn store(self, memory: &mut GuestMemory<'_>, [place]: [i32; 1]) -> Result<(), BadPointer> {
        memory.write(GuestPtr::new(place.cast_unsigned()), &self)
    }
}

impl<A: ToGuest, B: ToGuest> CallResults<2> for (A, B) {
    fn store(self, memory: &mut GuestMemory<'_>, [first, second]: [i32; 2]) -> Result<(), BadPointer> {
        memory.write(GuestPtr::new(first.cast_unsigned()), &self.0)?;
        memory.write(GuestPtr::new(second.cast_unsigned()), &self.1)
    }
}
