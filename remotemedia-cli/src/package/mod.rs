//! What the commands for packages share.

mod home;
mod opened;
mod progress;
#[cfg(feature = "registry")]
mod remote;

pub(crate) use home::home;
#[cfg(feature = "registry")]
pub(crate) use opened::refuse_foreign;
pub(crate) use opened::{authenticate, check, fault, is_package, is_remote, unpack};
pub(crate) use progress::Bar;
#[cfg(feature = "registry")]
pub(crate) use remote::{find, pull, push};
