package openbao

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"
)

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

// Health asks the root namespace without a token (GET sys/health). A standby, a
// sealed or an uninitialized node is an answer, not an error. It is not
// repeated.
func (c *Client) Health(ctx context.Context) (Health, error) {
	r := healthRequest()
	a, err := c.do(ctx, r)
	if err != nil {
		return Health{}, err
	}
	var health Health
	if err := health.decode(a); err != nil {
		return Health{}, unexpected(r, err.Error())
	}
	return health, nil
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

// SealStatus is the seal of the node that answers.
type SealStatus struct {
	Type        string
	Initialized bool
	Sealed      bool
	Version     string
	ClusterName string
	StorageType string
}

// SealStatus asks the root namespace without a token (GET sys/seal-status).
func (c *Client) SealStatus(ctx context.Context) (SealStatus, error) {
	r := request{operation: "seal status", method: http.MethodGet, path: "sys/seal-status", anonymous: true}
	a, err := c.do(ctx, r)
	if err != nil {
		return SealStatus{}, err
	}
	status, err := parseSealStatus(a)
	if err != nil {
		return SealStatus{}, unexpected(r, "the answer has another form than expected")
	}
	return status, nil
}

func parseSealStatus(a *answer) (SealStatus, error) {
	var data struct {
		Type        string `json:"type"`
		Initialized bool   `json:"initialized"`
		Sealed      bool   `json:"sealed"`
		Version     string `json:"version"`
		ClusterName string `json:"cluster_name"`
		StorageType string `json:"storage_type"`
	}
	err := json.Unmarshal(a.raw, &data)
	return SealStatus(data), err
}

// LookupSelf asks for the client's own token (GET auth/token/lookup-self). The
// Token of the result is empty.
func (c *Client) LookupSelf(ctx context.Context) (TokenInfo, error) {
	r := request{
		operation: "token lookup", method: http.MethodGet, namespace: c.config.Namespace,
		path: "auth/token/lookup-self", capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return TokenInfo{}, err
	}
	return parseLookup(r, a)
}
