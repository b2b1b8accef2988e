package remotemedia

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// failures are the errors that the nodes of one session failed with, the last one of each. The library knows them by
// their text alone; a session's error is found among them by that.
type failures struct {
	// mutex guards what follows.
	mutex sync.Mutex
	nodes int
	kept  []nodeFailure
}

// nodeFailure is what a node failed with, and what the library was told of it.
type nodeFailure struct {
	node int
	told string
	err  error
}

// nodeFailures is where one node of a session keeps its last error.
type nodeFailures struct {
	session *failures
	node    int
}

// ofNode is the place for the errors of another node.
func (f *failures) ofNode() nodeFailures {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.nodes++
	return nodeFailures{f, f.nodes}
}

// ofEnd is the place for the error of the node's cleanup, which may come behind the one that ended the session.
func (n nodeFailures) ofEnd() nodeFailures { return n.session.ofNode() }

// tell puts an error in place of the node's last one, and gives the text for the library.
func (n nodeFailures) tell(err error) string {
	told := reason(err)
	n.keep(firstLine(told), err)
	return told
}

func (n nodeFailures) keep(told string, err error) {
	n.session.mutex.Lock()
	defer n.session.mutex.Unlock()
	kept := slices.DeleteFunc(n.session.kept, func(failure nodeFailure) bool { return failure.node == n.node })
	n.session.kept = append(kept, nodeFailure{n.node, told, err})
}

// explain gives an error of the library the one of the node that it stands for, as its cause, if it was kept.
func (f *failures) explain(err error) error {
	failure, isFailure := err.(*Error)
	if !isFailure || failure.Status != StatusNode {
		return err
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	told := failure.words()
	for _, kept := range slices.Backward(f.kept) {
		if kept.told == told {
			failure.Cause = &nodeError{kept.err}
			break
		}
	}
	return err
}

// words is the message without the place that the library puts in front.
func (e *Error) words() string {
	words := strings.TrimPrefix(e.Message, fmt.Sprintf("%s/%s: ", e.Pipeline, e.Node))
	return strings.TrimPrefix(words, fmt.Sprintf("item %d: ", e.Item))
}

// firstLine is what the library makes the message of.
func firstLine(text string) string {
	for line := range strings.FieldsFuncSeq(text, func(char rune) bool { return char == '\n' || char == '\r' }) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

// nodeError is the error that a node of the program failed with. It is that error for errors.Is and errors.As, but for
// statuses: how a call ended that a node made is not how the call ended that tells of the node, or a node that met
// the end of another session would look like the end of its own.
type nodeError struct{ error }

func (e *nodeError) Is(target error) bool {
	_, isStatus := target.(Status)
	return !isStatus && errors.Is(e.error, target)
}

func (e *nodeError) As(target any) bool {
	_, isStatus := target.(*Status)
	return !isStatus && errors.As(e.error, target)
}
