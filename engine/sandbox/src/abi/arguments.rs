//! Parameters and results of host calls.

use wasmtime::WasmTy;

use super::errno::{AbiError, Errno};
use super::memory::{BadPointer, GuestMemory, GuestPtr, ToGuest};

/// A type of parameters.
pub(crate) trait Parameter: Sized {
    /// The type of WebAssembly that it is passed as.
    type Wasm: WasmTy;

    /// Returns the parameter, or the error number that the call returns.
    fn from_wasm(value: Self::Wasm) -> Result<Self, AbiError>;
}

/// A result that a call writes to `N` places of the guest.
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

/// Bits without names; more than sixteen are `EOVERFLOW`.
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
