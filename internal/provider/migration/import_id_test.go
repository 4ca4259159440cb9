package migration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// An import ID that is accepted names a place, and can be put together again.
func FuzzParseImportID(f *testing.F) {
	const id = "ocid1.vaultsecret.oc1.eu-frankfurt-1.aaaa"
	for _, text := range []string{
		"", "credentials", "credentials/a", id, id + ",credentials/a", id + "@3,credentials/a", id + "@0,credentials/a",
		id + "@3,team/sub//credentials/a", "//credentials/a", "team//", "a,b/c", "ocid1.vault.oc1..a,credentials/a", id + ",/", id + ",a//b",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := parseImportID(text)
		if err != nil {
			return
		}
		again := parsed.path
		if parsed.namespace != "" {
			again = parsed.namespace + "//" + again
		}
		if parsed.secretID != "" {
			source := parsed.secretID
			if migrate.ValidateSecretID(source) != nil {
				t.Errorf("%q imports the secret %q", text, source)
			}
			if parsed.versionNumber > 0 {
				source = fmt.Sprintf("%s@%d", source, parsed.versionNumber)
			}
			again = source + "," + again
		}
		if again != text || parsed.versionNumber < 0 {
			t.Errorf("%q is taken for %+v", text, parsed)
		}
		if !strings.Contains(parsed.path, "/") {
			t.Errorf("%q is taken for the path %q", text, parsed.path)
		}
	})
}
