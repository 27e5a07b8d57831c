package sdk_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd/internal/apitest"
)

const typescript = "../sdk/ts"

// Every operation of the example: builds the npm package and runs its tests and its example against
// a real server, at last with a proxy between them that checks every exchange against the contract.
func TestTypeScript(t *testing.T) {
	t.Parallel()
	needNode(t)
	run(t, typescript, nil, "./install")
	run(t, typescript, nil, "npm", "run", "--silent", "build")
	address := newShop(t).URL()
	t.Log(
		run(
			t, typescript, []string{"SHOP=" + address}, "node", "--test", "--test-reporter=spec",
			"build/test/",
		),
	)
	talk := run(t, typescript, []string{"SHOP=" + address}, "node", "build/examples/buy.js")
	assert.Regexp(t, `(?s)^Everyday Steel Bottle for 12.50 USD: paid\n.*\[#\d+\]`, talk)

	demo := apitest.Demo(t).URL()
	talk = run(t, typescript, []string{"SHOP=" + demo}, "node", "build/examples/buy.js")
	assert.Regexp(t, `(?s): paid\n.*\[#\d+\]`, talk, "on the demo shop, too")

	t.Run("through Prism", func(t *testing.T) {
		between := startPrism(t, address)
		run(
			t, typescript, []string{"SHOP=" + between.address}, "node", "--test",
			"build/test/shop.test.js",
		)
		between.requireNoViolation(t)
	})
}

// A package made in a fresh clone holds the compiled client, its types and its licence.
func TestNpmPackHoldsAllItNeeds(t *testing.T) {
	t.Parallel()
	needNode(t)
	clone := t.TempDir()
	listed := run(t, typescript, nil, "git", "ls-files")
	for file := range strings.Lines(listed) {
		file = strings.TrimSpace(file)
		content, err := os.ReadFile(filepath.Join(typescript, file))
		require.NoError(t, err)
		info, err := os.Stat(filepath.Join(typescript, file))
		require.NoError(t, err)
		target := filepath.Join(clone, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o755))
		require.NoError(t, os.WriteFile(target, content, info.Mode().Perm()))
	}
	packed := run(t, clone, nil, "npm", "pack", "--json", "--loglevel=error")
	for _, name := range []string{
		"dist/index.js", "dist/index.d.ts", "dist/generated/schema.d.ts", "LICENSE", "README.md",
	} {
		assert.Contains(t, packed, `"path": "`+name+`"`)
	}
	assert.NotContains(t, packed, `"path": "src/`)
}

// The example in the README is the one that is tested, and short.
func TestTheReadmeShowsTheExample(t *testing.T) {
	t.Parallel()
	example, err := os.ReadFile(typescript + "/examples/buy.ts")
	require.NoError(t, err)
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	assert.Contains(t, string(readme), "```ts\n"+string(example)+"```\n")
	assert.Less(t, strings.Count(string(example), "\n"), 30)
}

// needNode skips where there is no Node.js, except in CI.
func needNode(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			message := program +
				" is missing: install Node.js 20 or newer to test the TypeScript client"
			if os.Getenv("CI") == "" {
				t.Skip(message)
			}
			t.Fatal(message)
		}
	}
}

// run runs a program to its end and returns its output.
func run(
	t *testing.T, dir string, environment []string, program string, arguments ...string,
) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), environment...)
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s %v: %s", program, arguments, output)
	return string(output)
}
