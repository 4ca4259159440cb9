package ociemu

// GuideSeed is the state that the migration guide starts from: three providers'
// credentials in one vault and one compartment. The user has no API key yet:
// append a public key to Users[0].PublicKeys. All values are made up.
func GuideSeed() Seed {
	secret := func(name, description, content string) SeedSecret {
		return SeedSecret{
			Name: name, Vault: "credentials", Description: description,
			FreeformTags: map[string]string{"purpose": "migration"},
			Versions:     []SeedVersion{{Content: content}},
		}
	}
	return Seed{
		Tenancy:      SeedTenancy{Name: "example"},
		Users:        []SeedUser{{Name: "migrator"}},
		Compartments: []SeedCompartment{{Name: "credentials", Description: "Credentials of cloud providers"}},
		Vaults:       []SeedVault{{Name: "credentials", Compartment: "credentials"}},
		Secrets: []SeedSecret{
			secret("cloud_provider_a", "Access key of cloud provider A",
				`{ "access_key_id": "AKIA513J2DDRAXCFKXF5", "secret_access_key": "XdqD0BPa8aLFaN+EI8SAYm9U4ZYeXQdMGAIjKD/x" }`),
			secret("cloud_provider_b", "API key of cloud provider B",
				`{ "project_id": "harbour-lantern-417302", "api_key": "hl-D3v8Qm0kWc5RtX1nLpZ7uEj2HbYf9Ga6s" }`),
			secret("cloud_provider_c", "OAuth client of cloud provider C",
				`{ "client_id": "6f1f0a52-3c0e-4d8b-9a57-2e4bb1c7d913", "client_secret": "q7~Lw8Q.tZ4nVx2RkYp0sBm6HcJd1FgUe3oTa9i" }`),
		},
	}
}
