package migrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// errNotObject tells a document that is valid JSON but no object.
var errNotObject = errors.New("the content is JSON but not an object")

// members checks that content is one JSON object that survives decoding and
// encoding without loss, and returns the names of its members in sorted order.
// Refused are: anything but an object, a member that occurs twice at any depth,
// bytes that are not UTF-8, escapes that stand for no character (half a
// surrogate pair), which decoders silently replace, and numbers that the engine
// would alter. No error quotes the content; the name of a repeated member is the one
// thing that is told.
func members(content []byte, engine Engine) ([]string, error) {
	if !utf8.Valid(content) {
		return nil, errors.New("the content is not valid UTF-8, so it is no JSON")
	}
	document, err := decodeExact(content)
	if err != nil {
		return nil, err
	}
	if offset, found := loneSurrogate(content); found {
		return nil, fmt.Errorf("the string escape at byte %d stands for half a surrogate pair and would be altered", offset)
	}
	if err := refuseLossy(json.NewDecoder(bytes.NewReader(content)), engine, 0); err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(document)), nil
}

// syntaxProblem rewrites a decoding error so that it tells the place only:
// encoding/json's own text quotes the offending character.
func syntaxProblem(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("the content is not valid JSON (near byte %d)", syntax.Offset)
	}
	return errors.New("the content is not valid JSON")
}

// maxDepth is deeper than any real secret and shallower than the stack.
const maxDepth = 500

func refuseLossy(decoder *json.Decoder, engine Engine, depth int) error {
	if depth == 0 {
		decoder.UseNumber()
	}
	if depth > maxDepth {
		return fmt.Errorf("the content nests deeper than %d levels", maxDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		return syntaxProblem(err)
	}
	if number, isNumber := token.(json.Number); isNumber {
		return refuseAlteredNumber(number, engine)
	}
	delimiter, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	seen := map[string]bool{}
	for decoder.More() {
		if delimiter == '{' {
			name, err := decoder.Token()
			if err != nil {
				return syntaxProblem(err)
			}
			text := name.(string)
			if seen[text] {
				return fmt.Errorf("the member %q occurs twice: only one of the two could be kept", text)
			}
			seen[text] = true
		}
		if err := refuseLossy(decoder, engine, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

// loneSurrogate finds a \uD800–\uDFFF escape that is not part of a pair. The
// content must be valid JSON, where a backslash stands in strings only.
func loneSurrogate(content []byte) (offset int, found bool) {
	unit := func(at int) (value int, ok bool) {
		if at+6 > len(content) || content[at] != '\\' || content[at+1] != 'u' {
			return 0, false
		}
		for _, digit := range content[at+2 : at+6] {
			value <<= 4
			switch {
			case digit >= '0' && digit <= '9':
				value += int(digit - '0')
			case digit >= 'a' && digit <= 'f':
				value += int(digit-'a') + 10
			case digit >= 'A' && digit <= 'F':
				value += int(digit-'A') + 10
			}
		}
		return value, true
	}
	for at := 0; at < len(content); at++ {
		if content[at] != '\\' {
			continue
		}
		value, isUnit := unit(at)
		if !isUnit {
			at++
			continue
		}
		switch {
		case value >= 0xDC00 && value <= 0xDFFF:
			return at, true
		case value >= 0xD800 && value <= 0xDBFF:
			low, isUnit := unit(at + 6)
			if !isUnit || low < 0xDC00 || low > 0xDFFF {
				return at, true
			}
			at += 6
		}
		at += 5
	}
	return 0, false
}

// SameFields reports whether two JSON objects have the same members with the
// same values. Order, white space and the way a value is written do not count:
// 1.10 is 1.1, but 12345678901234567890 is not 12345678901234567000. What is no
// JSON object equals nothing.
func SameFields(a, b Secret) bool {
	left, err := decodeExact(a.raw)
	if err != nil {
		return false
	}
	right, err := decodeExact(b.raw)
	if err != nil {
		return false
	}
	return reflect.DeepEqual(byValue(left), byValue(right))
}

// byValue replaces the numbers of a document by their values.
func byValue(value any) any {
	switch value := value.(type) {
	case json.Number:
		return exactDecimal(value.String())
	case map[string]any:
		fields := make(map[string]any, len(value))
		for name, inner := range value {
			fields[name] = byValue(inner)
		}
		return fields
	case []any:
		list := make([]any, len(value))
		for i, inner := range value {
			list[i] = byValue(inner)
		}
		return list
	default:
		return value
	}
}

func decodeExact(raw []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, syntaxProblem(err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("the content is not valid JSON: something follows the first value")
	}
	fields, isObject := document.(map[string]any)
	if !isObject {
		return nil, errNotObject
	}
	return fields, nil
}
