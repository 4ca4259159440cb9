package provider_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The last word of an attribute's name says what it is: a token_ttl is a time, a
// wrapping_token is a token. What forms only how it is written does not count:
// data_json is data.
var (
	// secretWords name what nobody may see.
	secretWords = words(`token tokens password passphrase passwords credential credentials jwt jwts secret plaintext
		content contents payload body data value values field fields text json yaml base64 bytes raw key keys headers`)
	// derivedWords name what is computed from a value, and lets it be guessed.
	derivedWords = words(`hash hashes digest checksum hmac md5 sha1 sha256 sha512 crc etag fingerprint`)
	// freeWords name what people fill as they like: it can be configured, and what
	// somebody else has written there is not taken into a state.
	freeWords = words(`metadata options parameters`)
	// plainWords name the rest. A word that is in no list has to be thought about
	// before it is put here.
	plainWords = words(`
		id ids ocid name names path file namespace namespaces mount mounts role stage stages state status type format formats region auth profile
		address endpoint identity kms secrets vaults host issuer audience accessor accessors certs cert certificate
		time after before expiry deletion ttl lease overlap within elapsed interval since period created expiration
		description team comment markdown hcl policy policies capabilities read have list rename pattern replacement regex selector
		conflict destroy close detection drift rotation history visibility level cidrs
		pin pins selected unselected ignore managed migrated outdated modified pending orphaned foreign by
		tags source attempts violations error version leader voters threshold exclude`)

	encodings = []string{"_wo", "_json", "_text", "_base64", "_pem", "_hex"}

	// otherThings begin the description of what only has to do with a secret.
	otherThings = regexp.MustCompile(`^(Name|Names|Name to|OCID|OCIDs|File|Public|Whether)\b`)
	// secretThings begin the description of a secret, whatever it is called.
	secretThings = regexp.MustCompile(`(?i)^(an? |the |all )?((one-use|response-wrapping|wrapping|private|secret|api|access|signed|encrypted|decoded|raw|plain) )*(tokens?|passwords?|passphrase|credentials?|secret id|jwt|json web token|key|content|contents|value|values|fields|plaintext|secret)( (of|in|as|at|that|which|itself|to|for)\b|,|\.|;|$)`)
)

// exempt are the secrets that a state may hold, or that only look so, each with
// its reason. An entry that nothing needs is an error.
var exempt = map[string]string{
	"resource ocibao_approle_secret_id.wrapping_token": "gives the secret ID once, to the first; whoever comes second notices",
	"data ocibao_migration_coverage.json":              "counts and names of secrets, made by the provider, which reads no value for it",
}

func words(text string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(text) {
		set[word] = true
	}
	return set
}

// head is the word that says what an attribute is.
func head(name string) string {
	for _, encoding := range encodings {
		name = strings.TrimSuffix(name, encoding)
	}
	return name[strings.LastIndex(name, "_")+1:]
}

// isSecret tells whether an attribute gives or takes a secret.
func (a *attribute) isSecret() bool {
	if secretThings.MatchString(a.about) {
		return true
	}
	named := secretWords[head(a.name())] || strings.HasSuffix(strings.TrimSuffix(a.name(), "_wo"), "secret_id")
	return a.text && named && !otherThings.MatchString(a.about)
}

// kept tells whether the engine writes an attribute into its files.
func (a *attribute) kept() bool {
	return a.kind != "ephemeral" && a.kind != "provider"
}

// fault says what is wrong with an attribute; "" when nothing is.
func (a *attribute) fault() string {
	word := head(a.name())
	pair := a.siblings[a.name()+"_version"]
	switch {
	case a.writeOnly && (a.kind != "resource" || !a.optional || a.computed || !a.sensitive || !strings.HasSuffix(a.name(), "_wo")):
		return "a write-only argument is Optional and Sensitive, of a resource, and called *_wo"
	case a.writeOnly && (pair == nil || !pair.number || !pair.given() || pair.writeOnly || pair.sensitive):
		return "a write-only argument has a number *_version at its side: without it a new value is never written"
	case !a.writeOnly && strings.HasSuffix(a.name(), "_wo"):
		return "it is called write-only and is not"
	case strings.HasSuffix(a.name(), "_wo_version") && a.siblings[strings.TrimSuffix(a.name(), "_version")] == nil:
		return "it is the version of nothing"
	case a.writeOnly || !a.text && !a.sensitive && !a.isSecret():
		return ""
	case a.isSecret() && a.kept():
		return "it would put a secret into state or plan: make it write-only, or ephemeral"
	case a.sensitive && a.kept():
		return "it is marked sensitive, so it would put a secret into state or plan"
	case a.isSecret() && !a.sensitive:
		return "it holds a secret and is not marked sensitive"
	case a.isSecret():
		return ""
	case a.sensitive:
		return "it is marked sensitive, and neither its name nor its description says that it holds a secret"
	case derivedWords[word] && a.computed:
		return "what is computed from a value lets it be guessed"
	case freeWords[word] && a.computed && !a.given() && a.kept():
		return "others may have written a secret there: tell the names only"
	case !plainWords[word] && !freeWords[word] && !derivedWords[word] && !secretWords[word]:
		return fmt.Sprintf("nobody has said what a %q is: put the word into one of the lists of this file", word)
	}
	return ""
}

