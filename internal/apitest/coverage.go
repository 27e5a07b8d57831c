package apitest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/shopd/shopd"
)

// reached is what the tests of this process have reached.
var reached = &record{statuses: map[string]map[int]bool{}, codes: map[string]map[string]bool{}}

type record struct {
	mu       sync.Mutex
	statuses map[string]map[int]bool    // by operationId
	codes    map[string]map[string]bool // of problems, by operationId
}

// note records that an operation was seen to respond with a status, and with the code of a problem
// unless code is empty.
func (r *record) note(operation string, status int, code string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if code != "" {
		if r.codes[operation] == nil {
			r.codes[operation] = map[string]bool{}
		}
		r.codes[operation][code] = true
	}
	if r.statuses[operation] == nil {
		r.statuses[operation] = map[int]bool{}
	}
	r.statuses[operation][status] = true
}

// Main runs the tests of a package with the servers they need. If the package owns tags of the
// contract, the run fails when an operation of them, or a status or problem documented for one,
// was reached by no test.
func Main(m *testing.M, tags ...string) {
	if os.Getenv(serveVariable) != "" {
		if err := serve(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if err := startServers(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	cleanUpExamples()
	if code == 0 && isWholeRun() {
		if testing.Verbose() {
			for _, line := range table(tags) {
				fmt.Println(line)
			}
		}
		if missing := unreached(tags); len(missing) > 0 {
			fmt.Println("FAIL: the contract documents what no test reaches:")
			for _, line := range missing {
				fmt.Println("  " + line)
			}
			code = 1
		}
	}
	dropTemporary()
	if err := servers.release(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// isWholeRun reports whether all tests of the package were run, so that operations that were not
// reached are really not tested.
func isWholeRun() bool {
	for _, name := range []string{"test.run", "test.skip", "test.bench", "test.fuzz", "test.list"} {
		if f := flag.Lookup(name); f != nil && f.Value.String() != "" {
			return false
		}
	}
	return !testing.Short()
}

// table says of each tag how many of its operations and of their documented statuses were reached.
func table(tags []string) (lines []string) {
	for _, tag := range tags {
		operations, statuses, hit := 0, 0, 0
		reached.mu.Lock()
		for _, item := range contract().Spec.Paths.Map() {
			for _, operation := range item.Operations() {
				if !slices.Contains(operation.Tags, tag) {
					continue
				}
				operations++
				for status := range operation.Responses.Map() {
					if code, err := strconv.Atoi(status); err == nil {
						statuses++
						if reached.statuses[operation.OperationID][code] {
							hit++
						}
					}
				}
			}
		}
		reached.mu.Unlock()
		lines = append(
			lines,
			fmt.Sprintf(
				"contract %-16s %3d operations, %3d of %3d documented statuses reached (%.0f %%)",
				tag, operations, hit, statuses, 100*float64(hit)/float64(max(statuses, 1)),
			),
		)
	}
	return lines
}

// unreached lists the operations and statuses of the tags that no test reached.
func unreached(tags []string) []string {
	spec, err := openapi3.NewLoader().LoadFromData(shopd.Contract)
	if err != nil {
		return []string{err.Error()}
	}
	reached.mu.Lock()
	defer reached.mu.Unlock()
	var missing []string
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if !slices.ContainsFunc(
				tags, func(tag string) bool { return slices.Contains(operation.Tags, tag) },
			) {
				continue
			}
			for status := range operation.Responses.Map() {
				code, err := strconv.Atoi(status)
				if err == nil && !reached.statuses[operation.OperationID][code] {
					missing = append(
						missing,
						fmt.Sprintf("%s %s: %s (%s)", method, path, status, operation.OperationID),
					)
				}
			}
			for _, code := range namedProblems(operation) {
				if !reached.codes[operation.OperationID][code] && !isExplained(operation, code) {
					missing = append(
						missing,
						fmt.Sprintf("%s %s: %s (%s)", method, path, code, operation.OperationID),
					)
				}
			}
		}
	}
	slices.Sort(missing)
	return missing
}
