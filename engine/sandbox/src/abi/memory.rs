//! A guest's memory, and typed pointers into it.
//!
//! Invariant: no access leaves the memory or is misaligned. Either is a [`BadPointer`] before any byte is read or written.

use std::marker::PhantomData;

use super::errno::{AbiError, Errno};

/// A guest pointer that leaves the guest's memory or is misaligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a pointer out of bounds or misaligned: {len} bytes at {start:#x}, to be aligned to {align}")]
pub(crate) struct BadPointer {
    start: u32,
    len: u32,
    align: u32,
}

impl BadPointer {
    /// Returns the fault of an access that begins at `start` and ends beyond 32 bits.
    pub(super) fn beyond(start: u32) -> Self {
        Self { start, len: u32::MAX, align: 1 }
    }
}

/// The linear memory of a guest during a host call.
pub(crate) struct GuestMemory<'a>(&'a mut [u8]);

/// A type with a size in a guest's memory. Multi-byte numbers are little-endian.
pub(crate) trait Layout: Sized {
    /// Size in bytes.
    const SIZE: u32;
}

/// A type that is read from a guest's memory.
pub(crate) trait FromGuest: Layout {
    /// Reads the value at `at`.
    fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError>;
}

/// A type that is written to a guest's memory.
pub(crate) trait ToGuest: Layout {
    /// Writes the value at `at`. Padding is left as it is.
    fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer>;
}

/// A pointer to a `T` in a guest's memory, checked on use.
pub(crate) struct GuestPtr<T> {
    at: u32,
    to: PhantomData<fn() -> T>,
}

/// A pointer to a number of bytes in a guest's memory, checked on use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuestSlice {
    start: u32,
    len: u32,
}

impl<T> Clone for GuestPtr<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for GuestPtr<T> {}

impl<T> GuestPtr<T> {
    /// Returns the pointer to this offset.
    pub(crate) fn new(at: u32) -> Self {
        Self { at, to: PhantomData }
    }

    /// Returns the slice of `len` bytes that begins here.
    pub(crate) fn bytes(self, len: u32) -> GuestSlice {
        GuestSlice { start: self.at, len }
    }
}

impl<T: Layout> GuestPtr<T> {
    /// Returns the pointer to the element `index` of the array that begins here.
    ///
    /// # Errors
    ///
    /// [`BadPointer`] beyond 32 bits.
    pub(crate) fn element(self, index: u32) -> Result<Self, BadPointer> {
        let at = index.checked_mul(T::SIZE).and_then(|offset| self.at.checked_add(offset));
        at.map(Self::new).ok_or(BadPointer::beyond(self.at))
    }
}

impl GuestSlice {
    /// Returns the number of bytes.
    pub(crate) fn len(self) -> u32 {
        self.len
    }

    /// Returns the pointer to the first byte.
    pub(crate) fn start(self) -> GuestPtr<u8> {
        GuestPtr::new(self.start)
    }
}

impl<'a> GuestMemory<'a> {
    /// Wraps the bytes of a guest's memory.
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self(bytes)
    }

    /// Reads the value that a pointer points to.
    ///
    /// # Errors
    ///
    /// A trap for a bad pointer; an error number for a value that is invalid for the type.
    pub(crate) fn read<T: FromGuest>(&self, pointer: GuestPtr<T>) -> Result<T, AbiError> {
        T::load(self, pointer.at)
    }

    /// Writes a value to where a pointer points.
    ///
    /// # Errors
    ///
    /// [`BadPointer`].
    pub(crate) fn write<T: ToGuest>(&mut self, pointer: GuestPtr<T>, value: &T) -> Result<(), BadPointer> {
        value.store(self, pointer.at)
    }

    /// Returns bytes.
    ///
    /// # Errors
    ///
    /// [`BadPointer`].
    pub(crate) fn bytes(&self, slice: GuestSlice) -> Result<&[u8], BadPointer> {
        let bad = BadPointer { start: slice.start, len: slice.len, align: 1 };
        range(slice).and_then(|range| self.0.get(range)).ok_or(bad)
    }

    /// Returns bytes as text.
    ///
    /// # Errors
    ///
    /// A trap for a bad pointer; `EILSEQ` if the bytes are not UTF-8.
    pub(crate) fn text(&self, slice: GuestSlice) -> Result<&str, AbiError> {
        std::str::from_utf8(self.bytes(slice)?).map_err(|_| Errno::Ilseq.into())
    }

    /// Copies bytes to where a pointer points.
    ///
    /// # Errors
    ///
    /// [`BadPointer`].
    pub(crate) fn copy_to(&mut self, pointer: GuestPtr<u8>, bytes: &[u8]) -> Result<(), BadPointer> {
        let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let slice = pointer.bytes(len);
        let bad = BadPointer { start: slice.start, len, align: 1 };
        let place = range(slice).and_then(|range| self.0.get_mut(range)).ok_or(bad)?;
        if place.len() != bytes.len() {
            return Err(bad);
        }
        place.copy_from_slice(bytes);
        Ok(())
    }

    /// Returns the bytes of a number of `N` bytes at `at`, which must be aligned to its size.
    fn number<const N: usize>(&self, at: u32) -> Result<[u8; N], BadPointer> {
        let place = place::<N>(at)?;
        let bytes = self.0.get(place).and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| bad_number::<N>(at))
    }

    fn set_number<const N: usize>(&mut self, at: u32, number: [u8; N]) -> Result<(), BadPointer> {
        let place = place::<N>(at)?;
        self.0.get_mut(place).ok_or_else(|| bad_number::<N>(at))?.copy_from_slice(&number);
        Ok(())
    }
}

