//! What the commands for packages share.

mod home;
mod opened;
mod progress;
mod smaller;

pub(crate) use home::home;
pub(crate) use opened::{authenticate, check, fault, is_package, manifest, open_python, parsed, unpack};
pub(crate) use progress::Bar;
pub(crate) use smaller::Smaller;
