//! What the commands for packages share.

mod home;
mod opened;
mod progress;
#[cfg(feature = "registry")]
mod remote;
mod smaller;

pub(crate) use home::{home, user_packages};
pub(crate) use opened::{
    authenticate, check, fault, fault_in, is_package, is_remote, open_fault, open_python, open_to_look_at, open_to_run,
};
pub(crate) use progress::Bar;
#[cfg(feature = "registry")]
pub(crate) use remote::{find, pull, push};
pub(crate) use smaller::Smaller;
