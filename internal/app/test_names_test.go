package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/shopd/shopd"
)

// testPackage is what the test files of one folder declare.
type testPackage struct {
	functions map[string][]*ast.FuncDecl // by name; methods of several types may share one
}

// testPackages reads the test files below some folders, by folder.
func testPackages(t *testing.T, roots ...string) map[string]testPackage {
	t.Helper()
	all := map[string]testPackage{}
	visit := func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		folder := filepath.Dir(path)
		if _, ok := all[folder]; !ok {
			all[folder] = testPackage{map[string][]*ast.FuncDecl{}}
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok {
				all[folder].functions[f.Name.Name] = append(
					all[folder].functions[f.Name.Name], f,
				)
			}
		}
		return nil
	}
	for _, root := range roots {
		require.NoError(t, filepath.WalkDir(root, visit))
	}
	return all
}

// usesAPI reports whether a function calls apitest, itself or by other functions of its package.
func (p testPackage) usesAPI(f *ast.FuncDecl, seen map[*ast.FuncDecl]bool) bool {
	if seen[f] {
		return false
	}
	seen[f] = true
	uses := false
	ast.Inspect(f, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok && !uses {
			uses = name.Name == "apitest"
			for _, called := range p.functions[name.Name] {
				uses = uses || p.usesAPI(called, seen)
			}
		}
		return !uses
	})
	return uses
}

// The line above a test that runs the server begins with the operations it tests, so that a search
// for an operationId finds them. Packages of platform know no operation.
func TestTestsNameTheirOperations(t *testing.T) {
	t.Parallel()
	operations := map[string]bool{}
	for _, id := range regexp.MustCompile(`operationId: (\w+)`).
		FindAllStringSubmatch(string(shopd.Contract), -1) {
		operations[id[1]] = true
	}
	first := regexp.MustCompile(`^\w+`)
	named := 0
	for folder, p := range testPackages(t, "../../cmd", "../../internal", "../../sdk") {
		if strings.Contains(folder, "/internal/platform/") {
			continue
		}
		for name, declared := range p.functions {
			f := declared[0]
			isTest := strings.HasPrefix(name, "Test") && name != "TestMain" && f.Recv == nil
			if !isTest || !p.usesAPI(f, map[*ast.FuncDecl]bool{}) {
				continue
			}
			comment := f.Doc.Text()
			assert.True(
				t,
				operations[first.FindString(comment)] ||
					strings.HasPrefix(comment, "Every operation") ||
					strings.HasPrefix(comment, "No operation: "),
				"%s: the line above %s begins with the operations it tests, with \"Every "+
					"operation\""+
					" or with \"No operation: \"",
				folder, name,
			)
			named++
		}
	}
	assert.Greater(t, named, 300)
}
