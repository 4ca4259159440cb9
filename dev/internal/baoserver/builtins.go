package baoserver

import (
	"context"
	"errors"
	"slices"

	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	auditfile "github.com/hashicorp/vault/builtin/audit/file"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
)

// secretEngines are the secrets engines that can be mounted.
func secretEngines() map[string]logical.Factory {
	return map[string]logical.Factory{"kv": kv.Factory}
}

// authMethods are the auth methods that can be enabled.
func authMethods(asOpenBao bool) map[string]logical.Factory {
	methods := map[string]logical.Factory{
		"approle": approle.Factory, "cert": cert.Factory, "jwt": jwt.Factory, "kubernetes": kubernetes.Factory,
	}
	if asOpenBao {
		methods["approle"] = openBaoAppRole
	}
	return methods
}

// auditDevices are the audit devices that can be enabled through the API.
func auditDevices(asOpenBao bool) map[string]audit.Factory {
	if !asOpenBao {
		return map[string]audit.Factory{"file": auditfile.Factory}
	}
	refuse := func(context.Context, *audit.BackendConfig) (audit.Backend, error) {
		return nil, errors.New(auditRefusal)
	}
	return map[string]audit.Factory{"file": refuse, "socket": refuse, "syslog": refuse}
}

// registry tells the core which plugins are built in. Its factories are the
// same ones that the core has, so that what is mounted is what is listed.
type registry struct {
	secret, auth map[string]logical.Factory
}

func (r registry) factories(t consts.PluginType) map[string]logical.Factory {
	switch t {
	case consts.PluginTypeSecrets:
		return r.secret
	case consts.PluginTypeCredential:
		return r.auth
	}
	return nil
}

// Contains implements vault.BuiltinRegistry.
func (r registry) Contains(name string, t consts.PluginType) bool {
	_, ok := r.factories(t)[name]
	return ok
}

// Get implements vault.BuiltinRegistry.
func (r registry) Get(name string, t consts.PluginType) (func() (any, error), bool) {
	f, ok := r.factories(t)[name]
	return func() (any, error) { return f, nil }, ok
}

// Keys implements vault.BuiltinRegistry.
func (r registry) Keys(t consts.PluginType) []string {
	var keys []string
	for name := range r.factories(t) {
		keys = append(keys, name)
	}
	slices.Sort(keys)
	return keys
}

// DeprecationStatus implements vault.BuiltinRegistry.
func (r registry) DeprecationStatus(name string, t consts.PluginType) (consts.DeprecationStatus, bool) {
	if !r.Contains(name, t) {
		return consts.Unknown, false
	}
	return consts.Supported, true
}

// IsBuiltinEntPlugin implements vault.BuiltinRegistry.
func (registry) IsBuiltinEntPlugin(string, consts.PluginType) bool { return false }
