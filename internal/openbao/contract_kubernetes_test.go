package openbao_test

import (
	"encoding/pem"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

func TestContractKubernetes(t *testing.T) {
	c, ctx := client(t), t.Context()
	cluster, err := acctest.StartKubernetes(ctx)
	mustNot(t, err)
	mount := unique("kubernetes")
	mustNot(t, c.CreateAuthMount(ctx, openbao.AuthMount{Path: mount, Type: "kubernetes"}))
	if _, err := c.ReadKubernetesConfig(ctx, "", mount); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of no configuration: %v", err)
	}
	config := openbao.KubernetesConfig{
		Mount: mount, Host: cluster.URL, CACert: string(cluster.CAPEM), PEMKeys: []string{string(cluster.CAPEM)}, Issuer: "issuer",
		DisableLocalCAJWT: true, TokenReviewerJWT: secret(cluster.ReviewerToken),
	}
	if block, _ := pem.Decode(cluster.CAPEM); block == nil || !strings.HasSuffix(config.CACert, "\n") {
		t.Fatal("the authority is no PEM with a newline at its end")
	}
	for _, tokenSet := range []bool{true, false} {
		if !tokenSet {
			config.TokenReviewerJWT, config.DisableISSValidation = migrate.Secret{}, true
		}
		mustNot(t, c.WriteKubernetesConfig(ctx, config))
		got, err := c.ReadKubernetesConfig(ctx, "", mount)
		mustNot(t, err)
		if !got.Same(config) {
			t.Errorf("read\n%+v, wrote\n%+v", got, config)
		}
		if tells := got.HasTokenReviewerJWT != nil; tells != isOpenBao(t, c) || tells && *got.HasTokenReviewerJWT != tokenSet {
			t.Errorf("whether there is a token of a reviewer: %v, want %v", got.HasTokenReviewerJWT, tokenSet)
		}
	}
	config.Host = ""
	if err := c.WriteKubernetesConfig(ctx, config); err == nil || !strings.Contains(err.Error(), "no host provided") {
		t.Errorf("without a host: %v", err)
	}

	role := openbao.KubernetesRole{
		Mount: mount, Name: "app", ServiceAccountNames: []string{"app", "job"}, ServiceAccountNamespaces: []string{"default"}, Audience: "openbao",
		AliasNameSource: "serviceaccount_name", Token: openbao.TokenParams{
			TTL: 60, MaxTTL: 120, ExplicitMaxTTL: 180, Period: 30, Policies: []string{"a", "b"}, BoundCIDRs: []string{"10.0.0.7/32"},
			NoDefaultPolicy: true, NumUses: 5, Type: "service",
		},
	}
	if _, err := c.ReadKubernetesRole(ctx, "", mount, "app"); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of no role: %v", err)
	}
	mustNot(t, c.CreateKubernetesRole(ctx, role))
	if err := c.CreateKubernetesRole(ctx, role); !errors.Is(err, openbao.ErrConflict) {
		t.Errorf("created twice: %v", err)
	}
	read := func() {
		t.Helper()
		got, err := c.ReadKubernetesRole(ctx, "", mount, "app")
		mustNot(t, err)
		if !reflect.DeepEqual(got, role) {
			t.Errorf("read\n%+v, want\n%+v", got, role)
		}
	}
	read()
	role = openbao.KubernetesRole{
		Mount: mount, Name: "app", ServiceAccountNames: []string{"*"}, ServiceAccountNamespaces: []string{"*"}, AliasNameSource: "serviceaccount_uid",
		Token: openbao.TokenParams{Policies: []string{}, BoundCIDRs: []string{}, Type: "default"},
	}
	mustNot(t, c.UpdateKubernetesRole(ctx, role))
	read()
	if isOpenBao(t, c) {
		role.Token.StrictlyBindIP, role.NamespaceSelector = true, `{"matchLabels":{"team":"payments"}}`
		mustNot(t, c.UpdateKubernetesRole(ctx, role))
		read()
	}
	mustNot(t, c.DeleteKubernetesRole(ctx, "", mount, "app"))
	mustNot(t, c.DeleteKubernetesRole(ctx, "", mount, "app"))
	if _, err := c.ReadKubernetesRole(ctx, "", mount, "app"); !errors.Is(err, migrate.ErrDestinationNotFound) {
		t.Errorf("read of a removed role: %v", err)
	}
}
