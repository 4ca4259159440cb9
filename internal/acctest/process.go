package acctest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// process is a running server.
type process struct {
	command *exec.Cmd
	ended   chan struct{} // closed when the process has ended
}

// launch starts a server, without what could change what it does. It ends with
// the context or with stop.
func launch(ctx context.Context, output *lockedBuffer, binary string, args []string, prepare ...func(*exec.Cmd)) (*process, error) {
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = cleanEnviron()
	command.Stdout, command.Stderr = output, output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 5 * time.Second
	for _, change := range prepare {
		change(command)
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	running := &process{command: command, ended: make(chan struct{})}
	go func() {
		_ = command.Wait()
		close(running.ended)
	}()
	return running, nil
}

func (p *process) signal(signal os.Signal) error { return p.command.Process.Signal(signal) }

// stopped waits until a process has stopped that was told to by SIGSTOP.
func (p *process) stopped() error {
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(p.command.Process.Pid, &status, syscall.WUNTRACED, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return fmt.Errorf("waiting for the process to stop: %w", err)
		case status.Stopped():
			return nil
		default:
			return errors.New("the process ended instead of stopping")
		}
	}
}

// stop sends a signal that ends the process, and waits for the end.
func (p *process) stop(signal os.Signal) {
	_ = p.signal(signal)
	<-p.ended
}

// lockedBuffer collects the output of a process.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// String is what was written so far.
func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
