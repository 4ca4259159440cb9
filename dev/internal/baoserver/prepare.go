package baoserver

import (
	"context"
	"fmt"
	"time"

	gometrics "github.com/armon/go-metrics"
	"github.com/hashicorp/vault/helper/metricsutil"
	"github.com/hashicorp/vault/helper/namespace"
	"github.com/hashicorp/vault/sdk/logical"
)

func rootContext(ctx context.Context) context.Context {
	return namespace.ContextWithNamespace(ctx, namespace.RootNamespace)
}

// prepare gives the fresh core what a development server starts with: the root
// token that was asked for and a KV v2 engine.
func (s *Server) prepare(ctx context.Context, o Options) error {
	if o.RootToken != "" {
		_, err := s.update(ctx, "auth/token/create", map[string]any{
			"id":                o.RootToken,
			"policies":          []string{"root"},
			"no_parent":         true,
			"no_default_policy": true,
		})
		if err != nil {
			return fmt.Errorf("making the root token: %w", err)
		}
		if _, err := s.update(ctx, "auth/token/revoke-self", nil); err != nil {
			return fmt.Errorf("revoking the first root token: %w", err)
		}
		s.RootToken = o.RootToken
	}
	if o.NoKV {
		return nil
	}
	_, err := s.update(ctx, "sys/mounts/secret", map[string]any{
		"type":        "kv",
		"description": "key/value secret storage",
		"options":     map[string]string{"version": "2"},
	})
	if err != nil {
		return fmt.Errorf("mounting secret/: %w", err)
	}
	return nil
}

func (s *Server) update(ctx context.Context, path string, data map[string]any) (*logical.Response, error) {
	resp, err := s.core.HandleRequest(rootContext(ctx), &logical.Request{
		ID:          "prepare-" + path,
		Operation:   logical.UpdateOperation,
		ClientToken: s.RootToken,
		Path:        path,
		Data:        data,
	})
	if err != nil {
		return nil, err
	}
	if resp.IsError() {
		return nil, resp.Error()
	}
	return resp, nil
}

// metricsHelper gives the core somewhere to count, for it looks at the helper
// without asking whether there is one.
func metricsHelper() (*metricsutil.MetricsHelper, *metricsutil.ClusterMetricSink) {
	sink := gometrics.NewInmemSink(10*time.Second, time.Minute)
	return metricsutil.NewMetricsHelper(sink, false), metricsutil.NewClusterMetricSink("embedded", sink)
}
