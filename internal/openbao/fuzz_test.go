package openbao_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// A mount and a name that are accepted arrive at the server as they are: nothing
// on the way cleans the path, and it does not leave the mount.
func FuzzAPIPath(f *testing.F) {
	for _, name := range []string{"a", "team a/b", "a/../b", "../a", "a//b", "/a", "a/", ".", "ä/%2e%2e", "a?b#c", "a\x00", "\xff", " a", "a /b", "+", "*"} {
		f.Add("credentials", name)
		f.Add(name, "a")
	}
	f.Fuzz(func(t *testing.T, mount, name string) {
		if openbao.ValidateMount(mount) != nil || openbao.ValidateName(name) != nil {
			return
		}
		for _, engine := range []migrate.Engine{migrate.KV1, migrate.KV2} {
			made := openbao.APIPath(engine, mount, name)
			if path.Clean("/"+made) != "/"+made || !strings.HasPrefix(made, mount+"/") || !strings.HasSuffix(made, "/"+name) {
				t.Errorf("mount %q and name %q make the path %q", mount, name, made)
			}
			parsed, err := url.Parse((&url.URL{Scheme: "https", Host: "bao", Path: "/v1/" + made}).String())
			if err != nil || parsed.Path != "/v1/"+made {
				t.Errorf("%q does not survive a URL: %v", made, err)
			}
		}
	})
}

// Namespaces that are accepted join to one that is.
func FuzzJoinNamespace(f *testing.F) {
	for _, each := range []string{"", "root", "team", "/team/", "a/b", "a//b", "sys", "root/a", " "} {
		f.Add(each, "team")
		f.Add("team", each)
	}
	f.Fuzz(func(t *testing.T, provider, object string) {
		if openbao.ValidateNamespace(provider) != nil || openbao.ValidateNamespace(object) != nil {
			return
		}
		joined := openbao.JoinNamespace(provider, object)
		if strings.Trim(joined, "/") != joined || strings.Contains(joined, "//") {
			t.Errorf("%q below %q is %q", object, provider, joined)
		}
	})
}