// No attribute of any object can put a secret into a state, a plan or an output:
// secrets go in by write-only arguments and the provider block, come out by
// ephemeral resources, and are marked there. The rules go by what an attribute is
// called and how it is described, so that a new one is judged as well, and one
// with a name that nobody has thought about fails.
func TestPromiseNoLeak_EveryAttribute(t *testing.T) {
	needed := map[string]bool{}
	walked := everyAttribute(t)
	for _, a := range walked {
		fault := a.fault()
		if fault == "" {
			continue
		}
		if exempt[a.String()] != "" {
			needed[a.String()] = true
			continue
		}
		t.Errorf("%s: %s", a, fault)
	}
	for name := range exempt {
		if !needed[name] {
			t.Errorf("%s is exempt from nothing", name)
		}
	}
	for _, kind := range []string{"provider", "resource", "data", "ephemeral", "list", "action", "function", "identity"} {
		if !slices.ContainsFunc(walked, func(a *attribute) bool { return a.kind == kind && a.text }) {
			t.Errorf("the walk did not come to any %s", kind)
		}
	}
	if a := slices.IndexFunc(walked, func(a *attribute) bool { return a.String() == "resource ocibao_approle_secret_id.wrapping_token" }); a < 0 || !walked[a].sensitive {
		t.Error("the wrapping token is not marked sensitive")
	}
}

// The rules catch what they are there for.
func TestPromiseNoLeak_RulesOfAttributes(t *testing.T) {
	version := map[string]*attribute{"password_wo_version": {path: "password_wo_version", number: true, optional: true}}
	for want, bad := range map[string]attribute{
		"into state or plan: make":           {kind: "data", path: "secret_content", about: "What the bundle holds.", text: true, computed: true},
		"secret into state or plan: make it": {kind: "resource", path: "db_password", about: "For the database.", text: true, optional: true, sensitive: true},
		"write-only, or ephemeral":           {kind: "data", path: "bundle.latest", about: "The decoded content, as text.", text: true, computed: true},
		"make it write-only":                 {kind: "data", path: "length", about: "The value, as a number.", number: true, computed: true},
		"put a secret into state":            {kind: "identity", path: "secret_id", about: "What the role logs in with.", text: true, required: true},
		"put a secret into state or plan":    {kind: "function", path: "token", about: "To decode.", text: true, required: true},
		"marked sensitive, so":               {kind: "resource", path: "description", about: "Description for people.", text: true, optional: true, sensitive: true},
		"is not marked sensitive":            {kind: "ephemeral", path: "data_json", about: "What is stored.", text: true, computed: true},
		"holds a secret and is not":          {kind: "provider", path: "auth_userpass.password", about: "For the login.", text: true, optional: true},
		"neither its name nor its":           {kind: "ephemeral", path: "lease_id", about: "ID of the lease.", text: true, computed: true, sensitive: true},
		"lets it be guessed":                 {kind: "data", path: "content_sha256", about: "SHA-256, in hex.", text: true, computed: true},
		"tell the names only":                {kind: "data", path: "metadata", about: "What its owner attached.", text: true, computed: true},
		`nobody has said what a "thing" is`:  {kind: "resource", path: "new_thing", about: "Something new.", text: true, optional: true},
		"at its side":                        {kind: "resource", path: "password_wo", about: "Password.", text: true, optional: true, sensitive: true, writeOnly: true},
		"it is called write-only and is not": {kind: "resource", path: "password_wo", about: "Password.", text: true, optional: true, sensitive: true, siblings: version},
		"and called *_wo":                    {kind: "resource", path: "password", about: "Password.", text: true, optional: true, sensitive: true, writeOnly: true, siblings: version},
		"is Optional and Sensitive, of a":    {kind: "resource", path: "password_wo", about: "Password.", text: true, optional: true, writeOnly: true, siblings: version},
		"it is the version of nothing":       {kind: "resource", path: "password_wo_version", about: "Number of the value.", number: true, optional: true, siblings: version},
	} {
		if got := bad.fault(); !strings.Contains(got, want) {
			t.Errorf("%s: %q does not say %q", &bad, got, want)
		}
	}
	for _, good := range []attribute{
		{kind: "resource", path: "password_wo", about: "Password.", text: true, optional: true, sensitive: true, writeOnly: true, siblings: version},
		{kind: "resource", path: "token_ttl", about: "TTL of the tokens.", text: true, optional: true, computed: true},
		{kind: "resource", path: "secret_id", about: "OCID of the secret.", text: true, required: true},
		{kind: "data", path: "length", about: "Length of the content.", number: true, computed: true},
		{kind: "ephemeral", path: "token", about: "The token.", text: true, computed: true, sensitive: true},
	} {
		if got := good.fault(); got != "" {
			t.Errorf("%s: %s", &good, got)
		}
	}
}
