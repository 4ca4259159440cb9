package source_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

func TestSecretMetadata(t *testing.T) {
	w := newWorld(t)
	w.Deny(w.tenancy, ociemu.ReadBundle)
	created := time.Date(2025, 3, 4, 5, 6, 7, 0, time.UTC)
	expiry := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	id := w.secret("db", "one", ociemu.WithTimeCreated(created), ociemu.WithDescription("A database"), ociemu.WithKeyID("ocid1.key.oc1..k"),
		ociemu.WithFreeformTags(map[string]string{"team": "a"}),
		ociemu.WithDefinedTags(map[string]map[string]any{"Operations": {"CostCenter": "42"}}),
		ociemu.WithMetadata(map[string]any{"owner": "somebody", "app": "billing"}),
		ociemu.WithRules(ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: expiry, VersionExpiryInterval: "P90D", BlockRetrieval: true}, ociemu.Rule{Type: ociemu.ReuseRule}))
	for _, content := range []string{"two", "three", "four"} {
		must(w.AddVersion(id, []byte(content)))(t)
	}
	must(w.AddPendingVersion(id, []byte("five")))(t)
	ok(t, w.SetRotation(id, &ociemu.RotationConfig{Interval: "P30D", Scheduled: true, LastTime: created, NextTime: expiry}))
	byID := w.must("ocibao_secret", attributes{"secret_id": id})
	w.requests(map[string]int{getSecret: 1, listVersions: 1})
	byName := w.must("ocibao_secret", attributes{"name": "db", "vault_id": w.vault, "compartment_id": w.compartment})
	w.requests(map[string]int{listSecrets: 1, getSecret: 1, listVersions: 1})
	if fmt.Sprint(byID) != fmt.Sprint(byName) {
		t.Errorf("by OCID %v\nby name %v", byID, byName)
	}
	expires := byID["time_of_current_version_expiry"].(string)
	if at, err := time.Parse(time.RFC3339, expires); err != nil || !at.After(time.Now()) {
		t.Errorf("expires %s", expires)
	}
	want := map[string]any{
		"id": id, "secret_id": id, "name": "db", "vault_id": w.vault, "compartment_id": w.compartment, "key_id": "ocid1.key.oc1..k",
		"description": "A database", "lifecycle_state": "ACTIVE", "time_created": "2025-03-04T05:06:07Z", "time_of_deletion": nil,
		"time_of_current_version_expiry": expires, "current_version_number": int64(4), "pin": id + "@4",
		"stages":        map[string]any{"CURRENT": int64(4), "PREVIOUS": int64(3), "LATEST": int64(5), "PENDING": int64(5)},
		"freeform_tags": map[string]any{"team": "a"}, "defined_tags": map[string]any{"Operations.CostCenter": "42"},
		"metadata_keys": []any{"app", "owner"}, "warn_expiry_within": nil,
		"rotation_status": "SCHEDULED", "last_rotation_time": "2025-03-04T05:06:07Z", "next_rotation_time": "2099-01-01T00:00:00Z",
		"rotation_config": map[string]any{"rotation_interval": "P30D", "is_scheduled_rotation_enabled": true},
		"rules": []any{
			map[string]any{"rule_type": "SECRET_EXPIRY_RULE", "secret_version_expiry_interval": "P90D",
				"time_of_absolute_expiry": "2099-01-01T00:00:00Z", "is_secret_content_retrieval_blocked_on_expiry": true},
			map[string]any{"rule_type": "SECRET_REUSE_RULE", "secret_version_expiry_interval": nil,
				"time_of_absolute_expiry": nil, "is_secret_content_retrieval_blocked_on_expiry": false},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if fmt.Sprint(byID[name]) != fmt.Sprint(want[name]) {
			t.Errorf("%s is %v, want %v", name, byID[name], want[name])
		}
	}
	if len(byID) != len(want) {
		t.Errorf("%d attributes, want %d", len(byID), len(want))
	}
}

