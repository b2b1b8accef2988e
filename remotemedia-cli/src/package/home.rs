//! The user's folder for keys, trust and the cache.

use std::path::PathBuf;

use remotemedia::pkg::Home;

use crate::failure::Failure;

/// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
pub(crate) fn home() -> Result<Home, Failure> {
    let set = std::env::var_os("REMOTEMEDIA_HOME").filter(|path| !path.is_empty()).map(PathBuf::from);
    set.or_else(|| std::env::home_dir().map(|home| home.join(".remotemedia")))
        .map(Home::new)
        .ok_or_else(|| Failure::new("io", "there is no home directory; set REMOTEMEDIA_HOME to a folder of yours"))
}
