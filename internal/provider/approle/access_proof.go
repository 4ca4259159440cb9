package approle

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/aclpolicy"
	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/openbao"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
)

const (
	// A standby may not know a new token for some tenths of a second, and refuses it
	// everything. What it answers is true: it learns of the token after all that was
	// written before.
	tokenSettleTime  = 2 * time.Second
	tokenSettlePause = 100 * time.Millisecond
	// proofWorkers is how many paths are tried at once where the uses of a token are
	// not counted.
	proofWorkers = 8
	// mostExplained is how many paths are looked up to explain what is wrong.
	mostExplained = 20
)

func readRole(ctx context.Context, client *openbao.Client, namespace, mount, name string) (openbao.AppRole, error) {
	role, err := client.ReadAppRole(ctx, namespace, mount, name)
	if err != nil {
		return role, err
	}
	role.RoleID, err = client.ReadRoleID(ctx, namespace, mount, name)
	return role, err
}

// proof looks at what a role can do.
type proof struct {
	client *openbao.Client
	clock  migrate.Clock
	role   openbao.AppRole
	access aclpolicy.Access

	mu    sync.Mutex
	found aclpolicy.Found
}

// run asks, tries, and judges.
func (p *proof) run(ctx context.Context) (aclpolicy.Found, []string, error) {
	p.found = aclpolicy.Found{Capabilities: map[string][]string{}, Attempts: map[string]aclpolicy.Attempt{}}
	if len(p.access.Paths()) == 0 {
		return p.found, []string{"nothing is asked: must_read, must_not_read and must_have are empty"}, nil
	}
	if err := p.mayTidy(ctx); err != nil {
		return p.found, nil, err
	}
	var toTry []string
	err := p.client.VisitAs(ctx, p.role, func(ctx context.Context, visit openbao.Visit) error {
		p.found.Names = slices.Sorted(slices.Values(visit.Token.Policies))
		if err := p.ask(ctx, visit); err != nil {
			return err
		}
		toTry = p.toTry()
		if visit.Uses > 0 {
			if p.asksItself() {
				visit.Uses--
			}
			now := min(int(visit.Uses), len(toTry))
			err := p.try(ctx, visit, toTry[:now])
			toTry = toTry[now:]
			return err
		}
		err := p.try(ctx, visit, toTry)
		toTry = nil
		return err
	})
	for err == nil && len(toTry) > 0 {
		err = p.client.VisitAs(ctx, p.role, func(ctx context.Context, visit openbao.Visit) error {
			now := min(int(visit.Uses), len(toTry))
			err := p.try(ctx, visit, toTry[:now])
			toTry = toTry[now:]
			return err
		})
	}
	if err != nil {
		return p.found, nil, err
	}
	violations := p.access.Violations(p.found)
	if len(violations) > 0 {
		p.explain(ctx)
		violations = p.access.Violations(p.found)
	}
	return p.found, violations, nil
}

// mayTidy refuses to make a token that nobody could revoke: without the default
// policy it may not revoke itself.
func (p *proof) mayTidy(ctx context.Context) error {
	if !p.role.TokenNoDefaultPolicy || p.role.TokenType == "batch" {
		return nil
	}
	granted, err := p.client.CapabilitiesSelf(ctx, p.role.Namespace, openbao.RevokeAccessorPath)
	if err != nil {
		return err
	}
	if own := granted[openbao.RevokeAccessorPath]; slices.Contains(own, "update") || slices.Contains(own, "root") {
		return nil
	}
	return glue.Hint(errors.New("tokens of this role have no default policy, so they may not revoke themselves, and the provider's token may not do it for them. Nothing was made"),
		"Grant this in a policy of the provider's token:\n\n"+aclpolicy.Render([]aclpolicy.Rule{{Path: openbao.RevokeAccessorPath, Capabilities: []string{"update"}}}))
}

// asksItself reports whether a token of the role can be asked for its own
// capabilities. The one use that some are good for would be over before the answer.
func (p *proof) asksItself() bool { return p.role.TokenNumUses != 1 }

