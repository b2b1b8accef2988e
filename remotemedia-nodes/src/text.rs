//! text nodes.

use remotemedia_core::error::NodeResult;
use remotemedia_core::registry::Registry;

pub(crate) fn register(registry: &mut Registry) -> NodeResult {
    let _ = registry;
    Ok(())
}
