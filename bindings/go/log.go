package remotemedia

// #include "bridge.h"
import "C"

import (
	"context"
	"log/slog"
	"runtime/cgo"
)

// LevelTrace is the level of what the library says about every step, below slog.LevelDebug.
const LevelTrace = slog.LevelDebug - 4

// SetLogger lets logger hear what the library, in all runtimes of the process, says at level or above, in place of
// the logger before. With nil it says nothing, which is how the library begins. The part of the library that speaks
// is in the attribute "target". Handlers are called on any thread, also inside of other calls of this package.
func SetLogger(logger *slog.Logger, level slog.Level) error {
	if abi != nil {
		return abi
	}
	var handle cgo.Handle
	if logger != nil {
		handle = cgo.NewHandle(logger)
	}
	done := C.rmgo_log_set(lineLevel(level), C.uintptr_t(handle))
	return failure(done.status, done.error)
}

//export rmgoLog
func rmgoLog(handle C.uintptr_t, level C.int32_t, target, message C.rm_str_t) {
	logger := cgo.Handle(handle).Value().(*slog.Logger)
	// A handler that panics must not end the library's thread; there is nobody to tell.
	defer func() { _ = recover() }()
	logger.LogAttrs(context.Background(), slogLevel(level), copied(message), slog.String("target", copied(target)))
}

// lineLevel is the least grave level of the library that is at least as grave as level.
func lineLevel(level slog.Level) C.int32_t {
	switch {
	case level > slog.LevelWarn:
		return C.RM_LOG_ERROR
	case level > slog.LevelInfo:
		return C.RM_LOG_WARN
	case level > slog.LevelDebug:
		return C.RM_LOG_INFO
	case level > LevelTrace:
		return C.RM_LOG_DEBUG
	}
	return C.RM_LOG_TRACE
}

func slogLevel(level C.int32_t) slog.Level {
	switch level {
	case C.RM_LOG_ERROR:
		return slog.LevelError
	case C.RM_LOG_WARN:
		return slog.LevelWarn
	case C.RM_LOG_INFO:
		return slog.LevelInfo
	case C.RM_LOG_DEBUG:
		return slog.LevelDebug
	}
	return LevelTrace
}
