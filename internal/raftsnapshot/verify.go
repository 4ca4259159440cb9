// Package raftsnapshot checks Raft snapshots of OpenBao and saves them to files.
//
// A snapshot is a gzip-compressed tar archive of meta.json, state.bin, SHA256SUMS
// with the sums of both, and SHA256SUMS.sealed, the sums encrypted by the seal.
// What is in state.bin is encrypted by the barrier.
package raftsnapshot

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// ErrInvalid means that a file is no whole and intact Raft snapshot.
var ErrInvalid = errors.New("it is no whole and intact Raft snapshot")

// Info is what a snapshot says about itself.
type Info struct {
	// Index and Term are the last entry of the Raft log that is in it.
	Index uint64 `json:"Index"`
	Term  uint64 `json:"Term"`
	// Size is the length of the file in bytes.
	Size int64 `json:"-"`
}

// maxListed bounds what is read of the parts that are kept in memory.
const maxListed = 1 << 20

// Verify reads a snapshot to its end and checks that every part is there and has
// the sum that the archive lists. Whether the server can decrypt it, only a
// restore tells. Errors: ErrInvalid.
func Verify(r io.Reader) (Info, error) {
	counted := &counter{from: r}
	info, err := verify(counted)
	if err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	info.Size = counted.read
	return info, nil
}

func verify(r io.Reader) (Info, error) {
	var info Info
	unpacked, err := gzip.NewReader(bufio.NewReader(r))
	if err != nil {
		return info, fmt.Errorf("no gzip archive: %w", unwrapEOF(err))
	}
	sums, listed, sealed := map[string]string{}, map[string]string(nil), false
	archive := tar.NewReader(unpacked)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return info, unwrapEOF(err)
		}
		sum, content := sha256.New(), &bytes.Buffer{}
		keep := io.MultiWriter(sum, &limited{content, maxListed})
		if _, err := io.Copy(keep, archive); err != nil {
			return info, fmt.Errorf("%s: %w", header.Name, unwrapEOF(err))
		}
		switch header.Name {
		case "meta.json":
			if json.Unmarshal(content.Bytes(), &info) != nil {
				return info, errors.New("meta.json cannot be read")
			}
			fallthrough
		case "state.bin":
			sums[header.Name] = hex.EncodeToString(sum.Sum(nil))
		case "SHA256SUMS":
			listed = sumsOf(content.String())
		case "SHA256SUMS.sealed":
			sealed = content.Len() > 0
		default:
			return info, fmt.Errorf("it holds %q, which no snapshot has", header.Name)
		}
	}
	// The end of the archive is not the end of the file: the rest has the sum of
	// the compressed data.
	if _, err := io.Copy(io.Discard, unpacked); err != nil {
		return info, unwrapEOF(err)
	}
	for _, name := range []string{"meta.json", "state.bin"} {
		switch {
		case sums[name] == "":
			return info, fmt.Errorf("%s is missing", name)
		case listed[name] == "":
			return info, fmt.Errorf("SHA256SUMS does not list %s", name)
		case listed[name] != sums[name]:
			return info, fmt.Errorf("the checksum of %s is wrong", name)
		}
	}
	if !sealed {
		return info, errors.New("SHA256SUMS.sealed is missing, which is written last")
	}
	return info, nil
}

// sumsOf reads lines of a sum in hexadecimal, two spaces and a name.
func sumsOf(text string) map[string]string {
	sums := map[string]string{}
	for line := range strings.Lines(text) {
		if sum, name, found := strings.Cut(strings.TrimSpace(line), "  "); found {
			sums[name] = sum
		}
	}
	return sums
}

// unwrapEOF says what an early end means.
func unwrapEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends early")
	}
	return err
}

// counter counts what is read.
type counter struct {
	from io.Reader
	read int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.read += int64(n)
	return n, err
}

// limited keeps the beginning of what is written and drops the rest.
type limited struct {
	to   *bytes.Buffer
	most int
}

func (l *limited) Write(p []byte) (int, error) {
	if left := l.most - l.to.Len(); left > 0 {
		l.to.Write(p[:min(left, len(p))])
	}
	return len(p), nil
}
