package openbao

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Pauses between repetitions: doubling with jitter, from the first to the last.
const (
	firstPause = 250 * time.Millisecond
	lastPause  = 5 * time.Second
	// sealCheckTimeout bounds the one question whether the server is sealed.
	sealCheckTimeout = 5 * time.Second
)

// verdict says what a failed attempt calls for. Where several attempts failed,
// the highest counts.
type verdict int

const (
	// final: sending again would change nothing, or could do harm.
	final verdict = iota
	// again: worth some more attempts.
	again
	// passing: the server says that it will be able later.
	passing
)

// Statuses of OpenBao and its relatives that no package names.
const (
	statusSecondaryRecovery = 472
	statusPerformanceNode   = 473
)

// send sends a request, to one node after the other and again where that is
// safe and of use, until RetryMaxElapsed is over. Failures come back as [*Error].
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = firstPause, lastPause, 2
	pauses.Reset()
	started, s := c.config.Clock.Now(), sending{client: c, request: r}
	for rounds := 1; ; rounds++ {
		last, verdict := s.round(ctx)
		if last.err == nil && last.answer.status < 300 {
			c.transport.down.Store(false)
			return last.answer, nil
		}
		pause := retryAfter(last.answer)
		if pause == 0 {
			pause = pauses.NextBackOff()
		}
		switch late := c.config.Clock.Now().Add(pause).Sub(started) > c.config.RetryMaxElapsed; {
		case ctx.Err() != nil, r.single, verdict == final, *c.config.MaxRetries == 0,
			verdict == again && rounds > *c.config.MaxRetries:
		case s.unserved && late:
			c.transport.down.Store(true)
		case late, s.unserved && c.transport.down.Load():
		default:
			if c.config.Clock.Sleep(ctx, pause) == nil {
				continue
			}
		}
		return last.answer, c.failure(ctx, r, last, s.tried)
	}
}

// sending is a request on its way to being served.
type sending struct {
	client  *Client
	request request
	// tried are the failed attempts of the last round, where none was decisive.
	tried []attempt
	// unserved says that no node could serve in the last round.
	unserved bool
	// seals remembers of which node it is known whether it is sealed.
	seals map[*node]bool
}

// round sends the request to one node after the other, until one serves it or
// says something that the others would say too. It returns the attempt that tells
// most, and what to do next.
func (s *sending) round(ctx context.Context) (attempt, verdict) {
	c, nodes := s.client, []*node{}
	var telling attempt
	var most verdict
	s.tried, s.unserved = nil, false
	for at := c.transport.now(); at != nil; at = c.transport.after(at, nodes) {
		t := c.try(ctx, s.request, at, c.config.RequestTimeout)
		if t.err == nil && t.answer.status < 300 {
			return t, final
		}
		t.sealed = s.isSealed(ctx, t)
		nodes, s.tried = append(nodes, at), append(s.tried, t)
		verdict := judge(s.request, t)
		if ctx.Err() != nil || s.request.single || !isOfNode(s.request, t) {
			s.tried = nil // this one alone says what is the matter
			return t, verdict
		}
		if len(s.tried) == 1 || verdict > most || verdict == most && telling.answer == nil {
			telling, most = t, verdict
		}
	}
	s.unserved = true
	return telling, most
}

// isOfNode reports whether it is the node that could not serve a request, so
// that another one may be able to, and may be asked to.
func isOfNode(r request, t attempt) bool {
	if t.err != nil {
		return isCertificate(t.err) || judge(r, t) != final
	}
	switch t.answer.status {
	case http.StatusPreconditionFailed, http.StatusTooManyRequests, http.StatusBadRequest, http.StatusNotFound:
		return false // the others would say the same
	}
	return judge(r, t) != final
}

func judge(r request, t attempt) verdict {
	if t.err != nil {
		switch {
		case isCertificate(t.err), errors.Is(t.err, errNotJSON), isBroken(t.err):
			return final
		case t.redirected && !r.once:
			return passing // a standby that does not know yet that its leader is gone
		case !t.sent, !r.once:
			return again
		}
		return final
	}
	switch messages := t.answer.envelope.Errors; t.answer.status {
	case http.StatusServiceUnavailable:
		if t.sealed || saysLocked(messages) {
			return again // somebody has to act first
		}
		return passing
	case http.StatusPreconditionFailed, http.StatusTooManyRequests, statusSecondaryRecovery, statusPerformanceNode:
		// These say that the server did not act on the request.
		return passing
	case http.StatusNotImplemented:
		return again
	case http.StatusInternalServerError:
		if hasNoLeader(messages) || !r.once && lostLeadership(messages) {
			return passing
		}
	case http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusTemporaryRedirect:
		if !r.once {
			return again
		}
	case http.StatusBadRequest:
		if isUpgrading(messages) {
			return passing
		}
	case http.StatusNotFound:
		if r.freshMount && len(messages) > 0 && !isNamespaceMissing(t.answer) {
			return passing
		}
	}
	return final
}

// hasNoLeader recognises the answer of a standby that knows no active node, to a
// request that it did not act on. Its status is a plain 500.
func hasNoLeader(messages []string) bool {
	return anyContains(messages, "active cluster node not found")
}

// lostLeadership recognises the answer of a node that ceased to be the active
// one while it served a request: it may have acted on it or not. Its status is a
// plain 500.
func lostLeadership(messages []string) bool {
	return slices.ContainsFunc([]string{
		"node is not the leader", "leadership lost while committing log", "leadership transfer in progress", "context canceled",
	}, func(part string) bool { return anyContains(messages, part) })
}

// isUpgrading recognises the state in which a KV v2 mount is for a moment after
// it was mounted or upgraded. The status is a plain 400, so the message is the
// only thing to tell it by.
func isUpgrading(messages []string) bool {
	return slices.ContainsFunc(messages, func(m string) bool {
		return strings.HasPrefix(m, "Waiting for the primary to upgrade") ||
			strings.HasPrefix(m, "Upgrading from non-versioned to versioned data")
	})
}

// saysSealed looks for a seal in the messages of a 503. It only spares the
// question: without it sys/seal-status is asked. A sealed namespace, which that
// does not know, is told by the message alone.
func saysSealed(messages []string) bool {
	return slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, "is sealed") })
}

func saysLocked(messages []string) bool {
	return slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, "locked") })
}

// isSealed tells whether a 503 means a seal. The node is asked once, without a
// token.
func (s *sending) isSealed(ctx context.Context, t attempt) bool {
	if t.err != nil || t.answer.status != http.StatusServiceUnavailable {
		return false
	}
	if known, asked := s.seals[t.node]; asked {
		return known
	}
	if s.seals == nil {
		s.seals = map[*node]bool{}
	}
	s.seals[t.node] = saysSealed(t.answer.envelope.Errors) || s.client.isSealed(ctx, t.node)
	return s.seals[t.node]
}

func (c *Client) isSealed(ctx context.Context, n *node) bool {
	t := c.try(ctx, request{method: http.MethodGet, path: "sys/seal-status"}, n, sealCheckTimeout)
	if t.err != nil || t.answer.status >= 300 {
		return false
	}
	var seal struct {
		Sealed bool `json:"sealed"`
	}
	return json.Unmarshal(t.answer.raw, &seal) == nil && seal.Sealed
}

// retryAfter is the pause that the server asks for in whole seconds, or 0.
func retryAfter(a *answer) time.Duration {
	if a == nil {
		return 0
	}
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// isCertificate reports a failed check of a certificate, which no repetition cures.
func isCertificate(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &alert) || errors.As(err, &record)
}
