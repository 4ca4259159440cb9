package ociemu

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Workload is the service account of pods in an emulated OKE cluster.
type Workload struct {
	ID     string // subject of its tokens
	Tenant string
	// ServiceAccountToken is what a pod finds in its file system.
	ServiceAccountToken string
	// TokenTTL is how long a session token is valid. Clients renew it some
	// minutes before.
	TokenTTL time.Duration

	emulator *Emulator
	issued   atomic.Int64
}

// AddWorkload makes a service account, whose session tokens are valid for an hour.
func (e *Emulator) AddWorkload(tenancyID, name string) *Workload {
	segment := base64.RawURLEncoding.EncodeToString
	now := e.settings.clock()
	claims, err := json.Marshal(map[string]any{
		"sub": "system:serviceaccount:default:" + name, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	if err != nil {
		panic(err) // a map of plain values
	}
	return &Workload{
		ID: "workload:" + name, Tenant: tenancyID, TokenTTL: time.Hour, emulator: e,
		ServiceAccountToken: segment([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + segment(claims) + "." + segment([]byte("emulated "+name)),
	}
}

// Issued is how many session tokens were given.
func (wl *Workload) Issued() int { return int(wl.issued.Load()) }

// SessionTokens is a handler for the service of a cluster's control plane that
// exchanges a service account token for a session token, at any path that ends
// in /resourcePrincipalSessionTokens.
func (wl *Workload) SessionTokens() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := wl.emulator.begin(r, "oke.SessionToken")
		a := wl.exchange(r)
		entry.finish(a.status, a.reason)
		send(w, a, entry.record.RequestID, false)
	})
}

func (wl *Workload) exchange(r *http.Request) answer {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/resourcePrincipalSessionTokens") {
		return notFound.answer("No call has this path.")
	}
	if r.Header.Get("Authorization") != "Bearer "+wl.ServiceAccountToken {
		return notAuthenticated.answer(messageNotAuthenticated)
	}
	var asked struct{ PodKey string }
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBodyBytes))
	if err != nil || json.Unmarshal(body, &asked) != nil {
		return InvalidParameter.answer("The body is no JSON object.")
	}
	key, _, err := parsePublicKey(asked.PodKey)
	if err != nil {
		return InvalidParameter.answer("podKey is no RSA public key.")
	}
	token, err := SecurityToken(wl.Tenant, wl.ID, key, wl.emulator.settings.clock().Add(wl.TokenTTL))
	if err != nil {
		return InvalidParameter.answer(err.Error())
	}
	wl.issued.Add(1)
	inner, err := json.Marshal(map[string]string{"token": "ST$" + token})
	if err != nil {
		return InvalidParameter.answer(err.Error())
	}
	return encode(base64.StdEncoding.EncodeToString(inner))
}
