package acctest

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
)

// ClusterAudience is the audience of tokens that were asked for without one, and
// the one that a review looks for when it names none.
const ClusterAudience = "https://kubernetes.default.svc.cluster.local"

// Kubernetes stands in for the one call of a kube-apiserver that OpenBao's
// kubernetes auth method makes, TokenReview, over HTTPS with its own authority.
// It knows service accounts and the tokens that it issued to them, answers as
// Kubernetes documents it, and refuses everything else.
type Kubernetes struct {
	URL    string // kubernetes_host
	CAPEM  []byte // kubernetes_ca_cert
	Issuer *TokenIssuer
	// ReviewerToken is of a service account that may review tokens
	// (system:auth-delegator): token_reviewer_jwt.
	ReviewerToken string

	mu       sync.Mutex
	accounts map[accountName]serviceAccount
	tokens   map[string]accountToken
	reviews  []Review
}

// Review is a review that was asked for by somebody who may.
type Review struct {
	Reviewer      string // user name
	Audiences     []string
	Authenticated bool
}

type accountName struct{ namespace, name string }

type serviceAccount struct {
	uid       string
	mayReview bool
}

type accountToken struct {
	account   accountName
	uid       string // of the account when the token was issued
	audiences []string
	expires   time.Time
}

// StartKubernetes serves a cluster without service accounts, the reviewer's
// excepted, on loopback until the context is done.
func StartKubernetes(ctx context.Context) (*Kubernetes, error) {
	certificate, authority, err := ociemu.TLSCertificate()
	if err != nil {
		return nil, err
	}
	issuer, err := NewTokenIssuer(ClusterAudience)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	cluster := &Kubernetes{
		URL: "https://" + listener.Addr().String(), CAPEM: authority, Issuer: issuer,
		accounts: map[accountName]serviceAccount{}, tokens: map[string]accountToken{},
	}
	cluster.AddServiceAccount("kube-system", "openbao")
	cluster.AllowReviews("kube-system", "openbao")
	if cluster.ReviewerToken, err = cluster.Token("kube-system", "openbao", time.Hour); err != nil {
		_ = listener.Close()
		return nil, err
	}
	server := &http.Server{
		Handler: cluster, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12},
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return cluster, nil
}

// AddServiceAccount makes a service account. One of the same name that was there
// before is replaced, and its tokens end.
func (k *Kubernetes) AddServiceAccount(namespace, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.accounts[accountName{namespace, name}] = serviceAccount{uid: newUID()}
}

// AllowReviews lets a service account review tokens.
func (k *Kubernetes) AllowReviews(namespace, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	account := k.accounts[accountName{namespace, name}]
	account.mayReview = true
	k.accounts[accountName{namespace, name}] = account
}

// DeleteServiceAccount removes a service account, whose tokens end.
func (k *Kubernetes) DeleteServiceAccount(namespace, name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.accounts, accountName{namespace, name})
}

// Token issues a token of a service account, as a pod finds it in its file
// system, for the audiences or for ClusterAudience.
func (k *Kubernetes) Token(namespace, name string, ttl time.Duration, audiences ...string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	account, known := k.accounts[accountName{namespace, name}]
	if !known {
		return "", fmt.Errorf("the cluster has no service account %s/%s", namespace, name)
	}
	if len(audiences) == 0 {
		audiences = []string{ClusterAudience}
	}
	now := time.Now()
	token, err := k.Issuer.Sign(map[string]any{
		"aud": audiences, "sub": userName(accountName{namespace, name}), "jti": newUID(),
		"iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(ttl).Unix(),
		"kubernetes.io": map[string]any{
			"namespace":      namespace,
			"serviceaccount": map[string]string{"name": name, "uid": account.uid},
			"pod":            map[string]string{"name": name + "-0", "uid": newUID()},
		},
	})
	if err != nil {
		return "", err
	}
	k.tokens[token] = accountToken{account: accountName{namespace, name}, uid: account.uid, audiences: audiences, expires: now.Add(ttl)}
	return token, nil
}

// Reviews are the reviews so far.
func (k *Kubernetes) Reviews() []Review {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.reviews)
}

func userName(account accountName) string {
	return "system:serviceaccount:" + account.namespace + ":" + account.name
}

// authenticate gives the account that a token stands for and the audiences,
// among the wanted ones, that it is for.
func (k *Kubernetes) authenticate(token string, wanted []string) (accountName, serviceAccount, []string, error) {
	issued, known := k.tokens[token]
	account, exists := k.accounts[issued.account]
	switch {
	case !known:
		return accountName{}, serviceAccount{}, nil, fmt.Errorf("invalid bearer token")
	case !exists:
		return accountName{}, serviceAccount{}, nil, fmt.Errorf("[invalid bearer token, serviceaccounts %q not found]", issued.account.name)
	case account.uid != issued.uid:
		return accountName{}, serviceAccount{}, nil, fmt.Errorf("[invalid bearer token, service account UID (%s) does not match claim (%s)]", account.uid, issued.uid)
	case !time.Now().Before(issued.expires):
		return accountName{}, serviceAccount{}, nil, fmt.Errorf("[invalid bearer token, service account token has expired]")
	}
	both := slices.DeleteFunc(slices.Clone(wanted), func(audience string) bool { return !slices.Contains(issued.audiences, audience) })
	if len(both) == 0 {
		return accountName{}, serviceAccount{}, nil, fmt.Errorf("[invalid bearer token, token audiences %q is invalid for the target audiences %q]", issued.audiences, wanted)
	}
	return issued.account, account, both, nil
}

