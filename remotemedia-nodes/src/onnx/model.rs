//! The model: an ONNX graph that is ready to run, and what it takes and gives.

use std::path::{Path, PathBuf};

use remotemedia_core::error::{NodeError, NodeResult};
use rten::{Dimension, NodeId, Value, ValueOrView};

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
    /// The length of each dimension, or `None` if any shape will do.
    pub(super) shape: Option<Vec<Dimension>>,
}

impl Model {
    /// Reads the model in the file `path`.
    ///
    /// # Errors
    /// If the file is not a model, or holds an operator that is not supported.
    pub(super) fn load(path: &Path) -> NodeResult<Self> {
        let graph = rten::Model::load_file(path)
            .map_err(|error| NodeError::new(format!("model {}: {error}", path.display())).with_source(error))?;
        let inputs = ports(&graph, graph.input_ids());
        let outputs = ports(&graph, graph.output_ids());
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

fn ports(graph: &rten::Model, ids: &[NodeId]) -> Vec<Port> {
    let port = |&id: &NodeId| {
        let info = graph.node_info(id);
        let name = info.as_ref().and_then(|info| info.name()).unwrap_or_default().to_owned();
        Port { id, name, shape: info.and_then(|info| info.shape()) }
    };
    ids.iter().map(port).collect()
}
