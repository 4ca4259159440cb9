// Package provider registers the objects of the provider and configures them.
package provider

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/settings"
)

var (
	_ provider.Provider                       = (*Provider)(nil)
	_ provider.ProviderWithEphemeralResources = (*Provider)(nil)
	_ provider.ProviderWithActions            = (*Provider)(nil)
	_ provider.ProviderWithListResources      = (*Provider)(nil)
)

// Provider is the ocibao provider. Configuring it dials nothing.
type Provider struct {
	version string

	mu      sync.Mutex
	clients []*openbao.Client // to log out at the end
}

// New makes the provider of one process. The version goes into user agents.
func New(version string) *Provider { return &Provider{version: version} }

// Metadata names the provider: objects begin with ocibao_.
func (p *Provider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "ocibao"
	resp.Version = p.version
}

// Configure resolves the settings of both sides. A block that was written but
// cannot work is an error at its attribute; a side without a block is complained
// of by the first object that needs it.
func (p *Provider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	env := settings.Environment{Getenv: os.Getenv, ReadFile: os.ReadFile, Home: os.Getenv("HOME"), Version: p.version}
	clients := &glue.Clients{
		OpenBao: openBaoSide(ctx, model.OpenBao, env, &resp.Diagnostics),
		OCI:     ociSide(ctx, model.OCI, env, &resp.Diagnostics),
		Clock:   migrate.SystemClock{},
	}
	if model.Preflight.ValueBool() {
		clients.Preflight = glue.NewPreflight()
	}
	if clients.OpenBao.Client != nil {
		p.mu.Lock()
		p.clients = append(p.clients, clients.OpenBao.Client)
		p.mu.Unlock()
	}
	resp.ResourceData, resp.DataSourceData, resp.EphemeralResourceData = clients, clients, clients
	resp.ActionData, resp.ListResourceData = clients, clients
}

// Close revokes what the provider got by logging in or made for the time of a run.
func (p *Provider) Close(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var failures []error
	for _, client := range p.clients {
		failures = append(failures, client.Close(ctx))
	}
	p.clients = nil
	return errors.Join(failures...)
}

// Resources are the managed resources.
func (p *Provider) Resources(context.Context) []func() resource.Resource { return resources }

// DataSources are the data sources.
func (p *Provider) DataSources(context.Context) []func() datasource.DataSource { return dataSources }

// EphemeralResources are the ephemeral resources.
func (p *Provider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return ephemeralResources
}

// Actions are the actions, which Terraform knows from 1.14 on.
func (p *Provider) Actions(context.Context) []func() action.Action { return actions }

// ListResources are the list resources, which terraform query of Terraform 1.14
// and later asks.
func (p *Provider) ListResources(context.Context) []func() list.ListResource { return listResources }
