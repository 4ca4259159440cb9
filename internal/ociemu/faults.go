package ociemu

import (
	"cmp"
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Drop says at which point a fault breaks the connection.
type Drop int

// The points at which a connection can break. Go's HTTP client itself repeats a
// GET whose kept-alive connection broke before any answer; then the log has two
// requests, and a [Fault] must apply to both to be seen by the caller.
const (
	DropNever        Drop = iota
	DropBeforeAnswer      // no byte of the answer is sent
	DropMidBody           // the header and half of the body are sent
)

// Fault is a rule that breaks answers. The fields up to Count choose requests,
// the others say what happens to them. Nothing is left to chance: the same
// requests in the same order meet the same faults.
//
// Where several rules apply to a request their latencies add up, and the first
// rule with a status or a drop wins.
type Fault struct {
	Name   string         // name in the log; the default tells the effect
	Call   string         // for example "secrets.GetSecretBundle"; empty for any
	Method string         // empty for any
	Path   *regexp.Regexp // matched against the raw path without the query; nil for any
	Query  *regexp.Regexp // matched against the raw query; nil for any
	Skip   int            // how many matching requests pass before the rule applies
	Every  int            // of the rest, only each Every-th is affected; 0 and 1 mean all
	Count  int            // how many requests are affected at most; 0 means no limit

	Status     int           // HTTP status to answer with; 0 leaves the answer as it is
	Code       string        // code in the body; the default goes with the status
	Message    string        // message in the body; the default goes with the status
	RetryAfter string        // value of the Retry-After header: seconds or an HTTP date; empty for none
	RawBody    string        // body to send as text/html in place of the JSON error, as a broken proxy does
	Latency    time.Duration // waiting before anything else; ends early when the client goes away
	Drop       Drop          // where the connection breaks
}

type faultRule struct {
	Fault
	seen    int
	applied int
}

type faultRules struct {
	mu    sync.Mutex
	rules []*faultRule
}

// effect is what the rules together do to one request.
type effect struct {
	name    string
	status  int
	header  map[string]string
	rawBody string
	code    string
	message string
	latency time.Duration
	drop    Drop
}

// AddFault adds a rule behind those that are there. The result removes it.
func (e *Emulator) AddFault(f Fault) (remove func()) {
	added := &faultRule{Fault: f}
	e.faults.mu.Lock()
	defer e.faults.mu.Unlock()
	e.faults.rules = append(e.faults.rules, added)
	return func() {
		e.faults.mu.Lock()
		defer e.faults.mu.Unlock()
		e.faults.rules = slices.DeleteFunc(e.faults.rules, func(r *faultRule) bool { return r == added })
	}
}

// ThrottleEverySecond answers every second request for a call with 429; the empty
// call means all calls. The result ends it.
func (e *Emulator) ThrottleEverySecond(call string) (remove func()) {
	return e.AddFault(Fault{Name: "throttle every second", Call: call, Every: 2, Status: http.StatusTooManyRequests})
}

// ClearFaults removes all rules and the rate limit.
func (e *Emulator) ClearFaults() {
	e.faults.mu.Lock()
	e.faults.rules = nil
	e.faults.mu.Unlock()
	e.SetRateLimit(0)
}

func (f *faultRules) pick(method, path, rawQuery, call string) effect {
	f.mu.Lock()
	defer f.mu.Unlock()
	var names []string
	var total effect
	for _, rule := range f.rules {
		if !rule.matches(method, path, rawQuery, call) || !rule.due() {
			continue
		}
		names = append(names, rule.name())
		total.latency += rule.Latency
		if total.status == 0 && total.drop == DropNever {
			total.take(rule.Fault)
		}
	}
	total.name = strings.Join(names, ", ")
	return total
}

func (r *faultRule) matches(method, path, rawQuery, call string) bool {
	return (r.Call == "" || r.Call == call) &&
		(r.Method == "" || r.Method == method) &&
		(r.Path == nil || r.Path.MatchString(path)) &&
		(r.Query == nil || r.Query.MatchString(rawQuery))
}

// due counts a matching request and tells whether the rule applies to it.
func (r *faultRule) due() bool {
	r.seen++
	behind := r.seen - r.Skip
	if behind <= 0 || behind%max(r.Every, 1) != 0 || (r.Count > 0 && r.applied == r.Count) {
		return false
	}
	r.applied++
	return true
}

func (r *faultRule) name() string {
	switch {
	case r.Name != "":
		return r.Name
	case r.Drop == DropBeforeAnswer:
		return "drop before answer"
	case r.Drop == DropMidBody:
		return "drop mid-body"
	case r.Status != 0:
		return cmp.Or(http.StatusText(r.Status), "status")
	default:
		return "latency"
	}
}

func (t *effect) take(f Fault) {
	standard := standardErrors[f.Status]
	t.status, t.drop, t.rawBody = f.Status, f.Drop, f.RawBody
	t.code = cmp.Or(f.Code, standard.Code, "InternalServerError")
	t.message = cmp.Or(f.Message, standard.Message, "The request failed.")
	t.header = map[string]string{}
	if f.RetryAfter != "" {
		t.header["Retry-After"] = f.RetryAfter
	}
}

// standardErrors are the codes and messages that go with a status by default.
var standardErrors = map[int]errorBody{
	http.StatusBadRequest:          {InvalidParameter.Code, "The request is invalid."},
	http.StatusUnauthorized:        {notAuthenticated.Code, messageNotAuthenticated},
	http.StatusForbidden:           {"NotAllowed", "The operation is not allowed."},
	http.StatusNotFound:            {NotAuthorizedOrNotFound.Code, messageNotFound},
	http.StatusConflict:            {IncorrectState.Code, "The resource is in a state that does not allow the operation."},
	http.StatusPreconditionFailed:  {"NoEtagMatch", "The ETag does not match."},
	http.StatusTooManyRequests:     {tooManyRequests.Code, messageThrottled},
	http.StatusInternalServerError: {"InternalServerError", "An internal server error occurred."},
	http.StatusServiceUnavailable:  {"ServiceUnavailable", "The service is currently unavailable."},
}

// wait returns false when the client has gone away.
func (t effect) wait(ctx context.Context) bool {
	if t.latency <= 0 {
		return true
	}
	timer := time.NewTimer(t.latency)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (t effect) answer() answer {
	a := Refusal{t.status, t.code}.answer(t.message)
	if t.rawBody != "" {
		a.contentType, a.body = "text/html", []byte(t.rawBody)
	}
	a.header, a.reason = t.header, "fault: "+t.name
	return a
}
