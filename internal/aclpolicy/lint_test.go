package aclpolicy_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
)

// stanza is a path block of one line.
func stanza(path string, capabilities ...string) string {
	return fmt.Sprintf("path %q { capabilities = [%s] }\n", path, `"`+strings.Join(capabilities, `", "`)+`"`)
}

var (
	// known has one mount of each version, and one below a folder.
	known = aclpolicy.Facts{Mounts: map[string]int{"credentials": 2, "old": 1, "team/kv": 2}}
	// managed adds the secrets that are there.
	managed = aclpolicy.Facts{Mounts: known.Mounts, Managed: []string{
		"credentials/data/provider-a", "credentials/data/team/provider-b", "old/provider-a", "old/data/real", "team/kv/data/x",
	}}
	nothing aclpolicy.Facts
)

type lintCase struct {
	policy string
	facts  aclpolicy.Facts
	want   [][]string // for each finding the severity, then parts of the message
}

var lintCases = map[string]lintCase{
	"right":                     {stanza("credentials/data/provider-a", "read"), managed, nil},
	"right without facts":       {stanza("credentials/data/provider-a", "read"), nothing, nil},
	"right v1":                  {stanza("old/provider-a", "read") + stanza("old/", "list"), managed, nil},
	"folder":                    {stanza("credentials/data/team/*", "read"), managed, nil},
	"all names":                 {stanza("credentials/metadata/*", "list"), managed, nil},
	"list of a folder":          {stanza("credentials/metadata/team/", "list"), managed, nil},
	"metadata of one":           {stanza("credentials/metadata/provider-a", "read"), managed, nil},
	"configuration":             {stanza("credentials/config", "read"), managed, nil},
	"token endpoints":           {stanza("auth/token/renew-self", "update") + stanza("sys/leases/renew", "update"), managed, nil},
	"template":                  {stanza("credentials/data/{{identity.entity.name}}/*", "read"), known, nil},
	"matching template":         {stanza("credentials/data/{{identity.entity.name}}/provider-b", "read"), managed, nil},
	"deny everything":           {stanza("*", "deny") + stanza("credentials/*", "deny"), known, nil},
	"deny what is not managed":  {stanza("credentials/data/other", "deny"), managed, nil},
	"comments only":             {"# nothing\n", managed, nil},
	"JSON":                      {`{"path": {"credentials/data/provider-a": {"capabilities": ["read"]}}}`, managed, nil},
	"folder named data":         {stanza("old/data/real", "read"), managed, nil},
	"unknown mount":             {stanza("credentials/provider-a", "read") + stanza("credentials/data/x", "read"), nothing, nil},
	"wildcard in another place": {stanza("pki/issue/*", "update"), managed, nil},
	"plus within a name":        {stanza("credentials/data/a+b", "read"), known, nil},

	"empty":                 {" ", nothing, [][]string{{"error", "the policy is empty"}}},
	"syntax":                {"path \"a\" {\n  capabilities = [\"read\"\n}", nothing, [][]string{{"error line 3", "expected"}}},
	"JSON syntax":           {`{"path": {`, nothing, [][]string{{"error"}}},
	"unknown top-level key": {"\npaths \"a\" {}", nothing, [][]string{{"error line 2", `"paths"`}}},
	"no label":              {"path {}", nothing, [][]string{{"error line 1", "without a path"}}},
	"no block":              {`{"path": {"a": [3]}}`, nothing, [][]string{{"error line 1", "without a path"}}},
	"unknown key":           {"path \"a\" {\n  capabilitys = [\"read\"]\n}", nothing, [][]string{{"error line 2", "write capabilities"}}},
	"stray key":             {"path \"a\" {\n  capabilities = [\"read\"]\n  ttl = 3\n}", nothing, [][]string{{"error line 3", `"ttl"`, "remove it"}}},

	"whole mount of v2": {stanza("credentials/*", "read"), known, [][]string{{"warning line 1",
		`path "credentials/*" grants read on data, metadata and subkeys of every secret of the KV v2 mount credentials, also future ones`,
		`name them instead, such as "credentials/data/<name>"`, "kv_read of ocibao_policy_document"}}},
	"whole mount of v2, all rights": {stanza("credentials/*", "create", "read", "update", "delete", "list"), managed, [][]string{{"warning",
		"grants create, read, update, delete and list on data, delete, destroy, detailed-metadata, metadata, subkeys and undelete", `"credentials/data/provider-a"`}}},
	"whole mount by prefix":      {stanza("credentials/d*", "update"), known, [][]string{{"warning", "on data, delete and destroy of every"}}},
	"whole mount by segment":     {stanza("credentials/+/*", "read"), known, [][]string{{"warning", "on data, metadata and subkeys of every"}}},
	"all names everywhere":       {stanza("credentials/*", "list"), known, [][]string{{"warning", `"credentials/metadata/<folder>/"`}}},
	"all values":                 {stanza("credentials/data/*", "read"), known, [][]string{{"warning", "grants read on data of every secret"}}},
	"all values by segment":      {stanza("credentials/data/+", "read"), known, [][]string{{"warning", "grants read on data of every secret"}}},
	"all metadata":               {stanza("credentials/metadata/*", "read", "delete"), known, [][]string{{"warning", "on metadata of every", `"credentials/metadata/<name>"`}}},
	"whole mount of v1":          {stanza("old/*", "read"), managed, [][]string{{"warning", "every secret of the KV v1 mount old", `such as "old/provider-a"`}}},
	"whole mount of any version": {stanza("credentials/*", "read", "list"), nothing, [][]string{{"warning", "grants read and list on everything in the mount", "metadata, delete, undelete and destroy", `"credentials/data/<name>"`}}},
	"whole mount in a folder":    {stanza("team/kv/*", "read"), known, [][]string{{"warning", "mount team/kv"}}},
	"all of sys":                 {stanza("sys/*", "read"), known, [][]string{{"warning", "everything below sys/", "name the endpoints"}}},
	"legacy policy":              {`path "old/*" { policy = "write" }`, known, [][]string{{"warning", "grants create, read, update, delete and list"}}},

	"data missing":             {stanza("credentials/provider-a", "read"), known, [][]string{{"error line 1", "matches no secret", "credentials is KV v2", `Write "credentials/data/provider-a"`}}},
	"data missing, wildcard":   {stanza("credentials/prov*", "read"), known, [][]string{{"error", `Write "credentials/data/prov*"`}}},
	"data missing in a deny":   {stanza("credentials/provider-a", "deny"), known, [][]string{{"error", `Write "credentials/data/provider-a"`}}},
	"data missing, deep mount": {stanza("team/kv/x", "read"), known, [][]string{{"error", `Write "team/kv/data/x"`}}},
	"leading slash":            {stanza("/credentials/provider-a", "read"), known, [][]string{{"error", `Write "credentials/data/provider-a"`}}},
	"metadata missing":         {stanza("credentials/team/", "list"), known, [][]string{{"error", `Write "credentials/metadata/team/"`}}},
	"metadata missing, root":   {stanza("credentials", "list"), known, [][]string{{"error", `Write "credentials/metadata/"`}}},
	"one segment of v2":        {stanza("credentials/+", "read"), known, [][]string{{"error", `Write "credentials/data/+"`}}},
	"list of values":           {stanza("credentials/data/team/provider-b", "read", "list"), managed, [][]string{{"warning", "list or scan", `"credentials/metadata/team/"`}}},
	"data on v1":               {stanza("old/data/provider-a", "read"), known, [][]string{{"error", "old is KV v1", `write "old/provider-a"`}}},
	"metadata on v1":           {stanza("old/metadata/", "list"), known, [][]string{{"error", "has metadata/", `write "old/"`}}},

	"sudo":        {stanza("sys/audit", "read", "sudo"), nothing, [][]string{{"warning", "grants sudo", "remove sudo"}}},
	"legacy sudo": {`path "sys/audit" { policy = "sudo" }`, nothing, [][]string{{"warning", "grants sudo"}}},

	"everything":                  {stanza("*", "read"), known, [][]string{{"warning", "every path of the server"}}},
	"one segment above":           {stanza("+/data/provider-a", "read"), nothing, [][]string{{"warning", "wildcard above a mount", "every mount that fits"}}},
	"one segment above, known":    {stanza("+/data/provider-a", "read"), known, [][]string{{"warning", "wildcard above a mount", "in credentials and old and in every mount to come"}}},
	"prefix of a mount":           {stanza("cred*", "read"), known, [][]string{{"warning", "wildcard above a mount", "grants read in credentials and"}}},
	"prefix of a mount, unknown":  {stanza("cred*", "read"), nothing, [][]string{{"warning", "wildcard above a mount"}}},
	"folder of mounts":            {stanza("team/*", "read"), known, [][]string{{"warning", "in team/kv and in every mount to come"}}},
	"folder of mounts by segment": {stanza("team/+/data/x", "read"), known, [][]string{{"warning", "in team/kv and"}}},

	"not managed":             {stanza("credentials/data/provder-a", "read"), managed, [][]string{{"warning", "matches none of the secrets that are managed", `write "credentials/data/provider-a"`}}},
	"metadata of none":        {stanza("credentials/metadata/provder-a", "read"), managed, [][]string{{"warning", `write "credentials/metadata/provider-a"`}}},
	"not managed at all":      {stanza("credentials/data/unrelated", "read"), managed, [][]string{{"warning", "correct the path, or remove the block"}}},
	"empty folder":            {stanza("credentials/data/teem/*", "read"), managed, [][]string{{"warning", "matches none"}}},
	"not managed, no mounts":  {stanza("credentials/data/provder-a", "read") + stanza("other/data/x", "read"), aclpolicy.Facts{Managed: managed.Managed}, [][]string{{"warning line 1", "matches none"}}},
	"swapped letters":         {stanza("old/provider-a", "raed"), managed, [][]string{{"error", `"raed"`, `write "read"`}}},
	"capability of elsewhere": {stanza("old/provider-a", "write"), managed, [][]string{{"error", `"write"`, `write "create" and "update"`}}},
	"no capability":           {stanza("old/provider-a", "zzz"), managed, [][]string{{"error", `"zzz"`, "one of create, read"}}},
	"line of a capability":    {"path \"old/provider-a\" {\n  capabilities = [\n    \"read\",\n    \"lits\",\n  ]\n}", managed, [][]string{{"error line 4", `write "list"`}}},
	"deny and more":           {stanza("old/provider-a", "read", "deny"), managed, [][]string{{"warning", "next to deny"}}},
	"no capabilities":         {`path "old/provider-a" {}`, managed, [][]string{{"warning", "grants nothing"}}},
	"twice": {stanza("old/provider-a", "read") + stanza("/old/provider-a", "list"), managed, [][]string{
		{"warning line 2", "more than one block (line 1)", "one block"}}},
	"asterisk in the middle": {stanza("old/*/x", "read"), known, [][]string{{"error", "only at the end", `"old/+/x"`}}},
	"plus and asterisk":      {stanza("old/+*", "read"), known, [][]string{{"error", "may not follow each other"}}},
	"broken template":        {stanza("old/{{identity.entity.id", "read"), known, [][]string{{"error", "not balanced"}}},
	"by line": {stanza("*", "read") + stanza("old/provider-a", "raed") + stanza("credentials/*", "read", "sudo"), known, [][]string{
		{"warning line 1"}, {"error line 2"}, {"warning line 3", "sudo"}, {"warning line 3", "every secret"}}},
	"JSON with lines": {"{\n\"path\": {\n\"credentials/provider-a\": {\"capabilities\": [\"raed\"]}}}", known, [][]string{
		{"error line 2", `write "read"`}, {"error line 2", "credentials/data/provider-a"}}},
}

