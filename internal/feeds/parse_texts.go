package feeds

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// conditions are the conditions of goods by their names, in lower case.
var conditions = map[string]string{
	"new": "new", "neu": "new", "newcondition": "new", "brand new": "new", "neuf": "new",
	"nuevo": "new", "nuovo": "new", "nieuw": "new", "nowy": "new", "novo": "new", "used": "used",
	"gebraucht": "used", "usedcondition": "used", "pre-owned": "used", "preowned": "used",
	"damagedcondition": "used", "second hand": "used", "occasion": "used", "usado": "used",
	"usato": "used", "refurbished": "refurbished", "refurbishedcondition": "refurbished",
	"renewed": "refurbished", "reconditioned": "refurbished", "generalüberholt": "refurbished",
	"reconditionné": "refurbished",
}

// withoutSchema takes the namespace of schema.org from a value, in lower case.
func withoutSchema(text string) string {
	text = strings.ToLower(text)
	for _, prefix := range []string{"https://", "http://", "www."} {
		text = strings.TrimPrefix(text, prefix)
	}
	return strings.TrimPrefix(text, "schema.org/")
}

// texts parses the texts of the row's product.
func (c *cells) texts(it *item) {
	it.title = cleanTitle(decodeEntities(c.get(colTitle)))
	it.brand = cleanName(decodeEntities(c.get(colBrand)))
	if isPlaceholder(it.brand) {
		it.brand = ""
	}
	if at, there := c.at[colDescription]; there {
		it.description = unescapeFormula(c.row[at])
	}
	if c.has(colTitle) && strings.TrimFunc(it.title, isBlank) == "" {
		c.bad(colTitle, "is empty")
	}
	for _, text := range []struct {
		col   column
		value string
		most  int
	}{
		{colTitle, it.title, maxTitle},
		{colDescription, it.description, maxDescription},
		{colBrand, it.brand, maxName},
	} {
		if n := utf8.RuneCountInString(text.value); n > text.most {
			c.bad(text.col, "has %d characters, and at most %d are kept", n, text.most)
		}
	}
	if text := c.get(colCondition); text != "" {
		if it.condition = conditions[withoutSchema(text)]; it.condition == "" {
			c.bad(colCondition, "is not new, refurbished or used: %q", clip(strings.ToLower(text)))
		}
	}
	c.category(it)
}

// category parses the path of a category.
func (c *cells) category(it *item) {
	paths := categoryPaths(decodeEntities(c.get(colCategory)))
	if len(paths) == 0 {
		return
	}
	if it.category = paths[0]; len(paths) > 1 {
		it.categories = paths
	}
	if normalName(c.nameOf(colCategory)) == "google_product_category" && len(it.category) == 1 &&
		strings.Trim(it.category[0], "0123456789") == "" {
		it.category = nil // a number of Google's taxonomy, which names nothing here
	}
	if len(it.category) > maxDepth {
		c.bad(colCategory, "has more than %d levels", maxDepth)
	} else if slices.ContainsFunc(it.category, func(name string) bool {
		return utf8.RuneCountInString(name) > maxName
	}) {
		c.bad(colCategory, "has a name of more than %d characters", maxName)
	}
}

// categoryPaths returns the paths of a cell such as "A > B" or "A > B, C > D". A separator parts
// paths if what stands on both its sides is a path of several levels: names hold commas too.
func categoryPaths(text string) (paths [][]string) {
	for _, separator := range []string{"|", ";", "\n", ","} {
		parts := strings.Split(text, separator)
		if len(parts) > 1 && !slices.ContainsFunc(
			parts, func(part string) bool { return !strings.Contains(part, ">") },
		) {
			for _, part := range parts {
				if path := categoryPath(part); len(path) > 0 {
					paths = append(paths, path)
				}
			}
			return paths
		}
	}
	if path := categoryPath(text); len(path) > 0 {
		return [][]string{path}
	}
	return nil
}

// wholePath returns the path that paths were split from at commas.
func wholePath(paths [][]string) (whole []string) {
	for i, path := range paths {
		if i == 0 {
			whole = append(whole, path...)
			continue
		}
		whole[len(whole)-1] += ", " + path[0]
		whole = append(whole, path[1:]...)
	}
	return whole
}

func categoryPath(text string) (path []string) {
	for name := range strings.SplitSeq(text, ">") {
		if name = cleanName(name); name != "" {
			path = append(path, name)
		}
	}
	return path
}
