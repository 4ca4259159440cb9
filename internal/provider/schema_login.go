package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"

	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// withPlace adds what every login has: mount and namespace.
func withPlace(mount string, attributes map[string]schema.Attribute) map[string]schema.Attribute {
	attributes["mount"] = schema.StringAttribute{
		Optional:            true,
		MarkdownDescription: "Path of the auth mount below `auth/`. Default `" + mount + "`.",
	}
	attributes["namespace"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Namespace of the auth mount, as a full path, so that it can be above the provider's: `root` is the root namespace. " +
			"Default: the provider's `namespace`.",
	}
	return attributes
}

func appRoleAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Logs in with AppRole.",
		Attributes: withPlace("approle", map[string]schema.Attribute{
			"role_id":   schema.StringAttribute{Required: true, MarkdownDescription: "Role ID of the AppRole."},
			"secret_id": schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Secret ID, unless the role does not bind one. Excludes `wrapping_token`."},
			"wrapping_token": schema.StringAttribute{
				Optional:  true,
				Sensitive: true,
				MarkdownDescription: "Response-wrapping token of a secret ID. What it wraps is looked at before it is unwrapped, once. " +
					"It is good for one command that talks to OpenBao: give a saved plan and its apply one each, through an ephemeral variable. " +
					"One that is used up already fails the run, since somebody else may have the secret ID.",
			},
		}),
	}
}

func jwtAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Logs in with a signed JSON Web Token, as GitHub Actions, GitLab and others issue them to a pipeline.",
		Attributes: withPlace("jwt", map[string]schema.Attribute{
			"role": schema.StringAttribute{Optional: true, MarkdownDescription: "Role of the auth mount. Default: the mount's `default_role`."},
			"jwt": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The token. Environment: `TERRAFORM_VAULT_AUTH_JWT`, as for the vault provider. Excludes `jwt_file`.",
			},
			"jwt_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with the token, read at each login. Wins over the environment. A path may begin with `~/`.",
			},
		}),
	}
}

func kubernetesAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Logs in with the token of a Kubernetes service account, from within a pod.",
		Attributes: withPlace("kubernetes", map[string]schema.Attribute{
			"role": schema.StringAttribute{Required: true, MarkdownDescription: "Role of the auth mount."},
			"token": schema.StringAttribute{
				Optional:            true,
				Sensitive:           true,
				MarkdownDescription: "The token of the service account. Excludes `token_file`.",
			},
			"token_file": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "File with the token, read at each login. Default `" + openbao.DefaultServiceAccountTokenFile + "`.",
			},
		}),
	}
}

func certAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "Logs in with the TLS client certificate of `client_cert_file` and `client_key_file`. `auth_cert = {}` is enough.",
		Attributes: withPlace("cert", map[string]schema.Attribute{
			"name": schema.StringAttribute{Optional: true, MarkdownDescription: "Certificate role of the auth mount. Default: any that the certificate fits."},
		}),
	}
}

func tokenFileAttribute() schema.Attribute {
	return schema.SingleNestedAttribute{
		Optional: true,
		MarkdownDescription: "Takes the token from a file that somebody else keeps up to date, such as OpenBao Agent. It is neither renewed nor revoked; " +
			"when it has ended, the file is read again.",
		Attributes: map[string]schema.Attribute{
			"path": schema.StringAttribute{Required: true, MarkdownDescription: "Path of the file, which may begin with `~/`. White space around the token is dropped."},
		},
	}
}
