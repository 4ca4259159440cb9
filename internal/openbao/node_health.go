package openbao

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"
)

// nodeHealthTimeout bounds what a node may take to tell its health.
const nodeHealthTimeout = 5 * time.Second

// Health is the state of the node that answers.
type Health struct {
	Initialized bool
	Sealed      bool
	Standby     bool
	Version     string
	ClusterName string
	ClusterID   string
	ServerTime  time.Time
}

// healthRequest asks for the health and gets it with the status 200, whatever it
// is.
func healthRequest() request {
	return request{
		operation: "health check", method: http.MethodGet, path: "sys/health", anonymous: true, single: true,
		params: url.Values{
			"standbycode": {"200"}, "perfstandbycode": {"200"}, "drsecondarycode": {"200"},
			"sealedcode": {"200"}, "uninitcode": {"200"},
		},
	}
}

// decode reads the answer of sys/health.
func (h *Health) decode(a *answer) error {
	var data struct {
		Initialized   *bool  `json:"initialized"`
		Sealed        bool   `json:"sealed"`
		Standby       bool   `json:"standby"`
		Version       string `json:"version"`
		ClusterName   string `json:"cluster_name"`
		ClusterID     string `json:"cluster_id"`
		ServerTimeUTC int64  `json:"server_time_utc"`
	}
	if json.Unmarshal(a.raw, &data) != nil || data.Initialized == nil {
		return errors.New("the answer has another form than expected")
	}
	*h = Health{
		Initialized: *data.Initialized, Sealed: data.Sealed, Standby: data.Standby, Version: data.Version,
		ClusterName: data.ClusterName, ClusterID: data.ClusterID, ServerTime: time.Unix(data.ServerTimeUTC, 0).UTC(),
	}
	return nil
}

// NodeHealth is the state of one node and of its connection.
type NodeHealth struct {
	Health
	// StatusCode is that of sys/health: 200 active, 429 standby, 472 and 473
	// replicas, 501 not initialized, 503 sealed.
	StatusCode int
	// IsLeader and LeaderAddress are what sys/leader says; the address is the
	// API address of the active node, empty where the node knows none.
	IsLeader      bool
	LeaderAddress string
	// CertificateNotAfter is when the certificate expires that the node showed,
	// also one that did not pass; zero without TLS.
	CertificateNotAfter time.Time
}

// NodeHealth asks the first node, without a token, for its health (GET
// sys/health) and for the leader (GET sys/leader). Whatever state it is in is an
// answer; the error is that none came. The expiry of the certificate is told with
// an error as well.
func (c *Client) NodeHealth(ctx context.Context) (NodeHealth, error) {
	n := c.transport.nodes[0]
	var health NodeHealth
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{TLSHandshakeDone: func(state tls.ConnectionState, _ error) {
		if len(state.PeerCertificates) > 0 {
			health.CertificateNotAfter = state.PeerCertificates[0].NotAfter
		}
	}})
	r := healthRequest()
	r.params = nil
	t := c.try(traced, r, n, nodeHealthTimeout)
	if t.err != nil {
		var verification *tls.CertificateVerificationError
		if errors.As(t.err, &verification) && len(verification.UnverifiedCertificates) > 0 {
			health.CertificateNotAfter = verification.UnverifiedCertificates[0].NotAfter
		}
		return health, c.failure(ctx, r, t, nil)
	}
	if err := health.decode(t.answer); err != nil {
		return health, unexpected(r, err.Error())
	}
	health.StatusCode = t.answer.status
	leader := c.try(ctx, request{operation: "leader lookup", method: http.MethodGet, path: "sys/leader"}, n, nodeHealthTimeout)
	if leader.err == nil && leader.answer.status == http.StatusOK {
		var data struct {
			IsSelf        bool   `json:"is_self"`
			LeaderAddress string `json:"leader_address"`
		}
		if json.Unmarshal(leader.answer.raw, &data) == nil {
			health.IsLeader, health.LeaderAddress = data.IsSelf, data.LeaderAddress
		}
	}
	return health, nil
}
