package approle

import (
	"sync"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// openTokens remembers the tokens of open logins by accessor, because private
// data is logged by the engine at trace level and so cannot hold a token. Open
// and Close of one run are served by one process.
type openTokens struct {
	mu   sync.Mutex
	open map[string]migrate.Secret
}

var tokens = openTokens{open: map[string]migrate.Secret{}}

// Store remembers a token.
func (t *openTokens) Store(accessor string, token migrate.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open[accessor] = token
}

// LoadAndDelete gives a token back, once.
func (t *openTokens) LoadAndDelete(accessor string) (migrate.Secret, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	token, known := t.open[accessor]
	delete(t.open, accessor)
	return token, known
}
