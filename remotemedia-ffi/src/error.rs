//! Error objects: what went wrong, where, and why.

use crate::guard::Fault;
use crate::handle::{self, objects};
use crate::python;
use crate::status::{RM_STATUS_OK, rm_status_t};
use crate::text::rm_str_t;

/// What went wrong. Owned by whoever received it, and released with `rm_error_release`.
#[derive(Debug)]
pub struct rm_error_t {
    status: rm_status_t,
    message: String,
    pipeline: Option<String>,
    node: Option<String>,
    port: Option<String>,
    cause: Option<String>,
    item: u64,
}

objects!(rm_error_t: "error");

impl rm_error_t {
    pub(crate) fn new(fault: Fault) -> Self {
        let error = fault.error.as_ref();
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Self {
            status: fault.status,
            pipeline: owned(error.and_then(|error| error.pipeline())),
            node: owned(error.and_then(|error| error.node())),
            port: owned(error.and_then(|error| error.port())),
            cause: error.and_then(|error| error.cause()).map(chain),
            item: error.and_then(|error| error.item()).unwrap_or(0),
            message: fault.message,
        }
    }
}

/// The cause and what caused it, a line each; an exception of Python with its traceback.
fn chain(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> String {
    if let Some(traceback) = python::traceback(cause) {
        return traceback;
    }
    let first: &dyn std::error::Error = cause;
    let causes = std::iter::successors(Some(first), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The status that the failed call returned; `RM_STATUS_OK` for null. Any thread. Since 0.1, stable.
///
/// # Safety
/// `error` is null or a reference that is held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_status(error: *const rm_error_t) -> rm_status_t {
    handle::look(error, |error| error.status).unwrap_or(RM_STATUS_OK)
}

/// What happened, in one line. Lent until the error is released. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_message(error: *const rm_error_t) -> rm_str_t {
    lend(error, |error| Some(&error.message))
}

/// The pipeline in which it happened, or no text. Lent until the error is released. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_pipeline(error: *const rm_error_t) -> rm_str_t {
    lend(error, |error| error.pipeline.as_ref())
}

/// The node in which it happened, or no text. Lent until the error is released. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_node(error: *const rm_error_t) -> rm_str_t {
    lend(error, |error| error.node.as_ref())
}

/// The port that it is about, or no text: the input of the node that the item came on, or the port of the session that
/// was asked for. Lent until the error is released. Any thread. Since 0.1, experimental.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_port(error: *const rm_error_t) -> rm_str_t {
    lend(error, |error| error.port.as_ref())
}

/// What caused it, and what caused that, a line each; the traceback of an exception in Python; or no text. Lent until
/// the error is released. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_cause(error: *const rm_error_t) -> rm_str_t {
    lend(error, |error| error.cause.as_ref())
}

/// The number of the node's input item that raised it, counted from 1; 0 if none did. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_item(error: *const rm_error_t) -> u64 {
    handle::look(error, |error| error.item).unwrap_or(0)
}

/// One more reference. Any thread. Since 0.1, stable.
///
/// # Safety
/// As `rm_error_status`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_retain(error: *const rm_error_t) -> *mut rm_error_t {
    handle::retain(error)
}

/// Takes one reference back. Null is ignored. Any thread. Since 0.1, stable.
///
/// # Safety
/// `error` is null or a reference that is not used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rm_error_release(error: *mut rm_error_t) {
    handle::release(error);
}

fn lend(error: *const rm_error_t, text: impl FnOnce(&rm_error_t) -> Option<&String>) -> rm_str_t {
    handle::look(error, |error| text(error).map_or(rm_str_t::NONE, |text| rm_str_t::lend(text)))
        .unwrap_or(rm_str_t::NONE)
}
