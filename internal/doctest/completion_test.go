package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const requiredProviders = `
terraform {
  required_providers {
    ocibao = {
      source = "ocibao/ocibao"
    }
  }
}
`

var (
	variableUse = regexp.MustCompile(`\bvar\.(\w+)`)
	objectUse   = regexp.MustCompile(`(data\.|ephemeral\.)?\b(ocibao_\w+)\.(\w+)`)
	leftOut     = regexp.MustCompile(`(?m)^ *(from|moved) *= .*$|^ *#.*$`)
)

// standIns define what excerpts of guides refer to and leave out, where no
// example has it under that name.
const standIns = `
resource "ocibao_migrated_secret" "all" {
  for_each  = var.secrets
  secret_id = each.value
  mount     = "credentials"
  name      = each.key
}
`

// complete makes a configuration of an excerpt by rule: the provider's source,
// the variables that it uses, and the objects that it refers to, as the examples
// and the stand-ins define them.
func complete(t testing.TB, config string) string {
	t.Helper()
	for added := true; added; {
		added = false
		for _, use := range objectUse.FindAllStringSubmatch(leftOut.ReplaceAllString(config, ""), -1) {
			class := map[string]string{"": "resource", "data.": "data", "ephemeral.": "ephemeral"}[use[1]]
			head := class + ` "` + use[2] + `" "` + use[3] + `" {`
			// A data source may stand in a check block.
			if strings.Contains(config, head) {
				continue
			}
			text := defined(t, class, use[2], head)
			if text == "" {
				t.Errorf("%s is neither in the block nor in the example of %s", head, use[2])
				return config
			}
			config += "\n" + text
			added = true
		}
	}
	if !strings.Contains(config, "required_providers") {
		config += requiredProviders
	}
	for _, use := range variableUse.FindAllStringSubmatch(config, -1) {
		if declaration := `variable "` + use[1] + `" {`; !strings.Contains(config, declaration) {
			config += "\n" + declaration + "\n  type = any\n}\n"
		}
	}
	return config
}

// defined is the definition with a head in the example of a type or among the
// stand-ins; "" when there is none.
func defined(t testing.TB, class, name, head string) string {
	t.Helper()
	folder := map[string]string{"resource": "resources", "data": "data-sources", "ephemeral": "ephemeral-resources"}[class]
	example, err := os.ReadFile(filepath.Join(root, "examples", folder, name, strings.TrimSuffix(folder, "s")+".tf"))
	if err != nil {
		t.Error(err)
	}
	for _, source := range []string{string(example), standIns} {
		if _, body, found := strings.Cut("\n"+source, "\n"+head+"\n"); found {
			body, _, _ = strings.Cut(body, "\n}\n")
			return head + "\n" + body + "\n}\n"
		}
	}
	return ""
}
