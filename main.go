// Command terraform-provider-ocibao serves the ocibao provider to Terraform and
// OpenTofu.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"time"

	ocibao "github.com/ocibao/terraform-provider-ocibao/internal/provider"
)

// version is set by the release build.
var version = "dev"

// logoutTime bounds the revocation of tokens at the end: the engine kills a
// provider that does not stop within two seconds.
const logoutTime = 1500 * time.Millisecond

func main() {
	debug := flag.Bool("debug", false, "serve for a debugger and print how to attach the engine")
	show := flag.Bool("version", false, "print the version and end")
	flag.Parse()
	if *show {
		fmt.Println("terraform-provider-ocibao", version)
		return
	}
	if err := serve(*debug); err != nil {
		log.Fatal(err)
	}
}

// serve answers the engine until that is done, then logs out.
func serve(debug bool) error {
	// In a debugger nobody knows what level the engine will keep.
	if !debug {
		if err := ocibao.LimitLogs(); err != nil {
			return err
		}
	}
	instance := ocibao.New(version)
	err := ocibao.Serve(instance, debug)
	ctx, cancel := context.WithTimeout(context.Background(), logoutTime)
	defer cancel()
	if closeErr := instance.Close(ctx); closeErr != nil {
		log.Printf("[WARN] Unable to revoke what the provider logged in with: %v", closeErr)
	}
	return err
}
