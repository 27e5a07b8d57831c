// Command contract prints openapi.yaml as it is served, or the part of one tag:
//
//	go run ./tools/contract                  the tags
//	go run ./tools/contract orders           the operations of a tag, and the schemas they use
//	go run ./tools/contract flat [FILE]      everything, without anchors, aliases and merge keys
package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/shopd/shopd"
	"github.com/shopd/shopd/internal/platform/openapi"
)

func main() {
	text, err := run(os.Args[1:])
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) (text []byte, err error) {
	contract := shopd.Contract
	if len(arguments) == 2 && arguments[0] == "flat" {
		if contract, err = os.ReadFile(arguments[1]); err != nil {
			return nil, err
		}
	} else if len(arguments) > 1 {
		return nil, errors.New("usage: contract [TAG | flat [FILE]]")
	}
	document, err := openapi.Served(contract)
	if err != nil {
		return nil, err
	}
	switch name := cmp.Or(append(arguments, "")[0], "tags"); name {
	case "flat":
		return document.YAML()
	case "tags":
		return []byte(strings.Join(document.Tags(), "\n") + "\n"), nil
	default:
		part, err := document.Tag(name)
		if err != nil {
			return nil, err
		}
		return part.YAML()
	}
}
