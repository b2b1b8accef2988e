/// @file
/// What calls come to.

#ifndef REMOTEMEDIA_STATUS_HPP
#define REMOTEMEDIA_STATUS_HPP

#include <string_view>

#include "config.hpp"

namespace remotemedia {
inline namespace REMOTEMEDIA_MODE {

/// What a call came to: `ok`, one of four that are no error, or an error. Numbers are never changed.
enum class Status : rm_status_t {
    ok = RM_STATUS_OK,                               ///< The call did what it says.
    would_block = RM_STATUS_WOULD_BLOCK,             ///< Nothing now, and the call was told not to wait.
    end = RM_STATUS_END,                             ///< Nothing ever again: the stream is over.
    timeout = RM_STATUS_TIMEOUT,                     ///< Nothing before the time limit.
    pending = RM_STATUS_PENDING,                     ///< What nodes tell the C library that finish later; not told.
    invalid_argument = RM_STATUS_INVALID_ARGUMENT,   ///< An argument is out of range, not UTF-8, or names nothing.
    wrong_kind = RM_STATUS_WRONG_KIND,               ///< The packet carries another kind of payload.
    unsupported = RM_STATUS_UNSUPPORTED,             ///< This build of the library lacks the feature.
    panic = RM_STATUS_PANIC,                         ///< A broken promise of the library's own.
    cancelled = RM_STATUS_CANCELLED,                 ///< The session was cancelled.
    closed = RM_STATUS_CLOSED,                       ///< The input was closed, or what was asked about is over.
    abi_mismatch = RM_STATUS_ABI_MISMATCH,           ///< The library and the header do not fit.
    exhausted = RM_STATUS_EXHAUSTED,                 ///< The operating system gives no more threads or memory.
    stalled = RM_STATUS_STALLED,                     ///< Nothing is left to run that could end the wait.
    reentrant = RM_STATUS_REENTRANT,                 ///< The call would wait inside a callback.
    manifest = RM_STATUS_MANIFEST,                   ///< The manifest is not valid.
    graph = RM_STATUS_GRAPH,                         ///< The manifest is valid but its graph is not.
    node = RM_STATUS_NODE,                           ///< A node reported an error.
    node_panic = RM_STATUS_NODE_PANIC,               ///< A node panicked.
    node_timeout = RM_STATUS_NODE_TIMEOUT,           ///< A node took longer than its time limit.
    package = RM_STATUS_PACKAGE,                     ///< The file is no package, or not a valid one.
    package_unsigned = RM_STATUS_PACKAGE_UNSIGNED,   ///< The package is not signed.
    package_untrusted = RM_STATUS_PACKAGE_UNTRUSTED, ///< The package is signed by nobody who is trusted.
    package_tampered = RM_STATUS_PACKAGE_TAMPERED,   ///< The package or its signature was changed.
    package_revoked = RM_STATUS_PACKAGE_REVOKED,     ///< The package or its key was revoked.
    package_foreign = RM_STATUS_PACKAGE_FOREIGN,     ///< Nodes of somebody else's reach beyond the pipeline.
    package_io = RM_STATUS_PACKAGE_IO,               ///< The package or the cache cannot be read or written.
    package_settings = RM_STATUS_PACKAGE_SETTINGS,   ///< The user's keys, trust or settings cannot be used.
    registry = RM_STATUS_REGISTRY,                   ///< A registry cannot be reached, or answers wrongly.
    registry_denied = RM_STATUS_REGISTRY_DENIED,     ///< A registry wants to know who asks, or forbids it.
    registry_unknown = RM_STATUS_REGISTRY_UNKNOWN,   ///< A registry has no such package.
    registry_offline = RM_STATUS_REGISTRY_OFFLINE,   ///< A registry would have to be asked, and none may be.
};

/// Whether a status stands for an error.
constexpr bool is_error(Status status) noexcept { return static_cast<rm_status_t>(status) < 0; }

/// The name of a status, such as `would_block`; `unknown` for a number that this header does not know.
constexpr std::string_view name(Status status) noexcept {
    switch (status) {
    case Status::ok: return "ok";
    case Status::would_block: return "would_block";
    case Status::end: return "end";
    case Status::timeout: return "timeout";
    case Status::pending: return "pending";
    case Status::invalid_argument: return "invalid_argument";
    case Status::wrong_kind: return "wrong_kind";
    case Status::unsupported: return "unsupported";
    case Status::panic: return "panic";
    case Status::cancelled: return "cancelled";
    case Status::closed: return "closed";
    case Status::abi_mismatch: return "abi_mismatch";
    case Status::exhausted: return "exhausted";
    case Status::stalled: return "stalled";
    case Status::reentrant: return "reentrant";
    case Status::manifest: return "manifest";
    case Status::graph: return "graph";
    case Status::node: return "node";
    case Status::node_panic: return "node_panic";
    case Status::node_timeout: return "node_timeout";
    case Status::package: return "package";
    case Status::package_unsigned: return "package_unsigned";
    case Status::package_untrusted: return "package_untrusted";
    case Status::package_tampered: return "package_tampered";
    case Status::package_revoked: return "package_revoked";
    case Status::package_foreign: return "package_foreign";
    case Status::package_io: return "package_io";
    case Status::package_settings: return "package_settings";
    case Status::registry: return "registry";
    case Status::registry_denied: return "registry_denied";
    case Status::registry_unknown: return "registry_unknown";
    case Status::registry_offline: return "registry_offline";
    }
    return "unknown";
}

} // namespace REMOTEMEDIA_MODE
} // namespace remotemedia

#endif
