package feeds

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxVariants is how many variants a product may have.
const maxVariants = 100

// family is a product and the options of its variants.
type family struct {
	product *newProduct // nil: an existing product
	id      int64
	options map[string]bool // as JSON
	names   []string        // of the options
	next    int32           // position
}

func (f *family) add(options map[string]string) {
	f.options[canonical(options)] = true
	f.names = slices.Sorted(maps.Keys(options))
}

// accepts returns why a variant with these options cannot join the family; empty if it can.
func (f *family) accepts(options map[string]string) string {
	switch {
	case len(f.options) >= maxVariants:
		return fmt.Sprintf(
			"is the group's variant number %d, and a product has at most %d", len(f.options)+1,
			maxVariants,
		)
	case f.options[canonical(options)] && len(options) == 0:
		return "has no color, size, material or pattern to tell it from the others of its group"
	case f.options[canonical(options)]:
		return "has the same color, size, material and pattern as another one of its group"
	case len(f.options) > 0 && !slices.Equal(slices.Sorted(maps.Keys(options)), f.names):
		return fmt.Sprintf(
			"must tell itself apart by the same as the others of its group: %s",
			strings.Join(f.names, ", "),
		)
	}
	return ""
}

func canonical(options map[string]string) string {
	if len(options) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(options) // strings in the order of their keys: no error
	return string(text)
}
