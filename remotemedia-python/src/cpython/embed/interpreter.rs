//! The interpreter in the host's process: the host's own where one runs, or one that is started here.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};
use remotemedia_core::error::{Error, ErrorKind, Result};

use super::places::{Places, library_of_python};
use crate::cpython::error::{aside, describe};
use crate::cpython::held::release_ended;

/// How the interpreter is to be. Where the host's own runs, only `path` can be met.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The virtual environment whose packages it sees.
    pub venv: Option<PathBuf>,
    /// The installation whose standard library it uses; that of the library of Python unless set.
    pub home: Option<PathBuf>,
    /// Where modules are looked for first.
    pub path: Vec<PathBuf>,
    /// Whether it reads the variables of the environment that begin with `PYTHON`, and the user's own packages.
    pub environment: bool,
}

impl Settings {
    /// The same, with paths that stay what they are when the process changes its folder.
    fn whole(&self) -> Result<Self> {
        let whole = |path: &PathBuf| {
            let failed = |error| refused(format!("folder \"{}\": {error}", path.display()));
            std::path::absolute(path).map_err(failed)
        };
        Ok(Self {
            venv: self.venv.as_ref().map(whole).transpose()?,
            home: self.home.as_ref().map(whole).transpose()?,
            path: self.path.iter().map(whole).collect::<Result<_>>()?,
            environment: self.environment,
        })
    }
}

