package raftsnapshot_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/raftsnapshot"
)

func TestVerify(t *testing.T) {
	t.Parallel()
	good := archive(t, parts()...)
	info, err := raftsnapshot.Verify(bytes.NewReader(good))
	if want := (raftsnapshot.Info{Index: 4711, Term: 3, Size: int64(len(good))}); err != nil || info != want {
		t.Errorf("got %+v, %v", info, err)
	}
	change := func(at int, changed part) []part {
		all := parts()
		all[at] = changed
		return all
	}
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":           {nil, "ends early"},
		"a page of HTML":  {[]byte("<html>Bad gateway</html>"), "no gzip archive"},
		"changed state":   {archive(t, change(1, part{"state.bin", "Encrypted"})...), "the checksum of state.bin is wrong"},
		"changed meta":    {archive(t, change(0, part{"meta.json", strings.Replace(meta, "4711", "4712", 1)})...), "the checksum of meta.json is wrong"},
		"no meta":         {archive(t, parts()[1:]...), "meta.json is missing"},
		"meta no JSON":    {archive(t, change(0, part{"meta.json", "-"})...), "meta.json cannot be read"},
		"no state":        {archive(t, slices.Delete(parts(), 1, 2)...), "state.bin is missing"},
		"no sums":         {archive(t, slices.Delete(parts(), 2, 3)...), "does not list meta.json"},
		"sum of one only": {archive(t, change(2, part{"SHA256SUMS", strings.SplitAfter(parts()[2].content, "\n")[0]})...), "does not list meta.json"},
		"not sealed":      {archive(t, parts()[:3]...), "SHA256SUMS.sealed is missing"},
		"seal failed":     {archive(t, change(3, part{"SHA256SUMS.sealed", ""})...), "SHA256SUMS.sealed is missing"},
		"something else":  {archive(t, append(parts(), part{"etc/passwd", "x"})...), `it holds "etc/passwd"`},
	} {
		if _, err := raftsnapshot.Verify(bytes.NewReader(test.file)); !errors.Is(err, raftsnapshot.ErrInvalid) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// Wherever it is cut off, it is not whole, and a bit that fell over is noticed.
	for length := range good {
		if _, err := raftsnapshot.Verify(bytes.NewReader(good[:length])); !errors.Is(err, raftsnapshot.ErrInvalid) {
			t.Fatalf("%d of %d bytes: %v", length, len(good), err)
		}
	}
	for at := 10; at < len(good); at++ {
		flipped := slices.Clone(good)
		flipped[at] ^= 0x10
		// Some bits of the compression mean nothing.
		_, err := raftsnapshot.Verify(bytes.NewReader(flipped))
		if !errors.Is(err, raftsnapshot.ErrInvalid) && !bytes.Equal(unpacked(t, flipped), unpacked(t, good)) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
	}
}
