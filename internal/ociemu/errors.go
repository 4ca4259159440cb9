package ociemu

import "errors"

// Errors of the methods that change the state. They are wrapped with what was
// wrong; clients of the emulated APIs never see them.
var (
	// ErrNotFound means that a resource to change or to refer to does not exist.
	ErrNotFound = errors.New("not found")
	// ErrInvalid means a value that OCI does not accept.
	ErrInvalid = errors.New("invalid value")
	// ErrConflict means a name or ID that is taken, or a state that does not
	// allow the change.
	ErrConflict = errors.New("conflict")
	// ErrLimit means that a limit of OCI would be exceeded.
	ErrLimit = errors.New("limit exceeded")
)
