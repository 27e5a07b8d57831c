package feeds

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/platform/optional"
)

// exportPage is how many products are in memory at once.
const exportPage = 500

// exported are the columns of an export. An import recognises all of them.
var exported = []string{
	"id", "item_group_id", "title", "description", "brand", "product_type", "price", "sale_price",
	"sale_price_effective_date",
	"availability", "quantity", "condition", "gtin", "sku", "image_link", "additional_image_link",
	"is_active", "is_featured", "options", "attributes",
}

// ExportProducts streams products as CSV.
func (f *Feeds) ExportProducts(
	ctx context.Context, r api.ExportProductsRequestObject,
) (api.ExportProductsResponseObject, error) {
	p := r.Params
	filters, err := f.catalog.Filters(api.ListProductsParams{
		Q:            p.Q,
		CategoryID:   p.CategoryID,
		Category:     p.Category,
		BrandID:      p.BrandID,
		Brand:        p.Brand,
		MinPrice:     p.MinPrice,
		MaxPrice:     p.MaxPrice,
		InStock:      p.InStock,
		OnSale:       p.OnSale,
		Featured:     p.Featured,
		Availability: p.Availability,
		Gtin:         p.Gtin,
		Attribute:    p.Attribute,
	})
	if err != nil {
		return nil, err
	}
	return &download{
		contentType: "text/csv; charset=utf-8; header=present",
		name:        "products.csv",
		write: func(w io.Writer) error {
			return f.export(ctx, w, filters)
		},
	}, nil
}

// Export writes all active products as CSV.
func (f *Feeds) Export(ctx context.Context, w io.Writer) error {
	return f.export(ctx, w, &db.ListProductsParams{})
}

func (f *Feeds) export(ctx context.Context, w io.Writer, filters *db.ListProductsParams) error {
	out := csv.NewWriter(w)
	out.UseCRLF = false // line breaks in cells stay unchanged
	if err := out.Write(exported); err != nil {
		return err
	}
	t, err := readTree(ctx, f.queries)
	if err != nil {
		return err
	}
	if err := f.eachItem(
		ctx, filters,
		func(row db.ExportProductsRow) error { return out.Write(f.exportRow(t, row)) },
	); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// eachItem calls do with every variant of the products that pass the filters. It reads a page when
// the page before was sent.
func (f *Feeds) eachItem(
	ctx context.Context, p *db.ListProductsParams, do func(db.ExportProductsRow) error,
) error {
	params := db.ExportProductsParams{
		Q:          p.Q,
		CategoryID: p.CategoryID,
		Category:   p.Category,
		BrandID:    p.BrandID,
		Brand:      p.Brand,
		MinMinor:   p.MinMinor,
		MaxMinor:   p.MaxMinor,
		InStock:    p.InStock,
		OnSale:     p.OnSale,
		Featured:   p.Featured,
		GTIN:       p.GTIN,
		Attributes: p.Attributes,
		PageLimit:  exportPage,
	}
	if _, err := catalog.TurnSales(ctx, f.queries); err != nil {
		return err
	}
	for {
		rows, err := f.planned.ExportProducts(ctx, params)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := do(row); err != nil {
				return err
			}
		}
		params.AfterID = rows[len(rows)-1].ProductID
	}
}

func (f *Feeds) exportRow(t *tree, row db.ExportProductsRow) []string {
	sale, period, quantity, options, attributes := "", "", "", "", "{}"
	if row.DiscountMinor != nil {
		sale = f.price(*row.DiscountMinor)
		period = formatPeriod(row.DiscountStartsAt, row.DiscountEndsAt)
	}
	if row.TrackInventory {
		quantity = strconv.Itoa(int(row.Stock))
	}
	if string(row.Options) != "{}" {
		options = string(row.Options)
	}
	if len(row.Attributes) > 0 {
		attributes = string(row.Attributes)
	}
	var first string
	var more []string
	for i, name := range row.Images {
		if i == 0 {
			first = f.settings.MediaPrefix + "/" + name
		} else {
			more = append(more, f.settings.MediaPrefix+"/"+name)
		}
	}
	cells := []string{
		itemID(row), groupID(row), encodeEntities(row.Name), row.Description,
		encodeEntities(optional.Value(row.BrandName)), encodeEntities(t.path(row.CategoryID)),
		f.price(row.PriceMinor), sale, period, availability(row), quantity, row.Condition,
		optional.Value(row.GTIN), row.SKU, first, strings.Join(more, ","),
		strconv.FormatBool(row.IsActive), strconv.FormatBool(row.IsFeatured), options, attributes,
	}
	for i, cell := range cells {
		cells[i] = escapeFormula(cell)
	}
	return cells
}

func (f *Feeds) price(minor int64) string {
	return f.settings.Currency.Format(minor) + " " + string(f.settings.Currency)
}

// itemID returns the id of a variant in feeds: the one of the feed it came in, or its sku.
func itemID(row db.ExportProductsRow) string {
	if row.FeedID != nil {
		return *row.FeedID
	}
	return row.SKU
}

// groupID returns the group of a variant in feeds; empty for a product with one variant.
func groupID(row db.ExportProductsRow) string {
	switch {
	case row.GroupID != nil:
		return *row.GroupID
	case row.Siblings > 1:
		return row.Slug
	}
	return ""
}

func availability(row db.ExportProductsRow) string {
	if row.TrackInventory && row.Stock == 0 {
		return outOfStock
	}
	return inStock
}

// download is a response that is streamed.
type download struct {
	contentType, name string
	write             func(io.Writer) error
}

// VisitExportProductsResponse implements api.ExportProductsResponseObject.
func (d *download) VisitExportProductsResponse(w http.ResponseWriter) error { return d.send(w) }

// VisitGetGoogleFeedResponse implements api.GetGoogleFeedResponseObject.
func (d *download) VisitGetGoogleFeedResponse(w http.ResponseWriter) error { return d.send(w) }

func (d *download) send(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Content-Type", d.contentType)
	header.Set("Cache-Control", "no-store")
	if d.name != "" {
		header.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	late := &lateWriter{to: w}
	out := bufio.NewWriterSize(late, 32<<10)
	err := d.write(out)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
		return nil
	case !late.begun:
		header.Del("Content-Disposition")
		return err
	}
	panic(http.ErrAbortHandler) // half a file must not look like a whole one
}

// lateWriter sends the status with the first bytes, so that a failure before them is still a
// problem response.
type lateWriter struct {
	to    http.ResponseWriter
	begun bool
}

func (w *lateWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.to.WriteHeader(http.StatusOK)
	}
	return w.to.Write(p)
}
