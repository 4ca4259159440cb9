package openbao

import "slices"

// TokenParams say what tokens a role gives. All times are in seconds, and 0 means
// no limit or the server's default.
type TokenParams struct {
	TTL             int64
	MaxTTL          int64
	ExplicitMaxTTL  int64
	Period          int64
	Policies        []string
	BoundCIDRs      []string
	NoDefaultPolicy bool
	NumUses         int64
	// Type is "default", "service", "batch", "default-service" or "default-batch";
	// empty leaves it to the server.
	Type string
	// StrictlyBindIP is known to OpenBao alone; other servers ignore it.
	StrictlyBindIP bool
}

// addTo puts the parameters into the body of a role.
func (p TokenParams) addTo(body map[string]any, create bool) {
	body["token_ttl"] = p.TTL
	body["token_max_ttl"] = p.MaxTTL
	body["token_explicit_max_ttl"] = p.ExplicitMaxTTL
	body["token_period"] = p.Period
	body["token_policies"] = orEmpty(p.Policies)
	body["token_bound_cidrs"] = orEmpty(p.BoundCIDRs)
	body["token_no_default_policy"] = p.NoDefaultPolicy
	body["token_num_uses"] = p.NumUses
	if p.Type != "" {
		body["token_type"] = p.Type
	}
	// Servers that do not know it warn about it: name it only where it says
	// something, which on an update it does when it is false as well.
	if p.StrictlyBindIP || !create {
		body["token_strictly_bind_ip"] = p.StrictlyBindIP
	}
}

// shows reports whether parameters just read are as new as what the client wrote.
// It looks at what the server gives back as it got it.
func (p TokenParams) shows(want TokenParams) bool {
	return p.TTL == want.TTL && p.MaxTTL == want.MaxTTL && p.ExplicitMaxTTL == want.ExplicitMaxTTL && p.Period == want.Period &&
		p.NoDefaultPolicy == want.NoDefaultPolicy && p.NumUses == want.NumUses && len(p.BoundCIDRs) == len(want.BoundCIDRs) &&
		sameSet(p.Policies, want.Policies)
}

// sameSet reports whether two lists hold the same, each perhaps more than once.
func sameSet(a, b []string) bool { return slices.Equal(sortedSet(a), sortedSet(b)) }

func sortedSet(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// tokenData are the parameters as the server shows them.
type tokenData struct {
	TokenTTL             int64    `json:"token_ttl"`
	TokenMaxTTL          int64    `json:"token_max_ttl"`
	TokenExplicitMaxTTL  int64    `json:"token_explicit_max_ttl"`
	TokenPeriod          int64    `json:"token_period"`
	TokenPolicies        []string `json:"token_policies"`
	TokenBoundCIDRs      []string `json:"token_bound_cidrs"`
	TokenNoDefaultPolicy bool     `json:"token_no_default_policy"`
	TokenNumUses         int64    `json:"token_num_uses"`
	TokenType            string   `json:"token_type"`
	TokenStrictlyBindIP  bool     `json:"token_strictly_bind_ip"`
}

func (d tokenData) params() TokenParams {
	return TokenParams{
		TTL: d.TokenTTL, MaxTTL: d.TokenMaxTTL, ExplicitMaxTTL: d.TokenExplicitMaxTTL, Period: d.TokenPeriod,
		Policies: d.TokenPolicies, BoundCIDRs: withPrefixLengths(d.TokenBoundCIDRs), NoDefaultPolicy: d.TokenNoDefaultPolicy,
		NumUses: d.TokenNumUses, Type: d.TokenType, StrictlyBindIP: d.TokenStrictlyBindIP,
	}
}
