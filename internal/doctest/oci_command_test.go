package doctest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
	"github.com/ocibao/terraform-provider-ocibao/internal/ocivault"
)

// ociFlags are the flags of Oracle's command line that take a value, by command,
// as its reference has them; those of all commands are under "".
var ociFlags = map[string][]string{
	"":                          {"query", "output"},
	"vault secret list":         {"compartment-id", "vault-id", "name", "lifecycle-state"},
	"secrets secret-bundle get": {"secret-id", "stage", "secret-version-number", "secret-version-name"},
	"session refresh":           {"profile"},
	"session authenticate":      {"profile-name", "region"},
}

// ociCommand does what Oracle's command line does, against the emulator.
func ociCommand(args []string) error {
	all := append([]string{}, ociFlags[""]...)
	for _, flags := range ociFlags {
		all = append(all, flags...)
	}
	parsed := parse(args, all...)
	command := strings.Join(parsed.words, " ")
	flags, known := ociFlags[command]
	if !known {
		return fmt.Errorf("oci %s is not known to the tests", command)
	}
	if err := parsed.only(append(append([]string{"all", "raw-output"}, ociFlags[""]...), flags...)...); err != nil || dry() {
		return err
	}
	key := migrate.NewSecret([]byte(os.Getenv("OCI_PRIVATE_KEY")))
	url := os.Getenv(envOCI)
	client, err := ocivault.New(ocivault.Config{
		Region: os.Getenv("OCI_REGION"), TenancyOCID: os.Getenv("OCI_TENANCY_OCID"), UserOCID: os.Getenv("OCI_USER_OCID"),
		Fingerprint: os.Getenv("OCI_FINGERPRINT"), PrivateKey: key,
		Endpoints: ocivault.Endpoints{Secrets: url, Vaults: url, Identity: url, KMS: url},
	})
	if err != nil {
		return err
	}
	defer client.Close()
	answers := map[string]func(context.Context, *ocivault.Client, arguments) (any, error){
		"vault secret list": ociSecretList, "secrets secret-bundle get": ociBundleGet,
	}
	answer, known := answers[command]
	if !known {
		return fmt.Errorf("oci %s can only be checked: say above the block why it is not run", command)
	}
	data, err := answer(context.Background(), client, parsed)
	if err != nil {
		return err
	}
	return show(map[string]any{"data": data}, parsed.flag("query"))
}

func ociSecretList(ctx context.Context, client *ocivault.Client, args arguments) (any, error) {
	secrets, err := client.ListSecrets(ctx, ocivault.ListSecretsRequest{
		CompartmentID: args.flag("compartment-id"), VaultID: args.flag("vault-id"),
		Name: args.flag("name"), LifecycleState: args.flag("lifecycle-state"),
	})
	list := []any{}
	for _, secret := range secrets {
		list = append(list, map[string]any{"id": secret.ID, "secret-name": secret.Name, "lifecycle-state": secret.LifecycleState})
	}
	return list, err
}

func ociBundleGet(ctx context.Context, client *ocivault.Client, args arguments) (any, error) {
	bundle, err := client.Bundle(ctx, args.flag("secret-id"), migrate.Selector{Stage: args.flag("stage")})
	return map[string]any{
		"secret-id":             bundle.SecretID,
		"version-number":        bundle.Version.Number,
		"secret-bundle-content": map[string]any{"content-type": "BASE64", "content": base64.StdEncoding.EncodeToString(bundle.Content.Reveal())},
	}, err
}

// step is a part of a query: a name, bare or in quotes, an index, or all of a
// list projected onto an object.
var step = regexp.MustCompile(`^(?:\.?([a-z]+)|\.?"([^"]+)"|\[(\d+)\]|\[\]\.\{(.*)\})`)

// show prints what a query of the JMESPath language leaves of an answer.
func show(answer any, query string) error {
	for query != "" {
		parts := step.FindStringSubmatch(query)
		if parts == nil {
			return fmt.Errorf("the tests do not know the query %s", query)
		}
		query = query[len(parts[0]):]
		switch found := answer.(type) {
		case map[string]any:
			answer = found[parts[1]+parts[2]]
		case []any:
			if parts[4] != "" {
				return project(found, parts[4])
			}
			index, err := strconv.Atoi(parts[3])
			if err != nil || index >= len(found) {
				return errors.New("the query asks for what is not in the list")
			}
			answer = found[index]
		default:
			return errors.New("the query goes deeper than the answer")
		}
	}
	if text, is := answer.(string); is {
		_, err := fmt.Println(text)
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

func project(list []any, members string) error {
	for _, each := range list {
		object, _ := each.(map[string]any)
		for _, member := range strings.Split(members, ",") {
			name, from, _ := strings.Cut(member, ":")
			value, found := object[strings.Trim(from, `"`)]
			if !found {
				return fmt.Errorf("the answer has no %s", from)
			}
			fmt.Printf("%s=%v ", name, value)
		}
		fmt.Println()
	}
	return nil
}
