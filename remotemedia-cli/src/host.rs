//! The host: what the program around the command brings, such as Python.

use std::path::Path;

use remotemedia::{Error, Registry, Result, Runtime};

/// What the program around the command brings. The Python package implements it; the program alone is [`Standalone`].
pub trait Host {
    /// The runtime that pipelines run on, and whose node types are known.
    ///
    /// # Errors
    /// If it cannot be started.
    fn runtime(&self) -> Result<Runtime>;

    /// Executes a Python file and gives the pipeline that it makes.
    ///
    /// # Errors
    /// If there is no Python, the file cannot be executed, or it makes no pipeline.
    fn open_python(&self, file: &PythonFile<'_>) -> Result<Opened, OpenError>;

    /// What explains an error beyond its message, in several lines: the traceback of the exception behind it.
    fn traceback(&self, error: &Error) -> Option<String> {
        let _ = error;
        None
    }

    /// What `doctor` tells beside its own facts: names and values.
    fn facts(&self) -> Vec<(String, String)> {
        Vec::new()
    }
}

/// A Python file that is to be opened.
#[derive(Clone, Copy, Debug)]
pub struct PythonFile<'a> {
    /// The file.
    pub path: &'a Path,
    /// Which of its variables holds the pipeline, from `file.py:variable`; without it the file makes only one.
    pub variable: Option<&'a str>,
    /// The arguments that the file finds in `sys.argv[1:]`.
    pub args: &'a [String],
}

/// A pipeline that a host opened.
pub struct Opened {
    /// Its manifest, as JSON.
    pub manifest: String,
    /// The node types that the manifest refers to.
    pub registry: Registry,
    /// What the user should know, one line each.
    pub warnings: Vec<String>,
}

/// Why a file was not opened.
#[derive(Clone, Debug)]
pub enum OpenError {
    /// Something is wrong with the file.
    Failed {
        /// What, in one line that does not repeat the file's name.
        message: String,
        /// What explains it, in several lines; may be empty.
        detail: String,
    },
    /// The file asked the program to end with this exit code.
    Exit(u8),
}

/// The command alone: the standard nodes, and no Python.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standalone;

impl Host for Standalone {
    fn runtime(&self) -> Result<Runtime> {
        Runtime::new()
    }

    fn open_python(&self, _file: &PythonFile<'_>) -> Result<Opened, OpenError> {
        let message = "this build has no Python; install the Python package (pip install remotemedia) and use its \
                       command, or export the pipeline as a manifest";
        Err(OpenError::Failed { message: message.to_owned(), detail: String::new() })
    }
}