func TestSecretPlain(t *testing.T) {
	w := newWorld(t)
	result := w.must("ocibao_secret", attributes{"secret_id": w.secret("db", "one")})
	if got := fmt.Sprint(result["description"], result["rules"], result["metadata_keys"], result["freeform_tags"], result["defined_tags"], result["stages"],
		result["rotation_config"], result["rotation_status"], result["next_rotation_time"]); got !=
		"<nil> [] [] map[] map[] map[CURRENT:1 LATEST:1] <nil> <nil> <nil>" {
		t.Errorf("got %s", got)
	}
}

func TestSecretPendingDeletion(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	ok(t, w.ScheduleDeletion(id, at))
	result := w.must("ocibao_secret", attributes{"name": "db", "vault_id": w.vault, "compartment_id": w.compartment})
	if result["lifecycle_state"] != "PENDING_DELETION" || result["time_of_deletion"] != at.Format(time.RFC3339) || result["pin"] != id+"@1" {
		t.Errorf("got %v", result)
	}
}

func TestSecretNotOne(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	byName := attributes{"name": "db", "vault_id": w.vault, "compartment_id": w.compartment}
	change := func(name, value string) attributes {
		config := maps.Clone(byName)
		config[name] = value
		return config
	}
	for name, config := range map[string]attributes{
		"name":        change("name", "DB"),
		"vault":       change("vault_id", w.other),
		"compartment": change("compartment_id", w.home),
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.refuses("ocibao_secret", config, "name", "none of the vault and compartment", "another compartment than its vault", "inspect secrets")
		})
	}
	w.t = t
	w.wrap = twins
	w.refuses("ocibao_secret", byName, "name", "2 secrets", "db ("+id+"), ACTIVE", "db ("+id+"-twin), ACTIVE", "Set secret_id")
	ok(t, w.SetLifecycleState(id, "DELETED"))
	w.refuses("ocibao_secret", byName, "name", "deleted", "db ("+id+"), DELETED", "db ("+id+"-twin), DELETED")
}

func TestSecretRefusals(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	byName := attributes{"name": "db", "vault_id": w.vault, "compartment_id": w.compartment}
	w.refuses("ocibao_secret", attributes{"secret_id": id + "x"}, "secret_id", "Unable to read secret "+id+"x", "404", "Check the OCID", "read secrets")
	w.Deny(id, ociemu.ReadMetadata)
	w.refuses("ocibao_secret", attributes{"secret_id": id}, "secret_id", "read secrets in compartment")
	w.refuses("ocibao_secret", byName, "name", "Unable to read secret db", "read secrets in compartment")
	w.Allow(id, ociemu.ReadMetadata)
	w.Deny(w.compartment, ociemu.Inspect)
	w.refuses("ocibao_secret", byName, "name", "Check the compartment's OCID", "inspect secrets in compartment")
	w.AddFault(ociemu.Fault{Call: getSecret, Status: 401})
	w.refuses("ocibao_secret", attributes{"secret_id": id}, "", "401", "API key")
}

func TestSecretWithoutRightToVersions(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	w.AddFault(ociemu.Fault{Call: listVersions, Status: 404})
	result, diags := w.read("ocibao_secret", attributes{"secret_id": id})
	if len(diags) != 1 || diags[0].Severity != tfprotov6.DiagnosticSeverityWarning || result["stages"] != nil || result["pin"] != id+"@1" {
		t.Fatalf("got %v, %s", result, text(diags))
	}
	holds(t, diags[0], "stages", "inspect secret-versions in compartment")
	w.ClearFaults()
	w.AddFault(ociemu.Fault{Call: listVersions, Status: 401})
	w.refuses("ocibao_secret", attributes{"secret_id": id}, "", "Unable to list versions of secret "+id)
}

