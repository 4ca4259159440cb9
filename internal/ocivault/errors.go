package ocivault

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// ErrUnexpectedAnswer means that OCI answered something that does not fit the
// question: another secret or version than the one asked for, no content, a
// content type other than BASE64, or what cannot be read at all.
var ErrUnexpectedAnswer = errors.New("unexpected answer from OCI")

// Error is a failed call. errors.Is tells its kind by the errors of package
// migrate, by [ErrUnexpectedAnswer] and by context.Canceled and
// context.DeadlineExceeded. It never contains the body of an answer.
type Error struct {
	Operation string // the SDK call, such as "GetSecretBundle"
	Identity  string // what was asked for: an OCID, or a name and a vault
	Status    int    // HTTP status; 0 when no answer came
	Code      string // OCI's code, such as "NotAuthorizedOrNotFound"; empty when there is none
	Message   string // OCI's message, or what went wrong before an answer came
	RequestID string // opc-request-id; empty when there is none
	Attempts  int    // requests sent

	detail string // what else was found out
	kinds  []error
	skew   time.Duration
	auth   string // how the client authenticates
}

// Error reads like "GetSecretBundle <OCID>: 404 NotAuthorizedOrNotFound:
// <message> (opc-request-id: <ID>)".
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", e.Operation, e.Identity, e.reason())
	if e.Attempts > 1 {
		fmt.Fprintf(&b, " after %d attempts", e.Attempts)
	}
	if e.detail != "" {
		b.WriteString("; ")
		b.WriteString(e.detail)
	}
	return b.String()
}

// reason is what the answer said, or why there was none.
func (e *Error) reason() string {
	var parts []string
	if e.Status != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, cmp.Or(e.Code, http.StatusText(e.Status)))))
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	text := strings.Join(parts, ": ")
	if e.RequestID != "" {
		text += fmt.Sprintf(" (opc-request-id: %s)", e.RequestID)
	}
	return text
}

// Unwrap gives the kinds of the error.
func (e *Error) Unwrap() []error { return e.kinds }

// with is the same failure, of another kind and with more known about it.
func (e *Error) with(detail string, kinds ...error) *Error {
	copied := *e
	copied.detail = detail
	copied.kinds = slices.Clone(kinds)
	return &copied
}

// failure makes an Error of an exchange. Of cause only what arose before the
// request was sent is shown: later errors of the SDK may quote the answer.
func failure(operation, identity string, ex *exchange, cause error, attempts int) *Error {
	e := &Error{
		Operation: operation,
		Identity:  identity,
		Status:    ex.status,
		Code:      ex.code,
		Message:   ex.message,
		RequestID: oneLine(ex.requestID),
		Attempts:  attempts,
		skew:      ex.skew,
	}
	var config *ConfigError
	var workload *identityError
	switch {
	case errors.As(cause, &workload):
		e.Message, e.kinds = workload.Error(), []error{migrate.ErrUnauthenticated}
	case errors.Is(ex.err, errWriteRefused):
		e.Message, e.kinds = ex.err.Error(), []error{errWriteRefused}
	case ex.err != nil && ex.status == 0:
		e.Message = fmt.Sprintf("%v: %s", migrate.ErrSourceUnavailable, oneLine(ex.err.Error()))
		e.kinds = []error{migrate.ErrSourceUnavailable}
	case ex.err != nil:
		e.Message, e.kinds = ex.err.Error(), []error{ErrUnexpectedAnswer}
	case ex.status >= http.StatusBadRequest:
		e.kinds = statusKinds(ex.status)
	case ex.status != 0:
		e.Message, e.kinds = "the answer could not be read", []error{ErrUnexpectedAnswer}
	case errors.As(cause, &config):
		e.Message, e.kinds = config.Error(), []error{config}
	default:
		e.Message = "the request could not be made: " + oneLine(cause.Error())
	}
	return e
}

func statusKinds(status int) []error {
	switch status {
	case http.StatusNotFound:
		return []error{migrate.ErrSourceNotFound}
	case http.StatusUnauthorized:
		return []error{migrate.ErrUnauthenticated}
	case http.StatusForbidden:
		return []error{migrate.ErrSourceForbidden}
	case http.StatusTooManyRequests:
		return []error{migrate.ErrThrottled}
	}
	if status >= http.StatusInternalServerError {
		return []error{migrate.ErrSourceUnavailable}
	}
	return nil
}

// interrupted is a call that the context ended; last is its latest failure, or nil.
func interrupted(operation, identity string, cause error, attempts int, last *Error) *Error {
	e := &Error{Operation: operation, Identity: identity, Message: cause.Error(), Attempts: attempts, kinds: []error{cause}}
	if last != nil {
		e.detail = "the last attempt failed: " + last.reason()
	}
	return e
}

// mismatch is an answer that does not fit the question.
func mismatch(operation, identity, format string, args ...any) *Error {
	return &Error{
		Operation: operation,
		Identity:  identity,
		Message:   fmt.Sprintf("%v: %s", ErrUnexpectedAnswer, fmt.Sprintf(format, args...)),
		Attempts:  1,
		kinds:     []error{ErrUnexpectedAnswer},
	}
}
