package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

func TestIDsByName(t *testing.T) {
	for name, c := range map[string]struct {
		all        []listed
		want, warn string
	}{
		"none":             {nil, "map[]", ""},
		"two names":        {[]listed{{"a", "1", "ACTIVE"}, {"b", "2", "PENDING_DELETION"}}, "map[a:1 b:2]", ""},
		"the active one":   {[]listed{{"a", "1", "PENDING_DELETION"}, {"a", "2", "ACTIVE"}, {"a", "3", "DELETING"}}, "map[a:2]", ""},
		"two active":       {[]listed{{"a", "1", "ACTIVE"}, {"b", "2", "ACTIVE"}, {"a", "3", "ACTIVE"}}, "map[b:2]", "\n  - a (1), ACTIVE\n  - a (3), ACTIVE"},
		"two on their way": {[]listed{{"a", "1", "DELETING"}, {"a", "2", "DELETING"}}, "map[]", "\n  - a (1), DELETING\n  - a (2), DELETING"},
	} {
		t.Run(name, func(t *testing.T) {
			var diags diag.Diagnostics
			if got := fmt.Sprint(idsByName("vaults", c.all, &diags)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if c.warn == "" && len(diags) > 0 || c.warn != "" && (diags.WarningsCount() != 1 || !strings.HasSuffix(diags[0].Detail(), c.warn)) {
				t.Errorf("got %v", diags)
			}
		})
	}
}

func TestCompartmentPaths(t *testing.T) {
	list := []ocivault.Compartment{
		{ID: "root", IsTenancy: true},
		{ID: "c", ParentID: "b", Name: "c"},
		{ID: "a", ParentID: "root", Name: "a"},
		{ID: "b", ParentID: "a", Name: "b"},
		{ID: "lost", ParentID: "hidden", Name: "lost"},
		{ID: "round", ParentID: "about", Name: "round"},
		{ID: "about", ParentID: "round", Name: "about"},
	}
	got := compartmentPaths("root", list)
	for id, want := range map[string]string{"root": "/", "a": "a", "b": "a/b", "c": "a/b/c", "lost": "hidden/lost"} {
		if got[id] != want {
			t.Errorf("%s: got %s, want %s", id, got[id], want)
		}
	}
	if got["round"] == "" || got["about"] == "" {
		t.Errorf("got %v", got)
	}
}
