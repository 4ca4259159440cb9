package doctest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	objectUse   = regexp.MustCompile(`(data\.|ephemeral\.|action\.)?\b(ocibao_\w+)\.(\w+)`)
	localUse    = regexp.MustCompile(`\blocal\.(\w+)`)
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
// the variables that it uses, and the objects and locals that it refers to, as
// the other blocks of the document, the examples and the stand-ins define them.
func complete(t testing.TB, config string, siblings []string) string {
	t.Helper()
	for _, sibling := range siblings {
		for _, use := range localUse.FindAllStringSubmatch(config, -1) {
			if text := body(sibling, "locals {"); strings.Contains(text, "\n  "+use[1]+" ") && !strings.Contains(config, "\n  "+use[1]+" ") {
				config += "\n" + text
			}
		}
	}
	for added := true; added; {
		added = false
		for _, use := range objectUse.FindAllStringSubmatch(leftOut.ReplaceAllString(config, ""), -1) {
			class := map[string]string{"": "resource", "data.": "data", "ephemeral.": "ephemeral", "action.": "action"}[use[1]]
			head := class + ` "` + use[2] + `" "` + use[3] + `" {`
			// A data source may stand in a check block.
			if strings.Contains(config, head) {
				continue
			}
			text := defined(t, class, use[2], head, siblings)
			if text == "" {
				t.Errorf("%s is neither in the block, nor in another of the document, nor in the example of %s", head, use[2])
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

// defined is the definition with a head in the other blocks of a document, in
// the example of the type or among the stand-ins; "" when there is none.
func defined(t testing.TB, class, name, head string, siblings []string) string {
	t.Helper()
	folder := map[string]string{"resource": "resources", "data": "data-sources", "ephemeral": "ephemeral-resources", "action": "actions"}[class]
	example, err := os.ReadFile(filepath.Join(root, "examples", folder, name, strings.TrimSuffix(folder, "s")+".tf"))
	if err != nil {
		t.Error(err)
	}
	for _, source := range append(slices.Clone(siblings), string(example), standIns) {
		if text := body(source, head); text != "" {
			return text
		}
	}
	// The example of another name, under this one.
	start := class + ` "` + name + `" `
	if _, rest, found := strings.Cut("\n"+string(example), "\n"+start); found {
		label, _, _ := strings.Cut(rest, "\n")
		return strings.Replace(body(string(example), start+label), start+label, head, 1)
	}
	return ""
}

// body is the top-level block that begins with a line; "" when there is none.
func body(source, head string) string {
	_, inner, found := strings.Cut("\n"+source, "\n"+head+"\n")
	if !found {
		return ""
	}
	inner, _, _ = strings.Cut(inner, "\n}\n")
	return head + "\n" + inner + "\n}\n"
}
