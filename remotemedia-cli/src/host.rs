//! The host: what the program around the command brings, such as Python.

use std::collections::BTreeMap;
use std::path::Path;

use remotemedia::pkg::{Attached, PythonModule};
use remotemedia::{Error, Registry, Result, Runtime, Telemetry};
use serde_json::Value;

/// What the program around the command brings. The Python package implements it; the program alone is [`Standalone`].
pub trait Host {
    /// The runtime that pipelines run on, and whose node types are known; its metrics go to `telemetry`.
    ///
    /// # Errors
    /// If it cannot be started.
    fn runtime(&self, telemetry: Option<&Telemetry>) -> Result<Runtime>;

    /// Executes a Python file and gives the pipeline that it makes.
    ///
    /// # Errors
    /// If there is no Python, the file cannot be executed, or it makes no pipeline.
    fn open_python(&self, file: &PythonFile<'_>) -> Result<Opened, OpenError>;

    /// Opens a pipeline that is to be packed: a Python file as [`open_python`](Self::open_python) does, or a manifest
    /// with Python nodes. Finds what its Python nodes need to run elsewhere.
    ///
    /// # Errors
    /// As [`open_python`](Self::open_python), and if a node cannot travel.
    fn open_to_pack(&self, file: &PythonFile<'_>) -> Result<Packable, OpenError> {
        let _ = file;
        Err(no_python("the pipeline has Python nodes"))
    }

    /// Makes the Python nodes of packages that are verified and may run.
    ///
    /// # Errors
    /// If there is no Python, what the nodes need is not installed, or their code cannot be executed.
    fn open_package(&self, packaged: &PackagedPython<'_>) -> Result<Opened, OpenError> {
        let _ = packaged;
        Err(no_python("the package has Python nodes"))
    }

    /// Writes a smaller model to `target` that computes nearly what the one in `source` does.
    ///
    /// # Errors
    /// If there are no tools to do it with.
    fn optimize(&self, source: &Path, target: &Path) -> Result<Optimized, OpenError> {
        let _ = (source, target);
        Err(no_python("models are made smaller by tools in Python"))
    }

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

/// A pipeline that is to be packed.
pub struct Packable {
    /// The pipeline; its manifest refers to the files that are attached.
    pub opened: Opened,
    /// The manifest with the pipelines of packages in the place of their names.
    pub resolved: String,
    /// Modules and data of its Python nodes.
    pub attached: Vec<Attached>,
}

/// A pipeline whose Python nodes come from packages, every byte of which is verified.
#[derive(Debug)]
pub struct PackagedPython<'a> {
    /// The manifest, in which models are named by where they lie, and modules and data as they are called here.
    pub manifest: &'a Value,
    /// The source of the Python nodes, by the package's digest and the path.
    pub modules: BTreeMap<String, &'a PythonModule>,
    /// Large parameters, by the same.
    pub data: Vec<(String, &'a [u8])>,
}

/// What became of a model that was to be made smaller.
#[derive(Clone, Debug, PartialEq)]
pub enum Optimized {
    /// There is a smaller one.
    Smaller {
        /// How its weights are stored, such as `int8`.
        method: String,
        /// How large the file was.
        bytes_before: u64,
        /// How large it is now.
        bytes_after: u64,
        /// How far its outputs are off, as a part of their own size.
        error: f64,
    },
    /// It stays as it is, for this reason.
    Kept(String),
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
    fn runtime(&self, telemetry: Option<&Telemetry>) -> Result<Runtime> {
        let builder = Runtime::builder();
        match telemetry {
            Some(telemetry) => builder.telemetry(telemetry).build(),
            None => builder.build(),
        }
    }

    fn open_python(&self, _file: &PythonFile<'_>) -> Result<Opened, OpenError> {
        Err(no_python("the file is in Python"))
    }
}

fn no_python(why: &str) -> OpenError {
    let message = format!(
        "{why}, and this build has no Python; install the Python package (pip install remotemedia) and use its command"
    );
    OpenError::Failed { message, detail: String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::CommandLine;
    use crate::console::{Console, Style};
    use clap::Parser as _;
    use remotemedia::registry::map;

    /// A host whose Python files make one node, which adds the number of arguments, and fails on text.
    struct FakePython;

    impl Host for FakePython {
        fn runtime(&self, _telemetry: Option<&Telemetry>) -> Result<Runtime> {
            Runtime::new()
        }

        fn open_python(&self, file: &PythonFile<'_>) -> Result<Opened, OpenError> {
            let name = match file.variable {
                Some("missing") => {
                    let (message, detail) = ("no variable \"missing\"".to_owned(), "Traceback: line 1\n".to_owned());
                    return Err(OpenError::Failed { message, detail });
                }
                Some("exits") => return Err(OpenError::Exit(3)),
                name => name.unwrap_or("only"),
            };
            let mut registry = Registry::over(self.runtime(None).unwrap().registry().clone());
            let more = file.args.len() as f64;
            let create = move |_: &serde_json::Map<String, serde_json::Value>| Ok(map(move |x: f64| x + more));
            registry.register("More", create).map_err(|error: remotemedia::Error| OpenError::Failed {
                message: error.to_string(),
                detail: String::new(),
            })?;
            let manifest = format!(
                r#"{{"version": "v1", "metadata": {{"name": "{name}"}}, "connections": [],
                    "nodes": [{{"id": "more", "node_type": "More"}}]}}"#
            );
            Ok(Opened { manifest, registry, warnings: vec!["made of nothing".to_owned()] })
        }

        fn traceback(&self, error: &Error) -> Option<String> {
            error.node().map(|node| format!("Traceback of {node}\n"))
        }

        fn facts(&self) -> Vec<(String, String)> {
            vec![("python".to_owned(), "3.11.2".to_owned())]
        }
    }

    /// Runs the command with that host on a Python file; gives the exit code and what was written.
    fn run(args: &[&str]) -> (u8, String, String) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("p.py"), "").unwrap();
        let place = format!("{}/", folder.path().display());
        let args =
            args.iter().map(|arg| if arg.starts_with("p.py") { format!("{place}{arg}") } else { (*arg).to_owned() });
        let line = CommandLine::try_parse_from(std::iter::once("remotemedia".to_owned()).chain(args)).unwrap();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let (out_style, err_style) = (Style::default(), Style::default());
        let mut console = Console { out: &mut out, err: &mut err, out_style, err_style };
        let code = crate::execute(&line.command, &FakePython, &mut console);
        let text = |bytes| String::from_utf8(bytes).unwrap().replace(&place, "");
        (code, text(out), text(err))
    }

    #[test]
    fn a_python_file_runs_with_its_arguments() {
        let (code, out, err) = run(&["run", "p.py", "--input", "1", "--", "a", "b"]);
        assert_eq!((code, out.as_str(), err.as_str()), (0, "3.0\n", "warning: p.py: made of nothing\n"));
    }

    #[test]
    fn a_variable_of_a_python_file_is_named_behind_a_colon() {
        let (code, out, _) = run(&["validate", "p.py:notes"]);
        assert_eq!((code, out.as_str()), (0, "ok: p.py:notes: pipeline \"notes\", 1 node, 0 connections\n"));
    }

    #[test]
    fn a_python_file_that_fails_is_explained_by_its_traceback() {
        let (code, out, err) = run(&["inspect", "p.py:missing"]);
        let expected = "error: p.py:missing: no variable \"missing\"\nTraceback: line 1\n";
        assert_eq!((code, out.as_str(), err.as_str()), (1, "", expected));
    }

    #[test]
    fn a_python_file_that_exits_ends_the_command_with_its_code() {
        assert_eq!(run(&["run", "p.py:exits"]), (3, String::new(), String::new()));
    }

    #[test]
    fn the_traceback_of_a_failing_node_follows_the_message() {
        let (code, _, err) = run(&["run", "p.py", "--input", "\"text\""]);
        let expected = "error: only/more: item 1: expected number, found text\nTraceback of more\n";
        assert_eq!((code, err.strip_prefix("warning: p.py: made of nothing\n")), (1, Some(expected)));
    }

    #[test]
    fn the_doctor_tells_what_the_host_knows() {
        let (code, out, _) = run(&["doctor"]);
        assert!(code == 0 && out.contains("python        3.11.2\n"), "{out}");
    }
}
