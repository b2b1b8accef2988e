//! Waiting for registries while signals are heard.

use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;
use remotemedia::pkg::Stop;

/// Does `work`, which may wait for registries, on a thread of its own, so that this one hears signals. When a handler
/// raises, the work is told to stop and left behind: nobody can end its wait for a registry that says nothing, but the
/// limit for that.
pub(crate) fn while_hearing<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce(Stop) -> T + Send + 'static,
) -> PyResult<T> {
    let (stop, (done, result)) = (Stop::default(), mpsc::sync_channel(1));
    let told = stop.clone();
    // Where nobody waits for the result any more, nobody wants it.
    let worker = thread::Builder::new().name("registries".to_owned()).spawn(move || drop(done.send(work(told))))?;
    py.detach(move || {
        loop {
            match result.recv_timeout(SIGNALS_EVERY) {
                Ok(value) => return Ok(value),
                Err(RecvTimeoutError::Timeout) => {
                    Python::attach(|py| py.check_signals()).inspect_err(|_| stop.tell())?
                }
                Err(RecvTimeoutError::Disconnected) => {
                    resume_unwind(worker.join().expect_err("a worker that gives no result panicked"))
                }
            }
        }
    })
}

/// How long a wait lasts before signals such as Ctrl-C are looked at.
const SIGNALS_EVERY: Duration = Duration::from_millis(20);
