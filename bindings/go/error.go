package remotemedia

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
)

// Error is what a call failed with, and where. errors.Is compares it with a Status:
//
//	var failure *remotemedia.Error
//	if errors.As(err, &failure) && errors.Is(err, remotemedia.StatusNode) {
//		log.Printf("node %s failed at item %d", failure.Node, failure.Item)
//	}
type Error struct {
	// Status is the kind of failure.
	Status Status
	// Message says what happened in one line, with the place in front where there is one.
	Message string
	// Pipeline is the pipeline in which it happened, or empty.
	Pipeline string
	// Node is the node in which it happened, or empty.
	Node string
	// Port is the port that it is about, or empty: the input of the node that the item came on, or the port of the
	// session that was asked for.
	Port string
	// Item is the number of the node's input item that raised it, counted from 1; 0 if none did.
	Item uint64
	// Cause is the error that a node of the program failed with, for errors.Is and errors.As; otherwise what caused it,
	// and what caused that, a line each; or nil.
	Cause error
}

// Error gives the message.
func (e *Error) Error() string { return "remotemedia: " + e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is tells whether target is the error's Status.
func (e *Error) Is(target error) bool {
	status, isStatus := target.(Status)
	return isStatus && status == e.Status
}

// failure turns a status and the error object beside it, which it releases, into an error. Positive statuses and
// those without an object are returned as they are.
func failure(status C.rm_status_t, object *C.rm_error_t) error {
	if status == C.RM_STATUS_OK {
		return nil
	}
	if object == nil {
		return Status(status)
	}
	defer C.rm_error_release(object)
	err := &Error{
		Status:   Status(status),
		Message:  copied(C.rm_error_message(object)),
		Pipeline: copied(C.rm_error_pipeline(object)),
		Node:     copied(C.rm_error_node(object)),
		Port:     copied(C.rm_error_port(object)),
		Item:     uint64(C.rm_error_item(object)),
	}
	if cause := copied(C.rm_error_cause(object)); cause != "" {
		err.Cause = errors.New(cause)
	}
	return err
}

// closed is what a call on a closed object gives.
func closed(noun string) error {
	return &Error{Status: ErrClosed, Message: fmt.Sprintf("the %s is closed", noun)}
}

// invalid is what a call gives for an argument that the library is not even asked about.
func invalid(format string, values ...any) error {
	return &Error{Status: StatusInvalidArgument, Message: fmt.Sprintf(format, values...)}
}
