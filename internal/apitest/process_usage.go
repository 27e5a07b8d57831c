package apitest

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// Memory returns what it has in memory now, in MiB. Only Linux tells.
func (p *Process) Memory() int { return p.status("VmRSS:") >> 10 }

// Files returns how many files and connections it has open. Only Linux tells.
func (p *Process) Files() int {
	p.shop.t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.command.Process.Pid))
	require.NoError(p.shop.t, err)
	return len(files)
}

// status returns a number of the process's status, such as kilobytes of memory.
func (p *Process) status(name string) int {
	p.shop.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	require.NoError(p.shop.t, err)
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, name); ok {
			number, err := strconv.Atoi(strings.Fields(text)[0])
			require.NoError(p.shop.t, err)
			return number
		}
	}
	return 0
}