func TestLint(t *testing.T) {
	for name, test := range lintCases {
		got := aclpolicy.Lint(test.policy, test.facts)
		if len(got) != len(test.want) {
			t.Errorf("%s: %d findings, want %d: %q", name, len(got), len(test.want), got)
			continue
		}
		for i, finding := range got {
			severity, line, _ := strings.Cut(test.want[i][0], " line ")
			if string(finding.Severity) != severity || line != "" && fmt.Sprint(finding.Line) != line {
				t.Errorf("%s: got %+v, want %s", name, finding, test.want[i][0])
			}
			for _, part := range test.want[i][1:] {
				if !strings.Contains(finding.Message, part) {
					t.Errorf("%s: %q lacks %q", name, finding.Message, part)
				}
			}
			if finding.Path != "" && strings.HasPrefix(finding.Path, "/") || strings.Contains(finding.Message, "\n") || !strings.Contains(finding.String(), finding.Message) {
				t.Errorf("%s: got %+v", name, finding)
			}
		}
	}
}

// What kv_read writes is never found fault with, on the mounts that it is for.
func TestLint_KVRead(t *testing.T) {
	for _, version := range []int{1, 2} {
		ask := aclpolicy.KVRead{Mount: "team/kv", Version: version, List: true, Names: []string{"a", "data/b", "metadata/c", "x/y/z", "a+b"}}
		rules := ask.Rules()
		facts := aclpolicy.Facts{Mounts: map[string]int{"team/kv": version}}
		for _, rule := range rules[:len(ask.Names)] {
			facts.Managed = append(facts.Managed, rule.Path)
		}
		if got := aclpolicy.Lint(aclpolicy.Render(rules), facts); len(got) > 0 {
			t.Errorf("version %d: %q", version, got)
		}
	}
}

// Thousands of secrets are linted at once.
func TestLint_Large(t *testing.T) {
	ask := aclpolicy.KVRead{Mount: "kv", Version: 2}
	facts := aclpolicy.Facts{Mounts: map[string]int{"kv": 2}}
	for i := range 5000 {
		ask.Names = append(ask.Names, fmt.Sprintf("team-%d/secret-%d", i%50, i))
		facts.Managed = append(facts.Managed, "kv/data/"+ask.Names[i])
	}
	if got := aclpolicy.Lint(aclpolicy.Render(ask.Rules()), facts); len(got) > 0 {
		t.Errorf("%d findings, first %q", len(got), got[0])
	}
}
