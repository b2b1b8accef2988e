//! Python nodes in hosts that are no Python programs: an interpreter in the host's process, and nodes by their class.

mod class;
mod interpreter;
mod packaged;
mod places;
mod threads;
mod together;
mod yielding;

pub use class::{Class, PackagedClass};
pub use interpreter::{Settings, open, release};
pub use packaged::{NotLoaded, PackagedNodes};
pub use threads::Threads;
pub use together::in_one_session;
pub use yielding::{Yielding, apart};
