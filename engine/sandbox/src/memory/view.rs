//! The image that the memory of an instance is mapped to.

use std::sync::Arc;

use super::image::MemoryImage;
use super::linear_memory::CowMemoryCreator;

/// See the module.
#[derive(Clone)]
pub(crate) struct ImageView {
    image: Arc<MemoryImage>,
    memories: Arc<CowMemoryCreator>,
}

impl ImageView {
    pub(crate) fn new(image: Arc<MemoryImage>, memories: Arc<CowMemoryCreator>) -> Self {
        Self { image, memories }
    }

    /// Drops the private pages that equal those of the image. The guest sees no change.
    pub(crate) fn share(&self, memory: &mut [u8]) {
        self.image.share(memory, &self.memories);
    }
}
