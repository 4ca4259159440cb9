package openbao_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestCheckAuditOption(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind, name, value string
		want              string // in the error; empty for none
	}{
		{"file", "file_path", "/var/log/audit.log", ""},
		{"file", "file_path", "STDOUT", ""},
		{"file", "file_path", "", "empty"},
		{"file", "mode", "0640", ""},
		{"file", "mode", "0000", ""},
		{"file", "mode", "0689", "octal"},
		{"file", "mode", "rw-r-----", "octal"},
		{"file", "mode", "0100644", "octal"},
		{"file", "log_raw", "1", ""},
		{"file", "log_raw", "yes", "neither"},
		{"file", "hmac_accessor", "F", ""},
		{"file", "elide_list_responses", "", "neither"},
		{"file", "format", "json", ""},
		{"file", "format", "jsonx", `["json"]`},
		{"file", "skip_test", "1", `["true" "false"]`},
		{"file", "prefix", "anything at all", ""},
		{"syslog", "facility", "local0", ""},
		{"syslog", "facility", "LOCAL8", "LOCAL7"},
		{"syslog", "tag", "", ""},
		{"socket", "address", "127.0.0.1:9090", ""},
		{"socket", "address", "", "empty"},
		{"socket", "socket_type", "unix", ""},
		{"socket", "socket_type", "TCP", `"tcp"`},
		{"socket", "write_timeout", "1500ms", ""},
		{"socket", "write_timeout", "3", ""},
		{"socket", "write_timeout", "soon", "duration"},
		{"http", "uri", "env://AUDIT_URI", ""},
		{"http", "headers", `{"Authorization":["env://TOKEN"]}`, ""},
		{"http", "headers", `{"Authorization":"x"}`, "lists of strings"},
		{"file", "file_paht", "/x", "no such option"},
		{"socket", "file_path", "/x", "no such option"},
		{"kafka", "brokers", "x", ""},
	} {
		err := openbao.CheckAuditOption(test.kind, test.name, test.value)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s=%q: %v", test.kind, test.name, test.value, err)
		}
		if unknown := test.want == "no such option"; errors.Is(err, openbao.ErrUnknownAuditOption) != unknown {
			t.Errorf("%s %s: %v", test.kind, test.name, err)
		}
	}
	if got := openbao.RequiredAuditOptions("socket"); !slices.Equal(got, []string{"address"}) {
		t.Errorf("a socket needs %v", got)
	}
	if got := openbao.RequiredAuditOptions("kafka"); len(got) > 0 {
		t.Errorf("a type that is not known needs %v", got)
	}
}

func TestSameAuditOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind string
		a, b map[string]string
		want bool
	}{
		{"file", nil, map[string]string{}, true},
		{"file", map[string]string{"file_path": "/x"}, map[string]string{"file_path": "/x", "mode": "0600", "format": "json", "hmac_accessor": "true"}, true},
		{"file", map[string]string{"file_path": "stdout", "log_raw": "0"}, map[string]string{"file_path": "STDOUT", "log_raw": "false"}, true},
		{"file", map[string]string{"log_raw": "1"}, nil, false},
		{"file", map[string]string{"hmac_accessor": "0"}, nil, false},
		{"file", map[string]string{"file_path": "/x"}, map[string]string{"file_path": "/X"}, false},
		{"file", map[string]string{"mode": "0640"}, map[string]string{"mode": "640"}, true},
		{"syslog", map[string]string{"facility": "auth"}, nil, true},
		{"syslog", map[string]string{"tag": "bao"}, nil, false},
		{"socket", map[string]string{"write_timeout": "2"}, map[string]string{"write_timeout": "2000ms"}, true},
		{"http", map[string]string{"headers": `{"A":["b"]}`}, map[string]string{"headers": `{ "A": [ "b" ] }`}, true},
		{"kafka", map[string]string{"x": "1"}, map[string]string{"x": "true"}, false},
		{"kafka", map[string]string{"x": ""}, nil, true},
	} {
		for _, same := range []bool{openbao.SameAuditOptions(test.kind, test.a, test.b), openbao.SameAuditOptions(test.kind, test.b, test.a)} {
			if same != test.want {
				t.Errorf("%s: %v and %v: %v", test.kind, test.a, test.b, same)
			}
		}
	}
	a := openbao.AuditDevice{Path: "file", Type: "file", Options: map[string]string{"file_path": "/a", "mode": "0600"}}
	b := openbao.AuditDevice{Path: "file", Type: "file", Description: "d", Local: true, Options: map[string]string{"file_path": "/b", "log_raw": "true"}}
	if got := a.Differences(b); !slices.Equal(got, []string{"description", "local", "options.file_path", "options.log_raw"}) {
		t.Errorf("got %v", got)
	}
}

func TestLiteralHeaders(t *testing.T) {
	t.Parallel()
	headers := map[string]string{"headers": `{"Authorization":["env://TOKEN"],"X-B":["file:///b","plain"],"X-A":["plain"],"X-None":[]}`}
	if got := openbao.LiteralHeaders("http", headers); !slices.Equal(got, []string{"X-A", "X-B"}) {
		t.Errorf("got %v", got)
	}
	if got := openbao.LiteralHeaders("file", headers); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

func TestLogsRaw(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{"true": true, "1": true, "t": true, "false": false, "yes": false} {
		if got := openbao.LogsRaw("file", map[string]string{"log_raw": value}); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	if openbao.LogsRaw("file", nil) {
		t.Error("not the default")
	}
}
