//! Math nodes: arithmetic on numbers, lists of numbers, tensors and audio, with the results Python gives.

use remotemedia_core::Result;
use remotemedia_core::registry::Registry;

pub mod add;
pub mod calculator;
mod elementwise;
pub mod multiply;
mod number;
mod operation;

pub use operation::Operation;

pub(crate) fn register(registry: &mut Registry) -> Result<()> {
    registry.add(multiply::Multiply::spec(), multiply::Multiply::new)?;
    registry.add(add::Add::spec(), add::Add::new)?;
    registry.add(calculator::Calculator::spec(), calculator::Calculator::new)
}
