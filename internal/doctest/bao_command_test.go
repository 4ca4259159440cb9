package doctest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// baoFlags are the flags of OpenBao's command line, by command.
var baoFlags = map[string][]string{
	"auth enable":                 {"path"},
	"secrets enable":              {"path", "version"},
	"policy write":                nil,
	"write":                       {"field", "f", "force", "wrap-ttl"},
	"read":                        {"field", "format"},
	"list":                        {"format"},
	"unwrap":                      {"field"},
	"kv put":                      {"mount"},
	"kv get":                      {"mount", "field", "format"},
	"kv metadata get":             {"mount"},
	"kv metadata patch":           {"mount", "remove-custom-metadata", "custom-metadata"},
	"token revoke":                {"self"},
	"login":                       {"method"},
	"operator unseal":             nil,
	"operator raft list-peers":    nil,
	"operator raft autopilot":     nil,
	"operator raft snapshot save": nil,
}

// baoCommand is OpenBao's command line: the real one where the server of this run
// is it, else what does the same with requests.
func baoCommand(args []string) error {
	parsed := parse(args)
	command := ""
	for words := 1; words <= min(4, len(parsed.words)); words++ {
		if name := strings.Join(parsed.words[:words], " "); known(name) {
			command = name
		}
	}
	if command == "" {
		return fmt.Errorf("bao %s is not known to the tests", strings.Join(parsed.words, " "))
	}
	if err := parsed.only(baoFlags[command]...); err != nil || dry() {
		return err
	}
	if server := os.Getenv(acctest.EnvBao); isOpenBao(server) {
		return syscall.Exec(server, append([]string{"bao"}, args...), os.Environ())
	}
	words := parsed.words[len(strings.Fields(command)):]
	run, found := baoCommands[command]
	if !found {
		return fmt.Errorf("bao %s can only be checked: say above the block why it is not run", command)
	}
	return run(words, parsed)
}

// isOpenBao tells whether the server is the real one, which is its command line
// as well.
func isOpenBao(server string) bool {
	version, err := exec.Command(server, "version").Output()
	return err == nil && strings.HasPrefix(string(version), "OpenBao v")
}

func known(name string) bool {
	_, found := baoFlags[name]
	return found
}

var baoCommands = map[string]func(words []string, args arguments) error{
	"auth enable": func(words []string, args arguments) error {
		path := args.flag("path")
		if path == "" {
			path = words[0]
		}
		_, err := baoCall(http.MethodPost, "sys/auth/"+path, map[string]any{"type": words[0]}, "")
		return err
	},
	"secrets enable": func(words []string, args arguments) error {
		_, err := baoCall(http.MethodPost, "sys/mounts/"+args.flag("path"),
			map[string]any{"type": words[0], "options": map[string]string{"version": args.flag("version")}}, "")
		return err
	},
	"policy write": func(words []string, _ arguments) error {
		text, err := content(words[1])
		if err == nil {
			_, err = baoCall(http.MethodPost, "sys/policies/acl/"+words[0], map[string]any{"policy": text}, "")
		}
		return err
	},
	"write": func(words []string, args arguments) error {
		body, err := fields(words[1:])
		if err != nil {
			return err
		}
		return baoShow(args.flag("field"))(baoCall(http.MethodPut, words[0], body, args.flag("wrap-ttl")))
	},
	"read": func(words []string, args arguments) error {
		return baoShow(args.flag("field"))(baoCall(http.MethodGet, words[0], nil, ""))
	},
	"list": func(words []string, _ arguments) error {
		return baoShow("keys")(baoCall("LIST", words[0], nil, ""))
	},
	"unwrap": func(_ []string, args arguments) error {
		return baoShow(args.flag("field"))(baoCall(http.MethodPost, "sys/wrapping/unwrap", nil, ""))
	},
	"kv put": func(words []string, args arguments) error {
		body, err := fields(words[1:])
		if err == nil {
			_, err = baoCall(http.MethodPost, args.flag("mount")+"/data/"+words[0], map[string]any{"data": body}, "")
		}
		return err
	},
	"kv get": func(words []string, args arguments) error {
		answer, err := baoCall(http.MethodGet, args.flag("mount")+"/data/"+words[0], nil, "")
		if data, is := answer["data"].(map[string]any); is {
			answer = data
		}
		return baoShow(args.flag("field"))(answer, err)
	},
	"kv metadata get": func(words []string, args arguments) error {
		return baoShow("custom_metadata")(baoCall(http.MethodGet, args.flag("mount")+"/metadata/"+words[0], nil, ""))
	},
	"kv metadata patch": func(words []string, args arguments) error {
		removed := map[string]any{}
		for _, key := range args.flags["remove-custom-metadata"] {
			removed[key] = nil
		}
		_, err := baoCall(http.MethodPatch, args.flag("mount")+"/metadata/"+words[0], map[string]any{"custom_metadata": removed}, "")
		return err
	},
	"token revoke": func([]string, arguments) error {
		_, err := baoCall(http.MethodPost, "auth/token/revoke-self", nil, "")
		return err
	},
}

