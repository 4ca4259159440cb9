package acctest_test

import (
	"archive/zip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestScan_FindsEveryForm(t *testing.T) {
	const canary = `can"ary+XdqD0B/<8aLFaN>\end`
	escaped, err := json.Marshal(canary)
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"clear":       "before" + canary + "after",
		"base64":      base64.StdEncoding.EncodeToString([]byte(canary)),
		"base64 + 1":  base64.StdEncoding.EncodeToString([]byte("x" + canary + "yy")),
		"base64 + 2":  base64.StdEncoding.EncodeToString([]byte("xx" + canary + "y")),
		"base64 + 3":  base64.StdEncoding.EncodeToString([]byte("xxx" + canary)),
		"url base64":  base64.URLEncoding.EncodeToString([]byte("{" + canary + "}")),
		"private":     base64.StdEncoding.EncodeToString([]byte(`{"key":"` + base64.StdEncoding.EncodeToString([]byte(`{"value":`+string(escaped)+`}`)) + `"}`)),
		"hex":         hex.EncodeToString([]byte("a" + canary)),
		"json":        string(escaped),
		"query":       url.QueryEscape(canary),
		"path":        url.PathEscape(canary),
		"bytes of Go": "[99 97 110 34 97 114 121 43 88 100 113 68 48 66 47 60 56 97 76 70 97 78 62 92 101 110 100]",
	} {
		if len(acctest.Scan("text", []byte(text), canary)) == 0 {
			t.Errorf("%s is not found", form)
		}
	}
	if leaks := acctest.Scan("text", []byte("nothing to see"), canary); len(leaks) > 0 {
		t.Errorf("found %v", leaks)
	}
}

func TestScanDir_LooksIntoPlansAndHiddenFiles(t *testing.T) {
	const canary = "canary-canary-canary"
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "saved.tfplan"))
	if err != nil {
		t.Fatal(err)
	}
	archive := zip.NewWriter(file)
	entry, err := archive.Create("tfstate")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write([]byte(canary)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".hidden"), []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	leaks, files, err := acctest.ScanDir(dir, canary)
	if err != nil || files != 2 || len(leaks) != 2 {
		t.Errorf("got %v in %d files, %v", leaks, files, err)
	}
}
