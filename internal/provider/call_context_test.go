package provider

import (
	"context"
	"errors"
	"testing"
	"time"
)

type testKey struct{}

func TestCallContext(t *testing.T) {
	parent, cancel := context.WithTimeout(context.WithValue(t.Context(), testKey{}, "value"), time.Hour)
	defer cancel()
	call := newCallContext(parent)
	child, cancelChild := context.WithCancel(call)
	defer cancelChild()
	if call.Value(testKey{}) != "value" || child.Value(testKey{}) != "value" || call.Err() != nil {
		t.Error("it is not its parent's")
	}
	if _, has := child.Deadline(); !has {
		t.Error("it has no deadline")
	}
	call.release()
	if call.Value(testKey{}) != nil || !errors.Is(call.Err(), context.Canceled) {
		t.Error("it goes on after its call")
	}
	select {
	case <-call.Done():
	default:
		t.Error("it is not done after its call")
	}
}

// The engine's interruption reaches what the call waits for.
func TestCallContext_IsCanceledWithItsParent(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	child, cancelChild := context.WithCancel(newCallContext(parent))
	defer cancelChild()
	cancel()
	<-child.Done()
	if !errors.Is(child.Err(), context.Canceled) {
		t.Error(child.Err())
	}
}
