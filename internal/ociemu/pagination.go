package ociemu

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// listItem is one item of a list before it is cut into pages.
type listItem struct {
	key  string     // what the list is sorted by; unique within it
	body func() any // called only for the items of the page
}

// timeKey sorts by creation, and by the order of creation within one instant.
func timeKey(created time.Time, sequence int64) string {
	return fmt.Sprintf("%020d %020d", created.UnixNano(), sequence)
}

// nameKey sorts by name; the ID tells apart items of one name.
func nameKey(name, id string) string { return name + "\x00" + id }

// pageToken says where the next page begins. It continues behind a key and not
// at an offset, so that what appears or vanishes meanwhile neither repeats nor
// skips anything else.
type pageToken struct {
	Scope string `json:"scope"`
	After string `json:"after"`
	Begun bool   `json:"begun"` // whether After means anything
	Full  bool   `json:"full"`  // with sparse pages: whether this page has items
}

// page sorts the items, cuts out the page that the request asks for, and adds
// the token of the next one.
func (e *Emulator) page(req request, items []listItem, descending bool) answer {
	if order, given := req.query["sortOrder"]; given {
		descending = order == "DESC"
	}
	scope := pageScope(req)
	token := pageToken{Scope: scope}
	if text, given := req.query["page"]; given {
		var valid bool
		if token, valid = e.openToken(text); !valid || token.Scope != scope {
			return refuseParameter("page")
		}
	}
	if token.Begun {
		items = slices.DeleteFunc(items, func(item listItem) bool {
			return compareKeys(item.key, token.After, descending) <= 0
		})
	}
	slices.SortFunc(items, func(a, b listItem) int { return compareKeys(a.key, b.key, descending) })
	if e.settings.sparsePages && !token.Full {
		return e.emptyPage(token, len(items) > 0)
	}
	size := e.settings.pageSize
	if limit, err := strconv.Atoi(req.query["limit"]); err == nil && limit < size {
		size = limit
	}
	more := len(items) > size || (e.settings.sparsePages && len(items) > 0)
	items = items[:min(size, len(items))]
	bodies := make([]any, len(items))
	for i, item := range items {
		bodies[i] = item.body()
	}
	a := encode(bodies)
	if more {
		next := pageToken{Scope: scope, After: items[len(items)-1].key, Begun: true}
		a = a.withHeader("opc-next-page", e.sealToken(next))
	}
	return a
}

func (e *Emulator) emptyPage(token pageToken, more bool) answer {
	a := encode([]any{})
	if more {
		token.Full = true
		a = a.withHeader("opc-next-page", e.sealToken(token))
	}
	return a
}

func compareKeys(a, b string, descending bool) int {
	switch {
	case a == b:
		return 0
	case (a < b) != descending:
		return -1
	default:
		return 1
	}
}

// pageScope ties a token to the list it came from: another filter is another list.
func pageScope(req request) string {
	query := map[string]string{}
	for name, value := range req.query {
		if name != "page" && name != "limit" {
			query[name] = value
		}
	}
	// fmt prints maps in the order of their keys.
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %q %q", req.call, req.arguments, query))
	return base64.RawURLEncoding.EncodeToString(digest[:12])
}

func (e *Emulator) sealToken(token pageToken) string {
	payload, err := json.Marshal(token)
	if err != nil {
		panic(fmt.Sprintf("ociemu: encode a page token: %v", err))
	}
	return base64.RawURLEncoding.EncodeToString(append(e.tokenMAC(payload), payload...))
}

func (e *Emulator) openToken(text string) (token pageToken, valid bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	// Decoding passes over line breaks and spare bits: another text, one token.
	if err != nil || len(sealed) < sha256.Size || base64.RawURLEncoding.EncodeToString(sealed) != text {
		return pageToken{}, false
	}
	mac, payload := sealed[:sha256.Size], sealed[sha256.Size:]
	if !hmac.Equal(mac, e.tokenMAC(payload)) {
		return pageToken{}, false
	}
	return token, json.Unmarshal(payload, &token) == nil
}

func (e *Emulator) tokenMAC(payload []byte) []byte {
	mac := hmac.New(sha256.New, e.pageSecret)
	mac.Write(payload)
	return mac.Sum(nil)
}
