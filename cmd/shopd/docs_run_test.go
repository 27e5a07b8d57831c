package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

// notRun are the lines of the documents' shell blocks that no test can run, and why.
var notRun = map[string]string{
	"go run ./cmd/shopd dev":                      "it uses the machine's port and servers",
	"go test ./...":                               "it would run itself",
	"docker compose up --build":                   "it needs Docker and its registry",
	"CGO_ENABLED=0 go build -o shopd ./cmd/shopd": "the tested program is built already",
}

// documents returns the names of the documents whose commands readers follow.
func documents(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(names), 7)
	return append([]string{"../../README.md", "../../CONTRIBUTING.md"}, names...)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

var shellBlock = regexp.MustCompile("(?ms)^```(?:sh|bash|shell|console)\n(.*?)^```")

// script returns the shell blocks of a document, in order, except the lines that cannot be run. It
// counts these in left.
func script(text string, left map[string]int) string {
	var lines strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(block[1]) {
			command := strings.TrimSpace(line)
			if _, skip := notRun[command]; skip {
				left[command]++
				continue
			}
			lines.WriteString(line)
		}
	}
	return lines.String()
}

// No operation: the commands of each document, copied into a shell one after the other, succeed.
func TestTheCommandsOfTheDocumentsWork(t *testing.T) {
	apitest.NotWithRace(t)
	left := map[string]int{}
	for _, name := range documents(t) {
		commands := script(read(t, name), left)
		if strings.TrimSpace(commands) == "" {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			shop := apitest.Demo(t)
			if !hasBackup(t, shop) {
				t.Log(
					"pg_dump is missing, or of another version than the server: " +
						"backups are not tried",
				)
				commands = regexp.MustCompile(`(?m)^pg_(dump|restore) .*\n`).
					ReplaceAllString(commands, "")
			}
			out := shell(t, shop, commands)
			calls := regexp.MustCompile(`(?m)^curl: (\d+) (\S+)$`).FindAllStringSubmatch(out, -1)
			assert.GreaterOrEqual(
				t, len(calls), strings.Count(commands, "curl "), "every call is made",
			)
			for _, call := range calls {
				assert.Regexp(t, `^2\d\d$`, call[1], "%s\n%s", call[2], out)
			}
			t.Logf("%d calls", len(calls))
		})
	}
	for line := range notRun {
		assert.NotZero(t, left[line], "no document has the line %q any more", line)
	}
}

// shell runs commands in bash, with the address of the shop and the program as shopd, and returns
// their output.
func shell(t *testing.T, shop *apitest.Shop, commands string) string {
	t.Helper()
	dir, bin := t.TempDir(), t.TempDir()
	program, err := os.Executable()
	require.NoError(t, err)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o755))
	}
	// These are like the real programs, but a call that fails ends the script, and a server that is
	// ready is stopped.
	write(filepath.Join(bin, "curl"), `#!/bin/bash
PATH=${PATH#*:} exec curl --silent --show-error --fail-with-body \
	--write-out '%{stderr}curl: %{http_code} %{url_effective}\n' "$@"
`)
	write(filepath.Join(bin, "shopd"), `#!/bin/bash
set -e
export `+actsAsProgram+`=1
[ "$1" = serve ] || exec `+program+` "$@"
`+program+` "$@" &
until `+program+` health >/dev/null 2>&1; do kill -0 $!; sleep 0.05; done
kill -TERM $!
wait $!
`)
	write(
		filepath.Join(dir, "products.csv"),
		"id,title,price,quantity\nNEW-1,Brass Desk Lamp,49.00 USD,3\n",
	)

	commands = strings.NewReplacer(
		"http://localhost:8000", shop.URL(), "go run ./cmd/shopd", "shopd", "./shopd", "shopd",
	).Replace(commands)
	bash := exec.CommandContext(t.Context(), "bash", "-c", "set -euo pipefail\n"+commands)
	bash.Dir = dir
	bash.Stdin = strings.NewReader("correct horse 9\n") // the password of an administrator
	bash.Env = append(
		os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "DEBUG=true", "LOG_LEVEL=error",
		"BCRYPT_COST=4", "RAG_PROVIDER=local", "HOST=127.0.0.1",
		fmt.Sprintf("PORT=%d", freePort(t)), "DATABASE_URL="+shop.DatabaseURL,
		"REDIS_URL="+apitest.RedisURL(), "REDIS_PREFIX=docs:",
	)
	out, err := bash.CombinedOutput()
	require.NoError(t, err, "%s\n%s", commands, out)
	return string(out)
}

// hasBackup reports whether this machine has pg_dump of the same version as the server.
func hasBackup(t *testing.T, shop *apitest.Shop) bool {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pg_dump", "--version").Output()
	version, _, _ := strings.Cut(apitest.Value[string](shop, "SHOW server_version"), ".")
	return err == nil && strings.Contains(string(out), " "+version+".")
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
