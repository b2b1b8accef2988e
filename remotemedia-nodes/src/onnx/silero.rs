//! The Silero voice activity network: 16 kHz samples in, the probability of speech in each frame of 32 ms out.

use std::sync::Arc;

use remotemedia_core::error::{NodeError, NodeResult};
use rten::{Dimension, NodeId, Value, ValueView};
use rten_tensor::Tensor;
use rten_tensor::prelude::*;

use super::model::{Model, Port};

/// Samples per frame.
pub(super) const FRAME: usize = 512;
/// Frames per second of the audio that the network knows.
pub(super) const RATE: u32 = 16_000;
/// How many samples of the frame before the network sees again.
const CONTEXT: usize = 64;

/// One stream's way through the shared network: what it remembers, and the frame that is being filled.
pub(super) struct Silero {
    model: Arc<Model>,
    roles: Roles,
    window: Vec<f32>,
    filled: usize,
    memory: Vec<Value>,
}

/// Which input and output of the model is which.
struct Roles {
    audio: NodeId,
    rate: Option<NodeId>,
    /// The inputs that take what the network remembers, and their shapes.
    memory: Vec<(NodeId, Vec<usize>)>,
    /// The probability, then what the network remembers.
    outputs: Vec<NodeId>,
}

impl Silero {
    /// A stream through `model`.
    ///
    /// # Errors
    /// If the model does not take and give what the Silero networks do.
    pub(super) fn new(model: Arc<Model>) -> NodeResult<Self> {
        let roles = Roles::of(&model)?;
        let memory = roles.silence();
        Ok(Self { model, roles, window: vec![0.0; CONTEXT + FRAME], filled: 0, memory })
    }

    /// Takes samples off the front of `samples` until a frame is full, and gives its probability; `None` if they do not
    /// fill it.
    ///
    /// # Errors
    /// If the model fails.
    pub(super) fn push(&mut self, samples: &mut &[f32]) -> NodeResult<Option<f32>> {
        let taken = samples.len().min(FRAME - self.filled);
        let (now, later) = samples.split_at(taken);
        *samples = later;
        let at = CONTEXT + self.filled;
        self.window[at..at + taken].copy_from_slice(now);
        self.filled += taken;
        if self.filled < FRAME { Ok(None) } else { self.run().map(Some) }
    }

    /// Fills the last frame with silence and gives its probability and how many samples of it came; `None` if none did.
    ///
    /// # Errors
    /// If the model fails.
    pub(super) fn finish(&mut self) -> NodeResult<Option<(f32, usize)>> {
        let came = self.filled;
        if came == 0 {
            return Ok(None);
        }
        self.window[CONTEXT + came..].fill(0.0);
        Ok(Some((self.run()?, came)))
    }

    /// Forgets everything that was heard.
    pub(super) fn reset(&mut self) {
        self.window.fill(0.0);
        self.filled = 0;
        self.memory = self.roles.silence();
    }

    fn run(&mut self) -> NodeResult<f32> {
        let shape = [1, CONTEXT + FRAME];
        let mut inputs = Vec::with_capacity(4);
        inputs.push((self.roles.audio, ValueView::from_shape(shape.as_slice(), self.window.as_slice())?.into()));
        inputs.extend(self.roles.rate.map(|id| (id, Value::from(Tensor::from(RATE as i32)).into())));
        inputs.extend(self.roles.memory.iter().zip(&self.memory).map(|((id, _), value)| (*id, value.into())));
        let mut results = self.model.run(inputs, &self.roles.outputs)?.into_iter();
        let probability = results.next().and_then(first_element).ok_or_else(|| not_silero(&self.model))?;
        self.memory.clear();
        self.memory.extend(results);
        self.window.copy_within(FRAME.., 0);
        self.filled = 0;
        Ok(probability)
    }
}

impl Roles {
    fn of(model: &Model) -> NodeResult<Self> {
        let input = |name: &str| model.inputs().iter().find(|port| port.name == name);
        let audio = input("input").ok_or_else(|| not_silero(model))?.id;
        let rate = input("sr").map(|port| port.id);
        let remembers = |port: &&Port| port.name != "input" && port.name != "sr";
        let memory: Vec<_> = model.inputs().iter().filter(remembers).map(|port| (port.id, lengths(port))).collect();
        if memory.is_empty() || model.outputs().len() != memory.len() + 1 {
            return Err(not_silero(model));
        }
        Ok(Self { audio, rate, memory, outputs: model.outputs().iter().map(|port| port.id).collect() })
    }

    /// What the network remembers before it has heard anything.
    fn silence(&self) -> Vec<Value> {
        self.memory.iter().map(|(_, shape)| Tensor::<f32>::zeros(shape).into()).collect()
    }
}

/// The shape of a port for one stream: dimensions without a fixed length have length one.
fn lengths(port: &Port) -> Vec<usize> {
    let length = |dimension: &Dimension| match dimension {
        Dimension::Fixed(length) => *length,
        Dimension::Symbolic(_) => 1,
    };
    port.shape.iter().flatten().map(length).collect()
}

fn first_element(value: Value) -> Option<f32> {
    let Value::FloatTensor(tensor) = value else { return None };
    tensor.iter().next().copied()
}

fn not_silero(model: &Model) -> NodeError {
    let names = |ports: &[Port]| ports.iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", ");
    NodeError::new(format!(
        "model {} takes ({}) and gives ({}), expected a Silero network that takes (input, state) and gives \
         (output, stateN)",
        model.path().display(),
        names(model.inputs()),
        names(model.outputs()),
    ))
}
