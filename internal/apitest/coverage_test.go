package apitest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
)

// Each package tests its own tags; together they must test all.
func TestEveryTagHasAPackageThatTestsIt(t *testing.T) {
	t.Parallel()
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	require.NoError(t, err)
	owned := map[string]string{}
	files, err := filepath.Glob("../*/main_test.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, call := range regexp.MustCompile(
			`apitest\.Main\(m, (.*)\)`,
		).FindAllStringSubmatch(string(text), -1) {
			for tag := range strings.SplitSeq(call[1], ", ") {
				owned[strings.Trim(tag, `"`)] = file
			}
		}
	}
	for _, tag := range spec.Tags {
		assert.NotEmpty(t, owned[tag.Name], "no package tests the operations tagged %s", tag.Name)
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			require.Len(t, operation.Tags, 1, "%s %s", method, path)
			assert.NotNil(
				t, spec.Tags.Get(operation.Tags[0]), "%s %s has a tag that is not described",
				method, path,
			)
		}
	}
}
