package ociemu

import "time"

// Option changes how an [Emulator] behaves from the start.
type Option func(*settings)

type settings struct {
	clock            func() time.Time
	region           string
	pageSize         int
	sparsePages      bool
	pendingDeletion  Refusal
	blockedRetrieval Refusal
}

func defaultSettings() settings {
	return settings{
		clock:            time.Now,
		region:           "eu-frankfurt-1",
		pageSize:         100,
		pendingDeletion:  IncorrectState,
		blockedRetrieval: IncorrectState,
	}
}

// WithClock sets the clock that decides about the skew of signatures, the expiry
// of tokens and secrets, times of creation, and the rate limit. The default is
// [time.Now]. It is called from several goroutines at once.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.clock = now }
}

// WithRegion sets the region that OCIDs and endpoints name. The default is
// eu-frankfurt-1.
func WithRegion(name string) Option {
	return func(s *settings) { s.region = name }
}

// WithPageSize sets how many items a page of a list has at most, whatever the
// client's limit says; 1 or greater. The default is 100.
func WithPageSize(items int) Option {
	return func(s *settings) { s.pageSize = max(items, 1) }
}

// WithSparsePages makes every list begin with an empty page and puts an empty
// page after each page that has items; all but the last carry a token.
func WithSparsePages() Option {
	return func(s *settings) { s.sparsePages = true }
}

// WithPendingDeletionAnswer sets how a request for content is refused while the
// secret or the version is scheduled for deletion. The default is [IncorrectState].
func WithPendingDeletionAnswer(r Refusal) Option {
	return func(s *settings) { s.pendingDeletion = r }
}

// WithBlockedRetrievalAnswer sets how a request for content is refused after an
// expiry rule has blocked it. The default is [IncorrectState].
func WithBlockedRetrievalAnswer(r Refusal) Option {
	return func(s *settings) { s.blockedRetrieval = r }
}
