package catalog

import (
	"context"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Most variants of a product.
const maxVariants = 100

// draft is a variant to be made.
type draft struct {
	db.CreateVariantParams
	options map[string]string
	stock   int32
}

// draft reads a variant to be made; pointer says where in the body it stands.
func (c *Catalog) draft(pointer string, b api.VariantCreate) (draft, []problem.Field) {
	price, discount, wrong := c.prices(b.Price, b.DiscountPrice, pointer)
	gtin, wrong := gtinOf(b.Gtin, pointer+"/gtin", wrong)
	d := draft{options: orEmpty(b.Options), stock: orZero(b.Stock)}
	d.PriceMinor, d.DiscountMinor, d.GTIN, d.SKU = price, discount, gtin, orZero(b.Sku)
	d.TrackInventory, d.ImageID, d.IsDefault = orDefault(b.TrackInventory, true), b.ImageID, orZero(
		b.IsDefault,
	)
	return d, wrong
}

// prices reads a price and the discount price below it.
func (c *Catalog) prices(
	price string, discount *string, pointer string,
) (minor int64, discountMinor *int64, wrong []problem.Field) {
	if read := c.price(&price, pointer+"/price", &wrong); read != nil {
		minor = *read
	}
	discountMinor = c.price(discount, pointer+"/discount_price", &wrong)
	if len(wrong) == 0 && discountMinor != nil && *discountMinor >= minor {
		wrong = append(
			wrong,
			problem.Field{Pointer: pointer + "/discount_price", Message: "must be below the price"},
		)
	}
	return minor, discountMinor, wrong
}

// gtinOf reads a GTIN of any length into the 14 digits it is stored in.
func gtinOf(text *string, pointer string, wrong []problem.Field) (*string, []problem.Field) {
	if text == nil {
		return nil, wrong
	}
	if !checkDigit(*text) {
		return nil, append(
			wrong, problem.Field{Pointer: pointer, Message: "has a wrong check digit"},
		)
	}
	return new(GTIN14(*text)), wrong
}

func refuse(wrong []problem.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return problem.Invalid(wrong...)
}

// sameNames reports whether two variants differ in the values of their options alone.
func sameNames(a, b map[string]string) bool {
	return slices.Equal(sortedKeys(a), sortedKeys(b))
}

// createVariants makes variants behind the ones a product has, with their stock, and answers their
// ids.
func (c *Catalog) createVariants(
	ctx context.Context, q *db.Queries, product db.Product, position int32, drafts []draft,
) ([]int64, error) {
	ids := make([]int64, 0, len(drafts))
	lines := make([]inventory.Line, 0, len(drafts))
	seen := map[string]bool{}
	for i, d := range drafts {
		d.ProductID, d.Position = product.ID, position+int32(i)
		d.Options, _ = json.Marshal(d.options) // strings in the order of their keys: no error
		if seen[string(d.Options)] {
			return nil, errTwoVariantsAlike
		}
		seen[string(d.Options)] = true
		if d.SKU == "" {
			var err error
			if d.SKU, err = free(
				ctx, q, skuOf(product.Slug, d.options), maxSKU, q.TakenSKUs,
			); err != nil {
				return nil, err
			}
		}
		id, err := q.CreateVariant(ctx, d.CreateVariantParams)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
		lines = append(lines, inventory.Line{Variant: id, Quantity: d.stock})
	}
	return ids, openStock(ctx, q, lines)
}

// family is a product whose variants are being changed, locked.
type family struct {
	product  db.Product
	variants []db.Variant // default first
}

// member answers one of the variants.
func (f *family) member(id int64) (*db.Variant, error) {
	for i := range f.variants {
		if f.variants[i].ID == id {
			return &f.variants[i], nil
		}
	}
	return nil, ErrVariantNotFound
}

// checkOptions wants all variants of a product to name the same options.
func (f *family) checkOptions(except int64, options map[string]string) error {
	for _, other := range f.variants {
		if other.ID == except {
			continue
		}
		var theirs map[string]string
		if err := json.Unmarshal(other.Options, &theirs); err != nil {
			return err
		}
		if !sameNames(options, theirs) {
			if len(theirs) == 0 {
				return problem.Invalid(
					problem.Field{
						Pointer: "/options",
						Message: "cannot differ from a variant without options: give variant " + other.SKU + " its own first",
					},
				)
			}
			return problem.Invalid(
				problem.Field{
					Pointer: "/options",
					Message: "must name the same options as the other variants",
				},
			)
		}
	}
	return nil
}

// changeVariants runs a change of a product's variants, counted as a change of the product.
func (c *Catalog) changeVariants(
	ctx context.Context, id int64, ifMatch *string, work func(*db.Queries, *family) error,
) (row db.ProductDetail, err error) {
	err = c.change(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		product, err := lockProduct(ctx, q, id, ifMatch)
		if err != nil {
			return err
		}
		variants, err := q.ListProductVariants(ctx, id)
		if err != nil {
			return err
		}
		if err := work(q, &family{product, variants}); err != nil {
			return err
		}
		if err := q.TouchProduct(ctx, id); err != nil {
			return err
		}
		row, err = c.productChanged(ctx, q, insert, id, events.ProductUpdated)
		return err
	})
	return row, err
}

