package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// Address is where registries have the provider.
const Address = "registry.terraform.io/ocibao/ocibao"

// Serve answers the engine until that is done. A debugger attaches to what it
// serves with debug.
func Serve(instance *Provider, debug bool) error {
	served, err := NewServer(instance)
	if err != nil {
		return err
	}
	var options []tf6server.ServeOpt
	if debug {
		options = append(options, tf6server.WithManagedDebug())
	}
	return tf6server.Serve(Address, func() tfprotov6.ProviderServer { return served }, options...)
}

// NewServer is what Serve serves.
func NewServer(instance *Provider) (tfprotov6.ProviderServer, error) {
	framework, ok := providerserver.NewProtocol6(instance)().(protocolServer)
	if !ok {
		return nil, errors.New("the plugin framework serves less of the protocol than this provider was built for")
	}
	return server{framework}, nil
}

// protocolServer is all of the protocol that the framework serves. What is
// optional in tfprotov6 is found by type, so it has to be named here.
type protocolServer interface {
	tfprotov6.ProviderServer
	tfprotov6.ListResourceServer
	tfprotov6.ActionServer
	tfprotov6.StateStoreServer
}

// server is the framework's, which keeps the context of each call until the engine
// stops it, and with it all that the call was made of: some 50 KB for each
// resource of a plan. Of the calls that come for each resource, the context is let
// go with the call.
type server struct {
	protocolServer
}

func (s server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return during(ctx, req, s.protocolServer.ValidateResourceConfig)
}

func (s server) UpgradeResourceState(ctx context.Context, req *tfprotov6.UpgradeResourceStateRequest) (*tfprotov6.UpgradeResourceStateResponse, error) {
	return during(ctx, req, s.protocolServer.UpgradeResourceState)
}

func (s server) UpgradeResourceIdentity(ctx context.Context, req *tfprotov6.UpgradeResourceIdentityRequest) (*tfprotov6.UpgradeResourceIdentityResponse, error) {
	return during(ctx, req, s.protocolServer.UpgradeResourceIdentity)
}

func (s server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return during(ctx, req, s.protocolServer.ReadResource)
}

func (s server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return during(ctx, req, s.protocolServer.PlanResourceChange)
}

func (s server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return during(ctx, req, s.protocolServer.ApplyResourceChange)
}

func during[Request, Response any](ctx context.Context, req Request, call func(context.Context, Request) (Response, error)) (Response, error) {
	scoped := newCallContext(ctx)
	defer scoped.release()
	return call(scoped, req)
}
