//! The user's folder for keys and trust.

use std::path::PathBuf;

use remotemedia::pkg::Home;

use crate::failure::Failure;

/// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
pub(crate) fn home() -> Result<Home, Failure> {
    folder().map(Home::new)
}

/// A folder that goes with its owner, for what is unpacked; not the system's temporary one, which may be memory.
pub(crate) fn workspace() -> Result<tempfile::TempDir, Failure> {
    let parent = folder()?.join("run");
    let made =
        std::fs::create_dir_all(&parent).and_then(|()| tempfile::Builder::new().suffix(".partial").tempdir_in(&parent));
    made.map_err(|error| Failure::new("io", format!("cannot make a folder in {}: {error}", parent.display())))
}

fn folder() -> Result<PathBuf, Failure> {
    let set = std::env::var_os("REMOTEMEDIA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    set.or_else(|| std::env::home_dir().map(|home| home.join(".remotemedia")))
        .ok_or_else(|| Failure::new("io", "there is no home directory; set REMOTEMEDIA_HOME to a folder of yours"))
}