// fields are arguments such as name=value, name=@file, name=- or @file.
func fields(words []string) (map[string]any, error) {
	body := map[string]any{}
	for _, word := range words {
		name, value, assigns := strings.Cut(word, "=")
		if !assigns {
			text, err := content(word)
			if err != nil {
				return nil, err
			}
			if err := json.Unmarshal([]byte(text), &body); err != nil {
				return nil, err
			}
			continue
		}
		if value == "-" || strings.HasPrefix(value, "@") {
			text, err := content(value)
			if err != nil {
				return nil, err
			}
			value = text
		}
		body[name] = value
	}
	return body, nil
}

// content is that of standard input for "-", of a file for "@file" and "file".
func content(name string) (string, error) {
	if name == "-" {
		text, err := io.ReadAll(os.Stdin)
		return string(text), err
	}
	text, err := os.ReadFile(strings.TrimPrefix(name, "@"))
	return string(text), err
}

// baoCall makes a request and gives the fields of its answer that are looked for.
func baoCall(method, path string, body any, wrapTTL string) (map[string]any, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	for range 600 {
		request, err := http.NewRequest(method, os.Getenv("BAO_ADDR")+"/v1/"+path, bytes.NewReader(payload))
		if err != nil {
			return nil, err
		}
		request.Header.Set("X-Vault-Token", os.Getenv("BAO_TOKEN"))
		request.Header.Set("X-Vault-Wrap-TTL", wrapTTL)
		if method == http.MethodPatch {
			request.Header.Set("Content-Type", "application/merge-patch+json")
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return nil, err
		}
		var answer struct {
			Errors []string
			Data   map[string]any
			Auth   map[string]any
			Wrap   map[string]any `json:"wrap_info"`
		}
		raw, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return nil, err
		}
		_ = json.Unmarshal(raw, &answer)
		found := answer.Data
		switch {
		case response.StatusCode == http.StatusBadRequest && strings.Contains(strings.Join(answer.Errors, ""), "pgrading"):
			time.Sleep(100 * time.Millisecond) // a new KV v2 mount prepares itself
			continue
		case response.StatusCode >= 300:
			return nil, fmt.Errorf("%s %s: %d %v", method, path, response.StatusCode, answer.Errors)
		case answer.Wrap != nil:
			found = map[string]any{"wrapping_token": answer.Wrap["token"]}
		case answer.Auth != nil:
			found = map[string]any{"token": answer.Auth["client_token"]}
		}
		return found, nil
	}
	return nil, errors.New("the mount did not become ready")
}

// baoShow prints a field of an answer, or all of it.
func baoShow(field string) func(map[string]any, error) error {
	return func(answer map[string]any, err error) error {
		if err != nil {
			return err
		}
		if field == "" {
			return json.NewEncoder(os.Stdout).Encode(answer)
		}
		value, found := answer[field]
		if !found {
			return fmt.Errorf("the answer has no field %s", field)
		}
		if text, is := value.(string); is {
			_, err = fmt.Print(text)
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(value)
	}
}
