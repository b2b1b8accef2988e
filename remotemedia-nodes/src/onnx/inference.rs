//! Onnx: runs a model on tensors.

use std::collections::VecDeque;
use std::sync::Arc;

use remotemedia_core::prelude::*;
use remotemedia_core::spec::PortSpec;
use remotemedia_core::tensor::Tensor;
use rten::NodeId;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::model::{Model, Port};
use super::wiring::{Gives, Wiring};
use super::{cache, constant, convert};

/// What [`Onnx`] is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnnxParams {
    /// The file with the model, in the working directory or in its folder `models`.
    #[schemars(extend("format" = "model-file"))]
    model: String,
    /// The model's input that the port `in` feeds; needed only where several have neither a port nor a constant.
    #[serde(default)]
    input: Option<String>,
    /// The model's outputs that the port `out` gives, in this order; all that have no port of their own, if not given.
    #[serde(default)]
    outputs: Option<Vec<String>>,
    /// Inputs that never change: numbers or lists of numbers by the input's name.
    #[serde(default)]
    constants: Map<String, Value>,
}

/// Runs a model on tensors.
///
/// A model with one input takes it on the port `in`. Of a model with several, each is fed by the port of its name, and
/// the model runs when every one has a tensor. The port `out` gives the outputs, with the attribute `output` naming
/// which where there are several; each is also given by the port of its name.
pub struct Onnx {
    params: OnnxParams,
    ready: Option<Ready>,
}

/// A node that has its model.
struct Ready {
    model: Arc<Model>,
    wiring: Wiring,
    constants: Vec<(NodeId, Tensor)>,
    /// What waits for the other inputs, by input.
    waiting: Vec<VecDeque<(Packet, Tensor)>>,
}

impl Onnx {
    /// What the registry knows about this type.
    pub fn spec() -> NodeSpec {
        let optional = |name| PortSpec { optional: true, ..PortSpec::new(name, PayloadKind::Tensor) };
        let mut spec = NodeSpec::new("Onnx")
            .summary("Runs an ONNX model on tensors")
            .extra_inputs(PayloadKind::Tensor)
            .extra_outputs(PayloadKind::Tensor)
            .lane(Lane::Blocking);
        spec.inputs = vec![optional("in")];
        spec.outputs = vec![optional("out")];
        spec
    }

    /// A node that does what `params` say.
    ///
    /// # Errors
    /// None; the model is read when the node is initialised.
    pub fn new(params: OnnxParams) -> NodeResult<Self> {
        Ok(Self { params, ready: None })
    }
}

impl Node for Onnx {
    fn initialize(&mut self, cx: &NodeContext) -> NodeResult {
        let model = cache::open(&self.params.model, "give the path of an .onnx file")?;
        let wiring = Wiring::of(
            &model,
            cx,
            &self.params.constants,
            self.params.input.as_deref(),
            self.params.outputs.as_deref(),
        )?;
        let constants = self.params.constants.iter().map(|(name, value)| constant_input(&model, name, value));
        let constants = constants.collect::<NodeResult<_>>()?;
        let waiting = wiring.feeds.iter().map(|_| VecDeque::new()).collect();
        self.ready = Some(Ready { model, wiring, constants, waiting });
        Ok(())
    }

    fn process(&mut self, mut packet: Packet, out: &mut Outputs<'_>) -> NodeResult {
        let ready = self.ready.as_mut().ok_or_else(|| NodeError::new("the node is not initialised"))?;
        let tensor = std::mem::replace(&mut packet.payload, Payload::Null).into_tensor()?;
        ready.take(out.input_port(), packet, tensor)?;
        while ready.waiting.iter().all(|queue| !queue.is_empty()) {
            ready.run(out)?;
        }
        Ok(())
    }

