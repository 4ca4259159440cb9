package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// check is what one run knows.
type check struct {
	root string // the repository
	temp string // removed at the end

	fingerprint string // of the signing key
}

// version is that of the release made here.
const version = "99.0.0-check"

// The copies of the repository in which releases are made.
func (c *check) first() string  { return filepath.Join(c.temp, "first") }
func (c *check) second() string { return filepath.Join(c.temp, "elsewhere", "second") }

// dist has the files of the release.
func (c *check) dist() string { return filepath.Join(c.first(), "dist") }

func (c *check) environ() []string {
	return append(os.Environ(), "GNUPGHOME="+filepath.Join(c.temp, "gnupg"), "GPG_FINGERPRINT="+c.fingerprint,
		"GIT_AUTHOR_NAME=check", "GIT_AUTHOR_EMAIL=check@example.com", "GIT_AUTHOR_DATE=2001-02-03T04:05:06Z",
		"GIT_COMMITTER_NAME=check", "GIT_COMMITTER_EMAIL=check@example.com", "GIT_COMMITTER_DATE=2001-02-03T04:05:06Z")
}

// run runs a program in a directory and returns what it printed; its error holds
// that too.
func (c *check) run(ctx context.Context, dir, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	command.Env = c.environ()
	printed, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, printed)
	}
	return string(printed), nil
}

func (c *check) configuration(ctx context.Context) error {
	_, err := c.run(ctx, c.root, "goreleaser", "check")
	return err
}

func (c *check) makeKey(ctx context.Context) error {
	if err := os.Mkdir(filepath.Join(c.temp, "gnupg"), 0o700); err != nil {
		return err
	}
	if _, err := c.run(ctx, c.temp, "gpg", "--batch", "--passphrase", "", "--quick-generate-key", "release-check", "rsa3072", "sign", "never"); err != nil {
		return err
	}
	listed, err := c.run(ctx, c.temp, "gpg", "--batch", "--list-keys", "--with-colons")
	if err != nil {
		return err
	}
	for line := range strings.Lines(listed) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" && len(fields) > 9 {
			c.fingerprint = fields[9]
			return nil
		}
	}
	return errors.New("gpg lists no key")
}

// stopAgent ends the agent that gpg has started for the key, whether or not it
// was; the agent would notice by itself, but later.
func (c *check) stopAgent() {
	_, _ = c.run(context.Background(), c.temp, "gpgconf", "--kill", "gpg-agent")
}

// release makes the release of a copy of the repository as it is, with what is
// not committed yet: a release wants a clean tree and a tag.
func (c *check) release(ctx context.Context) error {
	for _, args := range [][]string{
		{"init", "--quiet", c.first()},
		{"--git-dir=" + filepath.Join(c.first(), ".git"), "--work-tree=" + c.root, "add", "--all", c.root},
	} {
		if _, err := c.run(ctx, c.root, "git", args...); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"commit", "--quiet", "--message=check"},
		{"reset", "--quiet", "--hard"},
		{"tag", "v" + version},
		{"remote", "add", "origin", "https://github.com/ocibao/" + project},
	} {
		if _, err := c.run(ctx, c.first(), "git", args...); err != nil {
			return err
		}
	}
	return c.goreleaser(ctx, c.first(), "release", "--clean", "--skip=publish,announce")
}

func (c *check) goreleaser(ctx context.Context, dir string, args ...string) error {
	_, err := c.run(ctx, dir, "goreleaser", args...)
	return err
}

// again makes the release in another directory and compares the checksums, which
// cover every file.
func (c *check) again(ctx context.Context) error {
	if _, err := c.run(ctx, c.temp, "git", "clone", "--quiet", c.first(), c.second()); err != nil {
		return err
	}
	if err := c.goreleaser(ctx, c.second(), "release", "--clean", "--skip=publish,announce,sign"); err != nil {
		return err
	}
	sums := c.artifact("SHA256SUMS")
	return same(filepath.Join(c.dist(), sums), filepath.Join(c.second(), "dist", sums))
}

// cold makes the native binary again and compiles everything.
func (c *check) cold(ctx context.Context) error {
	cache := filepath.Join(c.temp, "cache")
	if _, err := c.run(ctx, c.second(), "env", "GOCACHE="+cache, "goreleaser", "build", "--clean", "--single-target"); err != nil {
		return err
	}
	warm, err := c.nativeBinary(c.first())
	if err != nil {
		return err
	}
	compiled, err := c.nativeBinary(c.second())
	if err != nil {
		return err
	}
	return same(warm, compiled)
}

// same reports whether two files are equal.
func same(a, b string) error {
	first, err := os.ReadFile(a)
	if err != nil {
		return err
	}
	second, err := os.ReadFile(b)
	if err != nil {
		return err
	}
	if bytes.Equal(first, second) {
		return nil
	}
	if strings.HasSuffix(a, "SHA256SUMS") {
		return fmt.Errorf("it is another one:\n%s\nand\n%s", first, second)
	}
	return fmt.Errorf("%s is another one", filepath.Base(a))
}

// only returns the one file that matches a pattern.
func only(pattern string) (string, error) {
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d files match %s", len(found), pattern)
	}
	return found[0], nil
}
