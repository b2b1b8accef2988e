//! Text nodes: case, words and counts, with the results Python gives.

use remotemedia_core::Result;
use remotemedia_core::registry::Registry;

mod case;
mod operation;
pub mod processor;
pub mod transform;

pub use operation::Operation;

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(transform::Text::spec(), transform::Text::new)?;
    registry.add(processor::TextProcessor::spec(), processor::TextProcessor::new)
}
