package feeds

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/db"
)

// update plans what a row changes in an existing variant, and in its product if the variant is the
// product's default.
func (pl *plan) update(it *item, v *db.FindFeedVariantsRow, k *known) (string, column) {
	price, discount := v.PriceMinor, int64(-1)
	if v.DiscountMinor != nil {
		discount = *v.DiscountMinor
	}
	change := &variantChange{
		item:     it,
		id:       v.ID,
		discount: discount,
		starts:   v.DiscountStartsAt,
		ends:     v.DiscountEndsAt,
	}
	if pl.has(colPrice) {
		price = it.price
	}
	if pl.has(colSalePrice) {
		change.discount = it.sale
		change.starts, change.ends = it.saleStarts, it.saleEnds
	}
	if pl.has(colPrice) && price == 0 && v.PriceMinor != 0 && !pl.allowFree {
		return messageFree, colPrice
	}
	if change.discount >= 0 && change.discount >= price {
		if pl.has(colSalePrice) {
			return "is not below the price", colSalePrice
		}
		return "is not above the sale price there is, and the file has no column sale_price",
			colPrice
	}
	if message := pl.changeOptions(change, v, k); message != "" {
		return message, ""
	}
	text := v.IsDefault && pl.differs(it, v)
	if text && v.IsDefault && pl.tooMany(it, v) {
		return "would make more than 100 attributes", ""
	}
	if it.sku != "" && it.sku != v.SKU {
		change.sku = it.sku
	}
	gtin := ""
	if v.GTIN != nil {
		gtin = *v.GTIN
	}
	var quantity int32
	change.tracked, quantity = it.stockOf(v)
	sells := change.sku != "" || change.options != "" || pl.has(colGTIN) && it.gtin != gtin ||
		price != v.PriceMinor ||
		change.discount != discountOf(v) || !sameInstant(change.starts, v.DiscountStartsAt) ||
		!sameInstant(change.ends, v.DiscountEndsAt) ||
		change.tracked != v.TrackInventory
	stocked := quantity >= 0 && quantity != v.Stock
	called := it.id != "" &&
		(v.FeedID == nil && it.id != v.SKU || v.FeedID != nil && it.id != *v.FeedID)
	if text {
		pl.texts, pl.textIDs = append(pl.texts, it), append(pl.textIDs, v.ProductID)
	}
	if sells {
		pl.prices = append(pl.prices, change)
		pl.touched[v.ProductID] = true
	}
	if stocked {
		pl.stock[v.ID] = quantity
	}
	if called {
		pl.calls[v.ID] = it.id
	}
	for _, address := range it.images {
		if !slices.Contains(v.ImageUrls, address) &&
			!slices.Contains(pl.images[v.ProductID], address) {
			pl.images[v.ProductID] = append(pl.images[v.ProductID], address)
			pl.imageRows[v.ProductID] = it
		}
	}
	if text || sells || stocked || called {
		pl.counts.updated++
	} else {
		pl.counts.unchanged++
	}
	return "", ""
}

func discountOf(v *db.FindFeedVariantsRow) int64 {
	if v.DiscountMinor == nil {
		return -1
	}
	return *v.DiscountMinor
}

// sameInstant reports whether two bounds of a period are the same, to the microsecond.
func sameInstant(one, other *time.Time) bool {
	if one == nil || other == nil {
		return one == other
	}
	return one.Truncate(time.Microsecond).Equal(other.Truncate(time.Microsecond))
}

// changeOptions plans new options, if the row has some and the siblings allow them.
func (pl *plan) changeOptions(change *variantChange, v *db.FindFeedVariantsRow, k *known) string {
	if change.options = ""; change.item.options == nil ||
		!pl.has(colOptions) && len(change.item.options) == 0 {
		return ""
	}
	var now map[string]string
	if err := json.Unmarshal(v.Options, &now); err != nil || maps.Equal(now, change.item.options) {
		return ""
	}
	if f := k.families[v.ProductID]; f != nil && len(f.options) > 1 {
		delete(f.options, canonical(now))
		if message := f.accepts(change.item.options); message != "" {
			f.options[canonical(now)] = true
			return message
		}
		f.add(change.item.options)
	}
	change.options = canonical(change.item.options)
	return ""
}

// stockOf returns whether a variant's units are counted and the new stock; -1 leaves it unchanged.
func (it *item) stockOf(v *db.FindFeedVariantsRow) (tracked bool, quantity int32) {
	switch {
	case it.quantity >= 0:
		return true, it.quantity
	case it.available == outOfStock:
		return true, 0
	case it.available == inStock && v.Stock == 0:
		return false, -1
	}
	return v.TrackInventory, -1
}

// differs reports whether a row changes its product.
func (pl *plan) differs(it *item, v *db.FindFeedVariantsRow) bool {
	brand := ""
	if v.BrandName != nil {
		brand = *v.BrandName
	}
	switch {
	case pl.has(colTitle) && strings.TrimSpace(it.title) != strings.TrimSpace(cleanTitle(v.Name)),
		pl.has(colDescription) && it.description != v.Description,
		pl.has(colBrand) && fold(it.brand) != fold(brand),
		pl.has(colCategory) && !pl.tree.is(v.CategoryID, it.category),
		it.condition != "" && it.condition != v.Condition,
		it.active != 0 && (it.active > 0) != v.IsActive,
		it.featured != 0 && (it.featured > 0) != v.IsFeatured:
		return true
	}
	if !pl.has(colAttributes) && !pl.has(colMoreAttributes) && len(pl.attributes) == 0 {
		return false
	}
	var now map[string]string
	if err := json.Unmarshal(v.Attributes, &now); err != nil {
		return true
	}
	if pl.has(colAttributes) {
		return !maps.Equal(now, it.attributes)
	}
	for name, value := range it.attributes {
		if have, there := now[name]; !there || have != value {
			return true
		}
	}
	return slices.ContainsFunc(
		it.removed, func(name string) bool { _, there := now[name]; return there },
	)
}

// tooMany reports whether a product would get more attributes than maxAttributes.
func (pl *plan) tooMany(it *item, v *db.FindFeedVariantsRow) bool {
	var now map[string]string
	if pl.has(colAttributes) || json.Unmarshal(v.Attributes, &now) != nil {
		return false
	}
	maps.Copy(now, it.attributes)
	for _, name := range it.removed {
		delete(now, name)
	}
	return len(now) > maxAttributes
}
