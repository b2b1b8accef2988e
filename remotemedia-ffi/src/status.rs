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
/// Later: `process` or `flush` of a node in `RM_LANE_ASYNC` says that it will call `rm_node_finish`. No function of the
/// library returns it.
pub const RM_STATUS_PENDING: rm_status_t = 4;

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

/// The file is no package, or not a valid one.
pub const RM_STATUS_PACKAGE: rm_status_t = -600;
/// The package is not signed.
pub const RM_STATUS_PACKAGE_UNSIGNED: rm_status_t = -601;
/// The package is signed by nobody who is trusted, or the policy asks for another signer.
pub const RM_STATUS_PACKAGE_UNTRUSTED: rm_status_t = -602;
/// The package or its signature was changed.
pub const RM_STATUS_PACKAGE_TAMPERED: rm_status_t = -603;
/// The package, its key or the authority above was revoked.
pub const RM_STATUS_PACKAGE_REVOKED: rm_status_t = -604;
/// The package is somebody else's, and its nodes reach beyond the pipeline.
pub const RM_STATUS_PACKAGE_FOREIGN: rm_status_t = -605;
/// The package, or the cache, cannot be read or written.
pub const RM_STATUS_PACKAGE_IO: rm_status_t = -606;
/// What the user's files or the environment say of keys, trust or registries cannot be used.
pub const RM_STATUS_PACKAGE_SETTINGS: rm_status_t = -607;
/// A registry cannot be reached, or does not answer as it should.
pub const RM_STATUS_REGISTRY: rm_status_t = -610;
/// A registry wants to know who asks, or does not allow it.
pub const RM_STATUS_REGISTRY_DENIED: rm_status_t = -611;
/// A registry has no such package.
pub const RM_STATUS_REGISTRY_UNKNOWN: rm_status_t = -612;
/// A registry would have to be asked, and none may be.
pub const RM_STATUS_REGISTRY_OFFLINE: rm_status_t = -613;

/// The name of a positive status; its number if it has none.
pub(crate) fn name_of(status: rm_status_t) -> String {
    let name = match status {
        RM_STATUS_WOULD_BLOCK => "WOULD_BLOCK",
        RM_STATUS_END => "END",
        RM_STATUS_TIMEOUT => "TIMEOUT",
        RM_STATUS_PENDING => "PENDING",
        _ => return format!("status {status}"),
    };
    format!("RM_STATUS_{name}")
}

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

    #[cfg(feature = "pkg")]
    #[test]
    fn every_kind_of_error_of_packages_has_one_of_these_statuses_and_each_is_used() {
        use std::collections::BTreeSet;

        use remotemedia::pkg::ErrorKind;

        let known = BTreeSet::from([
            RM_STATUS_INVALID_ARGUMENT,
            RM_STATUS_UNSUPPORTED,
            RM_STATUS_PACKAGE,
            RM_STATUS_PACKAGE_UNSIGNED,
            RM_STATUS_PACKAGE_UNTRUSTED,
            RM_STATUS_PACKAGE_TAMPERED,
            RM_STATUS_PACKAGE_REVOKED,
            RM_STATUS_PACKAGE_FOREIGN,
            RM_STATUS_PACKAGE_IO,
            RM_STATUS_PACKAGE_SETTINGS,
            RM_STATUS_REGISTRY,
            RM_STATUS_REGISTRY_DENIED,
            RM_STATUS_REGISTRY_UNKNOWN,
            RM_STATUS_REGISTRY_OFFLINE,
        ]);
        assert_eq!(ErrorKind::ALL.iter().map(|kind| kind.status()).collect::<BTreeSet<_>>(), known);
    }
}
