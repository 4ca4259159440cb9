package openbao

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// withheld stands for a message that repeats a part of what had to be kept secret.
const withheld = "(message withheld: it repeats a part of the request)"

const (
	// A leaf this short is no secret, and would hide every message.
	shortestLeaf = 4
	// Of a longer leaf no stretch of this length may appear.
	stretch = 8
)

// harmlessMessages are constant texts of the server. They pass even where a
// value happens to share words with them.
var harmlessMessages = []string{
	"permission denied",
	"check-and-set parameter did not match the current version",
	"check-and-set parameter required for this call",
	"no data provided",
	"missing data fields",
	"invalid role or secret ID",
	"invalid role ID",
	"invalid secret id",
	"namespace not found",
	"http: request body too large",
	"error reading data",
	"no active OpenBao instance found",
	"no active Vault instance found",
	"node is not active",
	"OpenBao is sealed",
	"Vault is sealed",
}

// scrub replaces the messages that repeat the token, or a string or number of a
// confidential body.
func scrub(r request, messages []string) []string {
	var leaves []string
	if r.confidential && r.body.Len() > 0 {
		leaves = slices.DeleteFunc(leavesOf(r.body.Reveal()), func(leaf string) bool { return slices.Contains(r.public, leaf) })
	}
	if r.token.Len() >= shortestLeaf {
		leaves = append(leaves, string(r.token.Reveal()))
	}
	var kept []string
	for _, message := range messages {
		if !slices.Contains(harmlessMessages, message) && repeats(message, leaves) {
			message = withheld
		}
		kept = append(kept, message)
	}
	return kept
}

func repeats(message string, leaves []string) bool {
	stretches := map[string]bool{}
	for i := 0; i+stretch <= len(message); i++ {
		stretches[message[i:i+stretch]] = true
	}
	for _, leaf := range leaves {
		if len(leaf) < stretch {
			if strings.Contains(message, leaf) {
				return true
			}
			continue
		}
		for i := 0; i+stretch <= len(leaf); i++ {
			if stretches[leaf[i:i+stretch]] {
				return true
			}
		}
	}
	return false
}

// leavesOf returns the strings and numbers of a JSON document.
func leavesOf(document []byte) []string {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var root any
	if decoder.Decode(&root) != nil {
		return []string{string(document)}
	}
	return appendLeaves(nil, root)
}

func appendLeaves(leaves []string, node any) []string {
	switch value := node.(type) {
	case map[string]any:
		for _, member := range value {
			leaves = appendLeaves(leaves, member)
		}
	case []any:
		for _, element := range value {
			leaves = appendLeaves(leaves, element)
		}
	case string:
		if len(value) >= shortestLeaf {
			leaves = append(leaves, value)
		}
	case json.Number:
		if len(value) >= shortestLeaf {
			leaves = append(leaves, value.String())
		}
	}
	return leaves
}
