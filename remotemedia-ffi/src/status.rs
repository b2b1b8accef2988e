//! The status codes: zero is success, positive ones are no error, negative ones are errors by area. Never renumbered.

/// What a call came to.
pub type rm_status_t = i32;

/// The call did what it says.
pub const RM_STATUS_OK: rm_status_t = 0;
/// Nothing now, and the call was told not to wait.
pub const RM_STATUS_WOULD_BLOCK: rm_status_t = 1;
/// Nothing ever again: the stream is over.
pub const RM_STATUS_END: rm_status_t = 2;
/// Nothing before the time limit.
pub const RM_STATUS_TIMEOUT: rm_status_t = 3;

/// An argument is null, out of range, not UTF-8, or names nothing.
pub const RM_STATUS_INVALID_ARGUMENT: rm_status_t = -1;
/// The packet carries another kind of payload.
pub const RM_STATUS_WRONG_KIND: rm_status_t = -2;
/// This build of the library lacks the feature.
pub const RM_STATUS_UNSUPPORTED: rm_status_t = -3;
/// A broken promise of the library's own. The session is cancelled; others go on.
pub const RM_STATUS_PANIC: rm_status_t = -4;
/// The session was cancelled.
pub const RM_STATUS_CANCELLED: rm_status_t = -5;
/// The input was closed, or the session does not allow the call any more.
pub const RM_STATUS_CLOSED: rm_status_t = -6;
/// The library and the header do not fit.
pub const RM_STATUS_ABI_MISMATCH: rm_status_t = -7;
/// The operating system gives no more threads or memory.
pub const RM_STATUS_EXHAUSTED: rm_status_t = -8;
/// Nothing is left to run that could end the wait.
pub const RM_STATUS_STALLED: rm_status_t = -9;
/// The call would wait inside a callback, which the runtime waits for.
pub const RM_STATUS_REENTRANT: rm_status_t = -10;

/// The manifest is not valid.
pub const RM_STATUS_MANIFEST: rm_status_t = -100;

/// The manifest is valid but its graph is not: unknown node, cycle, ports that do not fit.
pub const RM_STATUS_GRAPH: rm_status_t = -200;

/// A node reported an error.
pub const RM_STATUS_NODE: rm_status_t = -300;
/// A node panicked.
pub const RM_STATUS_NODE_PANIC: rm_status_t = -301;
/// A node took longer than its time limit.
pub const RM_STATUS_NODE_TIMEOUT: rm_status_t = -302;

#[cfg(test)]
mod tests {
    use remotemedia::ErrorKind;

    use super::*;

    #[test]
    fn every_kind_of_error_has_its_status() {
        for (kind, status) in [
            (ErrorKind::Usage, RM_STATUS_INVALID_ARGUMENT),
            (ErrorKind::Cancelled, RM_STATUS_CANCELLED),
            (ErrorKind::Closed, RM_STATUS_CLOSED),
            (ErrorKind::Stalled, RM_STATUS_STALLED),
            (ErrorKind::Manifest, RM_STATUS_MANIFEST),
            (ErrorKind::Graph, RM_STATUS_GRAPH),
            (ErrorKind::Node, RM_STATUS_NODE),
            (ErrorKind::Panic, RM_STATUS_NODE_PANIC),
            (ErrorKind::Timeout, RM_STATUS_NODE_TIMEOUT),
        ] {
            assert_eq!(kind.status(), status, "{kind:?}");
        }
    }
}
