package ociemu

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// A header that is accepted has each part, and nothing was read into it.
func FuzzParseAuthorization(f *testing.F) {
	for _, header := range []string{
		"", "Signature", "Bearer x", `Signature version="1"`, `Signature version="1",,keyId="a"`, `Signature version="1" keyId="a"`,
		`Signature version="1",keyId="t/u/f",algorithm="rsa-sha256",headers="(request-target) date host",signature="YQ=="`,
		`signature  signature="YQ==" , headers="date",algorithm="rsa-sha256",keyId="a,b=c",version="1"`,
		`Signature version="1",keyId="a",algorithm="rsa-sha256",headers="date date",signature="YQ=="`,
		`Signature version="1",keyId="a",algorithm="rsa-sha256",headers="date",signature="YR=="`,
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		parsed, err := parseAuthorization(header)
		if err != nil {
			if len(header) > 20 && strings.Contains(err.Error(), header) {
				t.Errorf("the error quotes the header: %v", err)
			}
			return
		}
		if parsed.keyID == "" || len(parsed.headers) == 0 || slices.Contains(parsed.headers, "") || !strings.Contains(header, parsed.keyID) {
			t.Errorf("%q is taken for %+v", header, parsed)
		}
	})
}

// A query that is accepted holds known parameters only, each once and valid.
func FuzzParseQuery(f *testing.F) {
	for _, query := range []string{
		"", "limit=10", "limit=010", "limit=10&limit=10", "page=", "%", "a=b", "compartmentId=ocid1.compartment.oc1..a&name=b",
		"compartmentId=ocid1.tenancy.oc1..a&lifecycleState=active&sortBy=NAME&sortOrder=ASC", "compartmentId=x;name=b",
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		for _, known := range [][]parameter{compartmentParameters, secretParameters, bundleByNameParameters} {
			parsed, refusal := parseQuery(query, known)
			if (refusal == nil) != (parsed != nil) {
				t.Fatalf("%q: %v and %v", query, parsed, refusal)
			}
			if refusal != nil {
				continue
			}
			values, err := url.ParseQuery(query)
			if err != nil || len(values) != len(parsed) {
				t.Errorf("%q is taken for %v", query, parsed)
			}
			for name, value := range parsed {
				if !slices.Equal(values[name], []string{value}) {
					t.Errorf("%q is taken for %v", query, parsed)
				}
			}
		}
	})
}

// Only the emulator's own page tokens open, unchanged.
func FuzzOpenToken(f *testing.F) {
	e := &Emulator{pageSecret: []byte("fuzz")}
	sealed := e.sealToken(pageToken{Scope: "list", After: "key", Begun: true})
	for _, text := range []string{"", "AAAA", sealed, sealed + "A", sealed[1:], strings.ToLower(sealed), "!", sealed + "\n", sealed[:len(sealed)-1] + "X"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if token, valid := e.openToken(text); valid && e.sealToken(token) != text {
			t.Errorf("%q opens as %+v", text, token)
		}
	})
}

// A path leads to a call, with the arguments that stand in it, or to a refusal.
func FuzzFindRoute(f *testing.F) {
	for _, path := range []string{"", "/", "/20180608/secrets", "/20180608/secrets/", "/20180608/secrets/a%2Fb", "/20180608/secrets/a/version/1", "/20180608/secrets/../vaults", "/20180608/secrets/%zz"} {
		f.Add("GET", path)
		f.Add("POST", path)
	}
	calls := map[string]operation{}
	for _, each := range operations {
		calls[each.call] = each
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		found := findRoute(method, path)
		switch {
		case found.refusal != nil && (method == "GET" && found.write):
			t.Errorf("%s %s counts as a write", method, path)
		case found.refusal == nil && (calls[found.call].method != method || found.operation.answer == nil):
			t.Errorf("%s %s leads to %s; there are %v", method, path, found.call, slices.Sorted(maps.Keys(calls)))
		case found.refusal == nil && slices.Contains(found.arguments, ""):
			t.Errorf("%s %s leads to %s with the arguments %q", method, path, found.call, found.arguments)
		}
	})
}
