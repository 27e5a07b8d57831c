package feeds

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
)

// GetGoogleFeed streams the feed for Google Merchant Center to a caller with the feed's token.
func (f *Feeds) GetGoogleFeed(
	ctx context.Context, r api.GetGoogleFeedRequestObject,
) (api.GetGoogleFeedResponseObject, error) {
	// Hashes have one length, so comparing them does not reveal the length of the token.
	given, want := sha256.Sum256([]byte(r.Params.Token)), sha256.Sum256([]byte(f.settings.Token))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || f.settings.Token == "" {
		return nil, ErrNoFeed
	}
	return &download{
		contentType: "application/xml; charset=utf-8",
		write:       func(w io.Writer) error { return f.writeGoogle(ctx, w) },
	}, nil
}

// writeGoogle writes an RSS 2.0 document with the columns of Google's product data specification.
func (f *Feeds) writeGoogle(ctx context.Context, to io.Writer) error {
	w := &xmlWriter{Writer: bufio.NewWriter(to)}
	w.raw(
		xml.Header + `<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0">` +
			"\n<channel>\n",
	)
	w.element("title", f.settings.Name)
	w.element("link", f.settings.Storefront)
	w.element("description", "The products of "+f.settings.Name+".")
	t, err := readTree(ctx, f.queries)
	if err != nil {
		return err
	}
	err = f.eachItem(ctx, &db.ListProductsParams{}, func(row db.ExportProductsRow) error {
		if len(row.Images) > 0 && row.PriceMinor > 0 { // Google refuses others
			f.writeItem(w, t, row)
		}
		return w.failed
	})
	w.raw("</channel>\n</rss>\n")
	if err == nil {
		err = w.failed
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

// Longest texts that Google takes, in characters.
const (
	googleTitle       = 150
	googleDescription = 5000
	googleType        = 750
)

func (f *Feeds) writeItem(w *xmlWriter, t *tree, row db.ExportProductsRow) {
	var options, attributes map[string]string
	_ = json.Unmarshal(row.Options, &options) // objects of strings: the database sees to that
	_ = json.Unmarshal(row.Attributes, &attributes)
	fact := func(name string) string {
		if value := options[name]; value != "" {
			return value
		}
		return attributes[name]
	}
	w.raw("<item>\n")
	w.element("g:id", itemID(row))
	w.optional("g:item_group_id", groupID(row))
	w.element("g:title", cut(row.Name, googleTitle))
	w.element("g:description", cut(firstOf(row.Description, row.Name), googleDescription))
	w.element("g:link", f.settings.Storefront+"/products/"+row.Slug)
	for i, name := range row.Images[:min(len(row.Images), 11)] {
		if i == 0 {
			w.element("g:image_link", f.imageURL(name))
		} else {
			w.element("g:additional_image_link", f.imageURL(name))
		}
	}
	w.element("g:availability", availability(row))
	w.element("g:price", f.price(row.PriceMinor))
	if row.DiscountMinor != nil {
		w.element("g:sale_price", f.price(*row.DiscountMinor))
		w.optional(
			"g:sale_price_effective_date", googlePeriod(row.DiscountStartsAt, row.DiscountEndsAt),
		)
	}
	w.optional("g:brand", optional.Value(row.BrandName))
	w.optional("g:gtin", shortGTIN(optional.Value(row.GTIN)))
	w.optional("g:mpn", fact("mpn"))
	if noWords[strings.ToLower(fact("identifier_exists"))] {
		w.element("g:identifier_exists", "no") // only if the imported feed said so
	}
	w.element("g:condition", row.Condition)
	w.optional("g:product_type", cut(t.path(row.CategoryID), googleType))
	for _, name := range []string{
		"google_product_category", "color", "size", "material", "pattern", "age_group", "gender",
		"size_type", "size_system",
	} {
		w.optional("g:"+name, fact(name))
	}
	w.raw("</item>\n")
}

// imageURL returns the address of an image outside the shop.
func (f *Feeds) imageURL(name string) string {
	prefix := f.settings.MediaPrefix
	if strings.HasPrefix(prefix, "/") {
		prefix = f.settings.Storefront + prefix
	}
	return prefix + "/" + name
}

// shortGTIN returns a GTIN of 14 digits in the length it was assigned with.
func shortGTIN(gtin string) string {
	for _, zeros := range []string{"000000", "00", "0"} { // GTIN-8, 12 and 13
		if short, ok := strings.CutPrefix(gtin, zeros); ok {
			return short
		}
	}
	return gtin
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}

func cut(text string, characters int) string {
	if len(text) <= characters {
		return text
	}
	all := []rune(text)
	return string(all[:min(len(all), characters)])
}

// xmlWriter writes elements until the first failure.
type xmlWriter struct {
	*bufio.Writer
	failed error
}

func (w *xmlWriter) raw(text string) {
	if w.failed == nil {
		_, w.failed = w.WriteString(text)
	}
}

func (w *xmlWriter) element(name, value string) {
	w.raw("<" + name + ">")
	if w.failed == nil {
		w.failed = xml.EscapeText(
			w.Writer, []byte(value),
		) // characters XML does not know become U+FFFD
	}
	w.raw("</" + name + ">\n")
}

// optional writes an element unless it is empty.
func (w *xmlWriter) optional(name, value string) {
	if value != "" {
		w.element(name, value)
	}
}
