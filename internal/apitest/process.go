package apitest

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/app"
	"github.com/shopd/shopd/internal/platform/config"
)

// serveVariable turns a test binary into the server itself: see Main and Shop.Process.
const serveVariable = "SHOPD_TEST_SERVE"

// Process is a server that can be killed.
type Process struct {
	URL string

	shop    *Shop
	command *exec.Cmd
}

// Process starts the same shop once more, as a process of its own: same settings, database, folders
// and secrets, except the given settings.
func (s *Shop) Process(settings ...Setting) *Process {
	s.t.Helper()
	variables := maps.Clone(s.variables)
	variables["HOST"], variables["PORT"], variables["LOG_LEVEL"] = "127.0.0.1", "0", "error"
	for _, setting := range settings {
		variables[setting.Name] = setting.Value
	}
	c := exec.CommandContext(s.t.Context(), os.Args[0])
	c.Env = append(os.Environ(), serveVariable+"=1")
	for name, value := range variables {
		c.Env = append(c.Env, name+"="+value)
	}
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, c.Start())
	address, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(s.t, err)
	return &Process{URL: "http://" + strings.TrimSpace(address), shop: s, command: c}
}

// Kill ends it as a loss of power would: it cannot put anything in order.
func (p *Process) Kill() {
	p.shop.t.Helper()
	require.NoError(p.shop.t, p.command.Process.Kill())
	require.Error(p.shop.t, p.command.Wait())
}

// PeakMemory is the most it ever had in memory, in MiB. Only Linux tells.
func (p *Process) PeakMemory() int {
	p.shop.t.Helper()
	return p.status("VmHWM:") >> 10
}

// serve is what such a process does: it prints its address and serves until it is killed.
func serve(ctx context.Context) error {
	settings, err := config.Load(nil)
	if err != nil {
		return err
	}
	shop, err := app.New(ctx, settings, app.NewLog(settings), nil)
	if err != nil {
		return err
	}
	listener, err := app.Listen(ctx, settings.Host, settings.Port)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return shop.Run(ctx, listener)
}
