package migrate

import (
	"context"
	"sync"
)

// Each does work for every name, for at most so many at a time, and returns the
// errors by name. One failure does not stop the others. Names whose turn comes
// after the context is done get its error.
func Each(ctx context.Context, names []string, workers int, work func(ctx context.Context, name string) error) map[string]error {
	var (
		mu     sync.Mutex
		group  sync.WaitGroup
		failed = map[string]error{}
		queue  = make(chan string)
	)
	one := func(name string) {
		err := ctx.Err()
		if err == nil {
			err = work(ctx, name)
		}
		if err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed[name] = err
		}
	}
	for range min(workers, len(names)) {
		group.Go(func() {
			for name := range queue {
				one(name)
			}
		})
	}
	for _, name := range names {
		queue <- name
	}
	close(queue)
	group.Wait()
	return failed
}
