package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/shopd/shopd/internal/platform/problem"
)

const maxJSONDepth = 64

// checkJSON refuses a body that is not exactly one JSON value, is nested too deep, or has U+0000.
func checkJSON(data []byte) error {
	depth, deepest, inString := 0, 0, false
	noText, message := -1, "" // where the first escape is that stands for no text
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case inString && b == '\\':
			length, wrong := escape(data[i:])
			if wrong != "" && noText < 0 {
				noText, message = i, wrong
			}
			i += length - 1
		case b == '"':
			inString = !inString
		case inString:
		case b == '{', b == '[':
			depth++
			deepest = max(deepest, depth)
		case b == '}', b == ']':
			depth--
		}
	}
	if deepest > maxJSONDepth {
		return errJSON.Detailf("The body is nested deeper than %d levels.", maxJSONDepth)
	}
	if !json.Valid(data) {
		var syntax *json.SyntaxError
		if err := json.Unmarshal(data, new(any)); errors.As(err, &syntax) {
			return errJSON.Detailf(
				"The body is not valid JSON: %s, after %d bytes.", syntax.Error(), syntax.Offset,
			)
		}
		return errJSON
	}
	if noText >= 0 {
		return problem.Invalid(problem.Field{Pointer: pointerAt(data, noText), Message: message})
	}
	return nil
}

// escape returns how long the escape is that a JSON string begins with, and what is wrong with it
// if it stands for no character that can be stored.
func escape(text []byte) (length int, wrong string) {
	high, ok := utf16Unit(text)
	switch {
	case !ok:
		return 2, ""
	case high == 0:
		return 6, "holds the character U+0000"
	case !utf16.IsSurrogate(high):
		return 6, ""
	}
	if low, ok := utf16Unit(text[6:]); ok && utf16.DecodeRune(high, low) != utf8.RuneError {
		return 12, ""
	}
	return 6, "holds half a character: a surrogate without its pair"
}

// utf16Unit returns the code unit of an escape such as \u00e9.
func utf16Unit(text []byte) (unit rune, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}

// pointerAt returns the JSON pointer of the value that holds the byte at an offset of valid JSON.
// Of a field's name it is that of the object.
func pointerAt(data []byte, offset int) string {
	type level struct {
		isObject bool
		isValue  bool // the next token of the object is a value
		name     string
		index    int
	}
	var levels []level
	path := func(levels []level) (pointers string) {
		for _, l := range levels {
			if l.isObject && l.isValue {
				pointers += pointer(l.name)
			} else if !l.isObject {
				pointers += pointer(strconv.Itoa(l.index))
			}
		}
		return pointers
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		if int(decoder.InputOffset()) > offset {
			return path(levels)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			levels = append(levels, level{isObject: token == json.Delim('{')})
			continue
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
		if len(levels) == 0 {
			continue
		}
		switch last := &levels[len(levels)-1]; {
		case !last.isObject:
			last.index++
		case last.isValue:
			last.isValue = false
		default:
			last.name, _ = token.(string)
			last.isValue = true
		}
	}
}
