package feeds

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// facts parses options and attributes.
func (c *cells) facts(it *item) {
	if text := c.get(colOptions); text != "" {
		if json.Unmarshal([]byte(text), &it.options) != nil || it.options == nil {
			c.bad(colOptions, `is not JSON such as {"color": "black"}`)
		}
	}
	it.attributes = map[string]string{}
	for _, col := range []column{colAttributes, colMoreAttributes} {
		if text := c.get(col); text != "" {
			if json.Unmarshal([]byte(text), &it.attributes) != nil || it.attributes == nil {
				c.bad(col, `is not JSON such as {"battery_life": "40 h"}`)
				it.attributes = map[string]string{}
			}
		}
	}
	for _, a := range c.attributes {
		value := decodeEntities(cellText(c.row[a.at]))
		switch {
		case value == "":
			it.removed = append(it.removed, a.name)
		case utf8.RuneCountInString(value) > maxValue:
			c.add(c.header[a.at], true, "has more than %d characters, and is left out", maxValue)
		case it.group != "" && variantNames[a.name] != "" && !c.has(colOptions):
			if it.options == nil {
				it.options = map[string]string{}
			}
			it.options[a.name] = value
		default:
			it.attributes[a.name] = value
		}
	}
	if it.group != "" && it.options == nil {
		it.options = map[string]string{}
	}
	c.checkFacts(it)
}

func (c *cells) checkFacts(it *item) {
	if len(it.attributes) > maxAttributes {
		c.bad(colAttributes, "are more than %d", maxAttributes)
	}
	tooLong := func(v string) bool { return v == "" || utf8.RuneCountInString(v) > maxOption }
	if len(it.options) > maxOptions ||
		slices.ContainsFunc(slices.Collect(maps.Values(it.options)), tooLong) {
		c.bad(
			colOptions, "are more than %d, or one is empty or has more than %d characters",
			maxOptions, maxOption,
		)
	}
	for name, value := range it.attributes {
		if name == "" || strings.ContainsRune(name+value, 0) ||
			utf8.RuneCountInString(value) > maxValue {
			c.bad(colAttributes, "has one without a name or of more than %d characters", maxValue)
			break
		}
	}
}

// notes records what a conversion of the file found odd about the row.
func (c *cells) notes() {
	text := c.get(colNotes)
	if text == "" {
		return
	}
	var notes []note
	if json.Unmarshal([]byte(text), &notes) != nil {
		return
	}
	for _, n := range notes {
		c.refused = c.refused || n.IsError
		c.faults = append(c.faults, fault{c.rowNumber, c.line, n.Column, n.Message, !n.IsError})
	}
}

// note is what a conversion found odd about a row.
type note struct {
	Column  string `json:"column"`
	Message string `json:"message"`
	IsError bool   `json:"error,omitempty"`
}
