//! Items: packets as the JSON values that the command reads and writes.

mod inputs;
mod media;
mod packet;

pub(crate) use inputs::Inputs;
pub(crate) use packet::Writer;
