package baoserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/sdk/logical"
)

// OpenBao 2.6's words, which clients may look for.
const (
	auditDeclared    = "cannot disable configuration-managed audit device"
	auditRefusal     = "cannot enable audit device via API; use declarative, config-based audit device management instead"
	namespaceUnknown = "namespace not found"
	namespaceRefusal = "operation unavailable in namespaces"
	jsonRefusal      = "refused JSON input due to high complexity: exceeded maximum number of strings"
	loginRefusal     = "invalid role or secret ID"
)

// maxJSONStrings is how many strings OpenBao takes in the JSON of one request,
// keys included: 499 string pairs and the name of the object around them pass.
const maxJSONStrings = 1000

// maxBody is the size up to which the core reads a request's body.
const maxBody = 32 << 20

// namespaceHeader is the name on both servers.
const namespaceHeader = "X-Vault-Namespace"

// asOpenBao refuses what OpenBao 2.6 refuses and the core behind it accepts. In
// particular the core ignores the namespace header, so that a write meant for a
// namespace would land in the root; here no namespace but the root exists.
func asOpenBao(core http.Handler, sealed func() bool, declared AuditConfig) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		namespace := r.Header.Get(namespaceHeader)
		if namespace != "" {
			w.Header().Set(namespaceHeader, namespace)
		}
		switch {
		case namespace != "" && rootOnly(r.URL.Path):
			refuse(w, http.StatusBadRequest, namespaceRefusal)
		case !isRoot(namespace) && !unnamespaced(r.URL.Path) && !sealed():
			refuse(w, http.StatusNotFound, namespaceUnknown)
		case tooComplex(r):
			refuse(w, http.StatusBadRequest, jsonRefusal)
		case declared.declares(r):
			refuse(w, http.StatusBadRequest, auditDeclared)
		default:
			core.ServeHTTP(w, r)
		}
	})
}

func refuse(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string][]string{"errors": {text}})
}

func isRoot(namespace string) bool {
	trimmed := strings.Trim(namespace, "/")
	return trimmed == "" || trimmed == "root"
}

// rootOnly tells whether OpenBao refuses a path of sys/ with any namespace
// header, the root's included.
func rootOnly(path string) bool {
	rest, ok := strings.CutPrefix(path, "/v1/sys/")
	if !ok {
		return false
	}
	first, _, _ := strings.Cut(rest, "/")
	return slices.Contains([]string{
		"generate-recovery-token", "generate-root", "health", "in-flight-req", "init", "metrics", "pprof",
		"raw", "rekey", "rekey-recovery-key", "seal", "step-down", "storage", "unseal",
	}, first)
}

// unnamespaced tells whether OpenBao answers a path without looking at the
// namespace header.
func unnamespaced(path string) bool {
	return path == "/v1/sys/seal-status" || path == "/v1/sys/leader"
}

// tooComplex counts the strings in a JSON body and leaves the body readable.
// What is no JSON is left to the core to refuse.
func tooComplex(r *http.Request) bool {
	if r.Method != http.MethodPost && r.Method != http.MethodPut && r.Method != http.MethodPatch {
		return false
	}
	if strings.HasPrefix(r.URL.Path, "/v1/sys/storage/raft/") {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if err != nil {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	for count := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		if _, ok := token.(string); !ok {
			continue
		}
		if count++; count > maxJSONStrings {
			return true
		}
	}
}

// openBaoAppRole is the AppRole auth method with OpenBao's login error, which
// does not tell a wrong role ID from a wrong secret ID.
func openBaoAppRole(ctx context.Context, config *logical.BackendConfig) (logical.Backend, error) {
	backend, err := approle.Factory(ctx, config)
	if err != nil {
		return nil, err
	}
	return oneLoginError{backend}, nil
}

type oneLoginError struct{ logical.Backend }

// HandleRequest passes a request on and rewrites the error of a login.
func (b oneLoginError) HandleRequest(ctx context.Context, req *logical.Request) (*logical.Response, error) {
	resp, err := b.Backend.HandleRequest(ctx, req)
	if req.Path != "login" || !resp.IsError() {
		return resp, err
	}
	switch resp.Error().Error() {
	case "invalid role ID", "invalid secret id":
		refused := logical.ErrorResponse(loginRefusal)
		if errors.Is(err, logical.ErrInvalidCredentials) {
			return refused, err
		}
		return refused, nil
	}
	return resp, err
}
