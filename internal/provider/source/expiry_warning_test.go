package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// What expires within a time is named in one warning, by the clock of the
// provider and without a request of its own.
func TestExpiryWarning(t *testing.T) {
	w := newWorld(t)
	now := time.Now()
	expiring := func(name string, in time.Duration) string {
		return w.secret(name, "value", ociemu.WithRules(ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: now.Add(in)}))
	}
	over, soon := expiring("over", -time.Hour), expiring("soon", 49*time.Hour)
	late := expiring("late", 40*24*time.Hour)
	never := w.secret("never", "value")
	for within, want := range map[string][]string{
		"1h":   {"over (" + over + "): expired at "},
		"720h": {"over (" + over + "): expired at ", "soon (" + soon + "): expires at ", ", in 2 days"},
		"90d":  {"over (", "soon (", "late (" + late + ")", "in 39 days"},
	} {
		for _, pins := range []bool{true, false} {
			_, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment, "warn_expiry_within": within, "include_pins": pins})
			if len(diags) != 1 || diags[0].Severity != tfprotov6.DiagnosticSeverityWarning {
				t.Fatalf("%s: want one warning, got %s", within, text(diags))
			}
			holds(t, diags[0], "warn_expiry_within", append(want, "Secrets that expire soon")...)
			if got := strings.Count(diags[0].Detail, "\n  - "); got != map[string]int{"1h": 1, "720h": 2, "90d": 3}[within] {
				t.Errorf("%s: %d are named", within, got)
			}
			if strings.Contains(diags[0].Detail, never) || within != "90d" && strings.Contains(diags[0].Detail, late) {
				t.Errorf("%s names too many: %s", within, diags[0].Detail)
			}
		}
	}
	w.Reset()
	w.must("ocibao_secrets", attributes{"compartment_id": w.compartment})
	w.must("ocibao_secret", attributes{"secret_id": soon})
	w.must("ocibao_secret", attributes{"secret_id": soon, "warn_expiry_within": "24h"})
	_, diags := w.read("ocibao_secret", attributes{"secret_id": soon, "warn_expiry_within": fmt.Sprint(3 * 24 * 3600)})
	if len(diags) != 1 {
		t.Fatalf("want one warning, got %s", text(diags))
	}
	holds(t, diags[0], "warn_expiry_within", "soon ("+soon+"): expires at ", "Rotate")
	w.refuses("ocibao_secret", attributes{"secret_id": soon, "warn_expiry_within": "soon"}, "warn_expiry_within", "no duration of whole seconds")
}

// Thousands that expire are named as far as anybody reads on.
func TestExpiryWarningOfMany(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.secret(fmt.Sprintf("s-%02d", i), "value", ociemu.WithRules(ociemu.Rule{Type: ociemu.ExpiryRule, AbsoluteExpiry: time.Now().Add(time.Hour)}))
	}
	_, diags := w.read("ocibao_secrets", attributes{"compartment_id": w.compartment, "warn_expiry_within": "2h"})
	if len(diags) != 1 {
		t.Fatalf("want one warning, got %s", text(diags))
	}
	holds(t, diags[0], "warn_expiry_within", "s-49", "and 10 more")
	if strings.Contains(diags[0].Detail, "s-50") {
		t.Error("too many are named")
	}
}
