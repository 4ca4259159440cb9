package ocivault

import "github.com/oracle/oci-go-sdk/v65/common"

// silence is a logger of the SDK that says nothing.
type silence struct{}

// LogLevel is the SDK's "no logging": it does not even build messages then.
func (silence) LogLevel() int { return 0 }

// Log drops the message.
func (silence) Log(int, string, ...any) error { return nil }

// The SDK's logger is one for the whole process and obeys OCI_GO_SDK_DEBUG,
// under which it prints whole answers, secrets included. It is replaced before
// any goroutine can use it, for the SDK reads it without a lock.
func init() { common.SetSDKLogger(silence{}) }
