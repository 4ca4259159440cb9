package doctest

import (
	"os"
	"path/filepath"
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
	if err := acctest.Mirror(dir); err != nil {
		s.Fatal(err)
	}
	s.replace = strings.NewReplacer(mirrorPath, dir)
	for _, b := range fromFile(s, endpointsGuide) {
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