func TestExactlyOneWay(t *testing.T) {
	w := newWorld(t)
	id := w.secret("db", "one")
	for _, c := range []struct {
		source    string
		config    attributes
		attribute string
		parts     []string
	}{
		{"ocibao_secret", attributes{}, "", []string{"Which secret?", "Set secret_id, or set name, vault_id and compartment_id"}},
		{"ocibao_secret", attributes{"secret_id": id, "name": "db"}, "secret_id", []string{"Two ways", "Remove name,"}},
		{"ocibao_secret", attributes{"secret_id": id, "vault_id": w.vault, "compartment_id": w.home}, "secret_id", []string{"Remove vault_id and compartment_id"}},
		{"ocibao_secret", attributes{"name": "db", "vault_id": w.vault}, "compartment_id", []string{"incomplete", "Set compartment_id as well"}},
		{"ocibao_secret", attributes{"name": "db"}, "vault_id", []string{"Set vault_id and compartment_id as well"}},
		{"ocibao_secret", attributes{"name": "db", "vault_id": unknown{}}, "compartment_id", []string{"Set compartment_id as well"}},
		{"ocibao_secret", attributes{"vault_id": w.vault, "compartment_id": w.home}, "name", []string{"Set name as well"}},
		{"ocibao_secret", attributes{"secret_id": ""}, "secret_id", []string{"empty"}},
		{"ocibao_secret", attributes{"secret_id": w.vault}, "secret_id", []string{"OCID of a vault"}},
		{"ocibao_secret_bundle", attributes{}, "", []string{"Set secret_id, or set name and vault_id"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "vault_id": w.vault}, "secret_id", []string{"Remove vault_id"}},
		{"ocibao_secret_bundle", attributes{"name": "db"}, "vault_id", []string{"Set vault_id as well"}},
		{"ocibao_secret_bundle", attributes{"vault_id": w.vault}, "name", []string{"Set name as well"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "stage": "DEPRECATED"}, "stage", []string{"CURRENT"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "stage": "CURRENT", "version_number": 1}, "stage", []string{"version_number"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "stage": "CURRENT", "version_name": "a"}, "stage", []string{"version_name"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "version_number": 1, "version_name": "a"}, "version_number", []string{"version_name"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "version_number": 0}, "version_number", []string{"at least 1"}},
		{"ocibao_secret_bundle", attributes{"secret_id": id, "version_name": "a b"}, "version_name", []string{"letters"}},
	} {
		t.Run(fmt.Sprint(c.source, c.config), func(t *testing.T) {
			w.t = t
			w.refuses(c.source, c.config, c.attribute, c.parts...)
		})
	}
	w.t = t
	w.requests(nil)
}

// TestUnknownMayBecomeEitherWay validates configurations that are not known yet.
func TestUnknownMayBecomeEitherWay(t *testing.T) {
	w := newWorld(t)
	for _, config := range []attributes{
		{"secret_id": unknown{}},
		{"secret_id": unknown{}, "name": "db", "vault_id": w.vault},
		{"name": unknown{}, "vault_id": unknown{}, "compartment_id": unknown{}},
		{"secret_id": "ocid1.vaultsecret.oc1..a", "name": unknown{}},
	} {
		value, _ := w.config("ocibao_secret", config)
		validated := must(w.server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: "ocibao_secret", Config: value}))(t)
		noErrors(t, validated.Diagnostics)
	}
}

func TestWithoutClient(t *testing.T) {
	w := newWorld(t)
	var problem diag.Diagnostics
	problem.AddError("Missing OCI setting", "No region is set.")
	for want, side := range map[string]glue.Side[*ocivault.Client]{
		"oci.region of the ocibao provider": {Unknown: []string{"oci.region"}},
		"No region is set":                  {Problems: problem},
	} {
		w.clients = &glue.Clients{OCI: side}
		w.serve()
		w.refuses("ocibao_secrets", attributes{"compartment_id": w.home}, "", want)
		for _, name := range []string{"ocibao_secret", "ocibao_secret_bundle"} {
			w.refuses(name, attributes{"secret_id": "ocid1.vaultsecret.oc1..a"}, "", want)
		}
	}
	w.requests(nil)
}

func TestEveryAttributeIsDescribed(t *testing.T) {
	var visit func(at string, attributes []*tfprotov6.SchemaAttribute)
	visit = func(at string, attributes []*tfprotov6.SchemaAttribute) {
		for _, attribute := range attributes {
			if !strings.HasSuffix(attribute.Description, ".") {
				t.Errorf("%s.%s is described as %q", at, attribute.Name, attribute.Description)
			}
			if attribute.NestedType != nil {
				visit(at+"."+attribute.Name, attribute.NestedType.Attributes)
			}
		}
	}
	for name, schema := range newWorld(t).schemas {
		visit(name, schema.Block.Attributes)
	}
}
