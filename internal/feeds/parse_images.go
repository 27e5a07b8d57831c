package feeds

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// nextAddress is what parts the addresses of a list: a separator behind which another address
// or a path begins. A comma may be part of an address.
var nextAddress = regexp.MustCompile(`[\s,;|]+((?i:https?:)?//)|[,;|]\s+(/)`)

// addresses splits a cell with one address or a list of them.
func addresses(text string) (all []string) {
	for text != "" {
		at := nextAddress.FindStringSubmatchIndex(text)
		if at == nil {
			all = append(all, splitNames(text)...)
			break
		}
		all = append(all, splitNames(text[:at[0]])...)
		text = text[max(at[2], at[4]):]
	}
	return all
}

// splitNames parts what stands between two addresses; without a scheme, at bars.
func splitNames(text string) []string {
	if strings.Contains(text, "//") {
		return []string{strings.Trim(text, " \t\r\n,;|")}
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r == '|' || r == ',' || r == '\n' })
}

// imagePath matches the path of an image without a server.
var imagePath = regexp.MustCompile(`^[^\s:?#][^:?#]*\.(?i:jpe?g|png|gif|webp|avif|heic|bmp|tiff?)$`)

// isAddress reports whether a text is the address of something on a web server.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		len(text) <= maxURL && !strings.ContainsFunc(text, unicode.IsControl)
}

// pictures parses the addresses of images, without those of the shop's own. What is no address is a
// warning, like an image that cannot be fetched.
func (c *cells) pictures(it *item) {
	for _, at := range c.images {
		for _, text := range addresses(decodeEntities(cellText(c.row[at]))) {
			text = strings.TrimSpace(text)
			if text == "" || strings.HasPrefix(text, c.mediaPrefix+"/") {
				continue
			}
			isPath := imagePath.MatchString(text) && !strings.HasPrefix(text, "//")
			if isPath && c.imageBase != "" {
				text = c.imageBase + "/" + strings.TrimLeft(text, "/")
			}
			switch {
			case isPath && c.imageBase == "":
				c.add(
					c.header[at], true,
					"is not an http or https address, and the import has no image_base_url: %q",
					clip(text),
				)
			case slices.Contains(it.images, text):
			case !isAddress(text):
				c.add(c.header[at], true, "is not an http or https address: %q", clip(text))
			case len(it.images) < maxImages:
				it.images = append(it.images, text)
			}
		}
	}
}
