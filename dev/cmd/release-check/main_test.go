package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a file and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// expect holds an error against a part of its text; "" is none.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case err == nil && want != "":
		t.Errorf("no error, want %q", want)
	case err != nil && (want == "" || !strings.Contains(err.Error(), want)):
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestHasSum(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("content"))
	path := file(t, "a.zip", "content")
	expect(t, hasSum(path, hex.EncodeToString(sum[:])), "")
	expect(t, hasSum(path, strings.Repeat("0", 64)), "a.zip has the checksum")
	expect(t, hasSum(path+".gone", ""), "no such file")
}

func TestSame(t *testing.T) {
	t.Parallel()
	a := file(t, "a_SHA256SUMS", "one")
	expect(t, same(a, file(t, "b", "one")), "")
	expect(t, same(a, file(t, "b", "two")), "another one:\none\nand\ntwo")
	expect(t, same(file(t, "a", "one"), file(t, "b", "two")), "a is another one")
}

func TestSBOM(t *testing.T) {
	t.Parallel()
	const components = `[{"name":"std","version":"go1.26.0"},{"name":"github.com/oracle/oci-go-sdk/v65","version":"v1"},
		{"name":"github.com/openbao/openbao/api/v2","version":"v1"},{"name":"github.com/hashicorp/terraform-plugin-framework","version":"v1"}]`
	sbom := func(kind, version, components string) error {
		return (&check{}).sbom([]byte(`{"bomFormat":"` + kind + `","metadata":{"component":{"version":"` + version + `"}},"components":` + components + `}`))
	}
	expect(t, sbom("CycloneDX", "v"+version, components), "")
	expect(t, sbom("SPDX", "v"+version, components), `a "SPDX"`)
	expect(t, sbom("CycloneDX", "v1.2.3", components), `of version "v1.2.3"`)
	expect(t, sbom("CycloneDX", "v"+version, strings.Replace(components, "openbao", "other", 1)), "does not name github.com/openbao/openbao/api/v2")
	expect(t, sbom("CycloneDX", "v"+version, "{"), "unexpected end")
}

// An archive with anything else in it, or without the binary, is refused.
func TestArchive(t *testing.T) {
	t.Parallel()
	for _, names := range [][]string{{"LICENSE"}, {"LICENSE", "README.md"}, {}} {
		c := &check{temp: t.TempDir()}
		if err := os.MkdirAll(c.dist(), 0o700); err != nil {
			t.Fatal(err)
		}
		made, err := os.Create(filepath.Join(c.dist(), c.artifact("linux_amd64.zip")))
		if err != nil {
			t.Fatal(err)
		}
		writer := zip.NewWriter(made)
		for _, name := range names {
			if _, err := writer.Create(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		expect(t, made.Close(), "")
		expect(t, c.archive("linux_amd64"), "the archive holds")
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		`{"version": 1, "metadata": {"protocol_versions": ["6.0"]}}`: "",
		`{"version": 1, "metadata": {"protocol_versions": ["5.0"]}}`: "the manifest is",
		`{"version": 2, "metadata": {"protocol_versions": ["6.0"]}}`: "the manifest is",
		`{`: "unexpected end",
	} {
		c := &check{root: filepath.Dir(file(t, "terraform-registry-manifest.json", content))}
		expect(t, c.manifest(), want)
	}
}
