package prove

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// startLimit is how long a server may take until it is ready.
const startLimit = time.Minute

// Process is a server in a process of its own, which can be killed.
type Process struct {
	URL string

	program     string
	environment []string
	running     *exec.Cmd
	gone        chan struct{} // closed when the process has ended
}

// StartProcess starts `program serve` on a free port of this machine and waits until it is ready.
// environment is added to this process's own.
func StartProcess(ctx context.Context, program string, environment []string) (*Process, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return nil, err
	}
	p := &Process{
		URL:     fmt.Sprintf("http://127.0.0.1:%d", port),
		program: program,
		environment: append(
			append(os.Environ(), environment...), "HOST=127.0.0.1", "PORT="+strconv.Itoa(port),
			"METRICS_ADDRESS=",
		),
	}
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

// start starts the server and waits until it is ready.
func (p *Process) start(ctx context.Context) error {
	p.running = exec.CommandContext(context.WithoutCancel(ctx), p.program, "serve")
	var stderr bytes.Buffer // says why a server does not start
	p.running.Env, p.running.Stderr = p.environment, &stderr
	if err := p.running.Start(); err != nil {
		return err
	}
	p.gone = make(chan struct{})
	go func() {
		_ = p.running.Wait() // however it ended
		close(p.gone)
	}()
	deadline := time.Now().Add(startLimit)
	for !p.ready(ctx) {
		select {
		case <-p.gone:
			return fmt.Errorf("the server ended before it was ready: %s", stderr.Bytes())
		default:
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the server was not ready within %s", startLimit)
		}
	}
	return nil
}

// ready reports whether the server is ready.
func (p *Process) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// Kill kills the server without letting it finish anything, and starts it again.
func (p *Process) Kill(ctx context.Context) error {
	if err := p.Stop(); err != nil {
		return err
	}
	return p.start(ctx)
}

// Stop kills the server if it runs.
func (p *Process) Stop() error {
	if p.gone == nil {
		return nil
	}
	if err := p.running.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.gone
	return nil
}
