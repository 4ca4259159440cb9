package provider_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// What a call for a resource was made of is not kept until the engine stops the
// provider: with many resources that is most of its memory.
func TestServer_LetsGoOfCalls(t *testing.T) {
	p := serve(t, values{"address": "http://127.0.0.1:1"})
	secret := p.config(p.schemas.ResourceSchemas["ocibao_migrated_secret"], values{})
	for name, call := range map[string]func(context.Context) error{
		"ValidateResourceConfig": func(ctx context.Context) error {
			_, err := p.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: "ocibao_migrated_secret", Config: secret})
			return err
		},
		"UpgradeResourceState": func(ctx context.Context) error {
			_, err := p.UpgradeResourceState(ctx, &tfprotov6.UpgradeResourceStateRequest{
				TypeName: "ocibao_migrated_secret", RawState: &tfprotov6.RawState{JSON: []byte(`{"name":"a"}`)},
			})
			return err
		},
		"UpgradeResourceIdentity": func(ctx context.Context) error {
			_, err := p.UpgradeResourceIdentity(ctx, &tfprotov6.UpgradeResourceIdentityRequest{
				TypeName: "ocibao_migrated_secret", RawIdentity: &tfprotov6.RawState{JSON: []byte(`{"name":"a"}`)},
			})
			return err
		},
		"ReadResource": func(ctx context.Context) error {
			_, err := p.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: "ocibao_migrated_secret", CurrentState: secret})
			return err
		},
		"PlanResourceChange": func(ctx context.Context) error {
			_, err := p.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
				TypeName: "ocibao_migrated_secret", PriorState: secret, ProposedNewState: secret, Config: secret,
			})
			return err
		},
		"ApplyResourceChange": func(ctx context.Context) error {
			_, err := p.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
				TypeName: "ocibao_migrated_secret", PriorState: secret, PlannedState: secret, Config: secret,
			})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			kept := callWith(t, call)
			// What is only reachable through what was just freed takes another round.
			for range 5 {
				runtime.GC()
			}
			if kept.Value() != nil {
				t.Error("the context of the call is still held")
			}
		})
	}
}

type carried struct{ _ [1 << 10]byte }

type carriedKey struct{}

// callWith makes a call with a context that carries something.
func callWith(t *testing.T, call func(context.Context) error) weak.Pointer[carried] {
	t.Helper()
	something := &carried{}
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), carriedKey{}, something), time.Minute)
	defer cancel()
	if err := call(ctx); err != nil {
		t.Fatal(err)
	}
	return weak.Make(something)
}

// All that the framework serves is served: the engine finds by type what of the
// protocol a provider has.
func TestServer_ServesAllOfTheProtocol(t *testing.T) {
	server, err := provider.NewServer(provider.New("test"))
	if err != nil {
		t.Fatal(err)
	}
	if _, is := server.(tfprotov6.ListResourceServer); !is {
		t.Error("no list resources")
	}
	if _, is := server.(tfprotov6.ActionServer); !is {
		t.Error("no actions")
	}
}
