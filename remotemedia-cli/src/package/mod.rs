//! What the commands for packages share.

mod home;
mod opened;
mod progress;
#[cfg(feature = "registry")]
mod remote;
mod smaller;

pub(crate) use home::home;
pub(crate) use opened::{
    authenticate, check, fault, is_package, is_remote, manifest, open_python, parsed, refuse_foreign, unpack,
};
pub(crate) use progress::Bar;
#[cfg(feature = "registry")]
pub(crate) use remote::{find, pull, push};
pub(crate) use smaller::Smaller;
