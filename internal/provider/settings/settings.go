// Package settings decides which value of a provider setting counts: that of
// the provider block, of the environment or of a file, in this order. It is
// pure: everything it reads comes through [Environment].
package settings

import (
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// Environment is what the settings are read from next to the block.
type Environment struct {
	Getenv   func(name string) string
	ReadFile func(path string) ([]byte, error)
	Home     string // home directory; empty when there is none
	// Version of the provider, for the user agent.
	Version string
}

// Problem is a setting that is missing or wrong.
type Problem struct {
	Path    []string // attribute of the provider block, such as openbao, address
	Summary string
	Detail  string // what is wrong, and which attribute or variable mends it
	// Login says that only a login is missing: what needs none works.
	Login bool
}

// value is a setting with the name of where it came from, for messages.
type value struct {
	text string
	from string
}

func (v value) set() bool { return v.text != "" }

// first picks the block's value, or the first variable that is not empty.
func (e Environment) first(attribute, block string, variables ...string) value {
	if block != "" {
		return value{block, attribute}
	}
	for _, name := range variables {
		if text := strings.TrimSpace(e.Getenv(name)); text != "" {
			return value{text, "the environment variable " + name}
		}
	}
	return value{}
}

// file reads a file that a setting names. A path may begin with ~.
func (e Environment) file(from value) ([]byte, error) {
	content, err := e.ReadFile(e.expand(from.text))
	if err != nil {
		return nil, errors.New("the file " + from.text + " named by " + from.from + " cannot be read: " + reason(err))
	}
	return content, nil
}

func (e Environment) expand(path string) string {
	if rest, tilde := strings.CutPrefix(path, "~/"); tilde && e.Home != "" {
		return strings.TrimSuffix(e.Home, "/") + "/" + rest
	}
	return path
}

func reason(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err.Error()
	}
	return err.Error()
}

// boolean reads a variable or block value that is true or false.
func boolean(v value) (bool, error) {
	if !v.set() {
		return false, nil
	}
	parsed, err := strconv.ParseBool(v.text)
	if err != nil {
		return false, errors.New(v.from + " must be true or false")
	}
	return parsed, nil
}

// count reads a value that is a whole number of at least least.
func count(v value, least int) (int, error) {
	parsed, err := strconv.Atoi(v.text)
	if err != nil || parsed < least {
		return 0, errors.New(v.from + " must be a whole number of " + strconv.Itoa(least) + " or more")
	}
	return parsed, nil
}
