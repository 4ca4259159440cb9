package acctest_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// cluster is a stand-in with a service account default/app and a client that
// trusts it.
type cluster struct {
	*acctest.Kubernetes
	t      *testing.T
	client *http.Client
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	stand, err := acctest.StartKubernetes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stand.AddServiceAccount("default", "app")
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(stand.CAPEM) {
		t.Fatal("no authority")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	return &cluster{Kubernetes: stand, t: t, client: &http.Client{Transport: transport}}
}

func (c *cluster) token(ttl time.Duration, audiences ...string) string {
	c.t.Helper()
	token, err := c.Token("default", "app", ttl, audiences...)
	if err != nil {
		c.t.Fatal(err)
	}
	return token
}

// ask sends a request and gives status and answer.
func (c *cluster) ask(method, path, bearer, contentType, body string) (int, map[string]any) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	req.Header.Set("Content-Type", contentType)
	answer, err := c.client.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	var decoded map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&decoded); err != nil {
		c.t.Fatal(err)
	}
	return answer.StatusCode, decoded
}

const tokenReviews = "/apis/authentication.k8s.io/v1/tokenreviews"

func review(token string, audiences ...string) string {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(map[string]any{
		"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1",
		"spec": map[string]any{"token": token, "audiences": audiences},
	})
	return body.String()
}

func TestKubernetes_RefusesWhatAKubeAPIServerRefuses(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	app := c.token(time.Hour)
	for name, test := range map[string]struct {
		method, path, bearer, contentType, body string
		status                                  int
		reason                                  string
	}{
		"nobody":             {"POST", tokenReviews, "", "application/json", review(app), 403, "Forbidden"},
		"an unknown token":   {"POST", tokenReviews, "made-up", "application/json", review(app), 401, "Unauthorized"},
		"no right to review": {"POST", tokenReviews, app, "application/json", review(app), 403, "Forbidden"},
		"another path":       {"POST", "/api/v1/namespaces", c.ReviewerToken, "application/json", "{}", 404, "NotFound"},
		"another version":    {"POST", "/apis/authentication.k8s.io/v1beta1/tokenreviews", c.ReviewerToken, "application/json", review(app), 404, "NotFound"},
		"another method":     {"GET", tokenReviews, c.ReviewerToken, "application/json", "", 405, "MethodNotAllowed"},
		"another form":       {"POST", tokenReviews, c.ReviewerToken, "text/plain", review(app), 415, "UnsupportedMediaType"},
		"no JSON":            {"POST", tokenReviews, c.ReviewerToken, "application/json", "nothing", 400, "BadRequest"},
		"an unknown field":   {"POST", tokenReviews, c.ReviewerToken, "application/json", `{"spec":{"tokens":"x"}}`, 400, "BadRequest"},
		"another kind":       {"POST", tokenReviews, c.ReviewerToken, "application/json", `{"kind":"Pod","spec":{"token":"x"}}`, 400, "BadRequest"},
		"another group":      {"POST", tokenReviews, c.ReviewerToken, "application/json", `{"apiVersion":"v1","spec":{"token":"x"}}`, 400, "BadRequest"},
		"no token":           {"POST", tokenReviews, c.ReviewerToken, "application/json", review(""), 400, "BadRequest"},
	} {
		status, answer := c.ask(test.method, test.path, test.bearer, test.contentType, test.body)
		if status != test.status || answer["kind"] != "Status" || answer["reason"] != test.reason {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if reviews := c.Reviews(); len(reviews) > 0 {
		t.Errorf("reviewed %+v", reviews)
	}
}

func TestKubernetes_Reviews(t *testing.T) {
	t.Parallel()
	c := newCluster(t)
	app, forBao := c.token(time.Hour), c.token(time.Hour, "openbao")
	late := c.token(-time.Second)
	forged := app[:len(app)-4] + "AAAA"
	c.AddServiceAccount("default", "gone")
	gone, err := c.Token("default", "gone", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	c.DeleteServiceAccount("default", "gone")
	for name, test := range map[string]struct {
		body          string
		authenticated bool
	}{
		"good":                          {review(app), true},
		"as OpenBao asks":               {`{"metadata":{"creationTimestamp":null},"spec":{"token":"` + app + `"},"status":{"user":{}}}`, true},
		"for the right audience":        {review(forBao, "other", "openbao"), true},
		"for another audience":          {review(forBao, "other"), false},
		"for the cluster by default":    {review(forBao), false},
		"of the cluster, for an asker":  {review(app, "openbao"), false},
		"expired":                       {review(late), false},
		"forged":                        {review(forged), false},
		"of an account that is no more": {review(gone), false},
	} {
		status, answer := c.ask("POST", tokenReviews, c.ReviewerToken, "application/json", test.body)
		verdict, _ := answer["status"].(map[string]any)
		authenticated, _ := verdict["authenticated"].(bool)
		if status != 201 || answer["kind"] != "TokenReview" || authenticated != test.authenticated || authenticated == (verdict["error"] != nil) {
			t.Errorf("%s: %d %v", name, status, answer)
		}
		if user, _ := verdict["user"].(map[string]any); authenticated && user["username"] != "system:serviceaccount:default:app" {
			t.Errorf("%s: user %v", name, user)
		}
	}
	c.AddServiceAccount("default", "app")
	if _, answer := c.ask("POST", tokenReviews, c.ReviewerToken, "application/json", review(app)); answer["status"].(map[string]any)["authenticated"] == true {
		t.Error("a token of an account that was made anew is good")
	}
	if !slices.ContainsFunc(c.Reviews(), func(r acctest.Review) bool {
		return r.Authenticated && slices.Equal(r.Audiences, []string{"other", "openbao"}) && r.Reviewer == "system:serviceaccount:kube-system:openbao"
	}) {
		t.Errorf("reviews %+v", c.Reviews())
	}
}
