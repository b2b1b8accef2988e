package remotemedia

// #include "bridge.h"
import "C"

import (
	"strings"
	"unsafe"
)

// chars lends a string to C for the length of a call.
func chars(text string) (*C.char, C.size_t) {
	if text == "" {
		return (*C.char)(unsafe.Pointer(&empty)), 0
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text))
}

// lend is chars as the library's own type.
func lend(text string) C.rm_str_t {
	data, length := chars(text)
	return C.rm_str_t{data: data, len: length}
}

// empty is where an empty text lies: null would be no text at all.
var empty byte

// copied takes a copy of a text that C lends.
func copied(text C.rm_str_t) string {
	return strings.Clone(unsafe.String((*byte)(unsafe.Pointer(text.data)), text.len))
}
