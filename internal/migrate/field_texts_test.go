package migrate_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

func TestFieldTexts(t *testing.T) {
	t.Parallel()
	got, err := migrate.FieldTexts(migrate.NewSecret([]byte(
		`{"text":"a<b\n","number":12345678901234567890.10,"yes":true,"none":null,"list":["a<b",1.0],"inner":{"k":"v"}}`)))
	want := map[string]string{
		"text": "a<b\n", "number": "12345678901234567890.10", "yes": "true", "none": "null", "list": `["a<b",1.0]`, "inner": `{"k":"v"}`,
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, content := range []string{"hunter2-password", `["hunter2-password"]`, ""} {
		if _, err := migrate.FieldTexts(migrate.NewSecret([]byte(content))); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", content, err)
		}
	}
}
