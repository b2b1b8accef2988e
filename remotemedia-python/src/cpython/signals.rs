//! Which threads hear signals. A process gives a signal to any thread that does not block it, but CPython, before 3.13,
//! interrupts its main thread at once only for those that come there: of others it hears when it next lets go of the
//! interpreter, which a node in a loop never does. So threads of the runtime block signals, and do from their first
//! moment: a thread that begins to hear takes what waits for the main thread to be given a processor. They hear what the
//! program hears while they call Python code, which may start processes and threads that inherit what is blocked; then
//! the main thread is not in a loop, but waits for the interpreter.

#[cfg(unix)]
#[path = "signals/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "signals/elsewhere.rs"]
mod system;

pub(super) use system::Hearing;
pub use system::{Heard, deaf};
