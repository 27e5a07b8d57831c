package feeds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopd/shopd/gen/db"
)

// plan holds the changes of a batch of rows. Making one only reads the database.
type plan struct {
	*layout
	allowFree bool
	tree      *tree
	products  []*newProduct
	variants  []*newVariant
	texts     []*item // rows that change the texts of a product
	textIDs   []int64 // the ids of those products
	prices    []*variantChange
	touched   map[int64]bool   // products of changed variants
	stock     map[int64]int32  // new totals of existing variants
	calls     map[int64]string // new feed ids of existing variants
	groups    map[string]int64 // new group ids of existing products
	images    map[int64][]string
	imageRows map[int64]*item // the row that names new images of an existing product
	counts    counts
	faults    []fault
}

// counts counts rows by what became of them, and warnings.
type counts struct{ created, updated, unchanged, failed, warnings int64 }

type newProduct struct {
	*item
	id int64 // set when it is created
}

type newVariant struct {
	*item
	product   *newProduct // nil: an existing product
	productID int64
	position  int32
	options   string
	tracked   bool
}

type variantChange struct {
	*item
	id       int64
	sku      string     // empty: unchanged
	options  string     // empty: unchanged
	discount int64      // noSale: none
	starts   *time.Time // of the sale price
	ends     *time.Time
	tracked  bool
}

// created returns the ids of the products the plan created.
func (pl *plan) created() []int64 {
	ids := make([]int64, 0, len(pl.products))
	for _, p := range pl.products {
		ids = append(ids, p.id)
	}
	return ids
}

// changed returns the ids of existing products the plan modified, not counting stock.
func (pl *plan) changed() []int64 {
	return slices.AppendSeq(slices.Clone(pl.textIDs), maps.Keys(pl.touched))
}

// makePlan decides what each row changes.
func (p *parser) makePlan(ctx context.Context, q *db.Queries, items []*item) (*plan, error) {
	pl := &plan{
		layout:    p.layout,
		allowFree: p.allowFree,
		touched:   map[int64]bool{},
		stock:     map[int64]int32{},
		calls:     map[int64]string{},
		groups:    map[string]int64{},
		images:    map[int64][]string{},
		imageRows: map[int64]*item{},
	}
	var err error
	if p.has(colCategory) {
		if pl.tree, err = readTree(ctx, q); err != nil {
			return nil, err
		}
	}
	k, err := readKnown(ctx, q, items)
	if err != nil {
		return nil, err
	}
	pl.chooseCategories(items)
	pl.distinguish(items, k)
	taken := newClaims()
	for _, it := range items {
		if message, col := pl.decide(it, k, taken); message != "" {
			pl.counts.failed++
			name := ""
			if col != "" {
				name = p.nameOf(col)
			}
			pl.faults = append(pl.faults, fault{it.row, it.line, name, message, false})
		}
	}
	return pl, nil
}

// claims records which row of the batch took an id, a sku, a GTIN or a variant.
type claims struct {
	ids, skus, gtins map[string]int64
	variants         map[int64]int64
}

func newClaims() *claims {
	return &claims{map[string]int64{}, map[string]int64{}, map[string]int64{}, map[int64]int64{}}
}

// decide adds a row to the plan, or returns what is wrong with it and in which column.
func (pl *plan) decide(it *item, k *known, taken *claims) (string, column) {
	v := k.find(it)
	if row, twice := taken.ids[it.id]; twice && it.id != "" {
		return fmt.Sprintf("has the same id as row %d", row), colID
	}
	if v != nil {
		if row, twice := taken.variants[v.ID]; twice {
			return fmt.Sprintf("means the same variant (sku %s) as row %d", v.SKU, row), ""
		}
		if v.IsDeleted {
			return "is of a product that was deleted: restore that first", ""
		}
	}
	sku := it.sku
	if v == nil {
		sku = it.skuOf()
	}
	if row, twice := taken.skus[sku]; twice && sku != "" {
		return fmt.Sprintf("has the same sku as row %d", row), colSKU
	}
	if other := k.bySKU[sku]; other != nil && sku != "" && (v == nil || other.ID != v.ID) {
		return fmt.Sprintf("has the sku %s of another variant", clip(sku)), pl.keyColumn()
	}
	if row, twice := taken.gtins[it.gtin]; twice && it.gtin != "" {
		return fmt.Sprintf("has the same GTIN as row %d", row), colGTIN
	}
	if other := k.byGTIN[it.gtin]; other != nil && it.gtin != "" && (v == nil || other.ID != v.ID) {
		return fmt.Sprintf("is the GTIN of another variant (sku %s)", other.SKU), colGTIN
	}
	var message string
	var col column
	if v == nil {
		message, col = pl.create(it, k)
	} else {
		message, col = pl.update(it, v, k)
		taken.variants[v.ID] = it.row
	}
	if message == "" {
		taken.ids[it.id], taken.gtins[it.gtin] = it.row, it.row
		taken.skus[sku] = it.row
	}
	return message, col
}

// messageFree is the error of a price of 0.
const messageFree = "is 0, which gives the goods away: import with allow_free if they are meant " +
	"to be free"

// chooseCategories decides which path a cell of several means: all of it, if there is a category at
// that path, because names hold commas too; else the first.
func (pl *plan) chooseCategories(items []*item) {
	for _, it := range items {
		if len(it.categories) == 0 {
			continue
		}
		if whole := wholePath(it.categories); pl.tree.find(whole) != 0 {
			it.category = whole
			continue
		}
		message := fmt.Sprintf(
			"has %d categories; a product has one, and it is the first", len(it.categories),
		)
		pl.faults = append(pl.faults, fault{it.row, it.line, pl.nameOf(colCategory), message, true})
	}
}

// create plans a new variant, and a new product unless the row's group has one.
func (pl *plan) create(it *item, k *known) (string, column) {
	if !pl.has(colTitle) || !pl.has(colPrice) {
		return "is new, and the file has no columns title and price to make it of", ""
	}
	if it.price == 0 && !pl.allowFree {
		return messageFree, colPrice
	}
	if it.sale >= 0 && it.sale >= it.price {
		return "is not below the price", colSalePrice
	}
	v := &newVariant{
		item:    it,
		options: canonical(it.options),
		tracked: it.quantity >= 0 || it.available != inStock,
	}
	f := k.groups[it.group]
	if it.group == "" || f == nil {
		p := &newProduct{item: it}
		pl.products = append(pl.products, p)
		v.product = p
		if it.group != "" {
			f = &family{product: p, options: map[string]bool{}, next: 1}
			f.add(it.options)
			k.groups[it.group] = f
		}
	} else {
		if message := f.accepts(it.options); message != "" {
			return message, ""
		}
		f.add(it.options)
		v.product, v.productID, v.position = f.product, f.id, f.next
		f.next++
		if f.product == nil {
			pl.touched[f.id] = true
			pl.groups[it.group] = f.id
		}
	}
	pl.variants = append(pl.variants, v)
	pl.counts.created++
	return "", ""
}
