//! Unbatch: takes bundles, lists and tensors apart.

use std::sync::Arc;

use remotemedia_core::prelude::*;
use remotemedia_core::tensor::Tensor;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::bundle::Bundle;

/// What [`Unbatch`] is told: nothing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnbatchParams {}

/// Gives each part of what comes as a packet of its own: the packets that Batch gathered as they were, the items of a
/// list, the tensors along the first dimension of a tensor. Anything else passes as it is.
pub struct Unbatch;

impl Unbatch {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        NodeSpec::new("Unbatch").summary("Takes batches, lists and tensors apart")
    }

    /// A node.
    ///
    /// # Errors
    /// None; for the registry.
    pub fn new(_params: UnbatchParams) -> NodeResult<Self> {
        Ok(Self)
    }
}

impl Node for Unbatch {
    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        if let Some(bundle) = Bundle::of(&packet.payload) {
            // The packet's own hold on the bundle would keep its parts from being changed in place.
            drop(packet);
            return Arc::unwrap_or_clone(bundle).into_packets().into_iter().try_for_each(|part| out.emit(part));
        }
        match std::mem::replace(&mut packet.payload, Payload::Null).neutral()? {
            Payload::Json(value) if value.is_array() => {
                let Value::Array(items) = Arc::unwrap_or_clone(value) else { return Ok(()) };
                items.into_iter().try_for_each(|item| out.emit(packet.clone().with_payload(item)))
            }
            Payload::Tensor(tensor) if !tensor.shape().is_empty() => {
                (0..tensor.shape()[0]).try_for_each(|row| out.emit(packet.clone().with_payload(part(&tensor, row)?)))
            }
            other => out.emit(packet.with_payload(other)),
        }
    }
}

/// The tensor at `row` of the first dimension, over the same memory.
fn part(tensor: &Tensor, row: usize) -> NodeResult<Tensor> {
    let step = isize::try_from(row)? * tensor.strides()[0];
    let offset =
        tensor.offset().checked_add_signed(step).ok_or_else(|| NodeError::new("a tensor begins before its bytes"))?;
    let (shape, strides) = (tensor.shape()[1..].to_vec(), tensor.strides()[1..].to_vec());
    Ok(Tensor::with_strides(tensor.dtype(), shape, strides, offset, tensor.buffer().clone())?)
}
