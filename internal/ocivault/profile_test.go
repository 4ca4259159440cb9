package ocivault

import (
	"strings"
	"testing"
)

const profileFile = "\ufeff# comment\r\n" +
	"[DEFAULT]\r\n" +
	"user = ocid1.user.oc1..one\r\n" +
	"pass_phrase=a=b==\r\n" +
	"; key_file=/not/this\r\n" +
	"key_file=~/.oci/key.pem\r\n" +
	"\r\n" +
	"[ PROD ]\n" +
	"Tenancy=ocid1.tenancy.oc1..two\n" +
	"region=uk-london-1\n" +
	"region=eu-frankfurt-1\n" +
	"fingerprint=aa:bb\n" +
	"security_token_file=/tokens/prod=1\n" +
	"key_content=-----BEGIN\\nxyz=\\n-----END\n" +
	"no pair here\n" +
	"[DEFAULT]\nuser=ocid1.user.oc1..late\n"

func TestReadProfile(t *testing.T) {
	byDefault, err := ReadProfile([]byte(profileFile), "")
	if err != nil {
		t.Fatal(err)
	}
	if byDefault.User != "ocid1.user.oc1..one" || byDefault.KeyFile != "~/.oci/key.pem" || byDefault.Region != "" {
		t.Errorf("DEFAULT is %+v", byDefault)
	}
	if got := string(byDefault.PassPhrase.Reveal()); got != "a=b==" {
		t.Errorf("pass phrase is %q, cut at an equals sign", got)
	}
	prod, err := ReadProfile([]byte(profileFile), " PROD ")
	if err != nil {
		t.Fatal(err)
	}
	if prod.User != "" || prod.Tenancy != "ocid1.tenancy.oc1..two" || prod.Region != "eu-frankfurt-1" ||
		prod.Fingerprint != "aa:bb" || prod.SecurityTokenFile != "/tokens/prod=1" {
		t.Errorf("PROD is %+v", prod)
	}
	if got := string(prod.KeyContent.Reveal()); got != `-----BEGIN\nxyz=\n-----END` {
		t.Errorf("key content is %q", got)
	}
}

func TestReadProfileMissing(t *testing.T) {
	for _, c := range []struct{ name, data, profile, want string }{
		{"others exist", profileFile, "prod", `profile "prod" not found: the file has DEFAULT, PROD`},
		{"empty file", "", "", `profile "DEFAULT" not found: the file has no profiles`},
		{"values outside", "user=x\n", "A", `profile "A" not found: the file has no profiles`},
		{"unclosed", "[A\nuser=x", "A", `profile "A" not found: the file has no profiles`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadProfile([]byte(c.data), c.profile)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestReadProfileEmptySection(t *testing.T) {
	if got, err := ReadProfile([]byte("[A]\n[B]\nuser=x"), "A"); err != nil || got.User != "" {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := ReadProfile([]byte("[B]\n[A]"), "A"); err != nil || got.User != "" {
		t.Errorf("last line: got %+v, %v", got, err)
	}
}

func TestExpandHome(t *testing.T) {
	for path, want := range map[string]string{
		"~":          "/Users/me",
		"~/.oci/key": "/Users/me/.oci/key",
		"~you/key":   "~you/key",
		"/a/~/b":     "/a/~/b",
		"":           "",
	} {
		if got := ExpandHome(path, "/Users/me"); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	if got := ExpandHome(`~\key`, "/Users/me"); !strings.HasPrefix(got, "/Users/me") {
		t.Errorf("a backslash gives %q", got)
	}
}