/// Starts an interpreter unless one runs, and gives it the module `remotemedia._native`, which `fill` fills.
///
/// One that was started here stays for the rest of the process: extension modules such as NumPy cannot be loaded a
/// second time. It sets no signal handlers, and its standard streams are not buffered, so that nothing is lost when the
/// process ends.
///
/// # Errors
/// If the settings cannot be met, or another copy of the runtime is loaded already.
pub fn open(settings: &Settings, fill: fn(&Bound<'_, PyModule>) -> PyResult<()>) -> Result<()> {
    let settings = &settings.whole()?;
    start_unless_running(settings)?;
    Python::attach(|py| {
        let provided = provide(py, fill).and_then(|()| look_first(py, &settings.path));
        provided.map_err(|error| refused(describe(py, &error)))
    })
}

/// Gives up what ended elsewhere and is still referred to. For the end of a runtime; does nothing without an
/// interpreter.
pub fn release() {
    aside(|py| {
        release_ended(py);
        Ok(())
    });
}

/// What the interpreter was started with, if it was started here.
static STARTED: Mutex<Option<Settings>> = Mutex::new(None);

fn start_unless_running(settings: &Settings) -> Result<()> {
    // Not held while this thread waits for the interpreter, whose owner may wait for it.
    let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: it only looks.
    let is_running = unsafe { ffi::Py_IsInitialized() } != 0;
    match (&*started, is_running) {
        (None, false) => {
            start(settings)?;
            *started = Some(settings.clone());
            Ok(())
        }
        (None, true) => only("the host's own interpreter runs", [(&settings.venv, &None), (&settings.home, &None)]),
        (Some(first), true) => {
            let asked = [(&settings.venv, &first.venv), (&settings.home, &first.home)];
            only("the interpreter was started before", asked)
        }
        (Some(_), false) => Err(refused("the interpreter was ended, and cannot be started a second time".to_owned())),
    }
}

/// Refuses what would need another interpreter: the virtual environment and the home that are asked for, each beside
/// what it is.
fn only(why: &str, asked: [(&Option<PathBuf>, &Option<PathBuf>); 2]) -> Result<()> {
    for (name, (asked, found)) in ["venv", "home"].iter().zip(asked) {
        let Some(folder) = asked.as_ref().filter(|_| asked != found) else { continue };
        let with = found.as_ref().map_or_else(|| "none".to_owned(), |found| found.display().to_string());
        let message = format!("{name} is {}, but {why}, with {with}: a process has one interpreter", folder.display());
        return Err(refused(message));
    }
    Ok(())
}

fn start(settings: &Settings) -> Result<()> {
    let places = Places::of(settings)?;
    let texts = [as_text(places.home.as_deref())?, as_text(places.executable.as_deref())?];
    show_library();
    preconfigure(settings.environment)?;
    let mut config = MaybeUninit::<ffi::PyConfig>::zeroed();
    // SAFETY: the structure is made by the first call, changed by the others, and cleared in any case.
    let status = unsafe {
        ffi::PyConfig_InitIsolatedConfig(config.as_mut_ptr());
        let status = initialize(&mut *config.as_mut_ptr(), texts, settings.environment);
        ffi::PyConfig_Clear(config.as_mut_ptr());
        status
    };
    check(status)?;
    let left = Python::attach(leave_ctrl_c);
    // SAFETY: this thread has the interpreter that it has just started, and lets go of it.
    unsafe { ffi::PyEval_SaveThread() };
    left.map_err(|error| refused(format!("the interpreter did not start: {error}")))
}

/// Leaves Ctrl-C to the host: importing `signal`, as asyncio does, would make it an exception if it does the usual. Only
/// the thread that has started the interpreter may do this.
fn leave_ctrl_c(py: Python<'_>) -> PyResult<()> {
    let signal = py.import("_signal")?;
    let (number, usual) = (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?);
    if signal.call_method1("getsignal", (&number,))?.is(&signal.getattr("default_int_handler")?) {
        signal.call_method1("signal", (number, usual))?;
    }
    Ok(())
}

/// UTF-8 everywhere, whatever the locale of the host, which stays as it is.
fn preconfigure(environment: bool) -> Result<()> {
    let mut before = MaybeUninit::<ffi::PyPreConfig>::zeroed();
    // SAFETY: the structure is made by the first call, and read by the second.
    let status = unsafe {
        ffi::PyPreConfig_InitIsolatedConfig(before.as_mut_ptr());
        let before = &mut *before.as_mut_ptr();
        before.utf8_mode = 1;
        before.isolated = (!environment).into();
        before.use_environment = environment.into();
        ffi::Py_PreInitialize(before)
    };
    check(status)
}

/// # Safety
/// The process has no interpreter, and `config` is one that was made.
unsafe fn initialize(config: &mut ffi::PyConfig, texts: [Option<CString>; 2], environment: bool) -> ffi::PyStatus {
    config.isolated = (!environment).into();
    config.use_environment = environment.into();
    config.user_site_directory = environment.into();
    config.buffered_stdio = 0;
    let whole: *mut ffi::PyConfig = config;
    // SAFETY: as the caller promises; the texts end in a zero byte and are copied.
    unsafe {
        let places = [&raw mut (*whole).home, &raw mut (*whole).executable];
        for (place, text) in places.into_iter().zip(&texts) {
            let Some(text) = text else { continue };
            let status = ffi::PyConfig_SetBytesString(whole, place, text.as_ptr());
            if ffi::PyStatus_Exception(status) != 0 {
                return status;
            }
        }
        ffi::Py_InitializeFromConfig(whole)
    }
}

/// Lets extension modules see the library of Python, also where this one was loaded for itself alone.
fn show_library() {
    let Some(file) = library_of_python() else { return };
    // SAFETY: the library is loaded already, and stays so; a main program that has Python in itself is not found again,
    // and shows its names in any case.
    unsafe { libc::dlopen(file.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL | libc::RTLD_NOLOAD) };
}

fn check(status: ffi::PyStatus) -> Result<()> {
    // SAFETY: it only looks at the status.
    if unsafe { ffi::PyStatus_Exception(status) } == 0 {
        return Ok(());
    }
    let said = if status.err_msg.is_null() {
        format!("it asked to exit with {}", status.exitcode)
    } else {
        // SAFETY: the message is a text that lives for ever.
        unsafe { CStr::from_ptr(status.err_msg) }.to_string_lossy().into_owned()
    };
    Err(refused(format!("the interpreter did not start: {said}")))
}

fn as_text(path: Option<&Path>) -> Result<Option<CString>> {
    let text = path.map(|path| CString::new(path.as_os_str().as_bytes()));
    text.transpose().map_err(|_| refused("a folder's name holds a zero byte".to_owned()))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// Puts the native module where the Python files of the package look for it. A second copy of the runtime would know
/// nothing of the packets and sessions of this one.
fn provide(py: Python<'_>, fill: fn(&Bound<'_, PyModule>) -> PyResult<()>) -> PyResult<()> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let modules = py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?;
    if let Some(found) = modules.get_item(NATIVE)? {
        return match MODULE.get(py) {
            Some(own) if own.is(&found) => Ok(()),
            _ => Err(PyImportError::new_err(format!(
                "{NATIVE} is imported already, with a runtime of its own; set Python up before the program imports \
                 remotemedia"
            ))),
        };
    }
    let module = MODULE.get_or_try_init(py, || {
        let module = PyModule::new(py, NATIVE)?;
        fill(&module)?;
        PyResult::Ok(module.unbind())
    })?;
    modules.set_item(NATIVE, module)
}

fn look_first(py: Python<'_>, folders: &[PathBuf]) -> PyResult<()> {
    let path = py.import("sys")?.getattr("path")?.cast_into::<PyList>()?;
    for folder in folders.iter().rev() {
        let folder = folder.as_os_str();
        if !path.contains(folder)? {
            path.insert(0, folder)?;
        }
    }
    Ok(())
}

/// What the package's native module is called.
const NATIVE: &str = "remotemedia._native";
