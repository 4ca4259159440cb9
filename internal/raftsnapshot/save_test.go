package raftsnapshot_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/raftsnapshot"
)

// writes is a fetch that writes this.
func writes(content []byte) func(io.Writer) error {
	return func(to io.Writer) error {
		_, err := to.Write(content)
		return err
	}
}

// left are the names in a folder.
func left(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func expectFile(t *testing.T, path, content string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("%s holds %q, %v", path, got, err)
	}
	if names := left(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("the folder holds %v", names)
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "before.snap")
	first := archive(t, parts()...)
	info, err := raftsnapshot.Save(path, false, writes(first))
	if err != nil || info.Index != 4711 || info.Size != int64(len(first)) {
		t.Fatalf("%+v, %v", info, err)
	}
	expectFile(t, path, string(first))
	if stat, err := os.Stat(path); err != nil || stat.Mode() != 0o600 {
		t.Errorf("%v, %v", stat.Mode(), err)
	}

	fetched := false
	if _, err := raftsnapshot.Save(path, false, func(io.Writer) error { fetched = true; return nil }); !errors.Is(err, raftsnapshot.ErrExists) || fetched {
		t.Errorf("a file that is there: %v, fetched: %v", err, fetched)
	}
	second := archive(t, parts()...)
	if _, err := raftsnapshot.Save(path, true, writes(second)); err != nil {
		t.Fatal(err)
	}
	expectFile(t, path, string(second))

	// What fails leaves the file that is there as it is, and nothing else.
	broken := errors.New("the wire is cut")
	if _, err := raftsnapshot.Save(path, true, func(to io.Writer) error { _, _ = to.Write(first[:20]); return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	if _, err := raftsnapshot.Save(path, true, writes(first[:len(first)-1])); !errors.Is(err, raftsnapshot.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	expectFile(t, path, string(second))
}

func TestSave_Failed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	good := archive(t, parts()...)
	if _, err := raftsnapshot.Save(filepath.Join(folder, "a.snap"), false, writes([]byte("no snapshot"))); !errors.Is(err, raftsnapshot.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	if _, err := raftsnapshot.Save(filepath.Join(folder, "missing", "a.snap"), false, writes(good)); err == nil || !strings.Contains(err.Error(), "there is no folder") {
		t.Errorf("got %v", err)
	}
	if names := left(t, folder); len(names) > 0 {
		t.Errorf("left behind: %v", names)
	}
	// Somebody else was quicker.
	path := filepath.Join(folder, "b.snap")
	if _, err := raftsnapshot.Save(path, false, func(to io.Writer) error {
		if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
			return err
		}
		return writes(good)(to)
	}); !errors.Is(err, raftsnapshot.ErrExists) {
		t.Errorf("got %v", err)
	}
	expectFile(t, path, "theirs")
	if _, err := raftsnapshot.Save(folder, true, writes(good)); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("got %v", err)
	}
	if _, err := raftsnapshot.Save(filepath.Join(path, "c.snap"), false, writes(good)); err == nil {
		t.Error("a file was taken for a folder")
	}
}
