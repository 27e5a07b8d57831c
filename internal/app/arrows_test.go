package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/shopd/shopd/"

// domains is the floor of all packages under internal/ that no other floor names.
const domains = "the other domains"

// floors are the packages from the top to the bottom, by the beginning of their path. The first
// entry that fits counts.
var floors = [][]string{
	{"cmd", "tools", "sdk"},
	{"internal/apitest", "internal/contract"},
	{"internal/app"},
	{"internal/prove", "internal/server"},
	{"internal/assistant"},
	{"internal/search"},
	{domains},
	{"internal/model"},
	{"internal/question"},
	{"internal/platform", "internal/devstack"},
	{"gen", "migrations", "."},
}

// floorOf returns the floor of a package, 0 at the top.
func floorOf(path string) int {
	for i, floor := range floors {
		for _, prefix := range floor {
			if path == prefix || strings.HasPrefix(path, prefix+"/") {
				return i
			}
		}
	}
	return slices.IndexFunc(floors, func(floor []string) bool { return floor[0] == domains })
}

// imports returns what the packages of the repository import of each other, without their tests.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir = "../.."
	out, err := command.Output()
	require.NoError(t, err)
	all := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		path := strings.TrimPrefix(p.ImportPath+"/", module)
		all[inside(path)] = nil
		for _, imported := range p.Imports {
			if own := strings.TrimPrefix(imported+"/", module); own != imported+"/" {
				all[inside(path)] = append(all[inside(path)], inside(own))
			}
		}
	}
}

// inside returns a path within the repository; "." is its root.
func inside(path string) string {
	if path = strings.TrimSuffix(path, "/"); path == "" {
		return "."
	}
	return path
}

// pointsUp lists the imports that point from one floor to a higher one.
func pointsUp(imports map[string][]string) (wrong []string) {
	for importer, all := range imports {
		for _, imported := range all {
			if from, to := floorOf(importer), floorOf(imported); from > to {
				wrong = append(wrong, fmt.Sprintf(
					"%s imports %s, which is above it (%s under %s)", importer, imported,
					strings.Join(floors[from], ", "), strings.Join(floors[to], ", "),
				))
			}
		}
	}
	return wrong
}

// domainOf returns the domain of a package, such as internal/payments of internal/payments/testpay.
// A subpackage that imports no other domain, such as internal/payments/details, stands for itself.
func domainOf(imports map[string][]string, path string) string {
	parts := strings.SplitN(path, "/", 4)
	if len(parts) < 3 {
		return path
	}
	domain := strings.Join(parts[:2], "/")
	for _, imported := range imports[path] {
		if floorOf(imported) <= floorOf(domain) && !strings.HasPrefix(imported+"/", domain+"/") {
			return domain
		}
	}
	return path
}

// circles lists the domains that import each other, each way at least once and perhaps through
// others.
func circles(imports map[string][]string) (wrong []string) {
	edges := map[string]map[string]string{} // by domain: what it imports, and by which package
	for importer, all := range imports {
		from := domainOf(imports, importer)
		for _, imported := range all {
			if to := domainOf(imports, imported); to != from {
				if edges[from] == nil {
					edges[from] = map[string]string{}
				}
				edges[from][to] = importer + " imports " + imported
			}
		}
	}
	var reach func(from string, seen map[string]bool)
	reach = func(from string, seen map[string]bool) {
		for to := range edges[from] {
			if !seen[to] {
				seen[to] = true
				reach(to, seen)
			}
		}
	}
	for from, all := range edges {
		for to, how := range all {
			seen := map[string]bool{}
			if reach(to, seen); seen[from] {
				wrong = append(wrong, fmt.Sprintf("%s, and %s needs %s", how, to, from))
			}
		}
	}
	return wrong
}

// Every import points down: from cmd by app and server to the domains, of which the assistant is
// above search and search above the others, and on to model, question, platform and gen. Test files
// are free: those of a domain run the whole server.
func TestImportsPointDown(t *testing.T) {
	t.Parallel()
	all := imports(t)
	require.NotEmpty(t, all["internal/server"])
	assert.Empty(t, pointsUp(all))
	assert.Empty(t, circles(all))
}

// What the rule says of imports that would break it.
func TestImportsThatPointUpAreNamed(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"internal/catalog imports internal/search, which is above it " +
			"(the other domains under internal/search)",
	}, pointsUp(map[string][]string{"internal/catalog": {"internal/search", "internal/vectors"}}))
	assert.ElementsMatch(t, []string{
		"internal/orders imports internal/payments, and internal/payments needs internal/orders",
		"internal/payments imports internal/orders, and internal/orders needs internal/payments",
	}, circles(map[string][]string{
		"internal/orders":           {"internal/payments", "internal/payments/details"},
		"internal/payments":         {"internal/orders", "internal/payments/details"},
		"internal/payments/details": {"internal/platform/money"},
	}))
}
