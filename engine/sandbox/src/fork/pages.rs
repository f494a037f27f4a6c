//! Linear memory as pages: what differs from the first state, and how it is put back.
//!
//! The first state is the interpreter's image as every new instance has it. A template keeps the pages in which it differs
//! from that; an instance remembers which of its pages are private, with their first content.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Mutex;
use wasmtime::{Engine, InstancePre, Store};

use super::kernel::PAGE;
use super::slot::FUEL_TO_BEGIN;
use crate::engine::engine_error;
use crate::error::SandboxError;
use crate::host::Host;

/// One page.
pub(crate) type Page = [u8; PAGE];

static ZEROS: Page = [0; PAGE];

/// Page `index` of a memory; what lies behind its end is zero, as it is when memory grows.
pub(crate) fn page(memory: &[u8], index: u32) -> &Page {
    let start = index as usize * PAGE;
    memory.get(start..start + PAGE).and_then(|page| page.try_into().ok()).unwrap_or(&ZEROS)
}

/// Linear memory of a state, as the difference to the first state.
pub(crate) struct MemoryImage {
    /// 0 is the first state.
    pub(crate) number: u64,
    /// Size of the memory in bytes.
    pub(crate) size: usize,
    /// Pages that differ from the first state, in order.
    pages: Vec<u32>,
    /// Their content, one after the other.
    content: Vec<u8>,
}

impl MemoryImage {
    /// The first state.
    pub(crate) fn first(size: usize) -> Self {
        Self { number: 0, size, pages: Vec::new(), content: Vec::new() }
    }

    /// What differs between `memory` and the first state; all that may differ is in `known`.
    pub(crate) fn capture(number: u64, memory: &[u8], known: &Known) -> Self {
        let (mut pages, mut content) = (Vec::new(), Vec::new());
        for (index, first) in &known.0 {
            let now = page(memory, *index);
            if now != &**first {
                pages.push(*index);
                content.extend_from_slice(now);
            }
        }
        Self { number, size: memory.len(), pages, content }
    }

    /// Bytes that it keeps.
    pub(crate) fn bytes(&self) -> usize {
        self.content.len() + self.pages.len() * size_of::<u32>()
    }

    fn pages(&self) -> impl Iterator<Item = (u32, &Page)> {
        self.pages
            .iter()
            .enumerate()
            .map(|(at, &index)| (index, page(&self.content, u32::try_from(at).unwrap_or(u32::MAX))))
    }

    /// Brings all of `memory` into this state. What is neither in `known` nor in the image is untouched since the instance
    /// was made. Returns whether it wrote to a page that is not in `known`.
    pub(crate) fn restore(&self, memory: &mut [u8], known: &Known) -> bool {
        let mut put = |index: u32, content: &Page| {
            let start = index as usize * PAGE;
            memory[start..start + PAGE].copy_from_slice(content);
        };
        let mut known = known.0.iter().peekable();
        let mut beyond = false;
        for (index, content) in self.pages() {
            while let Some((before, first)) = known.next_if(|(other, _)| *other < index) {
                put(*before, first);
            }
            beyond |= known.next_if(|(other, _)| *other == index).is_none();
            put(index, content);
        }
        for (index, first) in known {
            put(*index, first);
        }
        beyond
    }
}

/// Pages of an instance that may be private, in order, with their first content.
#[derive(Default)]
pub(crate) struct Known(Vec<(u32, Arc<Page>)>);

impl Known {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Those of `private` that are not known yet.
    pub(crate) fn news(&self, private: &[u32]) -> Vec<u32> {
        let known = |index: &u32| self.0.binary_search_by_key(index, |(other, _)| *other).is_ok();
        private.iter().copied().filter(|index| !known(index)).collect()
    }

    pub(crate) fn learn(&mut self, pages: Vec<(u32, Arc<Page>)>) {
        self.0.extend(pages);
        self.0.sort_unstable_by_key(|(index, _)| *index);
    }
}

/// The first state, asked page by page: what was asked once is kept, so instances share it.
pub(crate) struct Base {
    engine: Engine,
    instance: InstancePre<Host>,
    pages: Mutex<BTreeMap<u32, Arc<Page>>>,
}

impl Base {
    pub(crate) fn new(engine: Engine, instance: InstancePre<Host>) -> Self {
        Self { engine, instance, pages: Mutex::new(BTreeMap::new()) }
    }

    /// These pages of the first state. Pages that nobody asked for before are read from an instance that has run nothing;
    /// the pool has one place more than there are runs, for this.
    pub(crate) async fn pages(&self, wanted: &[u32]) -> Result<Vec<(u32, Arc<Page>)>, SandboxError> {
        let mut kept = self.pages.lock().await;
        if wanted.iter().any(|index| !kept.contains_key(index)) {
            let mut store = Store::new(&self.engine, Host::idle());
            store.set_fuel(FUEL_TO_BEGIN).map_err(engine_error)?;
            let instance = self.instance.instantiate_async(&mut store).await.map_err(engine_error)?;
            let memory = instance
                .get_memory(&mut store, "memory")
                .ok_or_else(|| SandboxError::Interpreter("it exports no memory".to_owned()))?;
            for &index in wanted {
                kept.entry(index).or_insert_with(|| Arc::new(*page(memory.data(&store), index)));
            }
        }
        Ok(wanted.iter().filter_map(|index| Some((*index, Arc::clone(kept.get(index)?)))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(pages: &[u8]) -> Vec<u8> {
        pages.iter().flat_map(|&byte| [byte; PAGE]).collect()
    }

    fn known(pages: &[(u32, u8)]) -> Known {
        let mut known = Known::default();
        known.learn(pages.iter().map(|&(index, byte)| (index, Arc::new([byte; PAGE]))).collect());
        known
    }

    #[test]
    fn a_state_is_put_back_over_whatever_was_written() {
        // First state 1 2 3 4 5; the template changed pages 1 and 3.
        let image = MemoryImage::capture(7, &memory(&[1, 20, 3, 40, 5]), &known(&[(0, 1), (1, 2), (3, 4)]));
        assert_eq!((image.pages.as_slice(), image.size), ([1, 3].as_slice(), 5 * PAGE));
        // An instance whose pages 0, 3 and 4 are private and hold anything.
        let mut dirty = memory(&[9, 2, 3, 9, 9]);
        assert!(image.restore(&mut dirty, &known(&[(0, 1), (3, 4), (4, 5)])), "page 1 is private now");
        assert_eq!(dirty, memory(&[1, 20, 3, 40, 5]));
        let first = MemoryImage::first(5 * PAGE);
        assert!(!first.restore(&mut dirty, &known(&[(0, 1), (1, 2), (3, 4), (4, 5)])));
        assert_eq!(dirty, memory(&[1, 2, 3, 4, 5]));
    }

    #[test]
    fn pages_are_learned_once_and_grown_memory_is_zero() {
        let mut known = known(&[(4, 1), (2, 1)]);
        assert_eq!(known.news(&[1, 2, 3, 4, 5]), [1, 3, 5]);
        known.learn(vec![(3, Arc::new([0; PAGE]))]);
        assert_eq!((known.news(&[2, 3, 4]), known.len()), (vec![], 3));
        assert_eq!(page(&memory(&[1]), 1), &[0; PAGE]);
    }
}
