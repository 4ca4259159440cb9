package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
)

// application is the reader of the guide's last step: it knows the address, its
// role ID and a wrapping token, and nothing but HTTP and JSON.
type application struct {
	address string
	token   string
	// The secret ID is kept for the scan at the end, and for nothing else.
	secretID string
}

// answer is what the application makes use of in an answer.
type answer struct {
	Auth struct {
		ClientToken string   `json:"client_token"`
		Policies    []string `json:"policies"`
	} `json:"auth"`
	Data struct {
		SecretID string            `json:"secret_id"`
		Data     map[string]string `json:"data"`
	} `json:"data"`
}

// call makes a request and returns the status with the decoded answer.
func (a *application) call(ctx context.Context, method, path string, body map[string]string) (int, answer, error) {
	var decoded answer
	payload := []byte{}
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return 0, decoded, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, a.address+"/v1/"+path, bytes.NewReader(payload))
	if err != nil {
		return 0, decoded, err
	}
	if a.token != "" {
		req.Header.Set("X-Vault-Token", a.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, decoded, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&decoded); err != nil && !errors.Is(err, io.EOF) {
		return resp.StatusCode, decoded, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return resp.StatusCode, decoded, nil
}

func readAsApplication(ctx context.Context, s *stage) ([]string, error) {
	given, err := s.outputs(ctx)
	if err != nil {
		return nil, err
	}
	app := &application{address: s.bao.Address, token: given.WrappingToken.Value}
	status, unwrapped, err := app.call(ctx, http.MethodPost, "sys/wrapping/unwrap", nil)
	if err != nil || unwrapped.Data.SecretID == "" {
		return nil, fmt.Errorf("unwrapping the secret ID: status %d, %w", status, orMissing(err))
	}
	lines := []string{fmt.Sprintf("POST /v1/sys/wrapping/unwrap: %d, the secret ID", status)}
	if status, _, err = app.call(ctx, http.MethodPost, "sys/wrapping/unwrap", nil); err != nil || status == http.StatusOK {
		return nil, fmt.Errorf("unwrapping twice: status %d, %w", status, orMissing(err))
	}
	lines = append(lines, fmt.Sprintf("POST /v1/sys/wrapping/unwrap: %d the second time, as a wrapping token works once", status))

	app.token, app.secretID = "", unwrapped.Data.SecretID
	login := map[string]string{"role_id": given.RoleID.Value, "secret_id": app.secretID}
	status, loggedIn, err := app.call(ctx, http.MethodPost, "auth/approle/login", login)
	if err != nil || loggedIn.Auth.ClientToken == "" {
		return nil, fmt.Errorf("logging in: status %d, %w", status, orMissing(err))
	}
	app.token = loggedIn.Auth.ClientToken
	lines = append(lines, fmt.Sprintf("POST /v1/auth/approle/login: %d, a token with the policies %s", status, strings.Join(loggedIn.Auth.Policies, ", ")))

	path := given.APIPaths.Value["provider-a"]
	status, secret, err := app.call(ctx, http.MethodGet, path, nil)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("reading %s: status %d, %w", path, status, orMissing(err))
	}
	if !maps.Equal(secret.Data.Data, fieldsOf(s.vault.current("cloud_provider_a"))) {
		return nil, fmt.Errorf("%s holds %s, which differs from what OCI holds", path, masked(secret.Data.Data))
	}
	s.loggedIn = app
	return append(lines, fmt.Sprintf("GET  /v1/%s: %d, each field equal to that in OCI, byte for byte:", path, status), masked(secret.Data.Data)), nil
}

func readForbidden(ctx context.Context, s *stage) ([]string, error) {
	var lines []string
	for _, try := range []struct {
		method, path string
		body         map[string]string
	}{
		{http.MethodGet, "credentials/data/provider-b", nil},
		{"LIST", "credentials/metadata", nil},
		{http.MethodPost, "credentials/data/provider-a", map[string]string{}},
	} {
		status, _, err := s.loggedIn.call(ctx, try.method, try.path, try.body)
		if err != nil || status != http.StatusForbidden {
			return nil, fmt.Errorf("%s %s: status %d, want 403, %w", try.method, try.path, status, orMissing(err))
		}
		lines = append(lines, fmt.Sprintf("%-4s /v1/%s: %d", try.method, try.path, status))
	}
	return lines, nil
}

// orMissing is an error, or one for an answer that lacks what it should have.
func orMissing(err error) error {
	if err == nil {
		err = errors.New("the answer is not what it should be")
	}
	return err
}
