//! A manifest, checked together with the Python objects that are its nodes.

use std::sync::Arc;

use pyo3::prelude::*;
use remotemedia::manifest::Manifest;
use remotemedia::pipeline::SessionConfig;
use remotemedia::{Pipeline, Registry};
use remotemedia_python::cpython::{Entered, Member, PySession};

use crate::errors;
use crate::runtime::runtime;
use crate::session::Session;

/// A checked pipeline that is ready to be started once.
#[pyclass(frozen, module = "remotemedia._native")]
pub(crate) struct Graph {
    pipeline: Pipeline,
    session: Arc<PySession>,
}

/// `(id, object, is a source, leads to a native node, what to call when the object is free again)`.
pub(crate) type MemberTuple = (String, Py<PyAny>, bool, bool, Option<Py<PyAny>>);

#[pymethods]
impl Graph {
    /// Checks a manifest. `event_loop` is the one that runs on the calling thread, if one does.
    #[new]
    #[pyo3(signature = (manifest, members, event_loop=None))]
    fn new(
        py: Python<'_>,
        manifest: &str,
        members: Vec<MemberTuple>,
        event_loop: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let _entered = Entered::from_python(py);
        let session = PySession::new(py, event_loop)?;
        let registry = bind(py, members, &session)?;
        let pipeline = py.detach(|| Pipeline::from_json(manifest, &registry));
        let pipeline = pipeline.map_err(|error| errors::to_python(py, &error))?;
        Ok(Self { pipeline, session })
    }

    /// Makes the nodes and begins to initialise them: on workers, unless the caller feeds the session from end to end.
    #[pyo3(signature = (is_fed=false, input_capacity=None, output_capacity=None))]
    fn start(
        &self,
        py: Python<'_>,
        is_fed: bool,
        input_capacity: Option<usize>,
        output_capacity: Option<usize>,
    ) -> PyResult<Session> {
        let _entered = Entered::from_python(py);
        let default = SessionConfig::default();
        let config = SessionConfig {
            input_capacity: input_capacity.unwrap_or(default.input_capacity),
            output_capacity: output_capacity.unwrap_or(default.output_capacity),
            ..default
        };
        Session::start(py, &self.pipeline, &self.session, &config, is_fed)
    }

    /// The graph with the place and backend of each node, as `text`, `json`, `dot`, `mermaid` or `svg`.
    fn inspect(&self, py: Python<'_>, format: &str) -> PyResult<String> {
        let inspection = self.pipeline.inspect();
        match format {
            "text" => Ok(inspection.to_string()),
            "json" => Ok(inspection.to_json()),
            "dot" => Ok(inspection.to_dot()),
            "mermaid" => Ok(inspection.to_mermaid()),
            "svg" => Ok(inspection.to_svg()),
            other => {
                let message = format!("format {other:?} is not known; known: text, json, dot, mermaid, svg");
                Err(errors::named(py, "PipelineError", &message))
            }
        }
    }

    /// What the manifest holds that this version does not know, one line each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.pipeline.graph().warnings.clone()
    }

    /// The names of the ports that take values.
    #[getter]
    fn inputs(&self) -> Vec<String> {
        self.pipeline.graph().inputs.iter().map(|port| port.name.to_string()).collect()
    }

    /// The names of the ports that give values.
    #[getter]
    fn outputs(&self) -> Vec<String> {
        self.pipeline.graph().outputs.iter().map(|port| port.name.to_string()).collect()
    }
}

/// The runtime's node types with the members bound to their ids.
pub(crate) fn bind(py: Python<'_>, members: Vec<MemberTuple>, session: &Arc<PySession>) -> PyResult<Registry> {
    let mut registry = Registry::over(Arc::clone(runtime()?.registry()));
    for (id, object, source, to_native, release) in members {
        Member { id, object, source, to_native, release }.bind(py, &mut registry, session)?;
    }
    Ok(registry)
}

/// Raises `PipelineError` if a manifest's text is not valid; node types are not looked up.
#[pyfunction]
pub(crate) fn check_manifest(py: Python<'_>, manifest: &str) -> PyResult<()> {
    let checked = py.detach(|| Manifest::parse(manifest));
    checked.map(drop).map_err(|error| errors::to_python(py, &error))
}
