package openbao

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// session holds the token of a client: one it was given, or one it gets by
// logging in when the first request needs it.
type session struct {
	client    *Client
	given     migrate.Secret
	login     Login  // nil with a given token
	namespace string // absolute, of the login

	// gate is a lock that a waiting request can give up on; it guards the rest.
	gate    chan struct{}
	current lease
	// outlived are tokens of earlier logins that may still work; requests under
	// way may carry them, so they are revoked at the end.
	outlived []lease
	failed   error // how the last login ended
	refused  error // the server refused the credentials: asking again is of no use
	// unwrapped is the secret ID that a wrapping token gave; it gives no second one.
	unwrapped migrate.Secret
	// blind says that lookup-self tells nothing, as the token may not call it.
	blind  bool
	closed bool
}

// lease is a token, as the login gave it, with its time.
type lease struct {
	TokenInfo
	ttl     time.Duration // as given last; 0 is without end
	expires time.Time
}

// ended reports whether the time of the token is over.
func (l lease) ended(now time.Time) bool { return l.ttl > 0 && !now.Before(l.expires) }

func newSession(client *Client, config Config) *session {
	s := &session{client: client, given: config.Token, login: config.Login, gate: make(chan struct{}, 1)}
	if s.login != nil {
		s.namespace = s.login.place(config.Namespace)
	}
	return s
}

func (s *session) enter(ctx context.Context) error {
	select {
	case s.gate <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *session) leave() { <-s.gate }

// token returns the token to use now: logs in, renews or logs in again as the
// time left demands.
func (s *session) token(ctx context.Context) (migrate.Secret, error) {
	if s.login == nil {
		if s.given.Len() == 0 {
			return migrate.Secret{}, ErrNoToken
		}
		return s.given, nil
	}
	waited := false
	select {
	case s.gate <- struct{}{}:
	default:
		waited = true
		if err := s.enter(ctx); err != nil {
			return migrate.Secret{}, err
		}
	}
	defer s.leave()
	// Whoever held the gate may have tried to log in, in vain: then that is the
	// answer for all who waited, instead of one more try each.
	if waited && s.failed != nil && s.current.Token.Len() == 0 && !isContext(s.failed) {
		return migrate.Secret{}, s.failed
	}
	return s.ensure(ctx)
}

// ensure is token with the gate held.
func (s *session) ensure(ctx context.Context) (migrate.Secret, error) {
	if s.closed {
		return migrate.Secret{}, ErrClosed
	}
	if s.current.Token.Len() == 0 {
		return s.logIn(ctx)
	}
	left := s.current.expires.Sub(s.client.config.Clock.Now())
	if s.current.ttl == 0 || left > s.current.ttl/3 {
		return s.current.Token, nil
	}
	if s.current.Renewable && left > 0 && s.renew(ctx) {
		return s.current.Token, nil
	}
	still := s.current.Token
	fresh, err := s.logIn(ctx)
	if err != nil && left > 0 && !isContext(err) {
		return still, nil
	}
	return fresh, err
}

// renew extends the token and reports whether that is worth keeping: close to
// its maximum the server grants ever shorter times. Then it is not asked again.
func (s *session) renew(ctx context.Context) bool {
	asked := s.client.config.Clock.Now()
	r := request{
		operation: "token renewal", method: http.MethodPost, namespace: s.namespace,
		path: "auth/token/renew-self", body: jsonBody(struct{}{}), token: s.current.Token,
	}
	a, err := s.client.send(ctx, r)
	if err != nil {
		s.current.Renewable = status(err) == 0 || errors.Is(err, migrate.ErrTargetUnavailable)
		return false
	}
	info, err := parseAuth(r, a)
	if err != nil {
		return false
	}
	s.current.ttl, s.current.expires = info.LeaseDuration, asked.Add(info.LeaseDuration)
	s.current.Renewable = info.Renewable && info.LeaseDuration >= s.current.LeaseDuration/3
	return s.current.Renewable
}

func (s *session) logIn(ctx context.Context) (migrate.Secret, error) {
	if s.refused != nil {
		return migrate.Secret{}, s.refused
	}
	asked := s.client.config.Clock.Now()
	info, err := s.login.logIn(ctx, s)
	s.failed = err
	if err != nil {
		if errors.Is(err, ErrLogin) || errors.Is(err, ErrWrappingToken) {
			s.refused = err
		}
		return migrate.Secret{}, err
	}
	if s.current.Accessor != "" {
		s.outlived = append(s.outlived, s.current)
	}
	s.current = lease{TokenInfo: info, ttl: info.LeaseDuration, expires: asked.Add(info.LeaseDuration)}
	return info.Token, nil
}

// replace is asked after a 403. It logs in again when the token came from a
// login and has ended before its time, and reports whether there is another
// token than the refused one now.
func (s *session) replace(ctx context.Context, used migrate.Secret) (migrate.Secret, bool) {
	if s.login == nil || s.enter(ctx) != nil {
		return migrate.Secret{}, false
	}
	defer s.leave()
	if s.closed || s.refused != nil {
		return migrate.Secret{}, false
	}
	if !s.current.Token.Equal(used) {
		return s.current.Token, s.current.Token.Len() > 0
	}
	if s.blind {
		return migrate.Secret{}, false
	}
	if !s.client.isDead(ctx, s.namespace, used) {
		return migrate.Secret{}, false
	}
	fresh, err := s.logIn(ctx)
	if err != nil || fresh.Equal(used) {
		return migrate.Secret{}, false
	}
	// A token just created is alive: if even that may not look itself up, the
	// refusal of the lookup said nothing.
	s.blind = s.client.isDead(ctx, s.namespace, fresh)
	return fresh, true
}

func (s *session) close(ctx context.Context) error {
	if s.login == nil {
		return nil
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	// The newest goes last, as it helps the others to go.
	leases, newest := slices.Concat(s.outlived, []lease{s.current}), s.current.Token
	s.closed, s.current, s.outlived, s.unwrapped = true, lease{}, nil, migrate.Secret{}
	now := s.client.config.Clock.Now()
	var failures []error
	for _, lease := range leases {
		failures = append(failures, lease.staying(revocation{
			client: s.client, namespace: s.namespace, info: lease.TokenInfo, by: newest, mayBeGone: lease.ended(now) || lease.knowsItself(),
		}.run(ctx)))
	}
	return errors.Join(failures...)
}

// loginError marks a refusal of the credentials, as opposed to a server that
// could not be reached.
func loginError(err error) error {
	var e *Error
	if errors.As(err, &e) {
		switch e.Status {
		case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
			e.kinds = []error{ErrLogin}
		case http.StatusNotFound:
			if !errors.Is(err, migrate.ErrNamespaceNotFound) {
				e.kinds = []error{ErrLogin, migrate.ErrMountNotFound}
			}
		}
	}
	return err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
