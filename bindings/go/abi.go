package remotemedia

// #cgo pkg-config: remotemedia
// #include "bridge.h"
import "C"

import (
	"fmt"
)

// Version is the version of the library that was loaded, such as "0.1.0".
func Version() string { return copied(C.rm_version_text()) }

// HasFeature tells whether the library that was loaded has the feature called name, such as "onnx".
func HasFeature(name string) bool {
	return bool(C.rm_feature_enabled(lend(name)))
}

// abi is why the library that was loaded cannot be used, found out when the program starts.
var abi = checkABI()

func checkABI() error {
	compiled := C.uint32_t(C.RM_ABI_MAJOR<<16 | C.RM_ABI_MINOR)
	if C.rm_abi_check(compiled) == C.RM_STATUS_OK {
		return nil
	}
	version := func(number C.uint32_t) string { return fmt.Sprintf("%d.%d", number>>16, number&0xffff) }
	message := fmt.Sprintf("the library has ABI %s, the program was compiled against %s",
		version(C.rm_abi_version()), version(compiled))
	return &Error{Status: StatusABIMismatch, Message: message}
}
