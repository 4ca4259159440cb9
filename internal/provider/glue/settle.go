package glue

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// A standby answers reads from its own copy, which is behind the leader's by some
// tenths of a second. A plan that follows an apply is another process, so the time
// of the write is kept with the object: for so long after it, a refresh that sees
// anything but what the state has asks again.
const (
	settleTime  = 2 * time.Second
	settlePause = 100 * time.Millisecond
)

const writtenKey = "written"

// PrivateReader is private state as requests have it.
type PrivateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// PrivateWriter is private state as responses have it.
type PrivateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// noteWrite notes that the object was written just now.
func (o *OpenBaoObject) noteWrite(ctx context.Context, private PrivateWriter, diags *diag.Diagnostics) {
	raw, err := json.Marshal(o.Now())
	if err == nil {
		diags.Append(private.SetKey(ctx, writtenKey, raw)...)
	}
}

// settled is when the object is sure to show everywhere as it was written last.
// That is never far ahead, whatever the clock of the machine that wrote it said.
func (o *OpenBaoObject) settled(ctx context.Context, private PrivateReader) time.Time {
	var written time.Time
	raw, _ := private.GetKey(ctx, writtenKey)
	if len(raw) == 0 || json.Unmarshal(raw, &written) != nil || written.After(o.Now()) {
		return time.Time{}
	}
	return written.Add(settleTime)
}

// Refresh reads an object, again while it does not look as the state has it
// although it was written a moment ago.
func Refresh[T any](ctx context.Context, o *OpenBaoObject, private PrivateReader, read func() (T, error), asKnown func(T) bool) (T, error) {
	settled := o.settled(ctx, private)
	for {
		got, err := read()
		if err == nil && asKnown(got) || !o.Now().Before(settled) || o.clients.Clock.Sleep(ctx, settlePause) != nil {
			return got, err
		}
	}
}
