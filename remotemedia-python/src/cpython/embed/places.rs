//! Where an interpreter that is started here finds its standard library and its packages.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pyo3::ffi;
use remotemedia_core::error::{Error, ErrorKind, Result};

use super::interpreter::Settings;

/// What the interpreter is told. What is `None` it finds out itself.
pub(super) struct Places {
    pub(super) home: Option<PathBuf>,
    pub(super) executable: Option<PathBuf>,
}

impl Places {
    /// # Errors
    /// If a folder is not what it is said to be, or belongs to another version of Python.
    pub(super) fn of(settings: &Settings) -> Result<Self> {
        let version = version();
        if let Some(home) = &settings.home
            && !has_library(home, &version)
        {
            let message = format!("home {} has no lib/{version}/os.py, expected a Python installation", home.display());
            return Err(refused(message));
        }
        if let Some(venv) = &settings.venv {
            check_venv(venv, &version)?;
            let executable = Some(venv.join("bin/python"));
            return Ok(Self { home: settings.home.clone(), executable });
        }
        let asks_environment = settings.environment && std::env::var_os("PYTHONHOME").is_some();
        let home = settings.home.clone().or_else(|| if asks_environment { None } else { home_of_library(&version) });
        let executable = home.as_ref().map(|home| home.join("bin").join(&version));
        Ok(Self { home, executable })
    }
}

fn check_venv(venv: &Path, version: &str) -> Result<()> {
    if !venv.join("pyvenv.cfg").is_file() {
        let message = format!("venv {} has no pyvenv.cfg, expected a virtual environment", venv.display());
        return Err(refused(message));
    }
    if !venv.join("lib").join(version).is_dir() {
        let message = format!(
            "venv {} has no lib/{version}, which this library embeds: make it anew with {version} -m venv",
            venv.display()
        );
        return Err(refused(message));
    }
    Ok(())
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Usage, message)
}

/// The version that is embedded, such as `python3.11`.
fn version() -> String {
    // SAFETY: it gives a text that lives for ever, with or without an interpreter.
    let text = unsafe { CStr::from_ptr(ffi::Py_GetVersion()) }.to_string_lossy();
    let number: Vec<&str> = text.split(['.', ' ']).take(2).collect();
    format!("python{}", number.join("."))
}

fn has_library(home: &Path, version: &str) -> bool {
    home.join("lib").join(version).join("os.py").is_file()
}

/// The installation that the library of Python belongs to.
fn home_of_library(version: &str) -> Option<PathBuf> {
    let file = library_of_python()?;
    let file = Path::new(OsStr::from_bytes(file.to_bytes())).to_owned();
    file.ancestors().skip(1).find(|folder| has_library(folder, version)).map(Path::to_owned)
}

/// The file that Python's own functions are in.
pub(super) fn library_of_python() -> Option<CString> {
    let function = ffi::Py_InitializeFromConfig as *const libc::c_void;
    let mut found = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    // SAFETY: the address is only compared, and the place for the answer is there.
    let known = unsafe { libc::dladdr(function, &raw mut found) } != 0 && !found.dli_fname.is_null();
    // SAFETY: a name that was found ends in a zero byte, and lives as long as its library is loaded.
    known.then(|| unsafe { CStr::from_ptr(found.dli_fname) }.to_owned())
}