// ask notes the capabilities of all paths. A token that may not ask itself is asked
// for by the provider's.
func (p *proof) ask(ctx context.Context, visit openbao.Visit) error {
	paths := p.access.Paths()
	until := p.clock.Now().Add(tokenSettleTime)
	var err error
	for itself := p.asksItself(); ; itself = itself && visit.Uses == 0 {
		if itself {
			p.found.Capabilities, err = visit.Client.CapabilitiesSelf(ctx, p.role.Namespace, paths...)
			if !errors.Is(err, migrate.ErrPermissionDenied) {
				return err
			}
		}
		if p.found.Capabilities, err = p.client.CapabilitiesOf(ctx, p.role.Namespace, visit.Token.Token, paths...); err == nil {
			return nil
		}
		if !p.clock.Now().Before(until) || p.clock.Sleep(ctx, tokenSettlePause) != nil {
			return fmt.Errorf("the role's token cannot ask for its own capabilities, and the provider's may not either: %w", err)
		}
	}
}

// toTry are the paths that are worth an attempt: what must be readable and seems to
// be, and what must not be and seems not to be. To read what must not be readable
// would prove nothing more and could do harm.
func (p *proof) toTry() []string {
	var paths []string
	for _, path := range p.access.MustRead {
		if p.found.May(path, "read") {
			paths = append(paths, path)
		}
	}
	for _, path := range p.access.MustNotRead {
		if !p.found.May(path, "read") {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

// try reads paths and notes how that ended.
func (p *proof) try(ctx context.Context, visit openbao.Visit, paths []string) error {
	workers := proofWorkers
	if visit.Uses > 0 {
		workers = 1
	}
	failed := migrate.Each(ctx, paths, workers, func(ctx context.Context, path string) error {
		attempt, err := p.attempt(ctx, visit, path)
		if err != nil {
			return err
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.found.Attempts[path] = attempt
		return nil
	})
	for _, path := range slices.Sorted(maps.Keys(failed)) {
		return failed[path]
	}
	return nil
}

// attempt reads one path. What is allowed and refused even so is tried again for a
// while, as another node than the one that was asked may answer.
func (p *proof) attempt(ctx context.Context, visit openbao.Visit, path string) (aclpolicy.Attempt, error) {
	until := p.clock.Now().Add(tokenSettleTime)
	for {
		err := visit.Client.TryRead(ctx, p.role.Namespace, path)
		attempt, err := judge(err)
		settled := attempt != aclpolicy.AttemptDenied || !p.found.May(path, "read") || visit.Uses > 0 || !p.clock.Now().Before(until)
		if settled || p.clock.Sleep(ctx, tokenSettlePause) != nil {
			return attempt, err
		}
	}
}

// judge says how an attempt to read ended; an error is one that says nothing about it.
func judge(err error) (aclpolicy.Attempt, error) {
	if err == nil {
		return aclpolicy.AttemptRead, nil
	}
	var answered *openbao.Error
	if errors.As(err, &answered) {
		switch answered.Status {
		case http.StatusForbidden:
			return aclpolicy.AttemptDenied, nil
		case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusBadRequest:
			return aclpolicy.AttemptMissing, nil
		}
	}
	return "", err
}

// explain looks up what tells why something is not as it must be. It is a help, so
// what may not be read is left out.
func (p *proof) explain(ctx context.Context) {
	p.found.Policies = map[string]string{}
	for _, name := range p.found.Names {
		if text, err := p.client.GetPolicy(ctx, p.role.Namespace, name); err == nil {
			p.found.Policies[name] = text
		}
	}
	meant := map[string]string{}
	for _, path := range p.access.MustRead {
		if p.found.Attempts[path] == aclpolicy.AttemptRead || len(meant) >= mostExplained {
			continue
		}
		meant[path] = p.values(ctx, path)
	}
	p.found.Values = func(path string) string { return meant[path] }
}

// values is the path of the value where a path leaves out the data/ of KV v2.
func (p *proof) values(ctx context.Context, path string) string {
	mount, err := p.client.MountOf(ctx, p.role.Namespace, path)
	if err != nil {
		return ""
	}
	name, below := strings.CutPrefix(path, mount+"/")
	engine, err := p.client.Engine(ctx, p.role.Namespace, mount)
	if err != nil || engine != migrate.KV2 || !below || strings.HasPrefix(name, "data/") {
		return ""
	}
	return openbao.APIPath(engine, mount, name)
}
