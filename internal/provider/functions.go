package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/policy"
)

var _ provider.ProviderWithFunctions = (*Provider)(nil)

// Functions are the functions that configurations call.
func (p *Provider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		func() function.Function {
			return kvPath{
				name: "kv_acl_path", summary: "Path of a KV secret for policies",
				description: "Gives the path that a policy names to allow that the value of a secret is read: `<mount>/<name>` on KV v1, `<mount>/data/<name>` on KV v2. It is not escaped.",
				write:       func(path string) string { return path },
			}
		},
		func() function.Function {
			return kvPath{
				name: "kv_api_path", summary: "Path of a KV secret for clients",
				description: "Gives the path that a client puts behind `/v1/` to read the value of a secret: `<mount>/<name>` on KV v1, `<mount>/data/<name>` on KV v2, escaped for a URL.",
				write:       glue.EscapePath,
			}
		},
		policy.NewLintFunction,
	}
}

// kvPath is a function of mount, version and name.
type kvPath struct {
	name, summary, description string
	write                      func(path string) string
}

func (f kvPath) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = f.name
}

func (f kvPath) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary:             f.summary,
		MarkdownDescription: f.description,
		Parameters: []function.Parameter{
			function.StringParameter{Name: "mount", MarkdownDescription: "Path of the mount, without leading or trailing slash."},
			function.Int64Parameter{Name: "version", MarkdownDescription: "Version of the KV engine: 1 or 2."},
			function.StringParameter{Name: "name", MarkdownDescription: "Name of the secret, its path below the mount."},
		},
		Return: function.StringReturn{},
	}
}

func (f kvPath) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var mount, name string
	var version int64
	if resp.Error = req.Arguments.Get(ctx, &mount, &version, &name); resp.Error != nil {
		return
	}
	engine := migrate.Engine(version)
	for i, err := range []error{openbao.ValidateMount(mount), checkVersion(engine), openbao.ValidateName(name)} {
		if err != nil {
			resp.Error = function.ConcatFuncErrors(resp.Error, function.NewArgumentFuncError(int64(i), err.Error()))
		}
	}
	if resp.Error == nil {
		resp.Error = resp.Result.Set(ctx, f.write(openbao.APIPath(engine, mount, name)))
	}
}

func checkVersion(engine migrate.Engine) error {
	if engine != migrate.KV1 && engine != migrate.KV2 {
		return fmt.Errorf("there is no KV version %d: write 1 or 2", engine)
	}
	return nil
}
