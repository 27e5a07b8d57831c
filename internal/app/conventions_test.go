package app_test

import (
	"bufio"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Most lines of a file: of code, and of a test.
const (
	maxCode = 340
	maxTest = 400
)

// handwritten returns the Go files of the repository that no program generates.
func handwritten(t *testing.T) (paths []string) {
	t.Helper()
	for _, root := range []string{"cmd", "internal", "migrations", "sdk", "tools"} {
		err := filepath.WalkDir("../../"+root, func(path string, d fs.DirEntry, err error) error {
			if d.IsDir() && d.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".gen.go") {
				paths = append(paths, path)
			}
			return err
		})
		require.NoError(t, err)
	}
	require.Greater(t, len(paths), 500)
	return paths
}

// No file has more lines than fit into the head.
func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	for _, path := range handwritten(t) {
		file, err := os.Open(path)
		require.NoError(t, err)
		lines := 0
		for scanner := bufio.NewScanner(file); scanner.Scan(); {
			lines++
		}
		require.NoError(t, file.Close())
		most := maxCode
		if strings.HasSuffix(path, "_test.go") {
			most = maxTest
		}
		assert.LessOrEqual(t, lines, most, "%s: split it by what it is about", path)
	}
}

// Words that a comment does not need, and what to say instead.
var insteadOf = map[string]string{
	`\A\w+(\.\w+)? (answers|tells|hears)\b`: "returns, reports, is called when",
	`\banew\b`:                              "again",
	`\b[Ww]hoever\b`:                        "the customer, the caller, another process",
	`\bheld against\b|\bholds? \S+( \S+)? against\b`: "checked against, compared with",
	`\bis to go\b`: "deprecated",
	`\bhears?\b`:   "is called with, is notified",
}

// Comments say what a new colleague understands at the first reading; see the words in
// CONTRIBUTING.md.
func TestCommentsAreInPlainWords(t *testing.T) {
	t.Parallel()
	wrong := map[*regexp.Regexp]string{}
	for pattern, instead := range insteadOf {
		wrong[regexp.MustCompile(pattern)] = instead
	}
	for _, path := range handwritten(t) {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, comment := range file.Comments {
			text := comment.Text()
			for pattern, instead := range wrong {
				if found := pattern.FindString(text); found != "" {
					assert.Fail(
						t, "not a plain word", "%s: %q: say %s", files.Position(comment.Pos()),
						found, instead,
					)
				}
			}
		}
	}
}
