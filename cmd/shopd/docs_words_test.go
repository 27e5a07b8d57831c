package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/shopd/shopd"
)

// Operations that documents name by their whole address are in the contract.
func TestOperationsNamedInDocumentsExist(t *testing.T) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	found := 0
	for _, name := range documents(t) {
		text := read(t, name)
		for _, m := range matches("`(GET|POST|PUT|PATCH|DELETE) (/api/v1/[^ `?]+)`", text) {
			item := spec.Paths.Value(m[2])
			assert.True(
				t, item != nil && item.GetOperation(m[1]) != nil,
				"%s: %s %s is not in the contract", name, m[1], m[2],
			)
			found++
		}
	}
	assert.Greater(t, found, 20)
}

// Every operation that the columns of docs/migrating.md name as ours is in the contract.
func TestWhereCallsMigrateToExists(t *testing.T) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	named := regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (/[^ `?]+)`")
	rows, found := 0, 0
	for line := range strings.Lines(read(t, "../../docs/migrating.md")) {
		columns := strings.Split(strings.ReplaceAll(line, `\|`, " "), "|")
		if len(columns) != 5 || strings.HasPrefix(columns[1], "---") ||
			strings.TrimSpace(columns[2]) == "here" {
			continue
		}
		rows++
		operations := named.FindAllStringSubmatch(columns[2], -1)
		assert.Len(
			t,
			operations,
			strings.Count(columns[2], "`")/2,
			"each is a method and a path: %s",
			columns[2],
		)
		for _, text := range columns[2:4] {
			for _, operation := range named.FindAllStringSubmatch(text, -1) {
				method, path := operation[1], operation[2]
				item := spec.Paths.Value("/api/v1" + path)
				if item == nil {
					item = spec.Paths.Value(path)
				}
				if assert.NotNil(t, item, "%s %s is not in the contract", method, path) {
					assert.NotNil(
						t, item.GetOperation(method), "%s %s is not in the contract", method, path,
					)
				}
				found++
			}
		}
	}
	assert.Greater(t, rows, 35)
	assert.Greater(t, found, 90)
}

// Commands that documents name in passing exist: of the program, of the Taskfile, and tests and
// benchmarks.
func TestCommandsNamedInDocumentsExist(t *testing.T) {
	t.Parallel()
	var taskfile struct{ Tasks map[string]any }
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "../../Taskfile.yml")), &taskfile))
	for _, name := range documents(t) {
		text := read(t, name)
		for _, m := range matches("`shopd ([a-z ]*[a-z])[^`]*`", text) {
			words := strings.Fields(m[1])
			found, left, err := command().Find(words)
			assert.True(
				t,
				err == nil && found.Name() != "shopd" &&
					(len(left) == 0 || !found.HasSubCommands()),
				"%s: shopd %s",
				name,
				m[1],
			)
		}
		for _, m := range matches("(?:`| )task ([a-z-]+)[^`\n]*`", text) {
			assert.Contains(t, taskfile.Tasks, m[1], name)
		}
		for _, m := range matches("go test \\./(\\S+) [^`]*?-(?:run|bench) ([A-Z]\\w+)", text) {
			assert.True(
				t, hasTest(t, m[1], m[2]), "%s: %s has no test or benchmark %s", name, m[1], m[2],
			)
		}
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob("../../" + folder + "/*_test.go")
	require.NoError(t, err)
	is := regexp.MustCompile(`func (Test|Benchmark)\w*` + strings.TrimPrefix(name, "Test"))
	return slices.ContainsFunc(
		files, func(file string) bool { return is.MatchString(read(t, file)) },
	)
}

// Links between documents lead somewhere, and the README leads to all of them.
func TestLinksOfDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	all := append(
		documents(t), "../../CHANGELOG.md", "../../sdk/ts/README.md", "../../docs/api/CHANGELOG.md",
	)
	for _, name := range all {
		for _, m := range matches(`\]\(([^)#:]+)(?:#[^)]*)?\)`, read(t, name)) {
			_, err := os.Stat(filepath.Join(filepath.Dir(name), m[1]))
			assert.NoError(t, err, name)
		}
	}
	readme := read(t, "../../README.md")
	for _, name := range all[1:] {
		path, err := filepath.Rel("../..", name)
		require.NoError(t, err)
		assert.Contains(t, readme, "("+path+")")
	}
}

// The table of docs/architecture.md has every package of the shop, and no other.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	var listed, there []string
	architecture := read(t, "../../docs/architecture.md")
	for _, m := range matches("(?m)^\\| `(internal/[a-z]+)` \\|", architecture) {
		listed = append(listed, m[1])
	}
	folders, err := filepath.Glob("../../internal/*")
	require.NoError(t, err)
	for _, folder := range folders {
		there = append(there, "internal/"+filepath.Base(folder))
	}
	assert.ElementsMatch(t, there, listed)
}

// Settings that documents name exist, and docs/operations.md names all.
func TestDocumentsNameTheSettingsThereAre(t *testing.T) {
	t.Parallel()
	settings := settingNames(t)
	operations := read(t, "../../docs/operations.md")
	for _, name := range settings {
		assert.Contains(t, operations, "`"+name+"`")
	}
	foreign := []string{
		"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "FUZZ_REQUESTS", "FUZZ_FOR", "FUZZ_SEED",
		"BENCH_YARDSTICK", "IMPORT_ROWS",
	}
	for _, file := range documents(t) {
		for _, m := range matches("`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", read(t, file)) {
			if !slices.Contains(foreign, m[1]) {
				assert.Contains(t, settings, m[1], file)
			}
		}
	}
}

// compose.yaml passes every setting on, except those that containers decide, and has the same
// servers as development.
func TestComposePassesSettingsOn(t *testing.T) {
	t.Parallel()
	var file struct {
		Services map[string]struct {
			Environment yaml.Node
			Image       string
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "../../compose.yaml")), &file))
	native := read(t, "../../internal/devstack/docker.go")
	for _, server := range []string{"postgres", "redis"} {
		assert.Contains(t, native, `"`+file.Services[server].Image+`"`)
	}
	var lines []string
	api := file.Services["api"].Environment
	require.NoError(t, api.Decode(&lines))
	var handed []string
	for _, line := range lines {
		name, _, _ := strings.Cut(line, "=")
		handed = append(handed, name)
	}
	inside := []string{"HOST", "PORT", "METRICS_ADDRESS"}
	wanted := slices.DeleteFunc(
		settingNames(t), func(name string) bool { return slices.Contains(inside, name) },
	)
	assert.ElementsMatch(t, append(wanted, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), handed)
}

// matches returns the matches of a regular expression in a text, with their groups.
func matches(pattern, text string) [][]string {
	return regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1)
}

// settingNames returns the names of all settings, which are in .env.example.
func settingNames(t *testing.T) (names []string) {
	t.Helper()
	for _, m := range matches(`(?m)^([A-Z_]+)=`, read(t, "../../.env.example")) {
		names = append(names, m[1])
	}
	require.NotEmpty(t, names)
	return names
}
