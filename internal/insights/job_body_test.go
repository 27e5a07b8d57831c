package insights

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
)

// TestEveryKindOfJobIsKnown compares the kinds of jobs whose arguments can be shown with the kinds
// in the source.
func TestEveryKindOfJobIsKnown(t *testing.T) {
	t.Parallel()
	kind := regexp.MustCompile(`\) Kind\(\) string *\{\s*return "([a-z_.]+)"`)
	seen := map[string]bool{}
	source := os.DirFS("..")
	require.NoError(t, fs.WalkDir(source, ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(source, path)
		for _, match := range kind.FindAllStringSubmatch(string(text), -1) {
			seen[match[1]] = true
			assert.Contains(
				t, visibleArgs, match[1], "%s: which texts among its arguments may be seen?", path,
			)
			assert.Contains(t, string(shopd.Contract), "`"+match[1]+"`", "JobKind does not name it")
		}
		return err
	}))
	for name := range visibleArgs {
		assert.True(t, seen[name], "there are no jobs of the kind %s", name)
	}
}
