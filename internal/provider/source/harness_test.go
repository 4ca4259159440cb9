package source_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-log/tflogtest"
	"github.com/hashicorp/terraform-plugin-log/tfsdklogtest"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ociemu"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/glue"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider/source"
)

// instant is the machine's clock, but sleeping only moves it.
type instant struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *instant) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

func (c *instant) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	return ctx.Err()
}

// sharedKey is one key for all emulators: making one takes longer than any test.
var sharedKey = sync.OnceValues(ociemu.GenerateAPIKey)

// world is an emulated tenancy, seen through the data sources. The vault main is
// in the compartment home; secrets are in the compartment below it.
type world struct {
	*ociemu.Emulator
	t                          *testing.T
	tenancy, home, compartment string
	vault, other               string
	clients                    *glue.Clients
	server                     tfprotov6.ProviderServer
	schemas                    map[string]*tfprotov6.Schema
	logs                       bytes.Buffer
	everything                 strings.Builder // results and diagnostics of all reads
	wrap                       func(http.Handler) http.Handler
}

func newWorld(t *testing.T, opts ...ociemu.Option) *world {
	t.Helper()
	w := &world{Emulator: ociemu.New(opts...), t: t, wrap: func(h http.Handler) http.Handler { return h }}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.wrap(w.Emulator).ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	key := must(sharedKey())(t)
	w.tenancy = must(w.AddTenancy("acme"))(t)
	user := must(w.AddUser(w.tenancy, "terraform"))(t)
	must(w.AddAPIKey(user, key.PublicKeyPEM))(t)
	w.home = must(w.AddCompartment(w.tenancy, "vaults"))(t)
	w.compartment = must(w.AddCompartment(w.home, "secrets"))(t)
	w.vault = must(w.AddVault(w.home, "main"))(t)
	w.other = must(w.AddVault(w.home, "other"))(t)
	client := must(ocivault.New(ocivault.Config{
		Region: "eu-frankfurt-1", TenancyOCID: w.tenancy, UserOCID: user, Fingerprint: key.Fingerprint,
		PrivateKey: migrate.NewSecret([]byte(key.PrivateKeyPEM)),
		Endpoints:  ocivault.Endpoints{Secrets: server.URL, Vaults: server.URL, Identity: server.URL, KMS: server.URL},
		Clock:      &instant{},
	}))(t)
	t.Cleanup(client.Close)
	w.clients = &glue.Clients{OCI: glue.Side[*ocivault.Client]{Client: client}, Clock: migrate.SystemClock{}}
	w.serve()
	t.Cleanup(func() {
		if writes := w.Writes(); len(writes) > 0 {
			t.Errorf("the source was written to: %+v", writes)
		}
	})
	return w
}

// testProvider has the data sources of the package and hands out ready clients.
type testProvider struct{ clients *glue.Clients }

var _ provider.Provider = testProvider{}

func (testProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "ocibao"
}

func (testProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

func (p testProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.DataSourceData = p.clients
}

func (testProvider) Resources(context.Context) []func() resource.Resource { return nil }

func (testProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		source.NewSecretsDataSource, source.NewSecretDataSource, source.NewSecretBundleDataSource,
		source.NewCompartmentsDataSource, source.NewVaultsDataSource, source.NewSecretVersionsDataSource,
	}
}

// serve starts the provider's protocol server over the present clients.
func (w *world) serve() {
	w.t.Helper()
	w.server = providerserver.NewProtocol6(testProvider{w.clients})()
	schemas := must(w.server.GetProviderSchema(w.t.Context(), &tfprotov6.GetProviderSchemaRequest{}))(w.t)
	noErrors(w.t, schemas.Diagnostics)
	w.schemas = schemas.DataSourceSchemas
	empty := must(tfprotov6.NewDynamicValue(tftypes.Object{}, tftypes.NewValue(tftypes.Object{}, map[string]tftypes.Value{})))(w.t)
	configured := must(w.server.ConfigureProvider(w.t.Context(), &tfprotov6.ConfigureProviderRequest{Config: &empty}))(w.t)
	noErrors(w.t, configured.Diagnostics)
}

type attributes map[string]any

// unknown is a value of a configuration that is known only after apply.
type unknown struct{}

// read validates a configuration and, unless that fails, reads with it.
func (w *world) read(name string, config attributes) (map[string]any, []*tfprotov6.Diagnostic) {
	w.t.Helper()
	ctx := tfsdklogtest.RootLogger(tflogtest.RootLogger(w.t.Context(), &w.logs), &w.logs)
	value, objectType := w.config(name, config)
	validated := must(w.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: value}))(w.t)
	if len(validated.Diagnostics) > 0 {
		w.note(nil, validated.Diagnostics)
		return nil, validated.Diagnostics
	}
	read := must(w.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: value}))(w.t)
	state := must(read.State.Unmarshal(objectType))(w.t)
	result, _ := plain(w.t, state).(map[string]any)
	w.note(result, read.Diagnostics)
	return result, read.Diagnostics
}

// must read: any diagnostic is a failure.
func (w *world) must(name string, config attributes) map[string]any {
	w.t.Helper()
	result, diags := w.read(name, config)
	if len(diags) > 0 {
		w.t.Fatalf("reading %s: %s", name, text(diags))
	}
	return result
}

