package openbao_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/hcl"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// What a server reads out of the stanza is the device, whatever is in it.
func TestAuditDevice_Stanza(t *testing.T) {
	t.Parallel()
	nasty := []string{"", " ", `"quoted"`, `back\slash`, "line\nbreak", "tab\t", "ünïcode", "\x7f", "$", "${", "a ${b} c", `${"}`, "${}}{", "# no comment", "/* */", "%{x}"}
	for _, text := range nasty {
		device := openbao.AuditDevice{
			Path: "to disk/" + text, Type: "file", Description: text, Local: strings.Contains(text, "a"),
			Options: map[string]string{"file_path": text, "prefix": text + text, "odd key": text, text: "x"},
		}
		var read struct {
			Audit map[string]map[string]struct {
				Description string            `hcl:"description"`
				Local       bool              `hcl:"local"`
				Options     map[string]string `hcl:"options"`
			} `hcl:"audit"`
		}
		if err := hcl.Decode(&read, device.Stanza()); err != nil {
			t.Errorf("%q: %v\n%s", text, err, device.Stanza())
			continue
		}
		got := read.Audit[device.Type][device.Path]
		if got.Description != device.Description || got.Local != device.Local || !reflect.DeepEqual(got.Options, device.Options) {
			t.Errorf("%q: read %+v from\n%s", text, got, device.Stanza())
		}
	}
}

func TestAuditDevice_StanzaIsReadable(t *testing.T) {
	t.Parallel()
	const want = `audit "file" "disk" {
  description = "To disk"
  options {
    file_path = "/var/log/openbao/audit.log"
    mode = "0640"
  }
}`
	device := openbao.AuditDevice{Path: "disk", Type: "file", Description: "To disk", Options: map[string]string{"mode": "0640", "file_path": "/var/log/openbao/audit.log"}}
	if got := device.Stanza(); got != want {
		t.Errorf("got\n%s", got)
	}
	if got := (openbao.AuditDevice{Path: "syslog", Type: "syslog", Local: true}).Stanza(); got != "audit \"syslog\" \"syslog\" {\n  local = true\n}" {
		t.Errorf("got\n%s", got)
	}
}
