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
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Leak is a place where a canary was found.
type Leak struct {
	Where string // file name, or what was scanned
	Form  string // in which form
}

// String says where and how.
func (l Leak) String() string { return l.Where + ": " + l.Form }

// Scan looks for canaries in a text, in the clear and in the usual encodings,
// and in what stands there in base64, as private state does. Canaries should be
// at least 12 characters long.
func Scan(where string, text []byte, canaries ...string) []Leak {
	return scan(where, text, canaries, 3)
}

// encoded is what may be base64 of something worth a look.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/_-]{32,}={0,2}`)

func scan(where string, text []byte, canaries []string, depth int) []Leak {
	var leaks []Leak
	if depth > 0 {
		for _, match := range encoded.FindAll(text, -1) {
			for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
				if inner, err := encoding.DecodeString(string(match)); err == nil {
					leaks = append(leaks, scan(where+" (decoded)", inner, canaries, depth-1)...)
				}
			}
		}
	}
	for _, canary := range canaries {
		for form, pattern := range forms(canary) {
			if bytes.Contains(text, []byte(pattern)) {
				leaks = append(leaks, Leak{Where: where, Form: form})
			}
		}
	}
	return leaks
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
		leaks = append(leaks, Scan(name, content, canaries...)...)
		packed, err := scanArchive(name, content, canaries)
		leaks = append(leaks, packed...)
		return err
	})
	return leaks, files, err
}

// scanArchive looks into a saved plan, which is a zip archive.
func scanArchive(name string, content []byte, canaries []string) ([]Leak, error) {
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
		leaks = append(leaks, Scan(name+"/"+file.Name, unpacked, canaries...)...)
	}
	return leaks, nil
}
