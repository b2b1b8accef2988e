//! The command `remotemedia`, with Python files and tracebacks.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::PySystemExit;
use pyo3::prelude::*;
use remotemedia::{Error, Runtime, Telemetry};
use remotemedia_cli::{Host, OpenError, Opened, Optimized, Packable, PackagedPython, PythonFile};
use remotemedia_python::cpython::{PySession, describe, exception_of, runtime_handler};

use crate::graph::{MemberTuple, bind};
use crate::package::{AttachedTuple, attached, files_of};
use crate::runtime::runtime;

/// Does what a command line says, the program's name first, and gives the exit code.
#[pyfunction]
pub(crate) fn cli_main(py: Python<'_>, args: Vec<OsString>) -> u8 {
    py.detach(|| remotemedia_cli::main(args, &Package::default()))
}

/// The package around the command.
#[derive(Default)]
struct Package {
    /// What the nodes of the files that were opened share. Nodes do not keep it before they are made.
    sessions: Mutex<Vec<Arc<PySession>>>,
}

impl Host for Package {
    fn runtime(&self, telemetry: Option<&Telemetry>) -> remotemedia::Result<Runtime> {
        crate::telemetry::decide(telemetry);
        runtime().cloned().map_err(|error| Error::new(remotemedia::ErrorKind::Usage, error.to_string()))
    }

    fn open_python(&self, file: &PythonFile<'_>) -> Result<Opened, OpenError> {
        Python::attach(|py| self.open(py, file).map_err(|error| refusal(py, &error)))
    }

    fn open_to_pack(&self, file: &PythonFile<'_>) -> Result<Packable, OpenError> {
        Python::attach(|py| self.pack(py, file).map_err(|error| refusal(py, &error)))
    }

    fn open_package(&self, packaged: &PackagedPython<'_>) -> Result<Opened, OpenError> {
        Python::attach(|py| self.make(py, packaged).map_err(|error| refusal(py, &error)))
    }

    fn optimize(&self, source: &Path, target: &Path) -> Result<Optimized, OpenError> {
        Python::attach(|py| optimized(py, source, target).map_err(|error| refusal(py, &error)))
    }

    fn traceback(&self, error: &Error) -> Option<String> {
        Python::attach(|py| {
            let exception = exception_of(py, error.cause())?.into_value(py);
            python_part(py).and_then(|part| part.call_method1("traceback_of", (exception,))?.extract()).ok()
        })
    }

    fn facts(&self) -> Vec<(String, String)> {
        Python::attach(|py| python_part(py)?.call_method0("facts")?.extract()).unwrap_or_default()
    }
}

impl Package {
    fn open(&self, py: Python<'_>, file: &PythonFile<'_>) -> PyResult<Opened> {
        python_part(py)?.call_method1("forward_logs", (runtime_handler(py)?,))?;
        let opened = python_part(py)?.call_method1("open_file", (file.path.as_os_str(), file.variable, file.args))?;
        let (manifest, members): (String, Vec<MemberTuple>) = opened.extract()?;
        self.opened(py, manifest, members)
    }

    fn pack(&self, py: Python<'_>, file: &PythonFile<'_>) -> PyResult<Packable> {
        python_part(py)?.call_method1("forward_logs", (runtime_handler(py)?,))?;
        let packed = python_part(py)?.call_method1("pack_file", (file.path.as_os_str(), file.variable, file.args))?;
        let (manifest, resolved, members, files): PackedTuple = packed.extract()?;
        let attached = attached(files)?;
        Ok(Packable { opened: self.opened(py, manifest, members)?, resolved, attached })
    }

    fn make(&self, py: Python<'_>, packaged: &PackagedPython<'_>) -> PyResult<Opened> {
        python_part(py)?.call_method1("forward_logs", (runtime_handler(py)?,))?;
        let (modules, data) = files_of(py, &packaged.modules, &packaged.data)?;
        let manifest = packaged.manifest.to_string();
        let made = python_part(py)?.call_method1("open_package", (manifest, modules, data))?;
        let (manifest, members): (String, Vec<MemberTuple>) = made.extract()?;
        self.opened(py, manifest, members)
    }

    fn opened(&self, py: Python<'_>, manifest: String, members: Vec<MemberTuple>) -> PyResult<Opened> {
        let session = PySession::new(py, None)?;
        let registry = bind(py, members, &session)?;
        python_part(py)?.call_method0("leave_ctrl_c")?;
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).push(session);
        Ok(Opened { manifest, registry, warnings: Vec::new() })
    }
}

fn optimized(py: Python<'_>, source: &Path, target: &Path) -> PyResult<Optimized> {
    let made = python_part(py)?.call_method1("optimize_model", (source.as_os_str(), target.as_os_str()))?;
    if let Ok(reason) = made.extract() {
        return Ok(Optimized::Kept(reason));
    }
    let (method, bytes_before, bytes_after, error) = made.extract()?;
    Ok(Optimized::Smaller { method, bytes_before, bytes_after, error })
}

/// The manifest, the same with the pipelines of packages in their places, the Python nodes, and their files.
type PackedTuple = (String, String, Vec<MemberTuple>, Vec<AttachedTuple>);

/// Why a file was not opened: what Python says of it, or the exception with which the file asks the program to end.
fn refusal(py: Python<'_>, error: &PyErr) -> OpenError {
    let value = error.value(py);
    if error.is_instance_of::<PySystemExit>(py) {
        let code = value.getattr("code");
        let code = code.map(|code| if code.is_none() { 0 } else { code.extract().unwrap_or(1) });
        return OpenError::Exit(code.unwrap_or(1));
    }
    if error.is_instance_of::<pyo3::exceptions::PyKeyboardInterrupt>(py) {
        return OpenError::Exit(INTERRUPTED);
    }
    let said = |name: &str| value.getattr(name).and_then(|text| text.extract::<String>());
    match (said("message"), said("detail")) {
        (Ok(message), Ok(detail)) => OpenError::Failed { message, detail },
        _ => OpenError::Failed { message: describe(py, error), detail: String::new() },
    }
}

fn python_part(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import("remotemedia.core.command")
}

/// The exit code of a program that was ended by Ctrl-C.
const INTERRUPTED: u8 = 130;