// refuses checks that a read fails with one error at an attribute, whose text
// has all these parts.
func (w *world) refuses(name string, config attributes, attribute string, parts ...string) {
	w.t.Helper()
	_, diags := w.read(name, config)
	if len(diags) != 1 || diags[0].Severity != tfprotov6.DiagnosticSeverityError {
		w.t.Fatalf("want one error, got %s", text(diags))
	}
	holds(w.t, diags[0], attribute, parts...)
}

func holds(t *testing.T, d *tfprotov6.Diagnostic, attribute string, parts ...string) {
	t.Helper()
	if at := where(d); at != attribute {
		t.Errorf("at %q, want %q: %s", at, attribute, text([]*tfprotov6.Diagnostic{d}))
	}
	for _, part := range parts {
		if !strings.Contains(d.Summary+"\n"+d.Detail, part) {
			t.Errorf("the text lacks %q:\n%s\n%s", part, d.Summary, d.Detail)
		}
	}
}

func where(d *tfprotov6.Diagnostic) string {
	if d.Attribute == nil {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(d.Attribute.String(), `AttributeName("`), `")`)
}

func (w *world) note(result map[string]any, diags []*tfprotov6.Diagnostic) {
	fmt.Fprintf(&w.everything, "%s\n%s\n", must(json.Marshal(result))(w.t), text(diags))
}

func (w *world) config(name string, given attributes) (*tfprotov6.DynamicValue, tftypes.Type) {
	w.t.Helper()
	objectType := w.schemas[name].ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{}
	for attribute, kind := range objectType.AttributeTypes {
		values[attribute] = wire(kind, given[attribute])
	}
	for attribute := range given {
		if _, known := values[attribute]; !known {
			w.t.Fatalf("%s has no attribute %s", name, attribute)
		}
	}
	value := must(tfprotov6.NewDynamicValue(objectType, tftypes.NewValue(objectType, values)))(w.t)
	return &value, objectType
}

func wire(kind tftypes.Type, given any) tftypes.Value {
	switch given := given.(type) {
	case unknown:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case map[string]string:
		values := map[string]tftypes.Value{}
		for key, value := range given {
			values[key] = tftypes.NewValue(tftypes.String, value)
		}
		return tftypes.NewValue(kind, values)
	default:
		return tftypes.NewValue(kind, given)
	}
}

// plain turns a value of the wire into strings, int64s, bools, maps and slices.
func plain(t *testing.T, value tftypes.Value) any {
	t.Helper()
	if value.IsNull() {
		return nil
	}
	switch {
	case value.Type().Is(tftypes.String):
		return decoded[string](t, value)
	case value.Type().Is(tftypes.Bool):
		return decoded[bool](t, value)
	case value.Type().Is(tftypes.Number):
		number, _ := decoded[*big.Float](t, value).Int64()
		return number
	case value.Type().Is(tftypes.List{}):
		list := []any{}
		for _, each := range decoded[[]tftypes.Value](t, value) {
			list = append(list, plain(t, each))
		}
		return list
	}
	fields := map[string]any{}
	for key, each := range decoded[map[string]tftypes.Value](t, value) {
		fields[key] = plain(t, each)
	}
	return fields
}

func decoded[T any](t *testing.T, value tftypes.Value) (to T) {
	t.Helper()
	if err := value.As(&to); err != nil {
		t.Fatal(err)
	}
	return to
}

func (w *world) secret(name, content string, attrs ...ociemu.Attribute) string {
	w.t.Helper()
	return must(w.AddSecret(w.compartment, w.vault, name, []byte(content), attrs...))(w.t)
}

// requests checks how often each call was made since the last look, and that no
// other was made.
func (w *world) requests(want map[string]int) {
	w.t.Helper()
	total := 0
	for call, times := range want {
		total += times
		if got := w.Count(call); got != times {
			w.t.Errorf("%d requests for %s, want %d", got, call, times)
		}
	}
	if got := w.Count(""); got != total {
		w.t.Errorf("%d requests, want %d", got, total)
	}
	w.Reset()
}

func text(diags []*tfprotov6.Diagnostic) string {
	var b strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&b, "%s at %q: %s\n%s\n", d.Severity, where(d), d.Summary, d.Detail)
	}
	return b.String()
}

func noErrors(t *testing.T, diags []*tfprotov6.Diagnostic) {
	t.Helper()
	if len(diags) > 0 {
		t.Fatal(text(diags))
	}
}

// must unwraps a result, as in must(f())(t).
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// twins has every listing of secrets answer each secret a second time, under
// another OCID.
func twins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		var items []map[string]any
		if r.URL.Path == "/20180608/secrets" && json.Unmarshal(body, &items) == nil {
			for _, item := range slices.Clone(items) {
				twin := maps.Clone(item)
				twin["id"] = item["id"].(string) + "-twin"
				items = append(items, twin)
			}
			body, _ = json.Marshal(items)
			answer.Header().Del("Content-Length")
		}
		maps.Copy(rw.Header(), answer.Header())
		rw.WriteHeader(answer.Code)
		_, _ = rw.Write(body)
	})
}
