package provider

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/settings"
)

// providerModel is the provider block.
type providerModel struct {
	OpenBao   types.Object `tfsdk:"openbao"`
	OCI       types.Object `tfsdk:"oci"`
	Preflight types.Bool   `tfsdk:"preflight"`
}

type openBaoModel struct {
	Address        types.Dynamic `tfsdk:"address"`
	Namespace      types.String  `tfsdk:"namespace"`
	Token          types.String  `tfsdk:"token"`
	CACertFile     types.String  `tfsdk:"ca_cert_file"`
	CACertPEM      types.String  `tfsdk:"ca_cert_pem"`
	ClientCertFile types.String  `tfsdk:"client_cert_file"`
	ClientKeyFile  types.String  `tfsdk:"client_key_file"`
	TLSServerName  types.String  `tfsdk:"tls_server_name"`
	SkipTLSVerify  types.Bool    `tfsdk:"skip_tls_verify"`
	Headers        types.Map     `tfsdk:"headers"`
	MaxRetries     types.Int64   `tfsdk:"max_retries"`
	AppRole        types.Object  `tfsdk:"auth_approle"`
	JWT            types.Object  `tfsdk:"auth_jwt"`
	Kubernetes     types.Object  `tfsdk:"auth_kubernetes"`
	Cert           types.Object  `tfsdk:"auth_cert"`
	TokenFile      types.Object  `tfsdk:"auth_token_file"`
}

type ociModel struct {
	Auth               types.String `tfsdk:"auth"`
	Region             types.String `tfsdk:"region"`
	TenancyOCID        types.String `tfsdk:"tenancy_ocid"`
	UserOCID           types.String `tfsdk:"user_ocid"`
	Fingerprint        types.String `tfsdk:"fingerprint"`
	PrivateKey         types.String `tfsdk:"private_key"`
	PrivateKeyPath     types.String `tfsdk:"private_key_path"`
	PrivateKeyPassword types.String `tfsdk:"private_key_password"`
	ConfigFilePath     types.String `tfsdk:"config_file_path"`
	ConfigFileProfile  types.String `tfsdk:"config_file_profile"`
	Endpoints          types.Object `tfsdk:"endpoints"`
	CACertFile         types.String `tfsdk:"ca_cert_file"`
	CACertPEM          types.String `tfsdk:"ca_cert_pem"`
	MaxConcurrency     types.Int64  `tfsdk:"max_concurrency"`
	RetryMaxElapsed    types.String `tfsdk:"retry_max_elapsed"`
}

type endpointsModel struct {
	Secrets  types.String `tfsdk:"secrets"`
	Vaults   types.String `tfsdk:"vaults"`
	Identity types.String `tfsdk:"identity"`
	KMS      types.String `tfsdk:"kms"`
}

// openBaoSide turns the openbao block into a client.
func openBaoSide(ctx context.Context, block types.Object, env settings.Environment, diags *diag.Diagnostics) glue.Side[*openbao.Client] {
	if names := unknown("openbao", block); len(names) > 0 {
		return glue.Side[*openbao.Client]{Unknown: names}
	}
	var model openBaoModel
	if !block.IsNull() {
		diags.Append(block.As(ctx, &model, basetypes.ObjectAsOptions{})...)
	}
	config, problems := settings.OpenBao(settings.OpenBaoBlock{
		Address:        addressList(model.Address, diags),
		Namespace:      model.Namespace.ValueString(),
		Token:          model.Token.ValueString(),
		CACertFile:     model.CACertFile.ValueString(),
		CACertPEM:      model.CACertPEM.ValueString(),
		ClientCertFile: model.ClientCertFile.ValueString(),
		ClientKeyFile:  model.ClientKeyFile.ValueString(),
		TLSServerName:  model.TLSServerName.ValueString(),
		SkipTLSVerify:  text(model.SkipTLSVerify),
		MaxRetries:     text(model.MaxRetries),
		Headers:        glue.Texts(model.Headers),
		Logins:         loginBlocks(ctx, model, diags),
	}, env)
	return side("openbao", block, problems, diags, func() (*openbao.Client, error) { return openbao.New(config) })
}

// addressList puts the addresses of a string or of a list of strings into the
// form of the environment variable: one after the other, with commas.
func addressList(value types.Dynamic, diags *diag.Diagnostics) string {
	var elements []attr.Value
	switch given := value.UnderlyingValue().(type) {
	case nil:
	case types.String:
		return given.ValueString()
	case types.Tuple:
		elements = given.Elements()
	case types.List:
		elements = given.Elements()
	default:
		wrongAddress(diags)
	}
	var addresses []string
	for _, element := range elements {
		address, isText := element.(types.String)
		if !isText || strings.TrimSpace(address.ValueString()) == "" || strings.Contains(address.ValueString(), ",") {
			wrongAddress(diags)
			return ""
		}
		addresses = append(addresses, address.ValueString())
	}
	if elements != nil && len(addresses) == 0 {
		wrongAddress(diags)
	}
	return strings.Join(addresses, ",")
}

func wrongAddress(diags *diag.Diagnostics) {
	diags.AddAttributeError(attribute([]string{"openbao", "address"}), "Invalid OpenBao address",
		"address must be a URL such as \"https://bao.example.com:8200\", or a list of such URLs, one for each node of the cluster.")
}

