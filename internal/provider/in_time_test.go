package provider_test

import (
	"fmt"
	"time"

	"github.com/ocibao/terraform-provider-ocibao/internal/acctest"
)

// inTime runs a step of something that has an end, such as a secret ID that expires:
// it has to be over within the time that it is given, or returns false. It is repeated
// with more time then, as only the machine knows how busy it is.
func inTime(h *acctest.Harness, step func(within time.Duration) bool) {
	h.Helper()
	within := 5 * time.Second
	for ; within < 5*time.Minute; within *= 3 {
		if step(within) {
			return
		}
	}
	h.Fatalf("%s are too short a time", within/3)
}

// inSeconds is a duration as configurations have it.
func inSeconds(d time.Duration) string { return fmt.Sprintf("%ds", int(d.Seconds())) }
