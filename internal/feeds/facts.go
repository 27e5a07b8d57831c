package feeds

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// availabilities are what they are called, in small letters without blanks, dashes and underscores.
var availabilities = map[string]string{
	"instock":              inStock,
	"available":            inStock,
	"yes":                  inStock,
	"true":                 inStock,
	"1":                    inStock,
	"limitedavailability":  inStock,
	"onlineonly":           inStock,
	"lieferbar":            inStock,
	"auflager":             inStock,
	"preorder":             inStock,
	"backorder":            inStock,
	"availableforpreorder": inStock,
	"availablefororder":    inStock,
	"presale":              inStock,
	"outofstock":           outOfStock,
	"soldout":              outOfStock,
	"unavailable":          outOfStock,
	"discontinued":         outOfStock,
	"no":                   outOfStock,
	"false":                outOfStock,
	"0":                    outOfStock,
	"nichtlieferbar":       outOfStock,
	"ausverkauft":          outOfStock,
}

const (
	inStock    = "in_stock"
	outOfStock = "out_of_stock"
)

func (c cells) stock(it *item) {
	it.quantity = -1
	if text := c.get(colQuantity); text != "" {
		number, err := strconv.ParseInt(
			strings.TrimSuffix(strings.TrimSuffix(text, ".0"), ",0"), 10, 64,
		)
		switch {
		case err != nil:
			c.bad(colQuantity, "is not a whole number: %q", clip(text))
		case number < 0:
			c.bad(colQuantity, "is below zero")
		case number > maxQuantity:
			c.bad(colQuantity, "is more than %d", maxQuantity)
		default:
			it.quantity = int32(number)
		}
	}
	if text := c.get(colAvailability); text != "" {
		word := strings.NewReplacer(" ", "", "-", "", "_", "", "https://schema.org/", "", "http://schema.org/", "").
			Replace(strings.ToLower(text))
		if it.available = availabilities[word]; it.available == "" {
			c.bad(
				colAvailability, "is not in_stock, out_of_stock, preorder or backorder: %q",
				clip(text),
			)
		}
	}
	it.active, it.featured = c.yes(colActive), c.yes(colFeatured)
}

// yes reads a cell of yes or no: 1, -1, or 0 when it is empty.
func (c cells) yes(col column) int32 {
	switch text := strings.ToLower(c.get(col)); text {
	case "":
		return 0
	case "true", "yes", "1", "y", "ja", "wahr":
		return 1
	case "false", "no", "0", "n", "nein", "falsch":
		return -1
	default:
		c.bad(col, "is neither true nor false: %q", clip(text))
		return 0
	}
}

// facts reads options and attributes.
func (c cells) facts(it *item) {
	if text := c.get(colOptions); text != "" {
		if json.Unmarshal([]byte(text), &it.options) != nil || it.options == nil {
			c.bad(colOptions, `is not JSON such as {"color": "black"}`)
		}
	}
	it.attributes = map[string]string{}
	if text := c.get(colAttributes); text != "" {
		if json.Unmarshal([]byte(text), &it.attributes) != nil || it.attributes == nil {
			c.bad(colAttributes, `is not JSON such as {"battery_life": "40 h"}`)
		}
	}
	for _, a := range c.attributes {
		value := cellText(c.row[a.at])
		switch {
		case value == "":
			it.removed = append(it.removed, a.name)
		case utf8.RuneCountInString(value) > maxValue:
			c.wrong(c.header[a.at], "has more than %d characters", maxValue)
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
	if len(it.attributes) > maxAttributes {
		c.bad(colAttributes, "are more than %d", maxAttributes)
	}
	if len(it.options) > maxOptions ||
		slices.ContainsFunc(
			slices.Collect(maps.Values(it.options)),
			func(v string) bool { return v == "" || utf8.RuneCountInString(v) > maxOption },
		) {
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

// pictures reads the addresses of images, leaving out the shop's own.
func (c cells) pictures(it *item) {
	texts := []string{c.get(colImage)}
	for _, at := range c.moreImages {
		texts = append(texts, strings.Split(cellText(c.row[at]), ",")...)
	}
	for i, text := range texts {
		col := colImage
		if i > 0 {
			col = colMoreImages
		}
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, c.mediaPrefix+"/") ||
			slices.Contains(it.images, text) {
			continue
		}
		u, err := url.Parse(text)
		switch {
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || len(text) > maxURL || strings.ContainsFunc(text, unicode.IsControl):
			c.bad(col, "is not an http or https address: %q", clip(text))
		case len(it.images) < maxImages:
			it.images = append(it.images, text)
		}
	}
}
