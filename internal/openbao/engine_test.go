package openbao_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/ocibao/terraform-provider-ocibao/internal/migrate"
)

// However many secrets are under way, one of them asks for the mount; one that
// gives up takes nobody along.
func TestEngine_AskedOnce(t *testing.T) {
	asked, answer := make(chan struct{}, 2), make(chan struct{})
	f := newFake(t, func(w http.ResponseWriter, _ int, _ call) {
		asked <- struct{}{}
		<-answer
		reply(w, 200, `{"data":{"path":"kv/","type":"kv","options":{"version":"2"}}}`)
	})
	c, _ := f.client(t)
	first, giveUp := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() {
		_, err := c.Engine(first, "", "kv")
		gaveUp <- err
	}()
	<-asked
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if engine, err := c.Engine(t.Context(), "", "kv"); err != nil || engine != migrate.KV2 {
				t.Error(engine, err)
			}
		})
	}
	giveUp()
	if err := <-gaveUp; err == nil {
		t.Error("the first did not give up")
	}
	<-asked
	close(answer)
	group.Wait()
	if got := len(f.seen()); got != 2 {
		t.Errorf("%d requests, want that of the first and one more", got)
	}
}
