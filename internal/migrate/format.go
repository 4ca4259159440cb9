package migrate

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"
)

// Format says how the content of a secret becomes fields of a KV entry.
type Format string

// The formats.
const (
	// FormatAuto picks the first of json, text and binary that fits without loss.
	FormatAuto Format = "auto"
	// FormatJSON makes each member of a JSON object a field. Numbers keep their
	// value, nested values stay nested, and what the engine would alter is refused.
	FormatJSON Format = "json"
	// FormatText stores valid UTF-8 whole under one key.
	FormatText Format = "text"
	// FormatBinary stores the content in standard base64 under one key.
	FormatBinary Format = "binary"
)

// Formats are the accepted values of format.
var Formats = []Format{FormatAuto, FormatJSON, FormatText, FormatBinary}

// DefaultKey is the field that holds text and binary content.
const DefaultKey = "secret"

// ErrFormat means that content does not fit the format asked for.
var ErrFormat = errors.New("the content does not fit the format")

// Encoded is content in the form in which it is stored.
type Encoded struct {
	Format Format   // never FormatAuto
	Fields Secret   // a JSON object
	Keys   []string // names of the fields, sorted
}

// Encode turns the content of a secret into fields of an entry of the engine,
// whose way with numbers decides what a JSON object can hold. Errors wrap [ErrFormat] and
// never quote the content.
func Encode(content Secret, format Format, key string, engine Engine) (Encoded, error) {
	switch format {
	case FormatAuto:
		return encodeAuto(content, key, engine)
	case FormatJSON:
		names, err := members(content.raw, engine)
		if err != nil {
			return Encoded{}, fmt.Errorf("%w json: %w", ErrFormat, err)
		}
		return Encoded{Format: FormatJSON, Fields: content, Keys: names}, nil
	case FormatText:
		if !utf8.Valid(content.raw) {
			return Encoded{}, fmt.Errorf("%w text: it is not valid UTF-8", ErrFormat)
		}
		return encodeOne(FormatText, key, string(content.raw))
	case FormatBinary:
		return encodeOne(FormatBinary, key, base64.StdEncoding.EncodeToString(content.raw))
	default:
		return Encoded{}, fmt.Errorf("%w: %q is none of auto, json, text, binary", ErrFormat, string(format))
	}
}

// encodeAuto does not take an object without members for json: an entry without
// fields hides that there was content, and KV v1 refuses it.
func encodeAuto(content Secret, key string, engine Engine) (Encoded, error) {
	if names, err := members(content.raw, engine); err == nil && len(names) > 0 {
		return Encoded{Format: FormatJSON, Fields: content, Keys: names}, nil
	}
	if utf8.Valid(content.raw) {
		return Encode(content, FormatText, key, engine)
	}
	return Encode(content, FormatBinary, key, engine)
}

func encodeOne(format Format, key, value string) (Encoded, error) {
	if key == "" {
		return Encoded{}, fmt.Errorf("%w %s: the key that holds it is empty", ErrFormat, format)
	}
	fields, err := json.Marshal(map[string]string{key: value})
	if err != nil {
		return Encoded{}, fmt.Errorf("%w %s: it cannot be encoded", ErrFormat, format)
	}
	return Encoded{Format: format, Fields: NewSecret(fields), Keys: []string{key}}, nil
}

// DetectFormat tells the form of content: json for an object that can be stored
// without loss (with the names of its members, sorted), else text, else binary.
func DetectFormat(content Secret) (Format, []string) {
	if names, err := members(content.raw, KV1); err == nil {
		return FormatJSON, names
	}
	if utf8.Valid(content.raw) {
		return FormatText, nil
	}
	return FormatBinary, nil
}

// FieldNames are the names of the fields of a stored entry, sorted; nil for
// what is no JSON object.
func FieldNames(fields Secret) []string {
	document, err := decodeExact(fields.raw)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(document))
}