const reviewPath = "/apis/authentication.k8s.io/v1/tokenreviews"

// tokenReview is the object of authentication.k8s.io/v1.
type tokenReview struct {
	Kind       string          `json:"kind"`
	APIVersion string          `json:"apiVersion"`
	Metadata   json.RawMessage `json:"metadata,omitempty"`
	Spec       struct {
		Token     string   `json:"token,omitempty"`
		Audiences []string `json:"audiences,omitempty"`
	} `json:"spec"`
	Status reviewStatus `json:"status"`
}

type reviewStatus struct {
	Authenticated bool         `json:"authenticated,omitempty"`
	User          reviewedUser `json:"user"`
	Audiences     []string     `json:"audiences,omitempty"`
	Error         string       `json:"error,omitempty"`
}

type reviewedUser struct {
	Username string   `json:"username,omitempty"`
	UID      string   `json:"uid,omitempty"`
	Groups   []string `json:"groups,omitempty"`
}

// ServeHTTP answers a review: first who asks, then whether they may, then what.
func (k *Kubernetes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	asking, bearer := "system:anonymous", r.Header.Get("Authorization")
	var account serviceAccount
	if bearer != "" {
		token, isBearer := strings.CutPrefix(bearer, "Bearer ")
		name, known, _, err := k.authenticate(token, []string{ClusterAudience})
		if !isBearer || err != nil {
			refuse(w, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
			return
		}
		asking, account = userName(name), known
	}
	switch {
	case !account.mayReview:
		refuse(w, http.StatusForbidden, "Forbidden", fmt.Sprintf(
			"tokenreviews.authentication.k8s.io is forbidden: User %q cannot create resource \"tokenreviews\" in API group \"authentication.k8s.io\" at the cluster scope", asking))
	case r.URL.Path != reviewPath:
		refuse(w, http.StatusNotFound, "NotFound", "the server could not find the requested resource")
	case r.Method != http.MethodPost:
		refuse(w, http.StatusMethodNotAllowed, "MethodNotAllowed", "the server does not allow this method on the requested resource")
	default:
		k.review(w, r, asking)
	}
}

func (k *Kubernetes) review(w http.ResponseWriter, r *http.Request, reviewer string) {
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		refuse(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "the body of the request was in an unknown format - accepted media types include: application/json")
		return
	}
	var asked tokenReview
	// Kubernetes drops fields that it does not know; here a misspelt one shows.
	decoder := json.NewDecoder(io.LimitReader(r.Body, 3<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&asked)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "BadRequest", "the object provided is unrecognized: "+err.Error())
		return
	// The path says what is meant; an object that says something else is refused.
	case asked.Kind != "" && asked.Kind != "TokenReview", asked.APIVersion != "" && asked.APIVersion != "authentication.k8s.io/v1":
		refuse(w, http.StatusBadRequest, "BadRequest", fmt.Sprintf(
			"TokenReview in version \"v1\" cannot be handled as a %s in %q", asked.Kind, asked.APIVersion))
		return
	case asked.Spec.Token == "":
		refuse(w, http.StatusBadRequest, "BadRequest", "token is required for TokenReview in authentication")
		return
	}
	wanted := asked.Spec.Audiences
	if len(wanted) == 0 {
		wanted = []string{ClusterAudience}
	}
	answer := tokenReview{Kind: "TokenReview", APIVersion: "authentication.k8s.io/v1", Metadata: json.RawMessage(`{"creationTimestamp":null}`), Spec: asked.Spec}
	name, account, audiences, err := k.authenticate(asked.Spec.Token, wanted)
	if err != nil {
		answer.Status.Error = err.Error()
	} else {
		answer.Status = reviewStatus{Authenticated: true, Audiences: audiences, User: reviewedUser{
			Username: userName(name), UID: account.uid,
			Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + name.namespace, "system:authenticated"},
		}}
	}
	k.reviews = append(k.reviews, Review{Reviewer: reviewer, Audiences: asked.Spec.Audiences, Authenticated: answer.Status.Authenticated})
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(answer)
}

// refuse answers with a Status object.
func refuse(w http.ResponseWriter, status int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"kind": "Status", "apiVersion": "v1", "metadata": map[string]any{},
		"status": "Failure", "reason": reason, "message": message, "code": status,
	})
}

// newUID is a random UUID, as Kubernetes gives to objects.
func newUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