fn range(slice: GuestSlice) -> Option<std::ops::Range<usize>> {
    let (start, len) = (usize::try_from(slice.start).ok()?, usize::try_from(slice.len).ok()?);
    Some(start..start.checked_add(len)?)
}

fn bad_number<const N: usize>(at: u32) -> BadPointer {
    let size = u32::try_from(N).unwrap_or(u32::MAX);
    BadPointer { start: at, len: size, align: size }
}

fn place<const N: usize>(at: u32) -> Result<std::ops::Range<usize>, BadPointer> {
    let start = usize::try_from(at).ok().filter(|start| start.is_multiple_of(N));
    start.map(|start| start..start + N).ok_or_else(|| bad_number::<N>(at))
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Layout for $type {
            const SIZE: u32 = size_of::<$type>() as u32;
        }

        impl FromGuest for $type {
            fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
                Ok(Self::from_le_bytes(memory.number(at)?))
            }
        }

        impl ToGuest for $type {
            fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
                memory.set_number(at, self.to_le_bytes())
            }
        }
    )*};
}

number!(u8, u16, u32, u64);

impl<T> Layout for GuestPtr<T> {
    const SIZE: u32 = 4;
}

impl<T> FromGuest for GuestPtr<T> {
    fn load(memory: &GuestMemory<'_>, at: u32) -> Result<Self, AbiError> {
        Ok(Self::new(u32::load(memory, at)?))
    }
}

impl<T> ToGuest for GuestPtr<T> {
    fn store(&self, memory: &mut GuestMemory<'_>, at: u32) -> Result<(), BadPointer> {
        self.at.store(memory, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_end_with_the_memory() {
        let mut bytes = [0; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.write(GuestPtr::new(8), &0x0807_0605_0403_0201_u64), Ok(()));
        assert_eq!(memory.read(GuestPtr::<u32>::new(12)).unwrap(), 0x0807_0605);
        assert!(memory.write(GuestPtr::new(16), &1_u8).is_err());
        assert!(memory.write(GuestPtr::new(12), &1_u64).is_err(), "misaligned");
        assert!(memory.write(GuestPtr::new(u32::MAX - 3), &1_u32).is_err());
        assert_eq!(memory.bytes(GuestPtr::<u8>::new(16).bytes(0)).unwrap(), b"");
        assert!(memory.bytes(GuestPtr::<u8>::new(17).bytes(0)).is_err());
        assert!(memory.bytes(GuestPtr::<u8>::new(u32::MAX).bytes(u32::MAX)).is_err());
        assert!(memory.copy_to(GuestPtr::new(15), b"ab").is_err());
        assert_eq!(memory.copy_to(GuestPtr::new(14), b"ab"), Ok(()));
        assert!(GuestPtr::<u64>::new(8).element(u32::MAX).is_err());
        assert!(GuestPtr::<u8>::new(u32::MAX).element(1).is_err());
        assert!(memory.read(GuestPtr::<u16>::new(1)).is_err(), "misaligned");
    }

    #[test]
    fn text_is_checked() {
        let mut bytes = *b"ab\xffc";
        let memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.text(GuestPtr::<u8>::new(0).bytes(2)).unwrap(), "ab");
        let error = memory.text(GuestPtr::<u8>::new(0).bytes(4)).unwrap_err();
        assert!(matches!(error, AbiError::Errno(Errno::Ilseq)), "{error:?}");
        assert!(matches!(memory.text(GuestPtr::<u8>::new(2).bytes(3)).unwrap_err(), AbiError::Trap(_)));
    }
}
