package glue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
)

// Need is what an apply needs on a path.
type Need struct {
	Path         string
	Capabilities []string
	// Folder is the path with a wildcard that stands for many like this one.
	Folder string
}

// mostRules is how many rules a policy text has before folders stand for paths.
const mostRules = 40

// lack is a need that is not met, with what the token has there already.
type lack struct {
	Need
	granted []string
}

// rules are the rules that meet needs. Where there are many, a folder stands for the
// paths that have the most in common; a path that has something else has a rule of its
// own, which would win over that of the folder.
func rules(lacking []lack) []aclpolicy.Rule {
	kind := func(each lack) string { return each.Folder + " " + strings.Join(each.granted, ",") }
	count, most := map[string]int{}, map[string]string{}
	for _, each := range lacking {
		count[kind(each)]++
		if former, found := most[each.Folder]; !found || count[kind(each)] > count[former] {
			most[each.Folder] = kind(each)
		}
	}
	var rules []aclpolicy.Rule
	for _, each := range lacking {
		rule := aclpolicy.Rule{Path: each.Path, Capabilities: aclpolicy.Together(each.Capabilities, each.granted)}
		if len(lacking) > mostRules && each.Folder != "" && most[each.Folder] == kind(each) {
			rule.Path = each.Folder
		}
		at := slices.IndexFunc(rules, func(other aclpolicy.Rule) bool { return other.Path == rule.Path })
		if at < 0 {
			rules = append(rules, rule)
			continue
		}
		rules[at].Capabilities = aclpolicy.Together(rules[at].Capabilities, rule.Capabilities)
	}
	return rules
}

// Preflight is what a look ahead remembers while a plan is made.
type Preflight struct {
	mu      sync.Mutex
	granted map[place][]string
}

// Server is the namespace of what belongs to the server as a whole: the root
// namespace, whatever the provider's is.
const Server = "/"

// place is a path in a namespace, relative to the provider's, or Server.
type place struct{ namespace, path string }

// NewPreflight is a look ahead that has seen nothing yet.
func NewPreflight() *Preflight {
	return &Preflight{granted: map[place][]string{}}
}

// summaryBlind is the summary of the note that nothing can be foreseen.
const summaryBlind = "Preflight cannot see the rights of the token"

// Foresee asks whether the provider's token has what an apply needs for a thing, and
// warns of all that is missing, with the policy text that grants it. Warnings, as an
// error would keep what depends on the thing from being looked at.
func (c *Clients) Foresee(ctx context.Context, thing, namespace string, needs []Need, diags *diag.Diagnostics) {
	if !c.Foresees() || len(needs) == 0 {
		return
	}
	missing, err := c.missing(ctx, namespace, needs)
	if err != nil {
		diags.AddWarning(summaryBlind, fmt.Sprintf("Whether the rights for the %s will do is not known. %s", thing, Detail(err)))
		return
	}
	if len(missing) == 0 {
		return
	}
	diags.AddWarning("Apply will be refused: rights are missing for the "+thing, fmt.Sprintf(
		"The token of the provider lacks rights on %d of the %d paths that this takes. Grant this in a policy of the token%s:\n\n%s",
		len(missing), len(needs), c.inside(namespace), aclpolicy.Render(rules(missing))))
}

// inside says where a policy belongs, unless that is the root namespace and nobody
// works in another.
func (c *Clients) inside(namespace string) string {
	own := c.OpenBao.Client.Namespace()
	switch inside := openbao.JoinNamespace(own, namespace); {
	case namespace == Server && own != "":
		return " in the root namespace"
	case inside != "":
		return fmt.Sprintf(" in the namespace %q", inside)
	}
	return ""
}

// capabilities asks what the token may do in a namespace, relative or Server.
func (c *Clients) capabilities(ctx context.Context, namespace string, paths []string) (map[string][]string, error) {
	if namespace == Server {
		return c.OpenBao.Client.CapabilitiesInRoot(ctx, paths...)
	}
	return c.OpenBao.Client.CapabilitiesSelf(ctx, namespace, paths...)
}

// Foresees reports whether to look ahead, and whether there is a server to ask.
func (c *Clients) Foresees() bool {
	return c != nil && c.Preflight != nil && len(c.OpenBao.Unknown) == 0 && !c.OpenBao.Problems.HasError()
}

// missing are the needs that are not met, each with what the token has there already.
// A path is asked for once in a plan.
func (c *Clients) missing(ctx context.Context, namespace string, needs []Need) ([]lack, error) {
	p := c.Preflight
	var ask []string
	p.mu.Lock()
	for _, need := range needs {
		if _, known := p.granted[place{namespace, need.Path}]; !known {
			ask = append(ask, need.Path)
		}
	}
	p.mu.Unlock()
	answers, err := c.capabilities(ctx, namespace, ask)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for path, granted := range answers {
		p.granted[place{namespace, path}] = granted
	}
	var missing []lack
	for _, need := range needs {
		granted := p.granted[place{namespace, need.Path}]
		if slices.Contains(granted, "root") {
			continue
		}
		if slices.ContainsFunc(need.Capabilities, func(capability string) bool { return !slices.Contains(granted, capability) }) {
			missing = append(missing, lack{need, granted})
		}
	}
	return missing, nil
}

// Step is what a plan does to a managed object.
type Step struct{ Creates, Updates, Deletes bool }

// StepOf tells it from the request.
func StepOf(req resource.ModifyPlanRequest) Step {
	switch {
	case req.Plan.Raw.IsNull():
		return Step{Deletes: true}
	case req.State.Raw.IsNull():
		return Step{Creates: true}
	}
	return Step{Updates: !req.Plan.Raw.Equal(req.State.Raw)}
}

// On is a need on a path that is put together of parts.
func On(capabilities []string, parts ...string) Need {
	return Need{Path: strings.Join(parts, "/"), Capabilities: capabilities}
}
