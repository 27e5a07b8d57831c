package sdk_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const npmTools = "../tools/npm"

// prism is a proxy that reads the contract by itself and logs what of the traffic violates it.
type prism struct {
	address string
	mu      sync.Mutex
	log     bytes.Buffer
}

func (p *prism) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.Write(text)
}

func (p *prism) says(words string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Contains(p.log.Bytes(), []byte(words))
}

// violations returns the lines of its log about traffic that violates the contract.
func (p *prism) violations() (lines []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, "Violation") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// startPrism starts the proxy in front of a server. Where it is not installed, the test is skipped,
// except in CI.
func startPrism(t *testing.T, upstream string) *prism {
	t.Helper()
	if _, err := os.Stat(npmTools + "/node_modules"); err != nil && os.Getenv("CI") == "" {
		t.Skip("Prism is not installed: run tools/npm/install to put it between client and server")
	}
	run(t, npmTools, nil, "./install")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())
	p := &prism{address: fmt.Sprintf("http://127.0.0.1:%d", port)}
	command := exec.Command(
		npmTools+"/node_modules/.bin/prism", "proxy", "--port", fmt.Sprint(port), "../openapi.yaml",
		upstream,
	) //nolint:gosec // a pinned program, stopped below
	command.Stdout, command.Stderr = p, p
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGTERM)
		_ = command.Wait()
	})
	require.Eventually(
		t, func() bool { return p.says("is listening") }, 2*time.Minute, 50*time.Millisecond,
		"Prism does not start",
	)
	return p
}

// requireNoViolation requires that all traffic until now was as the contract has it, and that Prism
// would have noticed.
func (p *prism) requireNoViolation(t *testing.T) {
	t.Helper()
	require.Empty(t, p.violations())
	response, err := http.Get(p.address + "/api/v1/products?limit=many")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NotEmpty(t, p.violations(), "Prism overlooks what is against the contract")
}
