//! The user's folder for keys, trust and the cache.

use remotemedia::UserPackages;
use remotemedia::pkg::Home;

use crate::failure::Failure;
use crate::package::fault;

/// What the user does with packages.
pub(crate) fn user_packages() -> Result<UserPackages, Failure> {
    UserPackages::of_user().map_err(fault)
}

/// `REMOTEMEDIA_HOME`, or `.remotemedia` in the user's home.
pub(crate) fn home() -> Result<Home, Failure> {
    Ok(user_packages()?.home().clone())
}
