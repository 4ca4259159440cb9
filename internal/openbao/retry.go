package openbao

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
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

// verdict says what a failed attempt calls for.
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

// send sends a request, again where that is safe and of use, until
// RetryMaxElapsed is over. Failures come back as [*Error].
func (c *Client) send(ctx context.Context, r request) (*answer, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.MaxInterval, pauses.Multiplier = firstPause, lastPause, 2
	pauses.Reset()
	started, failures := c.config.Clock.Now(), 0
	sealed, sealAsked := false, false
	for {
		a, err := c.attempt(ctx, r, c.config.RequestTimeout)
		if err == nil && a.status < 300 {
			return a, nil
		}
		if err == nil && a.status == http.StatusServiceUnavailable && !sealAsked {
			sealAsked = true
			sealed = saysSealed(a.envelope.Errors) || c.isSealed(ctx)
		}
		verdict, pause := judge(r, a, err), retryAfter(a)
		if verdict == passing && a.status == http.StatusServiceUnavailable && (sealed || saysLocked(a.envelope.Errors)) {
			verdict = again // somebody has to act first
		}
		failures++
		switch {
		case ctx.Err() != nil, r.single, verdict == final, *c.config.MaxRetries == 0,
			verdict == again && failures > *c.config.MaxRetries:
			return a, c.failure(ctx, r, a, err, sealed)
		}
		if pause == 0 {
			pause = pauses.NextBackOff()
		}
		if c.config.Clock.Now().Add(pause).Sub(started) > c.config.RetryMaxElapsed {
			return a, c.failure(ctx, r, a, err, sealed)
		}
		if slept := c.config.Clock.Sleep(ctx, pause); slept != nil {
			return a, c.failure(ctx, r, a, err, sealed)
		}
	}
}

func judge(r request, a *answer, err error) verdict {
	if err != nil {
		switch {
		case isCertificate(err), errors.Is(err, errNotJSON), isBroken(err):
			return final
		case neverSent(err), !r.once:
			return again
		}
		return final
	}
	switch a.status {
	case http.StatusPreconditionFailed, http.StatusTooManyRequests,
		statusSecondaryRecovery, statusPerformanceNode, http.StatusServiceUnavailable:
		// These say that the server did not act on the request.
		return passing
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		if !r.once {
			return again
		}
	case http.StatusBadRequest:
		if isUpgrading(a.envelope.Errors) {
			return passing
		}
	case http.StatusNotFound:
		if r.freshMount && len(a.envelope.Errors) > 0 && !isNamespaceMissing(a) {
			return passing
		}
	}
	return final
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

// isSealed asks the server once, without a token.
func (c *Client) isSealed(ctx context.Context) bool {
	a, err := c.attempt(ctx, request{method: http.MethodGet, path: "sys/seal-status"}, sealCheckTimeout)
	if err != nil || a.status >= 300 {
		return false
	}
	status, err := parseSealStatus(a)
	return err == nil && status.Sealed
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

// neverSent reports whether the connection failed before a request could go out.
func neverSent(err error) bool {
	var operation *net.OpError
	var lookup *net.DNSError
	return errors.As(err, &lookup) || errors.As(err, &operation) && operation.Op == "dial"
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
