//! The model: an ONNX graph that is ready to run, and what it takes and gives.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use remotemedia_core::error::{NodeError, NodeResult};
use remotemedia_core::tensor::DType;
use rten::{Dimension, NodeId, Value, ValueOrView};

use super::{declared, wiring};

/// A loaded model. Any number of sessions run it at the same time.
#[derive(Debug)]
pub(super) struct Model {
    path: PathBuf,
    graph: rten::Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

/// An input or output of a model.
#[derive(Clone, Debug)]
pub(super) struct Port {
    pub(super) id: NodeId,
    pub(super) name: String,
    /// The type of the elements as the file says, if it is one that can be converted.
    pub(super) dtype: Option<DType>,
    /// The length of each dimension, or `None` if any shape will do.
    pub(super) shape: Option<Vec<Dimension>>,
}

impl Model {
    /// Reads the model in the file `path`.
    ///
    /// # Errors
    /// If the file is not a model, or holds an operator that is not supported.
    pub(super) fn load(path: &Path) -> NodeResult<Self> {
        let failed = |error: &dyn std::error::Error| NodeError::new(format!("model {}: {error}", path.display()));
        let types = declared::types(&std::fs::read(path).map_err(|error| failed(&error).with_source(error))?);
        let graph = rten::Model::load_file(path).map_err(|error| failed(&error).with_source(error))?;
        let inputs = ports(&graph, graph.input_ids(), &types);
        let outputs = ports(&graph, graph.output_ids(), &types);
        Ok(Self { path: path.to_owned(), graph, inputs, outputs })
    }

    /// The file it came from.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it takes.
    pub(super) fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// The input called `name`.
    ///
    /// # Errors
    /// If there is none.
    pub(super) fn input(&self, name: &str) -> NodeResult<&Port> {
        let found = self.inputs.iter().find(|port| port.name == name);
        found.ok_or_else(|| wiring::unknown(self, &self.inputs, name, "takes"))
    }

    /// What it gives.
    pub(super) fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// Computes `outputs` from `inputs`.
    ///
    /// # Errors
    /// If an input is not as the model expects, or an operator fails.
    pub(super) fn run(&self, inputs: Vec<(NodeId, ValueOrView<'_>)>, outputs: &[NodeId]) -> NodeResult<Vec<Value>> {
        self.graph
            .run(inputs, outputs, None)
            .map_err(|error| NodeError::new(format!("model {}: {error}", self.path.display())).with_source(error))
    }
}

impl Port {
    /// Whether a tensor of this type and shape can be given.
    pub(super) fn takes(&self, dtype: DType, shape: &[usize]) -> bool {
        let fits = |(dimension, &length): (&Dimension, &usize)| match dimension {
            Dimension::Fixed(fixed) => *fixed == length,
            Dimension::Symbolic(_) => true,
        };
        let shape_fits =
            |expected: &Vec<Dimension>| expected.len() == shape.len() && expected.iter().zip(shape).all(fits);
        self.dtype.is_none_or(|expected| expected == dtype) && self.shape.as_ref().is_none_or(shape_fits)
    }

    /// What it takes, for messages: `F32 [batch, 3]`.
    pub(super) fn expected(&self) -> String {
        let dtype = self.dtype.map_or("any type".to_owned(), |dtype| format!("{dtype:?}"));
        let Some(shape) = &self.shape else { return format!("{dtype} of any shape") };
        let length = |dimension: &Dimension| match dimension {
            Dimension::Fixed(length) => length.to_string(),
            Dimension::Symbolic(name) => name.clone(),
        };
        format!("{dtype} [{}]", shape.iter().map(length).collect::<Vec<_>>().join(", "))
    }
}

fn ports(graph: &rten::Model, ids: &[NodeId], types: &HashMap<String, DType>) -> Vec<Port> {
    let port = |&id: &NodeId| {
        let info = graph.node_info(id);
        let name = info.as_ref().and_then(|info| info.name()).unwrap_or_default().to_owned();
        let dtype = types.get(&name).copied();
        Port { id, name, dtype, shape: info.and_then(|info| info.shape()) }
    };
    ids.iter().map(port).collect()
}
