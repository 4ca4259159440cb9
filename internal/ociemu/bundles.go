package ociemu

import (
	"slices"
	"strconv"
)

type bundleJSON struct {
	bundleVersionJSON
	SecretBundleContent *bundleContentJSON `json:"secretBundleContent"`
	Metadata            map[string]any     `json:"metadata"`
}

type bundleContentJSON struct {
	ContentType string `json:"contentType"`
	Content     string `json:"content"`
}

// bundleVersionJSON is an item of secrets.ListSecretBundleVersions. The secrets
// API says versionName where the vault API says name.
type bundleVersionJSON struct {
	SecretID       string     `json:"secretId"`
	VersionNumber  int64      `json:"versionNumber"`
	TimeCreated    timestamp  `json:"timeCreated"`
	VersionName    *string    `json:"versionName"`
	TimeOfDeletion *timestamp `json:"timeOfDeletion"`
	TimeOfExpiry   *timestamp `json:"timeOfExpiry"`
	Stages         []string   `json:"stages"`
}

func (e *Emulator) getSecretBundle(req request) answer {
	s, refusal := e.findSecret(req, ReadBundle)
	if refusal != nil {
		return *refusal
	}
	return e.bundle(req, s)
}

func (e *Emulator) getSecretBundleByName(req request) answer {
	for _, s := range e.secrets {
		if s.vault != req.query["vaultId"] || s.name != req.query["secretName"] || s.gone(req.now) {
			continue
		}
		if !e.permitsSecret(req.caller, ReadBundle, s) {
			return refuseNotFound("the caller may not " + string(ReadBundle) + " the secret")
		}
		return e.bundle(req, s)
	}
	return refuseNotFound("the vault has no secret of this name")
}

func (e *Emulator) listSecretBundleVersions(req request) answer {
	s, refusal := e.findSecret(req, ReadMetadata)
	if refusal != nil {
		return *refusal
	}
	return e.page(req, s.versionItems(req.now, func(v *version) any { return s.bundleVersion(v) }), true)
}

func (e *Emulator) bundle(req request, s *secret) answer {
	v, refusal := s.selectVersion(req)
	if refusal != nil {
		return *refusal
	}
	if s.state != stateActive && s.state != "UPDATING" {
		return e.settings.pendingDeletion.answer("The secret is in the state " + s.state + ".")
	}
	if !v.timeOfDeletion.IsZero() {
		return e.settings.pendingDeletion.answer("The secret version is scheduled for deletion.")
	}
	if s.blocked(v, req.now) {
		return e.settings.blockedRetrieval.answer("The retrieval of the expired secret content is blocked by a rule.")
	}
	body := bundleJSON{bundleVersionJSON: s.bundleVersion(v), Metadata: orEmpty(s.metadata)}
	if !v.noContent {
		body.SecretBundleContent = &bundleContentJSON{ContentType: "BASE64", Content: v.raw}
	}
	return encode(body).withHeader("etag", s.etag(v.number))
}

// selectVersion applies the one selector that a request may have; without any it
// is the stage CURRENT.
func (s *secret) selectVersion(req request) (*version, *answer) {
	number, name, stage := req.query["versionNumber"], req.query["secretVersionName"], req.query["stage"]
	given := 0
	for _, selector := range []string{number, name, stage} {
		if selector != "" {
			given++
		}
	}
	if given > 1 {
		refusal := InvalidParameter.answer("At most one of versionNumber, secretVersionName and stage can be given.")
		return nil, &refusal
	}
	if given == 0 {
		stage = "CURRENT"
	}
	// From the newest down, because several versions may be DEPRECATED.
	for _, v := range slices.Backward(s.versions) {
		switch {
		case past(v.timeOfDeletion, req.now):
		case number != "" && number == strconv.FormatInt(v.number, 10),
			name != "" && name == v.name,
			stage != "" && slices.Contains(s.stages(v), stage):
			return v, nil
		}
	}
	refusal := refuseNotFound("the secret has no such version")
	return nil, &refusal
}

func (s *secret) bundleVersion(v *version) bundleVersionJSON {
	return bundleVersionJSON{
		SecretID: s.id, VersionNumber: v.number, TimeCreated: timestamp(v.created),
		VersionName: optionalText(v.name), TimeOfDeletion: optionalTime(v.timeOfDeletion),
		TimeOfExpiry: optionalTime(s.expiry(v)), Stages: s.stages(v),
	}
}
