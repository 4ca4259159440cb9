package openbao_test

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS.Version < 0x0303 {
			t.Errorf("TLS version %x", r.TLS.Version)
		}
		reply(w, 200, `{"data":{"a":"b"}}`)
	}))
	defer s.Close()
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for name, test := range map[string]struct {
		change func(*openbao.Config)
		works  bool
	}{
		"no authority":  {func(*openbao.Config) {}, false},
		"authority":     {func(c *openbao.Config) { c.CACertPEM = authority }, true},
		"other name":    {func(c *openbao.Config) { c.CACertPEM, c.TLSServerName = authority, "bao.invalid" }, false},
		"right name":    {func(c *openbao.Config) { c.CACertPEM, c.TLSServerName = authority, "example.com" }, true},
		"no check":      {func(c *openbao.Config) { c.SkipTLSVerify = true }, true},
		"plain address": {func(c *openbao.Config) { c.Address = strings.Replace(s.URL, "https", "http", 1) }, false},
	} {
		clock := newClock()
		config := openbao.Config{Address: s.URL, Token: secret("s.given-token"), Clock: clock}
		test.change(&config)
		c, err := openbao.New(config)
		mustNot(t, err)
		_, err = c.Read(t.Context(), here, migrate.KV1, 0)
		if (err == nil) != test.works {
			t.Errorf("%s: %v", name, err)
		}
		var e *openbao.Error
		if strings.HasSuffix(name, "name") || name == "no authority" {
			if len(clock.slept) > 0 {
				t.Errorf("%s: tried again after %v", name, clock.slept)
			}
			if errors.As(err, &e) && !strings.Contains(e.Remedy(), "ca_cert_file") {
				t.Errorf("%s: remedy %q", name, e.Remedy())
			}
		}
	}
}

// A proxy of the configuration carries every request, also one to this machine,
// which the standard variables never send to a proxy.
func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		reply(w, 200, `{"data":{"a":"b"}}`)
	}))
	defer proxy.Close()
	address, err := url.Parse(proxy.URL)
	mustNot(t, err)
	c, err := openbao.New(openbao.Config{Address: "http://127.0.0.1:1", Token: secret("s.given-token"), Proxy: address})
	mustNot(t, err)
	_, err = c.Read(t.Context(), here, migrate.KV1, 0)
	mustNot(t, err)
	if !slices.Equal(asked, []string{"127.0.0.1:1"}) {
		t.Errorf("the proxy was asked for %q", asked)
	}
}
