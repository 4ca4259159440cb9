// Command provider-schema prints the provider's schema as JSON, in the form of
// `terraform providers schema -json`, for the generator of the docs.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/ocibao/terraform-provider-ocibao/dev/internal/schemajson"
	"github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "provider-schema:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer) error {
	// The generator looks a provider up under its bare name.
	document, err := schemajson.Of(ctx, "ocibao", providerserver.NewProtocol6(provider.New("docs"))())
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}
