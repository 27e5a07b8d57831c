package apitest

import (
	"context"
	"log"
	"os"
	"slices"
	"testing"
)

// Examples is a test as far as New is concerned: runnable examples, which have none, use it. What
// it leaves behind is cleaned up by Main when all have run.
func Examples() testing.TB { return exampleRun{} }

type exampleRun struct{ testing.TB }

var afterExamples []func()

func (exampleRun) Helper()                           {}
func (exampleRun) Name() string                      { return "examples" }
func (exampleRun) Context() context.Context          { return context.Background() }
func (exampleRun) Cleanup(f func())                  { afterExamples = append(afterExamples, f) }
func (exampleRun) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (exampleRun) FailNow()                          { log.Panic("the examples have no server") }

func (e exampleRun) TempDir() string {
	dir, err := os.MkdirTemp("", "shopd-examples-")
	if err != nil {
		log.Panic(err)
	}
	e.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func cleanUpExamples() {
	for _, f := range slices.Backward(afterExamples) {
		f()
	}
}
