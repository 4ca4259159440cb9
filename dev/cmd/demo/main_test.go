package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestMainJob(t *testing.T) {
	left := temporaryFiles(t)
	var out bytes.Buffer
	if err := run(t.Context(), nil, strings.NewReader(""), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	printed := out.String()
	unaligned := regexp.MustCompile(" +").ReplaceAllString(printed, " ")
	for _, text := range []string{
		"Plan: 8 to add, 0 to change, 0 to destroy.",
		"GET /v1/credentials/data/provider-a: 200, each field equal to that in OCI, byte for byte:",
		"access_key_id = ******** (20 bytes), secret_access_key = ******** (40 bytes)",
		"GET /v1/credentials/data/provider-b: 403",
		"exit code 0: No changes.",
		`drift = "source_newer" -> "none"`,
		`version_number = 1 -> 2`,
		`drift = "destination_modified" -> "none"`,
		"exit code 2",
		"Plan: 0 to add, 2 to change, 0 to destroy.",
		"scanned for 12 values",
	} {
		if !strings.Contains(unaligned, text) {
			t.Errorf("%q is not printed", text)
		}
	}
	if got, want := strings.Count(printed, "✓"), len(setUp())+len(mainJob()); got != want {
		t.Errorf("%d steps have a check mark, there are %d", got, want)
	}
	for _, secret := range []string{acctest.GuideSecretA, acctest.GuideSecretB, acctest.GuideSecretC} {
		for field, value := range fieldsOf(secret) {
			if len(acctest.Scan("output", out.Bytes(), value)) > 0 {
				t.Errorf("the value of %s is printed", field)
			}
		}
	}
	if strings.Contains(printed, "\x1b") {
		t.Error("there are escape sequences in plain text")
	}
	if files := left(); len(files) > 0 {
		t.Errorf("left behind: %v", files)
	}
	if t.Failed() {
		t.Log(printed)
	}
}

// Each step that checks something fails when that is not so.
func TestFailingStep(t *testing.T) {
	for name, tampering := range map[string]struct {
		before string // the step that has to notice
		with   func(context.Context, *stage) ([]string, error)
		says   []string
	}{
		"another value in OpenBao": {
			"An application logs in over plain HTTP and reads provider-a",
			func(ctx context.Context, s *stage) ([]string, error) {
				_, _, err := s.bao.Call(ctx, http.MethodPost, "", "credentials/data/provider-a", map[string]any{"data": map[string]string{"access_key_id": "x"}})
				return nil, err
			},
			[]string{"differs from what OCI holds", "access_key_id = ******** (1 bytes)"},
		},
		"a wide policy": {
			"The same application is denied everything else",
			func(ctx context.Context, s *stage) ([]string, error) {
				_, _, err := s.bao.Call(ctx, http.MethodPost, "", "sys/policies/acl/read-provider-a", map[string]any{"policy": `path "*" { capabilities = ["read"] }`})
				return nil, err
			},
			[]string{"credentials/data/provider-b: status 200, want 403"},
		},
		"a rotation": {
			"A second plan says that there is nothing to do",
			func(_ context.Context, s *stage) ([]string, error) {
				_, err := s.vault.rotate("cloud_provider_c", "")
				return nil, err
			},
			// The output of the CLI tells what it would do.
			[]string{"ended with exit code 2, want 0", `ocibao_migrated_secret.cloud["provider-c"] will be updated in-place`},
		},
		"a value in a log": {
			"No secret value got into the state, the plans, the output or the logs",
			func(_ context.Context, s *stage) ([]string, error) {
				text := "before " + fieldsOf(acctest.GuideSecretC)["client_secret"] + " after"
				return nil, os.WriteFile(filepath.Join(s.logDir(), "leaky.log"), []byte(text), 0o600)
			},
			[]string{"values got out", "leaky.log: in the clear"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			left := temporaryFiles(t)
			steps := append(setUp(), mainJob()...)
			at := slices.IndexFunc(steps, func(s step) bool { return s.shows == tampering.before })
			if at < 0 {
				t.Fatalf("there is no step %q", tampering.before)
			}
			steps = slices.Insert(steps, at, step{"tampering", tampering.with})
			var out bytes.Buffer
			err := demonstrate(t.Context(), newPrinter(&out), steps)
			if err == nil {
				t.Fatalf("the demo does not fail:\n%s", &out)
			}
			for _, text := range tampering.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("the error lacks %q: %v", text, err)
				}
			}
			if done, failed := strings.Count(out.String(), "✓"), strings.Count(out.String(), "✗"); done != at+1 || failed != 1 {
				t.Errorf("%d steps were done, %d failed; want %d and 1:\n%s", done, failed, at+1, &out)
			}
			if files := left(); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

func TestMissingTools(t *testing.T) {
	for _, variable := range []string{acctest.EnvBao, acctest.EnvCLI, acctest.EnvProviderDir} {
		t.Run(variable, func(t *testing.T) {
			left := temporaryFiles(t)
			t.Setenv(variable, "")
			err := run(t.Context(), nil, strings.NewReader(""), io.Discard)
			if err == nil || !strings.Contains(err.Error(), variable+" is not set") || !strings.Contains(err.Error(), "make test") {
				t.Errorf("got %v", err)
			}
			if files := left(); len(files) > 0 {
				t.Errorf("left behind: %v", files)
			}
		})
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, line := range []string{"nonsense", "playground now"} {
		if err := run(t.Context(), strings.Fields(line), strings.NewReader(""), io.Discard); err == nil {
			t.Errorf("%q is accepted", line)
		}
	}
}

// temporaryFiles makes an empty directory for temporary files, and a function
// that tells what is in it.
func temporaryFiles(t *testing.T) func() []string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	return func() []string {
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
}