// ociSide turns the oci block into a client.
func ociSide(ctx context.Context, block types.Object, env settings.Environment, diags *diag.Diagnostics) glue.Side[*ocivault.Client] {
	if names := unknown("oci", block); len(names) > 0 {
		return glue.Side[*ocivault.Client]{Unknown: names}
	}
	var model ociModel
	var endpoints endpointsModel
	if !block.IsNull() {
		diags.Append(block.As(ctx, &model, basetypes.ObjectAsOptions{})...)
		if !model.Endpoints.IsNull() {
			diags.Append(model.Endpoints.As(ctx, &endpoints, basetypes.ObjectAsOptions{})...)
		}
	}
	config, problems := settings.OCI(settings.OCIBlock{
		Auth:               model.Auth.ValueString(),
		Region:             model.Region.ValueString(),
		TenancyOCID:        model.TenancyOCID.ValueString(),
		UserOCID:           model.UserOCID.ValueString(),
		Fingerprint:        model.Fingerprint.ValueString(),
		PrivateKey:         model.PrivateKey.ValueString(),
		PrivateKeyPath:     model.PrivateKeyPath.ValueString(),
		PrivateKeyPassword: model.PrivateKeyPassword.ValueString(),
		ConfigFilePath:     model.ConfigFilePath.ValueString(),
		ConfigFileProfile:  model.ConfigFileProfile.ValueString(),
		Endpoints: ocivault.Endpoints{
			Secrets:  endpoints.Secrets.ValueString(),
			Vaults:   endpoints.Vaults.ValueString(),
			Identity: endpoints.Identity.ValueString(),
			KMS:      endpoints.KMS.ValueString(),
		},
		CACertFile:      model.CACertFile.ValueString(),
		CACertPEM:       model.CACertPEM.ValueString(),
		MaxConcurrency:  text(model.MaxConcurrency),
		RetryMaxElapsed: model.RetryMaxElapsed.ValueString(),
	}, env)
	return side("oci", block, problems, diags, func() (*ocivault.Client, error) { return ocivault.New(config) })
}

// side makes a client. What is wrong with a block that was written is reported
// at once, at its attributes; what is missing without a block when a client is
// first needed. Where only a login is missing there is a client all the same.
func side[T any](name string, block types.Object, problems []settings.Problem, diags *diag.Diagnostics, make func() (T, error)) glue.Side[T] {
	loginOnly := block.IsNull() && !slices.ContainsFunc(problems, func(p settings.Problem) bool { return !p.Login })
	var client T
	if len(problems) == 0 || loginOnly {
		var err error
		if client, err = make(); err != nil {
			problems, loginOnly = append(problems, configProblem(name, block, err)), false
		}
	}
	if len(problems) == 0 {
		return glue.Side[T]{Client: client}
	}
	var found diag.Diagnostics
	for _, problem := range problems {
		if block.IsNull() {
			found.AddError(problem.Summary, problem.Detail)
			continue
		}
		found.AddAttributeError(attribute(problem.Path), problem.Summary, problem.Detail)
	}
	if !block.IsNull() {
		diags.Append(found...)
	}
	return glue.Side[T]{Client: client, Problems: found, Anonymous: loginOnly}
}

// configProblem places an adapter's refusal of a setting.
func configProblem(name string, block types.Object, err error) settings.Problem {
	problem := settings.Problem{Path: []string{name}, Summary: "Invalid provider setting", Detail: glue.Detail(err)}
	var field *string
	var bao *openbao.ConfigError
	var oci *ocivault.ConfigError
	switch {
	case errors.As(err, &bao):
		field = &bao.Field
	case errors.As(err, &oci):
		field = &oci.Field
	default:
		return problem
	}
	// The adapters know certificates as text only.
	if pem := block.Attributes()["ca_cert_pem"]; *field == "ca_cert_pem" && (pem == nil || pem.IsNull()) {
		*field = "ca_cert_file"
	}
	problem.Path = append(problem.Path, strings.Split(*field, ".")...)
	problem.Detail = "Unable to use " + name + "." + glue.Detail(err)
	return problem
}

func attribute(names []string) path.Path {
	at := path.Root(names[0])
	for _, name := range names[1:] {
		at = at.AtName(name)
	}
	return at
}

// unknown names the settings of a block that are not known yet.
func unknown(name string, value attr.Value) []string {
	if value.IsUnknown() {
		return []string{name}
	}
	var parts map[string]attr.Value
	switch composite := value.(type) {
	case types.Object:
		parts = composite.Attributes()
	case types.Map:
		parts = composite.Elements()
	case types.Dynamic:
		if isUnknownInside(composite.UnderlyingValue()) {
			return []string{name}
		}
	}
	var names []string
	for part, inner := range parts {
		names = append(names, unknown(name+"."+part, inner)...)
	}
	slices.Sort(names)
	return names
}

// isUnknownInside reports whether a string, a list or an element of it is not
// known yet.
func isUnknownInside(value attr.Value) bool {
	if value == nil {
		return false
	}
	list, isList := value.(interface{ Elements() []attr.Value })
	return value.IsUnknown() || isList && slices.ContainsFunc(list.Elements(), isUnknownInside)
}

// text is the value as it would be written, empty when it is not set.
func text(value attr.Value) string {
	if value.IsNull() {
		return ""
	}
	return value.String()
}
