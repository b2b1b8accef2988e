//! Flow nodes: they pass, choose, gather, join and pace packets, and never look into media.

use remotemedia_core::Result;
use remotemedia_core::node::NodeContext;
use remotemedia_core::registry::Registry;

pub mod align;
pub mod batch;
pub mod buffer;
pub mod bundle;
mod clock;
mod condition;
pub mod counter;
pub mod filter;
mod matcher;
pub mod merge;
pub mod pass_through;
pub mod tee;
pub mod throttle;
pub mod unbatch;

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(pass_through::PassThrough::spec(), pass_through::PassThrough::new)?;
    registry.add(filter::Filter::spec(), filter::Filter::new)?;
    registry.add(batch::Batch::spec(), batch::Batch::new)?;
    registry.add(unbatch::Unbatch::spec(), unbatch::Unbatch::new)?;
    registry.add(buffer::Buffer::spec(), buffer::Buffer::new)?;
    registry.add(tee::Tee::spec(), tee::Tee::new)?;
    registry.add(merge::Merge::spec(), merge::Merge::new)?;
    registry.add(align::Align::spec(), align::Align::new)?;
    registry.add(throttle::Throttle::spec(), throttle::Throttle::new)?;
    registry.add(counter::Counter::spec(), counter::Counter::new)?;
    registry.add(counter::StatefulCounter::spec(), counter::StatefulCounter::new)
}

/// The index of the output port with the name of each input port.
fn same_named_outputs(cx: &NodeContext) -> Vec<Option<usize>> {
    cx.inputs.iter().map(|input| cx.outputs.iter().position(|output| output == input)).collect()
}
