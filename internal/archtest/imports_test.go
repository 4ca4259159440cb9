// Package archtest holds the test of who may import whom.
package archtest

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ocibao/terraform-provider-ocibao"

// rules say what the files below a folder may import besides the standard
// library. Test files may also import what tests lists. The first rule that
// fits counts.
var rules = []struct {
	folder string
	may    []string
	tests  []string
}{
	{"internal/migrate/migratetest", []string{"internal/migrate"}, nil},
	{"internal/migrate", nil, []string{"internal/migrate"}},
	{"internal/ocivault", []string{"internal/migrate", "github.com/oracle/oci-go-sdk/", "github.com/cenkalti/backoff/", "golang.org/x/sync/"},
		[]string{"internal/ociemu", "internal/ocivault", "internal/migrate/migratetest"}},
	{"internal/openbao", []string{"internal/aclpolicy", "internal/migrate", "github.com/openbao/openbao/api/", "github.com/cenkalti/backoff/",
		"github.com/hashicorp/go-secure-stdlib/parseutil", "golang.org/x/sync/"},
		[]string{"internal/acctest", "internal/openbao", "internal/migrate/migratetest", "github.com/hashicorp/hcl"}},
	{"internal/aclpolicy", []string{"github.com/hashicorp/go-secure-stdlib/parseutil", "github.com/hashicorp/hcl"}, []string{"internal/aclpolicy"}},
	{"internal/ociemu", nil, []string{"github.com/oracle/oci-go-sdk/", "internal/ociemu"}},
	{"internal/acctest", []string{"internal/ociemu"}, []string{"internal/acctest"}},
	{"internal/archtest", nil, nil},
	{"internal/repotest", nil, nil},
	{"internal/doctest", nil, []string{"internal/acctest", "internal/ociemu", "internal/ocivault", "internal/migrate", "internal/provider",
		"github.com/hashicorp/hcl", "github.com/hashicorp/terraform-plugin-", "go.yaml.in/yaml/"}},
	{"internal/raftsnapshot", nil, []string{"internal/raftsnapshot"}},
	{"internal/provider/settings", []string{"internal/migrate", "internal/ocivault", "internal/openbao"}, []string{"internal/provider/settings"}},
	{"internal/provider", []string{"internal/aclpolicy", "internal/migrate", "internal/ocivault", "internal/openbao", "internal/provider", "internal/raftsnapshot", "github.com/hashicorp/terraform-plugin-",
		"github.com/hashicorp/go-secure-stdlib/parseutil", "golang.org/x/sync/"},
		[]string{"internal/acctest", "internal/ociemu", "github.com/hashicorp/hcl", "go.yaml.in/yaml/v3"}}, // which read the examples
	{".", []string{"internal/provider", "github.com/hashicorp/terraform-plugin-framework/"}, []string{"internal/provider"}},
}

func TestImports(t *testing.T) {
	root := filepath.Join("..", "..")
	checked := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch name {
			case "dev", "tools", "bin", ".git", "examples", "docs", "templates", "design":
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		checked++
		return checkFile(t, path, filepath.ToSlash(name))
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 50 {
		t.Errorf("only %d files were looked at", checked)
	}
}

func checkFile(t *testing.T, path, name string) error {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, imported := range file.Imports {
		target, err := strconv.Unquote(imported.Path.Value)
		if err != nil {
			return err
		}
		if problem := verdict(name, target); problem != "" {
			t.Errorf("%s imports %s: %s", name, target, problem)
		}
	}
	return nil
}

// verdict says why a file may not import something; "" when it may.
func verdict(name, target string) string {
	own, isOwn := strings.CutPrefix(target, module+"/")
	if !isOwn && !strings.Contains(strings.Split(target, "/")[0], ".") {
		return ""
	}
	if isOwn {
		target = own
	}
	if strings.HasPrefix(target, "dev/") {
		return "nothing imports dev"
	}
	for _, rule := range rules {
		if rule.folder != "." && !strings.HasPrefix(name, rule.folder+"/") {
			continue
		}
		allowed := rule.may
		if strings.HasSuffix(name, "_test.go") {
			allowed = append(append([]string{}, rule.may...), rule.tests...)
		}
		for _, prefix := range allowed {
			if target == strings.TrimSuffix(prefix, "/") || strings.HasPrefix(target, strings.TrimSuffix(prefix, "/")+"/") || strings.HasSuffix(prefix, "-") && strings.HasPrefix(target, prefix) {
				return ""
			}
		}
		return "the rule of " + rule.folder + " does not allow it"
	}
	return "no rule fits"
}

func TestVerdict_RefusesWhatItShould(t *testing.T) {
	for _, test := range []struct{ name, target string }{
		{"internal/migrate/decide.go", "github.com/hashicorp/terraform-plugin-framework/types"},
		{"internal/migrate/decide.go", module + "/internal/openbao"},
		{"internal/openbao/kv.go", module + "/internal/ocivault"},
		{"internal/ocivault/source.go", module + "/internal/openbao"},
		{"internal/ocivault/source.go", module + "/internal/ociemu"},
		{"internal/openbao/kv.go", "github.com/hashicorp/terraform-plugin-framework/diag"},
		{"internal/ociemu/secrets.go", "github.com/oracle/oci-go-sdk/v65/vault"},
		{"internal/provider/kv/mount_resource.go", module + "/internal/ociemu"},
		{"internal/provider/kv/mount_resource.go", "go.yaml.in/yaml/v3"},
		{"internal/provider/settings/oci.go", "github.com/hashicorp/terraform-plugin-framework/types"},
		{"internal/aclpolicy/lint.go", module + "/internal/openbao"},
		{"internal/openbao/policy.go", "github.com/hashicorp/hcl/hcl/parser"},
		{"main.go", module + "/internal/acctest"},
		{"internal/provider/provider.go", module + "/dev/internal/baoserver"},
	} {
		if verdict(test.name, test.target) == "" {
			t.Errorf("%s may import %s", test.name, test.target)
		}
	}
}
