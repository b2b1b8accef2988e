package remotemedia

// #include "bridge.h"
import "C"

import "fmt"

// Status is what a call of the library came to. A Status is an error, so that errors.Is tells one failure from
// another:
//
//	if errors.Is(err, remotemedia.StatusNode) { … }
type Status int32

// The statuses that end a call without being a failure of anything.
const (
	// ErrWouldBlock says that there is nothing to poll, or no room to push into, right now.
	ErrWouldBlock = Status(C.RM_STATUS_WOULD_BLOCK)
	// ErrEnd says that the stream is over: nothing comes ever again.
	ErrEnd = Status(C.RM_STATUS_END)
	// ErrClosed says that the object, or the session's input, was closed.
	ErrClosed = Status(C.RM_STATUS_CLOSED)
	// ErrCancelled says that the session was cancelled.
	ErrCancelled = Status(C.RM_STATUS_CANCELLED)
)

// The other statuses, nearly all of failures. Their numbers are those of the C header, and never change.
const (
	StatusOK               = Status(C.RM_STATUS_OK)
	StatusTimeout          = Status(C.RM_STATUS_TIMEOUT)
	StatusPending          = Status(C.RM_STATUS_PENDING) // what a node tells the C library that finishes later
	StatusInvalidArgument  = Status(C.RM_STATUS_INVALID_ARGUMENT)
	StatusWrongKind        = Status(C.RM_STATUS_WRONG_KIND)
	StatusUnsupported      = Status(C.RM_STATUS_UNSUPPORTED)
	StatusPanic            = Status(C.RM_STATUS_PANIC)
	StatusABIMismatch      = Status(C.RM_STATUS_ABI_MISMATCH)
	StatusExhausted        = Status(C.RM_STATUS_EXHAUSTED)
	StatusStalled          = Status(C.RM_STATUS_STALLED)
	StatusReentrant        = Status(C.RM_STATUS_REENTRANT)
	StatusManifest         = Status(C.RM_STATUS_MANIFEST)
	StatusGraph            = Status(C.RM_STATUS_GRAPH)
	StatusNode             = Status(C.RM_STATUS_NODE)
	StatusNodePanic        = Status(C.RM_STATUS_NODE_PANIC)
	StatusNodeTimeout      = Status(C.RM_STATUS_NODE_TIMEOUT)
	StatusPackage          = Status(C.RM_STATUS_PACKAGE)
	StatusPackageUnsigned  = Status(C.RM_STATUS_PACKAGE_UNSIGNED)
	StatusPackageUntrusted = Status(C.RM_STATUS_PACKAGE_UNTRUSTED)
	StatusPackageTampered  = Status(C.RM_STATUS_PACKAGE_TAMPERED)
	StatusPackageRevoked   = Status(C.RM_STATUS_PACKAGE_REVOKED)
	StatusPackageForeign   = Status(C.RM_STATUS_PACKAGE_FOREIGN)
	StatusPackageIO        = Status(C.RM_STATUS_PACKAGE_IO)
	StatusPackageSettings  = Status(C.RM_STATUS_PACKAGE_SETTINGS)
	StatusRegistry         = Status(C.RM_STATUS_REGISTRY)
	StatusRegistryDenied   = Status(C.RM_STATUS_REGISTRY_DENIED)
	StatusRegistryUnknown  = Status(C.RM_STATUS_REGISTRY_UNKNOWN)
	StatusRegistryOffline  = Status(C.RM_STATUS_REGISTRY_OFFLINE)
)

var statusNames = map[Status]string{
	StatusOK:               "ok",
	ErrWouldBlock:          "would_block",
	ErrEnd:                 "end",
	StatusTimeout:          "timeout",
	StatusPending:          "pending",
	StatusInvalidArgument:  "invalid_argument",
	StatusWrongKind:        "wrong_kind",
	StatusUnsupported:      "unsupported",
	StatusPanic:            "panic",
	ErrCancelled:           "cancelled",
	ErrClosed:              "closed",
	StatusABIMismatch:      "abi_mismatch",
	StatusExhausted:        "exhausted",
	StatusStalled:          "stalled",
	StatusReentrant:        "reentrant",
	StatusManifest:         "manifest",
	StatusGraph:            "graph",
	StatusNode:             "node",
	StatusNodePanic:        "node_panic",
	StatusNodeTimeout:      "node_timeout",
	StatusPackage:          "package",
	StatusPackageUnsigned:  "package_unsigned",
	StatusPackageUntrusted: "package_untrusted",
	StatusPackageTampered:  "package_tampered",
	StatusPackageRevoked:   "package_revoked",
	StatusPackageForeign:   "package_foreign",
	StatusPackageIO:        "package_io",
	StatusPackageSettings:  "package_settings",
	StatusRegistry:         "registry",
	StatusRegistryDenied:   "registry_denied",
	StatusRegistryUnknown:  "registry_unknown",
	StatusRegistryOffline:  "registry_offline",
}

// String gives the status as the C header names it, in lower case: "would_block", "node", …
func (s Status) String() string {
	if name, known := statusNames[s]; known {
		return name
	}
	return fmt.Sprintf("status %d", int32(s))
}

// Error says what happened, for the statuses that are returned as they are.
func (s Status) Error() string {
	switch s {
	case ErrWouldBlock:
		return "remotemedia: nothing now"
	case ErrEnd:
		return "remotemedia: the stream is over"
	case ErrClosed:
		return "remotemedia: closed"
	}
	return "remotemedia: " + s.String()
}
