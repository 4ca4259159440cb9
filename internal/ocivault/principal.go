package ocivault

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/oracle/oci-go-sdk/v65/common"
)

// identityTimeout is how long a request waits for the identity that is to sign it.
const identityTimeout = 10 * time.Second

// principal is the identity that OCI gives to a workload: an instance, a
// resource or a pod. The SDK's providers for it dial when they are made and
// when their token ends, block on the way and know no context. So they run
// aside, one at a time for all requests that need them, and who gives up only
// leaves.
type principal struct {
	auth string
	// build makes the provider; it runs once it is needed, and again after it failed.
	build func(ctx context.Context) (common.ConfigurationProvider, error)
	// during, if set, lends the provider a context for as long as it is asked.
	during func(ctx context.Context)

	mu      sync.Mutex
	current *flight
	// provider is only touched by the flight that is under way.
	provider common.ConfigurationProvider
}

// flight is one asking of the provider.
type flight struct {
	ended     chan struct{}
	cancel    context.CancelFunc
	waiting   int
	abandoned bool
	session   *credentials
	err       error
}

// session gives the token and the key that belongs to it, for one request.
func (p *principal) session(ctx context.Context) (*credentials, error) {
	patience := time.NewTimer(identityTimeout)
	defer patience.Stop()
	for {
		f := p.join()
		select {
		case <-f.ended:
		case <-ctx.Done():
			p.leave(f)
			return nil, ctx.Err()
		case <-patience.C:
			p.leave(f)
			return nil, &identityError{auth: p.auth, reason: fmt.Sprintf("no answer within %s", identityTimeout)}
		}
		if abandoned := p.leave(f); f.err == nil || !abandoned {
			return f.session, f.err
		}
	}
}

func (p *principal) join() *flight {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current == nil {
		ctx, cancel := context.WithCancel(context.Background())
		p.current = &flight{ended: make(chan struct{}), cancel: cancel}
		go p.fly(ctx, p.current)
	}
	p.current.waiting++
	return p.current
}

// leave tells whether there was a time when nobody waited any more, so that
// the flight was called off.
func (p *principal) leave(f *flight) (abandoned bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	abandoned = f.abandoned
	if f.waiting--; f.waiting == 0 {
		f.abandoned = true
		f.cancel()
	}
	return abandoned
}

func (p *principal) fly(ctx context.Context, f *flight) {
	f.session, f.err = p.ask(ctx)
	p.mu.Lock()
	p.current = nil
	p.mu.Unlock()
	close(f.ended)
}

func (p *principal) ask(ctx context.Context) (made *credentials, err error) {
	defer func() {
		// The SDK takes claims and answers apart without looking whether they are there.
		if recover() != nil {
			made, err = nil, &identityError{auth: p.auth, reason: "the token or the answer that holds it cannot be read"}
		}
	}()
	if p.during != nil {
		p.during(ctx)
	}
	if p.provider == nil {
		provider, err := p.build(ctx)
		if err != nil {
			return nil, p.failed(err)
		}
		p.provider = provider
	}
	// A token may end between two questions, and another key belongs to the next.
	const tries = 3
	for range tries {
		made = &credentials{}
		if made.keyID, err = p.provider.KeyID(); err != nil {
			return nil, p.failed(err)
		}
		if made.key, err = p.provider.PrivateRSAKey(); err != nil {
			return nil, p.failed(err)
		}
		if again, err := p.provider.KeyID(); err == nil && again == made.keyID {
			made.region, err = p.provider.Region()
			return made, err
		}
	}
	return nil, &identityError{auth: p.auth, reason: "the tokens end before they can be used; check this machine's clock"}
}

func (p *principal) failed(err error) error {
	var known *identityError
	if errors.As(err, &known) {
		return known
	}
	return &identityError{auth: p.auth, reason: withoutToken(err.Error())}
}

// identityError says why a workload has no identity.
type identityError struct {
	auth      string
	reason    string
	temporary bool
}

// Error is one line without any part of a token or a key.
func (e *identityError) Error() string { return "auth " + e.auth + ": " + e.reason }

var (
	longWord  = regexp.MustCompile(`[A-Za-z0-9+=_-]{40,}`)
	afterThis = []string{"the token string", "private privateKey", "private key"}
)

// withoutToken keeps the first line of what the SDK says, up to where it quotes
// a token or what a parser of keys said.
func withoutToken(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	for _, marker := range afterThis {
		if i := strings.Index(text, marker); i >= 0 {
			text = text[:i+len(marker)]
		}
	}
	return oneLine(longWord.ReplaceAllString(text, "…"))
}

// sessionSigner signs each request with the session of its moment.
type sessionSigner struct{ principal *principal }

// Sign implements the SDK's interface.
func (s sessionSigner) Sign(request *http.Request) error {
	ex, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return errors.New("request without an exchange in its context")
	}
	session, err := s.principal.session(ex.ctx)
	if err != nil {
		return err
	}
	return common.DefaultRequestSigner(session).Sign(request)
}

// regionOnly is enough of a provider for the SDK to make a client whose signer
// is then replaced.
type regionOnly struct{ credentials }

// PrivateRSAKey is no key.
func (*regionOnly) PrivateRSAKey() (*rsa.PrivateKey, error) { return nil, nil }
