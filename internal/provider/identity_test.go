package provider_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// identities tells whether the command line of this run knows import by
// identity: Terraform and OpenTofu do from 1.12 on.
func identities(h *acctest.Harness) bool {
	h.Helper()
	version := h.CLI("version").Output
	return !strings.Contains(version, "Terraform v1.11.") && !strings.Contains(version, "OpenTofu v1.11.")
}

// An import by identity ends in an empty plan; an engine that does not know it
// says so.
func TestMigratedSecret_ImportByIdentity(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	h.MountKV("kv", "2")
	id := h.Secret("object", acctest.GuideSecretB)
	h.Operator(http.MethodPost, "kv/data/b", `{"data":`+acctest.GuideSecretB+`}`)
	h.Configure(fmt.Sprintf(`
resource "ocibao_migrated_secret" "b" {
  secret_id = %[1]q
  mount     = "kv"
  name      = "b"
}

import {
  to = ocibao_migrated_secret.b
  identity = {
    mount     = "kv"
    name      = "b"
    secret_id = %[1]q
  }
}
`, id))
	if !identities(h) {
		h.Contains(h.Plan(1), "identity")
		return
	}
	h.Proxy.Reset()
	h.Contains(h.Plan(2), "1 to import, 0 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("an import wrote: %v", writes)
	}
}

// Every other resource imports by identity as well, into an empty plan.
func TestImportByIdentity(t *testing.T) {
	t.Parallel()
	h := acctest.New(t)
	stand, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Work.Env = append(h.Work.Env, "TF_VAR_ca="+string(stand.CAPEM))
	resources := `
resource "ocibao_kv_mount" "kv" {
  path = "credentials"
}

resource "ocibao_policy" "app" {
  name   = "app"
  policy = "path \"credentials/data/a\" { capabilities = [\"read\"] }"
}

resource "ocibao_auth_mount" "approle" {
  path = "team-approle"
}

resource "ocibao_approle" "app" {
  mount          = ocibao_auth_mount.approle.path
  name           = "app"
  token_policies = [ocibao_policy.app.name]
}

resource "ocibao_auth_mount" "kubernetes" {
  type = "kubernetes"
}

variable "ca" {
  type = string
}

resource "ocibao_kubernetes_auth_config" "cluster" {
  mount              = ocibao_auth_mount.kubernetes.path
  kubernetes_host    = "https://203.0.113.7:6443"
  kubernetes_ca_cert = var.ca
}

resource "ocibao_kubernetes_auth_role" "app" {
  mount                            = ocibao_auth_mount.kubernetes.path
  name                             = "app"
  bound_service_account_names      = ["app"]
  bound_service_account_namespaces = ["default"]
}
`
	h.Configure(resources)
	h.Apply()
	if err := os.Remove(filepath.Join(h.Work.Dir, "terraform.tfstate")); err != nil {
		t.Fatal(err)
	}
	h.Configure(resources + `
import {
  to       = ocibao_kv_mount.kv
  identity = { path = "credentials" }
}

import {
  to       = ocibao_policy.app
  identity = { name = "app" }
}

import {
  to       = ocibao_auth_mount.approle
  identity = { path = "team-approle" }
}

import {
  to       = ocibao_approle.app
  identity = { mount = "team-approle", name = "app" }
}

import {
  to       = ocibao_auth_mount.kubernetes
  identity = { path = "kubernetes" }
}

import {
  to       = ocibao_kubernetes_auth_config.cluster
  identity = { mount = "kubernetes" }
}

import {
  to       = ocibao_kubernetes_auth_role.app
  identity = { mount = "kubernetes", name = "app" }
}
`)
	if !identities(h) {
		h.Contains(h.Plan(1), "identity")
		return
	}
	h.Proxy.Reset()
	h.Contains(h.Plan(2), "7 to import, 0 to add, 0 to change, 0 to destroy")
	h.Apply()
	h.Plan(0)
	if writes := h.Proxy.Writes(); len(writes) > 0 {
		t.Errorf("an import wrote: %v", writes)
	}
}
