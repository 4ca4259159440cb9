package source

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

func TestNamesakesAreToldApart(t *testing.T) {
	at := func(id, vault, compartment string) entry {
		return entry{ocivault.SecretSummary{ID: id, Name: "db", VaultID: vault, CompartmentID: compartment, LifecycleState: migrate.StateActive}, 1, true}
	}
	for _, c := range []struct {
		namesakes []entry
		at, says  string
	}{
		{[]entry{at("1", "v", "c"), at("2", "w", "c")}, "vault_id", "Set vault_id to one of these vaults, one"},
		{[]entry{at("1", "v", "c"), at("2", "v", "d")}, "compartment_id", "without compartment_id_in_subtree"},
		{[]entry{at("1", "v", "c"), at("2", "w", "d")}, "vault_id", "or compartment_id"},
		{[]entry{at("1", "v", "c"), at("2", "v", "c"), at("3", "v", "c")}, "name_regex", "name or name_regex"},
		{[]entry{at("1", "v", "c")}, "", ""},
		{nil, "", ""},
	} {
		var diags diag.Diagnostics
		refuseNamesakes(c.namesakes, &diags)
		if c.at == "" {
			if len(diags) > 0 {
				t.Errorf("got %v", diags)
			}
			continue
		}
		placed, is := diags[0].(diag.DiagnosticWithPath)
		if !is || len(diags) != 1 || placed.Path().String() != c.at || !strings.Contains(placed.Detail(), c.says) ||
			!strings.Contains(placed.Detail(), fmt.Sprintf("%d secrets", len(c.namesakes))) {
			t.Errorf("want %s at %s, got %v", c.says, c.at, diags)
		}
	}
}

func TestEnumerateIsCutOff(t *testing.T) {
	secrets := make([]ocivault.SecretSummary, 25)
	text := enumerate(secrets)
	if strings.Count(text, "\n") != 21 || !strings.HasSuffix(text, "and 5 more") {
		t.Errorf("got %s", text)
	}
}
