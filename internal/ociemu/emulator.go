package ociemu

import (
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// maxBodyBytes bounds what is read of a request. No call that is answered has a body.
const maxBodyBytes = 1 << 20

// Emulator is the emulated OCI: an [http.Handler] with the state behind it. All
// methods are safe for concurrent use.
type Emulator struct {
	settings settings

	mu           sync.Mutex // guards what follows, up to the blank line
	sequence     int64
	tenancies    []string
	users        map[string]*user
	keys         map[string]apiKey // by key ID
	compartments map[string]*compartment
	vaults       map[string]*vault
	secrets      map[string]*secret
	denials      map[denial]bool
	pageSecret   []byte

	requests requestLog
	faults   faultRules
	rate     rateLimit
}

// New makes an emulator without any tenancy: every request is answered 401 until
// a tenancy, a user and an API key are added, or a [Seed] is loaded.
func New(opts ...Option) *Emulator {
	e := &Emulator{
		settings:     defaultSettings(),
		users:        map[string]*user{},
		keys:         map[string]apiKey{},
		compartments: map[string]*compartment{},
		vaults:       map[string]*vault{},
		secrets:      map[string]*secret{},
		denials:      map[denial]bool{},
		pageSecret:   make([]byte, 32),
	}
	for _, opt := range opts {
		opt(&e.settings)
	}
	_, _ = rand.Read(e.pageSecret)
	return e
}

// nextSequence numbers resources in the order of creation. The state is locked.
func (e *Emulator) nextSequence() int64 {
	e.sequence++
	return e.sequence
}

// ServeHTTP answers one request.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, rawQuery, _ := strings.Cut(r.RequestURI, "?")
	found := findRoute(r.Method, path)
	entry := e.requests.begin(RequestRecord{
		Time:      e.settings.clock(),
		Method:    r.Method,
		Path:      path,
		RawQuery:  rawQuery,
		Call:      found.call,
		Write:     found.write,
		RequestID: requestID(r.Header.Get("opc-request-id")),
	})
	defer entry.finish(0, "")
	entry.runHooks()

	effect := e.faults.pick(r.Method, path, rawQuery, found.call)
	entry.noteFault(effect.name)
	if !effect.wait(r.Context()) || effect.drop == DropBeforeAnswer {
		entry.finish(0, "")
		panic(http.ErrAbortHandler)
	}

	a := e.decide(r, found, rawQuery, effect, entry)
	entry.finish(a.status, a.reason)
	send(w, a, entry.record.RequestID, effect.drop == DropMidBody)
}

// decide authenticates before anything else, so that no fault can hide a client
// that signs its retries wrongly.
func (e *Emulator) decide(r *http.Request, found route, rawQuery string, effect effect, entry *requestEntry) answer {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes+1))
	if err != nil {
		return InvalidParameter.answer("The body of the request could not be read.")
	}
	caller, err := verifyRequest(r, body, e.lookupKey, e.settings.clock())
	if err != nil {
		return refuseUnauthenticated(err)
	}
	entry.notePrincipal(caller.user)
	if !e.rate.admit(found.call, e.settings.clock()) {
		entry.noteFault("rate limit")
		return tooManyRequests.answer(messageThrottled)
	}
	if effect.status != 0 {
		return effect.answer()
	}
	if found.refusal != nil {
		return *found.refusal
	}
	query, refusal := parseQuery(rawQuery, found.parameters)
	if refusal != nil {
		return *refusal
	}
	if len(body) > 0 {
		return InvalidParameter.answer("The call takes no body.")
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return found.answer(e, request{
		call: found.call, caller: caller, arguments: found.arguments, query: query, now: e.settings.clock(),
	})
}

func refuseUnauthenticated(cause error) answer {
	message := messageNotAuthenticated
	var skew skewError
	if errors.As(cause, &skew) {
		message = skew.Error()
	}
	a := notAuthenticated.answer(message)
	a.reason = cause.Error()
	return a
}

// send writes the answer, or half of it before the connection breaks.
func send(w http.ResponseWriter, a answer, requestID string, cut bool) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("opc-request-id", requestID)
	for name, value := range a.header {
		header.Set(name, value)
	}
	if !cut {
		w.WriteHeader(a.status)
		_, _ = w.Write(a.body)
		return
	}
	// The body stays whole by length and half by content: the client has the
	// header and waits for the rest when the connection ends.
	header.Set("Content-Length", contentLength(a.body))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
