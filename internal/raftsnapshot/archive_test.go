package raftsnapshot_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
)

// part is a file of an archive.
type part struct{ name, content string }

const meta = `{"Version":1,"ID":"bolt-snapshot","Index":4711,"Term":3,"Size":9}`

// parts are those of a good snapshot.
func parts() []part {
	state := "encrypted"
	return []part{
		{"meta.json", meta},
		{"state.bin", state},
		{"SHA256SUMS", fmt.Sprintf("%x  state.bin\n%x  meta.json\n", sha256.Sum256([]byte(state)), sha256.Sum256([]byte(meta)))},
		{"SHA256SUMS.sealed", "sealed"},
	}
}

// archive packs parts.
func archive(t *testing.T, parts ...part) []byte {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	files := tar.NewWriter(zipped)
	for _, part := range parts {
		if err := files.WriteHeader(&tar.Header{Name: part.name, Mode: 0o600, Size: int64(len(part.content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := files.Write([]byte(part.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// unpacked is what an archive holds.
func unpacked(t *testing.T, packed []byte) []byte {
	t.Helper()
	zipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(zipped)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
