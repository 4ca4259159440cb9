package openbao

import (
	"context"
	"net/http"
)

// LookupSelf asks for the client's own token (GET auth/token/lookup-self). The
// Token of the result is empty.
func (c *Client) LookupSelf(ctx context.Context) (TokenInfo, error) {
	r := request{
		operation: "token lookup", method: http.MethodGet, namespace: c.config.Namespace,
		path: "auth/token/lookup-self", capabilities: []string{"read"},
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return TokenInfo{}, err
	}
	return parseLookup(r, a)
}
