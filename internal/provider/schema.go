package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// Schema describes the provider block.
func (p *Provider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Moves secrets from Oracle Cloud (OCI) Vault to OpenBao through plan and apply. " +
			"A secret value goes from OCI to OpenBao inside the provider and nowhere else: not into the configuration, the plan, the state or a log.",
		Attributes: map[string]schema.Attribute{
			"openbao": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "The OpenBao server. What is not set here is taken from the environment: `BAO_*` first, then `VAULT_*`; " +
					"the token at last from the file that `bao login` leaves. At most one of `token` and the `auth_*` arguments may be set; it wins over the environment's token. " +
					"A login happens at the first request, once a run; its token is renewed while the run lasts, replaced when it ended before its time, and revoked at the end. " +
					"A batch token, which cannot be revoked, is left to expire. May be left out when the environment has everything, or when no object uses OpenBao.",
				Attributes: openBaoAttributes(),
			},
			"oci": schema.SingleNestedAttribute{
				Optional: true,
				MarkdownDescription: "Oracle Cloud. Arguments and environment variables are those of Oracle's `oci` provider. What is not set here is taken from the environment, " +
					"then from the profile of the configuration file. May be left out when those have everything, or when no object uses OCI.",
				Attributes: ociAttributes(),
			},
			"preflight": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Whether a plan looks ahead at the rights that its apply will take. Default `false`. " +
					"For each object that is to be created, changed or destroyed, OpenBao is asked for the capabilities of the provider's own token on all paths that this takes, " +
					"and what is missing is a warning with the policy text that grants it; the texts of several objects can be put into one policy. " +
					"For each secret that is to be copied, its version is read in OCI and dropped at once, as nothing less shows that the content may be read; " +
					"the warning names the IAM statement. These are warnings, because an error would keep what depends on the object from being looked at. " +
					"The token needs `update` on `sys/capabilities-self`, which the default policy grants. Use it where plan and apply have the same credentials.",
			},
		},
	}
}

func openBaoAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"address": schema.DynamicAttribute{
			Optional: true,
			MarkdownDescription: "URL of the server, such as `\"https://bao.example.com:8200\"`, or a list of URLs, one for each node of a cluster, such as " +
				"`[\"https://bao-0:8200\", \"https://bao-1:8200\"]`. The nodes are tried in order: one that does not answer, hangs, is sealed or knows no leader is passed over, " +
				"and the one that served last is asked first. While a new leader is elected, requests wait for up to 30 seconds. " +
				"What the server may have acted on is sent again only where that does no harm. One URL is enough for high availability behind a load balancer, or where the address of a standby, " +
				"which passes requests on, stays reachable. The type is dynamic so that both forms can be written; in the environment, and in a string, commas separate several URLs. " +
				"Environment: `BAO_ADDR`, `VAULT_ADDR`.",
		},
		"namespace": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Namespace in which all objects live; their own `namespace` is relative to it. Default: the root namespace. Environment: `BAO_NAMESPACE`, `VAULT_NAMESPACE`.",
		},
		"token": schema.StringAttribute{
			Optional:  true,
			Sensitive: true,
			MarkdownDescription: "Token. It is used as it is: no child token is made, and it is neither renewed nor revoked. Environment: `BAO_TOKEN`, `VAULT_TOKEN`, " +
				"then the file named by `BAO_TOKEN_PATH`, by default `~/.vault-token`; none of these counts when an `auth_*` argument is set. Excludes those.",
		},
		"ca_cert_file": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "File with the certificates, in PEM, of the authorities to trust instead of the system's. Environment: `BAO_CACERT`, `VAULT_CACERT`.",
		},
		"ca_cert_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The same certificates as text. Excludes `ca_cert_file`.",
		},
		"client_cert_file": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "File with a client certificate in PEM, for servers that ask for one. Environment: `BAO_CLIENT_CERT`, `VAULT_CLIENT_CERT`.",
		},
		"client_key_file": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "File with its private key in PEM. Environment: `BAO_CLIENT_KEY`, `VAULT_CLIENT_KEY`.",
		},
		"tls_server_name": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Name to expect in the server's certificate, when it is not the host of `address`. Environment: `BAO_TLS_SERVER_NAME`, `VAULT_TLS_SERVER_NAME`.",
		},
		"skip_tls_verify": schema.BoolAttribute{
			Optional:            true,
			MarkdownDescription: "Whether any certificate is accepted. Default `false`; `true` lets anybody in between read every secret. Environment: `BAO_SKIP_VERIFY`, `VAULT_SKIP_VERIFY`.",
		},
		"headers": schema.MapAttribute{
			Optional:            true,
			Sensitive:           true,
			ElementType:         types.StringType,
			MarkdownDescription: "Headers to send with every request, for proxies that need one, such as an access token of their own.",
		},
		"max_retries": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "How often a request that failed on the way, or that a gateway refused, is repeated. Default 2. Environment: `BAO_MAX_RETRIES`, `VAULT_MAX_RETRIES`.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"auth_approle":    appRoleAttribute(),
		"auth_jwt":        jwtAttribute(),
		"auth_kubernetes": kubernetesAttribute(),
		"auth_cert":       certAttribute(),
		"auth_token_file": tokenFileAttribute(),
	}
}

func ociAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"auth": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "How to authenticate, in any case: `ApiKey` (default); `SecurityToken`, the session of a profile that `oci session authenticate` made; " +
				"`InstancePrincipal`, the instance that this runs on; `ResourcePrincipal`, a function or another resource; `OKEWorkloadIdentity`, a pod of an enhanced OKE cluster. " +
				"The last three need no other setting. The token of a session may also be in the file that `OCI_CLI_SECURITY_TOKEN_FILE` names, and that of a pod's service account in `OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH`. Environment: `TF_VAR_auth`, `OCI_AUTH`, `OCI_CLI_AUTH`, where the words of Oracle's command line, such as `security_token`, are understood too.",
			Validators: []validator.String{stringvalidator.OneOfCaseInsensitive(ocivault.AuthAPIKey, ocivault.AuthSecurityToken,
				ocivault.AuthInstancePrincipal, ocivault.AuthResourcePrincipal, ocivault.AuthOKEWorkloadIdentity)},
		},
		"region": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Region identifier, such as `eu-frankfurt-1`. An instance, a resource and a pod know their own. Environment: `TF_VAR_region`, `OCI_REGION`, `OCI_CLI_REGION`.",
		},
		"tenancy_ocid": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "OCID of the tenancy. Environment: `TF_VAR_tenancy_ocid`, `OCI_TENANCY_OCID`, `OCI_CLI_TENANCY`.",
		},
		"user_ocid": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "OCID of the user. Environment: `TF_VAR_user_ocid`, `OCI_USER_OCID`, `OCI_CLI_USER`.",
		},
		"fingerprint": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Fingerprint of the API key, as the OCI console shows it: pairs of hex digits with colons. Environment: `TF_VAR_fingerprint`, `OCI_FINGERPRINT`, `OCI_CLI_FINGERPRINT`.",
		},
		"private_key": schema.StringAttribute{
			Optional:  true,
			Sensitive: true,
			MarkdownDescription: "Private API key in PEM; a literal `\\n` stands for a line break. Wins over `private_key_path`. " +
				"Environment: `TF_VAR_private_key`, `OCI_PRIVATE_KEY`, `OCI_CLI_KEY_CONTENT`.",
		},
		"private_key_path": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "File with the private API key in PEM. Environment: `TF_VAR_private_key_path`, `OCI_PRIVATE_KEY_PATH`, `OCI_CLI_KEY_FILE`.",
		},
		"private_key_password": schema.StringAttribute{
			Optional:            true,
			Sensitive:           true,
			MarkdownDescription: "Password of an encrypted key. Environment: `TF_VAR_private_key_password`, `OCI_PRIVATE_KEY_PASSWORD`, `OCI_CLI_PASSPHRASE`.",
		},
		"config_file_path": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "OCI configuration file. Default `~/.oci/config`, when it exists and something is missing. Environment: `TF_VAR_config_file_path`, `OCI_CONFIG_FILE_PATH`, `OCI_CLI_CONFIG_FILE`.",
		},
		"config_file_profile": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Profile of that file. Default `DEFAULT`. Environment: `TF_VAR_config_file_profile`, `OCI_CONFIG_FILE_PROFILE`, `OCI_CLI_PROFILE`.",
		},
		"endpoints": schema.SingleNestedAttribute{
			Optional:            true,
			MarkdownDescription: "URLs with scheme and without path that replace the region's public ones, for private endpoints. `http` is accepted for loopback addresses only.",
			Attributes: map[string]schema.Attribute{
				"secrets":  schema.StringAttribute{Optional: true, MarkdownDescription: "Secret retrieval service, which gives contents. Default `https://secrets.vaults.<region>.oci.oraclecloud.com`."},
				"vaults":   schema.StringAttribute{Optional: true, MarkdownDescription: "Vault service, which gives the metadata of secrets. Default `https://vaults.<region>.oci.oraclecloud.com`."},
				"identity": schema.StringAttribute{Optional: true, MarkdownDescription: "Identity service, which lists compartments. Default `https://identity.<region>.oci.oraclecloud.com`."},
				"kms":      schema.StringAttribute{Optional: true, MarkdownDescription: "Key management service, which lists vaults. Default `https://kms.<region>.oraclecloud.com`."},
			},
		},
		"ca_cert_file": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "File with certificates, in PEM, of authorities to trust next to the system's, for private endpoints.",
		},
		"ca_cert_pem": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The same certificates as text. Excludes `ca_cert_file`.",
		},
		"max_concurrency": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Requests to OCI that may be under way at once. Default 8. When OCI throttles, all requests together keep to what it lets through.",
			Validators:          []validator.Int64{int64validator.Between(1, 128)},
		},
		"retry_max_elapsed": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "How long one request to OCI is repeated while it is throttled or fails on the way, as a duration such as `\"2m\"` (default). `\"0s\"` turns repetitions off.",
		},
	}
}
