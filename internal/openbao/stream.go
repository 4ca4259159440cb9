package openbao

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// streamPause is how long a server may send nothing while it prepares or sends
// something large.
const streamPause = 10 * time.Minute

// brokenStream is what ended a stream after it had begun.
type brokenStream struct{ error }

func (b brokenStream) Error() string { return "the answer broke off: " + b.error.Error() }

func (b brokenStream) Unwrap() error { return b.error }

func isBroken(err error) bool {
	var broken brokenStream
	return errors.As(err, &broken)
}

// tryStream is try for a request whose answer is a stream.
func (c *Client) tryStream(ctx context.Context, r request, n *node) attempt {
	listening, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silent := fmt.Errorf("nothing came for %s", c.config.streamPause())
	watch := time.AfterFunc(c.config.streamPause(), func() { cancel(silent) })
	defer watch.Stop()
	take := r.stream
	r.stream = func(body io.Reader) error {
		if err := take(&watchedReader{body, func() { watch.Reset(c.config.streamPause()) }}); err != nil {
			return brokenStream{err}
		}
		return nil
	}
	t := attempt{node: n}
	t.answer, t.err = c.exchange(t.traced(listening), r, n)
	if isBroken(t.err) {
		t.answer = nil // it began well, which is not to be taken for a success
	}
	if t.err != nil && ctx.Err() == nil && errors.Is(context.Cause(listening), silent) {
		t.answer = nil
		if isBroken(t.err) {
			t.err = brokenStream{silent}
		} else {
			t.err = silent
		}
	}
	return t
}

// watchedReader tells of each piece that is read.
type watchedReader struct {
	from io.Reader
	came func()
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 {
		w.came()
	}
	return n, err
}

// streamPause is the longest time without a byte.
func (c Config) streamPause() time.Duration {
	if c.StreamPause == 0 {
		return streamPause
	}
	return c.StreamPause
}
