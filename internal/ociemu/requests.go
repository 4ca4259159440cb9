package ociemu

import (
	"crypto/rand"
	"slices"
	"strings"
	"sync"
	"time"
)

// RequestRecord is one request as it arrived and was answered. It never holds a
// body, neither of the request nor of the answer.
type RequestRecord struct {
	Number    int       // 1 for the first request since the start or the last Reset
	Time      time.Time // arrival, on the emulator's clock
	Method    string
	Path      string // raw, without the query
	RawQuery  string
	Call      string // for example "secrets.GetSecretBundle"; empty when no call has this path and method
	Write     bool   // the request would change something in OCI
	RequestID string // opc-request-id of the answer
	Principal string // OCID of the user, or subject of the security token; empty when not authenticated
	InFlight  int    // requests under way at arrival, this one among them
	Fault     string // names of the faults that were applied, or "rate limit"; empty when none was
	Status    int    // HTTP status answered; 0 before the answer and when the connection was dropped
	Reason    string // why the request was refused, more exactly than the client is told
}

type requestLog struct {
	mu          sync.Mutex
	entries     []*requestEntry
	inFlight    int
	maxInFlight int
	hooks       []*func(*RequestRecord)
}

// requestEntry is a record that is still being written; its log's lock guards it.
type requestEntry struct {
	log    *requestLog
	record RequestRecord
	done   bool
}

func (l *requestLog) begin(record RequestRecord) *requestEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight++
	l.maxInFlight = max(l.maxInFlight, l.inFlight)
	record.Number, record.InFlight = len(l.entries)+1, l.inFlight
	entry := &requestEntry{log: l, record: record}
	l.entries = append(l.entries, entry)
	return entry
}

// finish ends the request in the log. It comes before the first byte of the
// answer: whoever has the answer finds it in the log, and a client's next request
// is not counted together with this one.
func (entry *requestEntry) finish(status int, reason string) {
	entry.log.mu.Lock()
	defer entry.log.mu.Unlock()
	if entry.done {
		return
	}
	entry.done = true
	entry.record.Status, entry.record.Reason = status, reason
	entry.log.inFlight--
}

func (entry *requestEntry) noteFault(name string) {
	entry.log.mu.Lock()
	defer entry.log.mu.Unlock()
	if entry.record.Fault != "" && name != "" {
		name = entry.record.Fault + ", " + name
	}
	if name != "" {
		entry.record.Fault = name
	}
}

func (entry *requestEntry) notePrincipal(user string) {
	entry.log.mu.Lock()
	defer entry.log.mu.Unlock()
	entry.record.Principal = user
}

// runHooks gives each hook its own copy, without holding a lock, so that a hook
// may call any method of the emulator.
func (entry *requestEntry) runHooks() {
	entry.log.mu.Lock()
	hooks := slices.Clone(entry.log.hooks)
	record := entry.record
	entry.log.mu.Unlock()
	for _, hook := range hooks {
		seen := record
		(*hook)(&seen)
	}
}

// OnRequest calls hook for every request, after it has arrived and before
// anything is decided about it: a secret that the hook rotates is answered in its
// new state. Hooks run in the order in which they were added, in the goroutine of
// the request, and may call any method of the emulator. The record has no status
// yet; what a hook changes in it has no effect. The result removes the hook.
func (e *Emulator) OnRequest(hook func(*RequestRecord)) (remove func()) {
	e.requests.mu.Lock()
	defer e.requests.mu.Unlock()
	added := &hook
	e.requests.hooks = append(slices.Clip(e.requests.hooks), added)
	return func() {
		e.requests.mu.Lock()
		defer e.requests.mu.Unlock()
		e.requests.hooks = slices.DeleteFunc(slices.Clone(e.requests.hooks),
			func(h *func(*RequestRecord)) bool { return h == added })
	}
}

// Requests returns a copy of the log, in order of arrival.
func (e *Emulator) Requests() []RequestRecord {
	return e.requests.where(func(RequestRecord) bool { return true })
}

// Writes returns the requests that would have changed something in OCI,
// authenticated or not. None of them did.
func (e *Emulator) Writes() []RequestRecord {
	return e.requests.where(func(r RequestRecord) bool { return r.Write })
}

// Count returns how many requests for a call arrived, whatever their answer; the
// empty call counts all requests.
func (e *Emulator) Count(call string) int {
	e.requests.mu.Lock()
	defer e.requests.mu.Unlock()
	count := 0
	for _, entry := range e.requests.entries {
		if call == "" || entry.record.Call == call {
			count++
		}
	}
	return count
}

// MaxInFlight returns the largest number of requests that were under way at once.
func (e *Emulator) MaxInFlight() int {
	e.requests.mu.Lock()
	defer e.requests.mu.Unlock()
	return e.requests.maxInFlight
}

// Reset empties the log and restarts its numbers and its high-water mark. State,
// faults and hooks stay.
func (e *Emulator) Reset() {
	e.requests.mu.Lock()
	defer e.requests.mu.Unlock()
	e.requests.entries = nil
	e.requests.maxInFlight = e.requests.inFlight
}

func (l *requestLog) where(keep func(RequestRecord) bool) []RequestRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	var records []RequestRecord
	for _, entry := range l.entries {
		if keep(entry.record) {
			records = append(records, entry.record)
		}
	}
	return records
}

// requestID continues the client's ID, as OCI does, or makes a new one.
func requestID(fromClient string) string {
	own := strings.ToUpper(rand.Text()) + "/" + strings.ToUpper(rand.Text())
	if fromClient == "" || len(fromClient) > 128 {
		return own
	}
	return fromClient + "/" + own
}
