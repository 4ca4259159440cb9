package openbao

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// Errors of this package beside those of the port.
var (
	// ErrConflict means that something is mounted at the path, or that a thing
	// of that name exists.
	ErrConflict = errors.New("already in use")
	// ErrLogin means that the server refused the credentials of a login.
	ErrLogin = errors.New("the login was refused")
	// ErrClosed means that the client was closed.
	ErrClosed = errors.New("the client is closed")
	// ErrNoToken means that neither a token nor a login is configured.
	ErrNoToken = errors.New("neither a token nor a login is configured")
	// ErrNoLeader means that no node of the cluster is active.
	ErrNoLeader = errors.New("no node of the cluster is active")
	// ErrWrappingToken means that a wrapping token was used, has expired or is none.
	ErrWrappingToken = errors.New("the wrapping token has been used, has expired or is none")
)

// Error is a failed call. It wraps the sentinels that say what it means, and
// the cause where no answer came. It never holds a body.
type Error struct {
	// Operation is what was done, such as "KV v2 write".
	Operation string
	// Path is the API path below /v1/, not escaped.
	Path string
	// Namespace is the absolute namespace; empty is the root namespace.
	Namespace string
	// Status is the HTTP status, 0 where no answer came.
	Status int
	// Messages are those of the answer's "errors" array, scrubbed of anything
	// that the request had to keep secret.
	Messages []string
	// Err is the cause where no answer came or none that could be read.
	Err error

	kinds        []error
	capabilities []string
	policyPath   string
	address      string
	advice       string
	// tried are the nodes with what came of asking them, where there are several.
	tried []string
}

// Error is like "KV v2 write credentials/data/provider-a: 403: permission
// denied".
func (e *Error) Error() string {
	parts := []string{strings.TrimSpace(e.Operation + " " + e.Path)}
	if e.Namespace != "" {
		parts[0] += " in namespace " + e.Namespace
	}
	if e.Status != 0 {
		parts = append(parts, fmt.Sprint(e.Status))
	}
	switch {
	case len(e.tried) > 0:
		// What the nodes said, the most telling among it.
		return parts[0] + ": no node could serve this: " + strings.Join(e.tried, "; ")
	case len(e.Messages) > 0:
		parts = append(parts, strings.Join(e.Messages, "; "))
	case e.Err != nil:
	case len(e.kinds) > 0:
		parts = append(parts, e.kinds[0].Error())
	default:
		parts = append(parts, strings.ToLower(http.StatusText(e.Status)))
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap returns the sentinels and the cause.
func (e *Error) Unwrap() []error {
	wrapped := slices.Clone(e.kinds)
	if e.Err != nil {
		wrapped = append(wrapped, e.Err)
	}
	return wrapped
}

// failure turns the failed attempts of a round into an error: it is about the
// one that tells most, and lists them where there are several.
func (c *Client) failure(ctx context.Context, r request, last attempt, tried []attempt) error {
	e := &Error{
		Operation: r.operation, Path: r.path, Namespace: r.namespace,
		capabilities: r.capabilities, policyPath: r.policyPath, address: strings.Join(c.Addresses(), ", "), advice: r.advice,
	}
	if e.policyPath == "" {
		e.policyPath = r.path
	}
	if len(tried) > 1 && ctx.Err() == nil {
		for _, t := range tried {
			e.tried = append(e.tried, t.node.address+": "+t.outcome(r))
		}
	}
	a := last.answer
	if a == nil {
		e.Err = last.err
		if ctx.Err() != nil {
			e.Err = ctx.Err()
		} else if !errors.Is(last.err, errNotJSON) {
			e.kinds = []error{migrate.ErrTargetUnavailable}
		}
		return e
	}
	e.Status = a.status
	e.Messages = scrub(r, a.envelope.Errors)
	e.kinds = kinds(a, last.sealed)
	switch {
	case ctx.Err() != nil:
		e.Err = ctx.Err()
	case a.foreign && a.status >= 400 && a.status < 500 && !errors.Is(e, migrate.ErrTargetUnavailable):
		e.Err = errNotJSON
	}
	return e
}

// outcome is how an attempt failed, in few words.
func (t attempt) outcome(r request) string {
	if t.err != nil {
		return t.err.Error()
	}
	text := strings.Join(scrub(r, t.answer.envelope.Errors), "; ")
	if text == "" {
		text = strings.ToLower(http.StatusText(t.answer.status))
	}
	return fmt.Sprintf("%d: %s", t.answer.status, text)
}

// kinds says what a status means. Messages are looked at only where one status
// stands for several things.
func kinds(a *answer, sealed bool) []error {
	messages := a.envelope.Errors
	switch {
	case a.status == http.StatusForbidden:
		return []error{migrate.ErrPermissionDenied}
	case a.status == http.StatusConflict:
		return []error{ErrConflict}
	case a.status == http.StatusServiceUnavailable && sealed:
		return []error{migrate.ErrSealed}
	case a.status == http.StatusInternalServerError && (hasNoLeader(messages) || lostLeadership(messages)),
		a.status == http.StatusServiceUnavailable && anyContains(messages, "no active"):
		return []error{migrate.ErrTargetUnavailable, ErrNoLeader}
	case a.status == http.StatusNotImplemented, a.status == http.StatusServiceUnavailable, a.status == http.StatusBadGateway, a.status == http.StatusGatewayTimeout,
		a.status == http.StatusTooManyRequests, a.status == statusSecondaryRecovery, a.status == statusPerformanceNode,
		a.status < 400:
		return []error{migrate.ErrTargetUnavailable}
	case a.status == http.StatusNotFound && isNamespaceMissing(a):
		return []error{migrate.ErrNamespaceNotFound}
	case a.status == http.StatusNotFound && anyContains(messages, "no handler for route"):
		return []error{migrate.ErrMountNotFound}
	case a.status == http.StatusNotFound && a.foreign:
		// That a proxy knows no such page does not say that a secret is gone.
		return nil
	case a.status == http.StatusNotFound:
		return []error{migrate.ErrDestinationNotFound}
	case a.status != http.StatusBadRequest:
		return nil
	case anyContains(messages, "check-and-set parameter"):
		return []error{migrate.ErrCheckAndSet}
	case anyContains(messages, "refused JSON input due to high complexity"):
		return []error{migrate.ErrTooComplex}
	case anyContains(messages, "path is already in use"):
		return []error{ErrConflict}
	}
	return nil
}

func isNamespaceMissing(a *answer) bool {
	return a.status == http.StatusNotFound && anyContains(a.envelope.Errors, "namespace not found")
}

func anyContains(messages []string, part string) bool {
	return slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, part) })
}

// status is the HTTP status of an error of this package, or 0.
func status(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// isGone reports a plain "not there": a 404 that is about the object and not
// about its mount or its namespace.
func isGone(err error) bool { return errors.Is(err, migrate.ErrDestinationNotFound) }
