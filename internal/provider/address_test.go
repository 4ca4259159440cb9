package provider_test

import (
	"fmt"
	"strings"
	"testing"
)

// The address may be written as a string, as several in one, as a list, and come
// from the environment; what it cannot be is refused at the attribute.
func TestAddress_Forms(t *testing.T) {
	h := started(t)
	h.Configure(kvMount())
	config := h.Work.Read("main.tf")
	written := fmt.Sprintf("address      = %q", h.Proxy.URL)
	if !strings.Contains(config, written) {
		t.Fatalf("no address in %s", config)
	}
	address := func(form string) {
		h.Write("main.tf", strings.Replace(config, written, "address = "+form, 1))
	}
	const dead = "http://127.0.0.1:9"
	h.Work.Env = append(h.Work.Env, "BAO_ADDR="+dead+","+h.Proxy.URL)
	one, other := fmt.Sprintf("%q", h.Proxy.URL), fmt.Sprintf("%q", dead)
	for _, form := range []string{
		one, fmt.Sprintf("%q", dead+", "+h.Proxy.URL), "[" + one + "]", "[" + other + ", " + one + "]", "tolist([" + other + ", " + one + "])", "null",
	} {
		address(form)
		h.Contains(h.Plan(2), "1 to add")
		h.Apply()
		h.Plan(0)
		if run := h.CLI("destroy", "-auto-approve", "-input=false"); run.ExitCode != 0 {
			t.Errorf("%s: %s", form, run.Output)
		}
	}
	for _, form := range []string{`[]`, `["http://a", 1]`, `["http://a", null]`, `[""]`, `["http://a,http://b"]`, `true`, `{ a = "http://a" }`} {
		address(form)
		h.Contains(h.Plan(1), "Invalid OpenBao address", "a list of such URLs", "on main.tf")
	}
	address(`["http://127.0.0.1:9", "bao.example.com"]`)
	h.Contains(h.Plan(1), "openbao.address", "https://")
	// Known only after apply, as a whole or one element of it.
	for round, form := range []string{"terraform_data.urls.output", `["` + dead + `", terraform_data.url.output]`} {
		address(form)
		h.Write("later.tf", later(round, map[string]string{"url": fmt.Sprintf("%q", h.Proxy.URL), "urls": fmt.Sprintf("[%q, %q]", dead, h.Proxy.URL)}))
		consistent(h, h.Plan(2))
		consistent(h, h.Apply())
		h.Plan(0)
	}
}
