package migrate

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
)

// redacted is what every textual form of a Secret shows.
const redacted = "(sensitive value)"

// Secret is the one type in which secret bytes travel: the decoded content of
// a bundle, or the JSON object of a KV entry. Every way of printing or encoding
// it redacts; only [Secret.Reveal] gives the bytes.
type Secret struct {
	raw []byte
}

// NewSecret takes ownership of raw bytes.
func NewSecret(raw []byte) Secret { return Secret{raw: raw} }

// Reveal returns the raw bytes. They must go to OCI or OpenBao and nowhere else.
func (s Secret) Reveal() []byte { return s.raw }

// Len is the length in bytes.
func (s Secret) Len() int { return len(s.raw) }

// Equal reports whether both hold the same bytes.
func (s Secret) Equal(other Secret) bool { return bytes.Equal(s.raw, other.raw) }

// String redacts.
func (s Secret) String() string { return redacted }

// GoString redacts.
func (s Secret) GoString() string { return redacted }

// Format redacts under every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue redacts.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON redacts: a Secret inside a struct that is encoded by mistake
// shows nothing.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText redacts, also where a Secret is the key of a map.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
