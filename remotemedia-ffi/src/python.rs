//! Python: the interpreter for nodes that are Python classes, and the names of such classes.

#[cfg_attr(feature = "cpython", path = "python/on.rs")]
#[cfg_attr(not(feature = "cpython"), path = "python/off.rs")]
mod host;

use std::path::PathBuf;

use remotemedia::manifest::Manifest;
#[cfg(feature = "pkg")]
use remotemedia::{OpenError, Resolved};
use remotemedia::{Pipeline, Registry, python_entries};

use crate::error::rm_error_t;
use crate::guard::{Fault, guard};
use crate::handle;
use crate::runtime::rm_runtime_t;
#[cfg(feature = "pkg")]
use crate::status::RM_STATUS_UNSUPPORTED;
use crate::status::{RM_STATUS_OK, rm_status_t};
use crate::table;
use crate::text::rm_str_t;

pub(crate) use host::{Python, traceback};

/// How Python is set up. Begin with `RM_PYTHON_CONFIG_INIT`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct rm_python_config_t {
    /// `sizeof(rm_python_config_t)`.
    pub struct_size: u32,
    /// Not 0 if the interpreter may read the variables of the environment that begin with `PYTHON`, and see the
    /// packages in the user's own folder.
    pub environment: u32,
    /// The folder of the virtual environment whose packages nodes may import, or no text.
    pub venv: rm_str_t,
    /// The folder of the Python installation, such as `/usr`, or no text for the one that the library was built with.
    pub home: rm_str_t,
    /// The folders where modules are looked for first, separated as in `PATH`, or no text.
    pub path: rm_str_t,
}

table::tables! { rm_python_config_t: path; }

/// What the host asks of the interpreter.
#[cfg_attr(not(feature = "cpython"), expect(dead_code, reason = "there is no interpreter to ask"))]
pub(crate) struct Settings {
    pub(crate) venv: Option<PathBuf>,
    pub(crate) home: Option<PathBuf>,
    pub(crate) path: Vec<PathBuf>,
    pub(crate) environment: bool,
}

/// Checks a manifest against the node types alone. Where it names a Python class that the host has no node type in place
/// of, it is refused for that.
fn without_python(manifest: &Manifest, registry: &Registry, refuse: impl Fn(&str) -> Fault) -> Result<Pipeline, Fault> {
    Pipeline::from_manifest(manifest, registry)
        .map_err(|error| first_class(manifest, registry).map_or_else(|| error.into(), |class| refuse(&class)))
}

/// As [`without_python`], for a manifest in which the pipelines of packages stand.
#[cfg(feature = "pkg")]
fn packaged_without_python(
    resolved: Resolved,
    registry: &Registry,
    refuse: impl Fn(&str) -> Fault,
) -> Result<Pipeline, Fault> {
    if let Some(class) = resolved.python_class() {
        return Err(Fault { status: RM_STATUS_UNSUPPORTED, ..refuse(&format!("the node {class} of a package")) });
    }
    let manifest = Manifest::from_value(resolved.manifest.clone())?;
    resolved.pipeline(registry).map_err(|error| match (error, first_class(&manifest, registry)) {
        (OpenError::Pipeline(_), Some(class)) => refuse(&class),
        (error, _) => error.into(),
    })
}

/// The first node of a Python class that there is no node type in place of.
fn first_class(manifest: &Manifest, registry: &Registry) -> Option<String> {
    let entries = python_entries(manifest, registry, &|_| None);
    let missing = entries.iter().find(|entry| registry.node_type(&entry.node_type).is_none());
    missing.map(|entry| format!("node {} ({})", entry.id, entry.class))
}

/// Lets the runtime run nodes in Python: pipelines that are opened from then on may name classes, in a node's field
/// `python`: `{"class": "module:Class"}`, and packages may bring classes of their own. An instance is made for each
/// session, with the node's params as arguments.
///
/// Starts an interpreter in the process, or uses the host's own if it runs; `venv` and `home` must then be no text. One
/// that was started stays until the process ends; it sets no signal handlers. A host with an interpreter of its own ends
/// it only after the last release of the runtime; a thread that has it lets go of it while a call waits.
/// `RM_STATUS_UNSUPPORTED` where the library was built without the feature `cpython`. Any thread. Since 0.1,
/// experimental.
///
/// # Safety
/// `runtime` is held, `config` null or readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_set_python(
    runtime: *const rm_runtime_t,
    config: *const rm_python_config_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (runtime, config) = unsafe { (handle::borrow(runtime, "runtime")?, table::maybe(config)?) };
        let folder = |text: rm_str_t, name| {
            // SAFETY: as the caller promises.
            unsafe { text.read(name) }.map(|folder| folder.filter(|folder| !folder.is_empty()))
        };
        let settings = match config {
            None => Settings { venv: None, home: None, path: Vec::new(), environment: false },
            Some(config) => Settings {
                venv: folder(config.venv, "venv")?.map(PathBuf::from),
                home: folder(config.home, "home")?.map(PathBuf::from),
                path: folder(config.path, "path")?
                    .map(|path| std::env::split_paths(path).collect())
                    .unwrap_or_default(),
                environment: config.environment != 0,
            },
        };
        runtime.0.python().set(settings)?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}

/// Lets pipelines that are opened from then on name a Python class (`module:Class`) as the node type `name`. The module
/// is imported at once. After `rm_runtime_set_python`. Any thread. Since 0.1, experimental.
///
/// # Safety
/// `runtime` is held, `name` and `class_name` are readable; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_runtime_set_python_node(
    runtime: *const rm_runtime_t,
    name: rm_str_t,
    class_name: rm_str_t,
    error: *mut *mut rm_error_t,
) -> rm_status_t {
    let call = || {
        // SAFETY: as the caller promises.
        let (runtime, name, class_name) =
            unsafe { (handle::borrow(runtime, "runtime")?, name.need("name")?, class_name.need("class_name")?) };
        runtime.0.set_python_node(name, class_name)?;
        Ok(RM_STATUS_OK)
    };
    // SAFETY: as the caller promises.
    unsafe { guard(error, call) }
}
