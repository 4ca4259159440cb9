package doctest

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

const endpointsGuide = "docs/guides/private-endpoints.md"

// mirrorPath is where the guide on private endpoints has its mirror.
const mirrorPath = "/opt/terraform/mirror"

// mirrored lays the built provider into a mirror as that guide tells, and writes
// the guide's CLI configuration with the path of it. It gives the path of the
// configuration.
func (s *session) mirrored() string {
	s.Helper()
	dir := s.TempDir()
	binary := filepath.Join(os.Getenv(acctest.EnvProviderDir), "terraform-provider-ocibao")
	for _, registry := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		version := filepath.Join(dir, registry, "ocibao", "ocibao", "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(version, 0o700); err != nil {
			s.Fatal(err)
		}
		if err := os.Symlink(binary, filepath.Join(version, "terraform-provider-ocibao_v0.0.1")); err != nil {
			s.Fatal(err)
		}
	}
	s.replace = strings.NewReplacer(mirrorPath, dir)
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(endpointsGuide)))
	if err != nil {
		s.Fatal(err)
	}
	for _, b := range blocks(endpointsGuide, string(content)) {
		if b.what() == cliConfig {
			path := filepath.Join(dir, "cli.tfrc")
			if err := os.WriteFile(path, []byte(s.replace.Replace(b.text)), 0o600); err != nil {
				s.Fatal(err)
			}
			return path
		}
	}
	s.Fatalf("%s has no CLI configuration", endpointsGuide)
	return ""
}