// addVariant adds one variant and answers its id.
func (c *Catalog) addVariant(
	ctx context.Context, q *db.Queries, f *family, d draft,
) (int64, error) {
	if len(f.variants) >= maxVariants {
		return 0, ErrTooManyVariants
	}
	if err := f.checkOptions(0, d.options); err != nil {
		return 0, err
	}
	if d.IsDefault {
		if err := q.ClearDefaultVariant(ctx, f.product.ID); err != nil {
			return 0, err
		}
	}
	ids, err := c.createVariants(ctx, q, f.product, f.nextPosition(), []draft{d})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

func (f *family) nextPosition() int32 {
	last := int32(-1)
	for _, v := range f.variants {
		last = max(last, v.Position)
	}
	return last + 1
}

// addMatrix adds every combination of options the product does not have yet.
func (c *Catalog) addMatrix(
	ctx context.Context, q *db.Queries, f *family, matrix map[string][]string, pattern draft,
) error {
	have := map[string]bool{}
	bare := false
	for _, v := range f.variants {
		var options map[string]string
		if err := json.Unmarshal(v.Options, &options); err != nil {
			return err
		}
		bare = bare || len(options) == 0
		have[canonical(options)] = true
	}
	var drafts []draft
	for _, options := range combinations(matrix) {
		if have[canonical(options)] {
			continue
		}
		if bare { // the simple product becomes the first of them
			bare = false
			first := f.variants[0]
			first.Options = []byte(canonical(options))
			f.variants[0] = first
			if err := saveVariant(ctx, q, first); err != nil {
				return err
			}
			continue
		}
		d := pattern
		d.options = options
		drafts = append(drafts, d)
	}
	if len(drafts) == 0 {
		return nil
	}
	if len(f.variants)+len(drafts) > maxVariants {
		return ErrTooManyVariants
	}
	if err := f.checkOptions(0, drafts[0].options); err != nil {
		return err
	}
	_, err := c.createVariants(ctx, q, f.product, f.nextPosition(), drafts)
	return err
}

func canonical(options map[string]string) string {
	text, _ := json.Marshal(options) // in the order of the keys: no error
	return string(text)
}

// combinations are all choices of one value for each option, in the order the values were given.
func combinations(matrix map[string][]string) []map[string]string {
	all := []map[string]string{{}}
	for _, name := range sortedKeys(matrix) {
		var longer []map[string]string
		for _, one := range all {
			for _, value := range matrix[name] {
				next := maps.Clone(one)
				next[name] = value
				longer = append(longer, next)
			}
		}
		all = longer
	}
	return all
}

// countCombinations is how many combinations there would be, without making them.
func countCombinations(matrix map[string][]string) int {
	count := 1
	for _, values := range matrix {
		if count > math.MaxInt32/max(1, len(values)) {
			return math.MaxInt32
		}
		count *= len(values)
	}
	return count
}

// patchVariant changes the fields of a variant that were sent.
func (c *Catalog) patchVariant(v *db.Variant, b api.VariantPatch) error {
	price, discount := c.settings.Currency.Format(v.PriceMinor), c.discountPrice(v.DiscountMinor)
	mergepatch.Set(&price, b.Price)
	mergepatch.Patch(&discount, b.DiscountPrice)
	minor, discountMinor, wrong := c.prices(price, discount, "")
	mergepatch.Set(&v.SKU, b.Sku)
	mergepatch.Set(&v.TrackInventory, b.TrackInventory)
	mergepatch.Patch(&v.ImageID, b.ImageID)
	if b.Gtin.IsSpecified() {
		var sent *string
		mergepatch.Patch(&sent, b.Gtin)
		v.GTIN, wrong = gtinOf(sent, "/gtin", wrong)
	}
	if b.Options != nil {
		v.Options = []byte(canonical(*b.Options))
	}
	v.PriceMinor, v.DiscountMinor = minor, discountMinor
	return refuse(wrong)
}

func saveVariant(ctx context.Context, q *db.Queries, v db.Variant) error {
	return q.ReplaceVariant(ctx, db.ReplaceVariantParams{
		ID:             v.ID,
		IsDefault:      v.IsDefault,
		SKU:            v.SKU,
		GTIN:           v.GTIN,
		Options:        v.Options,
		PriceMinor:     v.PriceMinor,
		DiscountMinor:  v.DiscountMinor,
		TrackInventory: v.TrackInventory,
		ImageID:        v.ImageID,
	})
}
