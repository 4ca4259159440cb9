package ociemu

type vaultJSON struct {
	CompartmentID      string                    `json:"compartmentId"`
	CryptoEndpoint     string                    `json:"cryptoEndpoint"`
	DisplayName        string                    `json:"displayName"`
	ID                 string                    `json:"id"`
	LifecycleState     string                    `json:"lifecycleState"`
	ManagementEndpoint string                    `json:"managementEndpoint"`
	TimeCreated        timestamp                 `json:"timeCreated"`
	VaultType          string                    `json:"vaultType"`
	DefinedTags        map[string]map[string]any `json:"definedTags"`
	FreeformTags       map[string]string         `json:"freeformTags"`
}

func (e *Emulator) listVaults(req request) answer {
	compartmentID := req.query["compartmentId"]
	if !e.permits(req.caller, Inspect, compartmentID) {
		return refuseNotFound("the compartment does not exist or may not be inspected")
	}
	byName := req.query["sortBy"] == "DISPLAYNAME"
	var items []listItem
	for _, v := range e.vaults {
		if v.compartment != compartmentID || e.denied(Inspect, v.id) {
			continue
		}
		key := timeKey(v.created, v.sequence)
		if byName {
			key = nameKey(v.name, v.id)
		}
		items = append(items, listItem{key: key, body: func() any { return e.vaultBody(v) }})
	}
	return e.page(req, items, !byName)
}

func (e *Emulator) vaultBody(v *vault) vaultJSON {
	domain := ".kms." + e.settings.region + ".oraclecloud.com"
	return vaultJSON{
		CompartmentID:      v.compartment,
		CryptoEndpoint:     "https://" + v.vaultHost() + "-crypto" + domain,
		DisplayName:        v.name,
		ID:                 v.id,
		LifecycleState:     "ACTIVE",
		ManagementEndpoint: "https://" + v.vaultHost() + "-management" + domain,
		TimeCreated:        timestamp(v.created),
		VaultType:          "DEFAULT",
		DefinedTags:        orEmpty(v.definedTags),
		FreeformTags:       orEmpty(v.freeformTags),
	}
}
