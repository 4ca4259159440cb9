package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// check is what one run knows.
type check struct {
	root string // the repository
	temp string // removed at the end
	out  io.Writer

	version     string // of the snapshot
	fingerprint string // of the signing key
}

func (c *check) dist() string    { return filepath.Join(c.root, "dist") }
func (c *check) copied() string  { return filepath.Join(c.temp, "copy") }
func (c *check) keyring() string { return filepath.Join(c.temp, "gnupg") }
func (c *check) environ() []string {
	return append(os.Environ(), "GNUPGHOME="+c.keyring(), "GPG_FINGERPRINT="+c.fingerprint)
}

// command runs a program and returns what it printed; its error holds that too.
func (c *check) command(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, name, args...)
	command.Dir = dir
	command.Env = env
	printed, err := command.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, printed)
	}
	return string(printed), nil
}

func (c *check) configuration(ctx context.Context) error {
	_, err := c.command(ctx, c.root, c.environ(), "goreleaser", "check")
	return err
}

func (c *check) makeKey(ctx context.Context) error {
	if err := os.Mkdir(c.keyring(), 0o700); err != nil {
		return err
	}
	if _, err := c.command(ctx, c.root, c.environ(), "gpg", "--batch", "--passphrase", "", "--quick-generate-key", "release-check", "rsa3072", "sign", "never"); err != nil {
		return err
	}
	listed, err := c.command(ctx, c.root, c.environ(), "gpg", "--batch", "--list-keys", "--with-colons")
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

// snapshot makes the release in the repository, where it stays in dist/.
func (c *check) snapshot(ctx context.Context) error {
	if err := c.release(ctx, c.root); err != nil {
		return err
	}
	sums, err := only(filepath.Join(c.dist(), project+"_*_SHA256SUMS"))
	c.version = strings.TrimSuffix(strings.TrimPrefix(filepath.Base(sums), project+"_"), "_SHA256SUMS")
	return err
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

func (c *check) release(ctx context.Context, dir string) error {
	_, err := c.command(ctx, dir, c.environ(), "goreleaser", "release", "--snapshot", "--clean")
	return err
}

// again makes the release in a copy of the repository and compares the
// checksums, which cover every file.
func (c *check) again(ctx context.Context) error {
	if err := c.copyTree(ctx); err != nil {
		return err
	}
	if err := c.release(ctx, c.copied()); err != nil {
		return err
	}
	name := c.artifact("SHA256SUMS")
	first, err := os.ReadFile(filepath.Join(c.dist(), name))
	if err != nil {
		return err
	}
	second, err := os.ReadFile(filepath.Join(c.copied(), "dist", name))
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("another directory makes another release:\n%s\nand\n%s", first, second)
	}
	return nil
}

// cold makes the native binary in the copy, compiling everything.
func (c *check) cold(ctx context.Context) error {
	env := append(c.environ(), "GOCACHE="+filepath.Join(c.temp, "cache"))
	if _, err := c.command(ctx, c.copied(), env, "goreleaser", "build", "--snapshot", "--clean", "--single-target"); err != nil {
		return err
	}
	native, err := c.nativeBinary(c.root)
	if err != nil {
		return err
	}
	compiled, err := c.nativeBinary(c.copied())
	if err != nil {
		return err
	}
	first, err := os.ReadFile(native)
	if err != nil {
		return err
	}
	second, err := os.ReadFile(compiled)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return errors.New("compiling it anew makes another binary")
	}
	return nil
}

// copyTree copies the repository with its history, and with what is not
// committed yet.
func (c *check) copyTree(ctx context.Context) error {
	if _, err := c.command(ctx, c.root, os.Environ(), "git", "clone", "--quiet", "--no-hardlinks", c.root, c.copied()); err != nil {
		return err
	}
	listed, err := c.command(ctx, c.root, os.Environ(), "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(listed, "\x00"), "\x00") {
		if err := copyFile(filepath.Join(c.root, name), filepath.Join(c.copied(), name)); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a file with its mode; a file that is gone is removed.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if errors.Is(err, os.ErrNotExist) {
		return os.RemoveAll(to)
	}
	if err != nil {
		return err
	}
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, content, info.Mode().Perm())
}
