package provider_test

import (
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

func TestTLS_OwnAuthorities(t *testing.T) {
	t.Parallel()
	h := acctest.NewTLS(t)
	id := h.Secret("cloud_provider_a", acctest.GuideSecretA)
	h.Configure(one(id))
	h.Apply()
	h.Plan(0)
	if got := h.KV2("credentials", "provider-a"); !strings.Contains(got, "AKIA") {
		t.Errorf("stored %s", got)
	}
	config := h.Work.Read("main.tf")
	t.Run("the authority comes from the environment", func(t *testing.T) {
		h := *h
		h.TB = t
		h.Write("main.tf", dropLine(config, "ca_cert_file"))
		h.Work.Env = append(h.Work.Env, "BAO_CACERT="+h.Bao.CACertFile)
		h.Plan(0)
	})
	t.Run("OpenBao's authority is not trusted", func(t *testing.T) {
		h := *h
		h.TB = t
		h.Write("main.tf", dropLine(config, "ca_cert_file"))
		h.Work.Env = append(h.Work.Env, "BAO_CACERT=", "BAO_MAX_RETRIES=0")
		h.Contains(h.Plan(1), "certificate", "ca_cert_file")
	})
	t.Run("OCI's authority is not trusted", func(t *testing.T) {
		h := *h
		h.TB = t
		start, end := strings.Index(config, "ca_cert_pem"), strings.LastIndex(config, "PEM\n\n")
		h.Write("main.tf", config[:start]+config[end+len("PEM\n\n"):])
		h.Contains(h.Plan(1), "certificate")
	})
}

func dropLine(text, containing string) string {
	var kept []string
	for _, line := range strings.Split(text, "\n") {
		if !strings.Contains(line, containing) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}
