package acctest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Leak is a place where a canary was found.
type Leak struct {
	Where string // file name, or what was scanned
	Form  string // in which form
	Which int    // number of the canary, from 0 on
}

// String says where and how.
func (l Leak) String() string { return l.Where + ": " + l.Form }

// Scan looks for canaries in a text, in the clear and in the usual encodings,
// and in what stands there in base64, as private state does. Canaries must be at
// least 12 characters long.
func Scan(where string, text []byte, canaries ...string) []Leak {
	return newScanner(canaries).scan(where, text, nesting)
}

const (
	nesting  = 3  // how often base64 may be in base64
	shortest = 32 // characters of base64 that are worth a look
	beginLen = 8  // bytes by which a pattern is found
)

// scanner finds many patterns in one pass, since logs are long and canaries many.
type scanner struct {
	patterns map[[beginLen]byte][]pattern
	pairs    [1 << 16]bool // the first two bytes of all patterns
}

type pattern struct {
	form, text string
	canary     int
}

func newScanner(canaries []string) *scanner {
	s := &scanner{patterns: map[[beginLen]byte][]pattern{}}
	for which, canary := range canaries {
		for form, text := range forms(canary) {
			begin := [beginLen]byte([]byte(text))
			s.patterns[begin] = append(s.patterns[begin], pattern{form, text, which})
			s.pairs[int(text[0])<<8|int(text[1])] = true
		}
	}
	return s
}

func (s *scanner) scan(where string, text []byte, depth int) []Leak {
	found := map[Leak]bool{}
	for i := 0; i+beginLen <= len(text); i++ {
		if !s.pairs[int(text[i])<<8|int(text[i+1])] {
			continue
		}
		for _, pattern := range s.patterns[[beginLen]byte(text[i:])] {
			if bytes.HasPrefix(text[i:], []byte(pattern.text)) {
				found[Leak{Where: where, Form: pattern.form, Which: pattern.canary}] = true
			}
		}
	}
	leaks := slices.Collect(maps.Keys(found))
	if depth == 0 {
		return leaks
	}
	for _, run := range bytes.FieldsFunc(text, outsideBase64) {
		if len(run) < shortest {
			continue
		}
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			if inner, err := encoding.DecodeString(string(run)); err == nil {
				leaks = append(leaks, s.scan(where+" (decoded)", inner, depth-1)...)
			}
		}
	}
	return leaks
}

// outsideBase64 tells of a character whether it ends a run of base64.
func outsideBase64(r rune) bool {
	return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (r < '/' || r > '9') && r != '+' && r != '-' && r != '_'
}

// forms are the encodings of a canary. Base64 of a longer text that contains it
// depends on where it begins, so the part that is the same for each of the
// three offsets is looked for.
func forms(canary string) map[string]string {
	found := map[string]string{
		"in the clear":   canary,
		"hex":            hex.EncodeToString([]byte(canary)),
		"upper-case hex": strings.ToUpper(hex.EncodeToString([]byte(canary))),
		"decimal bytes":  strings.Trim(fmt.Sprint([]byte(canary)), "[]"),
	}
	for offset := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "URL-safe base64": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", offset) + canary))
			from := []int{0, 2, 3}[offset]
			found[fmt.Sprintf("%s at offset %d", name, offset)] = encoded[from : len(encoded)-2]
		}
	}
	if escaped := url.QueryEscape(canary); escaped != canary {
		found["URL-escaped"] = escaped
	}
	if escaped := url.PathEscape(canary); escaped != canary {
		found["URL path-escaped"] = escaped
	}
	for _, html := range []bool{true, false} {
		var buffer bytes.Buffer
		encoder := json.NewEncoder(&buffer)
		encoder.SetEscapeHTML(html)
		if encoder.Encode(canary) == nil {
			once := strings.Trim(strings.TrimSpace(buffer.String()), `"`)
			if once != canary {
				found[fmt.Sprintf("JSON-escaped (HTML %v)", html)] = once
			}
		}
	}
	return found
}

// ScanDir scans all files below a directory, those that begin with a dot too.
func ScanDir(dir string, canaries ...string) ([]Leak, int, error) {
	var leaks []Leak
	files := 0
	scanner := newScanner(canaries)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		name, _ := filepath.Rel(dir, path)
		leaks = append(leaks, scanner.scan(name, content, nesting)...)
		packed, err := scanner.scanArchive(name, content)
		leaks = append(leaks, packed...)
		return err
	})
	return leaks, files, err
}

// scanArchive looks into a saved plan, which is a zip archive.
func (s *scanner) scanArchive(name string, content []byte) ([]Leak, error) {
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return nil, nil
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var leaks []Leak
	for _, file := range archive.File {
		entry, err := file.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		unpacked, err := io.ReadAll(entry)
		_ = entry.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		leaks = append(leaks, s.scan(name+"/"+file.Name, unpacked, nesting)...)
	}
	return leaks, nil
}