    fn flush(&mut self, _out: &mut Outputs<'_>) -> NodeResult {
        let Some(ready) = &mut self.ready else { return Ok(()) };
        let left = ready.waiting.iter().position(|queue| !queue.is_empty());
        let error = left.map(|feed| {
            let name = &ready.model.inputs()[ready.wiring.feeds[feed]].name;
            NodeError::new(format!(
                "the stream ended with {} tensors for input \"{name}\" without partners",
                ready.waiting[feed].len()
            ))
        });
        ready.waiting.iter_mut().for_each(VecDeque::clear);
        error.map_or(Ok(()), Err)
    }

    fn interrupt(&mut self) {
        if let Some(ready) = &mut self.ready {
            ready.waiting.iter_mut().for_each(VecDeque::clear);
        }
    }

    fn cleanup(&mut self) -> NodeResult {
        self.ready = None;
        Ok(())
    }
}

impl Ready {
    fn take(&mut self, port: usize, envelope: Packet, tensor: Tensor) -> NodeResult {
        let Some(feed) = self.wiring.feed_of(port) else {
            return Err(NodeError::new(
                "a tensor came on port \"in\", but every input of the model has a port or a constant of its own",
            ));
        };
        check(&self.model.inputs()[self.wiring.feeds[feed]], &tensor)?;
        let queue = &mut self.waiting[feed];
        if queue.len() == MOST_WAITING {
            let name = &self.model.inputs()[self.wiring.feeds[feed]].name;
            return Err(NodeError::new(format!(
                "{MOST_WAITING} tensors wait for partners at input \"{name}\", the most allowed"
            )));
        }
        queue.push_back((envelope, tensor));
        Ok(())
    }

    /// Runs the model on the first tensor of each input.
    fn run(&mut self, out: &mut Outputs<'_>) -> NodeResult {
        let taken: Vec<_> = self.waiting.iter_mut().filter_map(VecDeque::pop_front).collect();
        let ids = self.wiring.feeds.iter().map(|&input| self.model.inputs()[input].id);
        let fed = ids.zip(taken.iter().map(|(_, tensor)| tensor));
        let fixed = self.constants.iter().map(|(id, tensor)| (*id, tensor));
        let inputs = fixed.chain(fed).map(|(id, tensor)| Ok((id, convert::to_value(tensor)?)));
        let inputs = inputs.collect::<NodeResult<Vec<_>>>()?;
        let wanted: Vec<NodeId> = self.wiring.gives.iter().map(|give| self.model.outputs()[give.output].id).collect();
        let results = self.model.run(inputs, &wanted)?;
        let envelope = taken.into_iter().next().map(|(envelope, _)| envelope);
        let envelope = envelope.unwrap_or_else(|| Packet::new(Payload::Null));
        for (give, value) in self.wiring.gives.iter().zip(results) {
            let port = &self.model.outputs()[give.output];
            give_tensor(give, port, &envelope, convert::to_tensor(value, port.dtype)?, out)?;
        }
        Ok(())
    }
}

fn give_tensor(give: &Gives, port: &Port, envelope: &Packet, tensor: Tensor, out: &mut Outputs<'_>) -> NodeResult {
    let packet = envelope.clone().with_payload(tensor);
    let packet = if give.named { packet.with_attribute("output", port.name.as_str()) } else { packet };
    out.emit_to(give.port, packet)
}

fn constant_input(model: &Model, name: &str, value: &Value) -> NodeResult<(NodeId, Tensor)> {
    let port = model.input(name)?;
    let dtype = port.dtype.unwrap_or(remotemedia_core::tensor::DType::F32);
    let tensor =
        constant::parse(value, dtype).map_err(|error| NodeError::new(format!("params: constants.{name}: {error}")))?;
    check(port, &tensor)?;
    Ok((port.id, tensor))
}

/// Checks that a tensor is what an input takes.
fn check(port: &Port, tensor: &Tensor) -> NodeResult {
    if port.takes(tensor.dtype(), tensor.shape()) {
        return Ok(());
    }
    Err(NodeError::new(format!(
        "input \"{}\": tensor of {:?} {:?}, expected {}",
        port.name,
        tensor.dtype(),
        tensor.shape(),
        port.expected()
    )))
}

/// How many tensors may wait for the other inputs.
const MOST_WAITING: usize = 64;
