package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// drift changes one secret on each side, behind the configuration's back.
func drift(ctx context.Context, s *stage) ([]string, error) {
	number, err := s.vault.rotate("cloud_provider_a", "")
	if err != nil {
		return nil, err
	}
	s.edited = rand.Text()
	const path = "credentials/data/provider-b"
	status, answer, err := s.bao.Call(ctx, http.MethodPost, "", path, map[string]any{"data": map[string]string{"api_key": s.edited}})
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("POST %s: status %d, %v, %w", path, status, answer, orMissing(err))
	}
	data, _ := answer["data"].(map[string]any)
	return []string{
		fmt.Sprintf("OCI: cloud_provider_a has version %d", number),
		fmt.Sprintf("POST /v1/%s: %d, version %v", path, status, data["version"]),
	}, nil
}

func planDrift(ctx context.Context, s *stage) ([]string, error) {
	output, err := s.plan(ctx, "drift", 2)
	if err != nil {
		return nil, err
	}
	rotated := resourceChange(output, `ocibao_migrated_secret.cloud["provider-a"]`)
	if err := contains(rotated, `version_number = 1 -> 2`, `drift = "source_newer" -> "none"`); err != nil {
		return nil, err
	}
	edited := resourceChange(output, `ocibao_migrated_secret.cloud["provider-b"]`)
	if err := contains(edited, `drift = "destination_modified" -> "none"`); err != nil {
		return nil, err
	}
	lines := pick(output, "# ocibao_", "~ drift", "~ kv_version", "~ version_number", "Plan:")
	return append(lines, "exit code 2"), nil
}

func applyRepair(ctx context.Context, s *stage) ([]string, error) {
	output, err := s.apply(ctx, "drift")
	if err != nil {
		return nil, err
	}
	lines := pick(output, "Apply complete!")
	for name, source := range map[string]string{"provider-a": "cloud_provider_a", "provider-b": "cloud_provider_b"} {
		stored, err := s.stored(ctx, name)
		if err != nil {
			return nil, err
		}
		if !maps.Equal(stored, fieldsOf(s.vault.current(source))) {
			return nil, fmt.Errorf("%s holds %s, which differs from what OCI holds", name, masked(stored))
		}
	}
	return append(lines, "provider-a and provider-b are equal to OCI again, byte for byte"), nil
}

// stored is what an operator reads in OpenBao.
func (s *stage) stored(ctx context.Context, name string) (map[string]string, error) {
	status, answer, err := s.bao.Call(ctx, http.MethodGet, "", "credentials/data/"+name, nil)
	if err != nil || status != http.StatusOK {
		return nil, fmt.Errorf("reading %s: status %d, %w", name, status, orMissing(err))
	}
	data, _ := answer["data"].(map[string]any)
	raw, err := json.Marshal(data["data"])
	if err != nil {
		return nil, err
	}
	return fieldsOf(string(raw)), nil
}
