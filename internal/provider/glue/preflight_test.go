package glue

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
)

func TestRules(t *testing.T) {
	t.Parallel()
	on := func(path, folder string, wanted []string, granted ...string) lack {
		return lack{Need{Path: path, Folder: folder, Capabilities: wanted}, granted}
	}
	few := []lack{
		on("kv/data/a", "kv/data/*", []string{"create", "read"}, "deny"),
		on("kv/data/b", "kv/data/*", []string{"create", "read"}, "list", "read"),
		on("kv/data/a", "kv/data/*", []string{"delete"}, "deny"),
	}
	want := []aclpolicy.Rule{
		{Path: "kv/data/a", Capabilities: []string{"create", "read", "delete"}},
		{Path: "kv/data/b", Capabilities: []string{"create", "read", "list"}},
	}
	if got := rules(few); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
	many := []lack{on("kv/data/own", "kv/data/*", []string{"update"}, "read"), on("sys/mounts/kv", "", []string{"update"}, "deny")}
	for i := range mostRules {
		many = append(many, on(fmt.Sprint("kv/data/", i), "kv/data/*", []string{"update"}, "deny"))
	}
	want = []aclpolicy.Rule{
		{Path: "kv/data/own", Capabilities: []string{"update", "read"}},
		{Path: "sys/mounts/kv", Capabilities: []string{"update"}},
		{Path: "kv/data/*", Capabilities: []string{"update"}},
	}
	if got := rules(many); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}
