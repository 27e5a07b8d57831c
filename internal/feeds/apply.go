package feeds

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/catalog"
	"github.com/shopd/shopd/internal/inventory"
)

// apply writes a plan, each kind of change in one statement for all rows. Slow statements that lock
// nothing others wait for come first; stock comes last, because customers buy it meanwhile.
func (f *Feeds) apply(ctx context.Context, q *db.Queries, pl *plan, cause inventory.Cause) error {
	if len(pl.products)+len(pl.variants)+len(pl.texts)+len(
		pl.prices,
	)+len(pl.stock)+len(pl.calls) == 0 {
		return nil
	}
	w := writer{plan: pl, queries: q}
	for _, step := range []func(context.Context) error{
		w.createNames, w.createProducts, w.createVariants, w.updateProducts, w.updateVariants,
		w.storeFeedIDs, w.refresh,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if len(w.opened) > 0 {
		if err := inventory.Open(ctx, q, w.opened, cause.Actor); err != nil {
			return err
		}
	}
	totals := make([]inventory.Line, 0, len(pl.stock))
	for _, variant := range slices.Sorted(maps.Keys(pl.stock)) {
		totals = append(totals, inventory.Line{Variant: variant, Quantity: pl.stock[variant]})
	}
	return f.stock.SetTotals(ctx, q, totals, cause)
}

// writer writes a plan in one transaction.
type writer struct {
	*plan
	queries *db.Queries
	brands  map[string]int64 // by the name in the row
	made    map[string]int64 // ids of new variants by sku
	opened  []inventory.Line
}

func (w *writer) createProducts(ctx context.Context) error {
	if len(w.products) == 0 {
		return nil
	}
	bases, seconds := make([]string, len(w.products)), make([]string, len(w.products))
	for i, p := range w.products {
		bases[i] = catalog.SlugOf(p.title, "product")
		seconds[i] = catalog.SlugOf(p.title+" "+p.skuOf(), "product")
	}
	slugs, err := freeSlugs(ctx, bases, seconds, w.queries.TakenProductSlugs)
	if err != nil {
		return err
	}
	params := db.CreateFeedProductsParams{Slugs: slugs}
	bySlug := make(map[string]*newProduct, len(slugs))
	for i, p := range w.products {
		bySlug[slugs[i]] = p
		condition := p.condition
		if condition == "" {
			condition = "new"
		}
		params.Names, params.Descriptions = append(params.Names, p.title), append(
			params.Descriptions, p.description,
		)
		params.BrandIds, params.CategoryIds = append(params.BrandIds, w.brandOf(p.item)), append(
			params.CategoryIds, w.categoryOf(p.item),
		)
		params.Conditions, params.Attributes = append(params.Conditions, condition), append(
			params.Attributes, jsonOf(p.attributes),
		)
		params.Actives, params.Featureds = append(params.Actives, p.active >= 0), append(
			params.Featureds, p.featured > 0,
		)
	}
	rows, err := w.queries.CreateFeedProducts(ctx, params)
	for _, row := range rows {
		bySlug[row.Slug].id = row.ID
	}
	return err
}

func (w *writer) createVariants(ctx context.Context) error {
	if len(w.variants) == 0 {
		return nil
	}
	var params db.CreateFeedVariantsParams
	for _, v := range w.variants {
		isDefault := v.product != nil && v.product.item == v.item
		if v.product != nil {
			v.productID = v.product.id
		}
		params.ProductIds, params.Defaults, params.Positions = append(
			params.ProductIds, v.productID,
		), append(params.Defaults, isDefault), append(params.Positions, v.position)
		params.Skus, params.Gtins, params.Options = append(params.Skus, v.skuOf()), append(
			params.Gtins, v.gtin,
		), append(params.Options, v.options)
		params.Prices, params.Discounts, params.Trackeds = append(params.Prices, v.price), append(
			params.Discounts, v.sale,
		), append(params.Trackeds, v.tracked)
		params.Stocks = append(params.Stocks, max(0, v.quantity))
		params.Starts = append(params.Starts, instantText(v.saleStarts))
		params.Ends = append(params.Ends, instantText(v.saleEnds))
	}
	rows, err := w.queries.CreateFeedVariants(ctx, params)
	if err != nil {
		return err
	}
	w.made = make(map[string]int64, len(rows))
	for _, row := range rows {
		w.made[row.SKU] = row.ID
	}
	for _, v := range w.variants {
		w.opened = append(
			w.opened, inventory.Line{Variant: w.made[v.skuOf()], Quantity: max(0, v.quantity)},
		)
		for _, address := range v.images {
			if !slices.Contains(w.images[v.productID], address) {
				w.images[v.productID] = append(w.images[v.productID], address)
			}
		}
	}
	slices.SortFunc(w.opened, func(a, b inventory.Line) int { return int(a.Variant - b.Variant) })
	return nil
}

func (w *writer) updateProducts(ctx context.Context) error {
	if len(w.texts) > 0 {
		params := db.UpdateFeedProductsParams{
			Ids:                w.textIDs,
			SetsName:           w.has(colTitle),
			SetsDescription:    w.has(colDescription),
			SetsBrand:          w.has(colBrand),
			SetsCategory:       w.has(colCategory),
			ReplacesAttributes: w.has(colAttributes),
		}
		for _, it := range w.texts {
			params.Names, params.Descriptions = append(params.Names, it.title), append(
				params.Descriptions, it.description,
			)
			params.BrandIds, params.CategoryIds = append(params.BrandIds, w.brandOf(it)), append(
				params.CategoryIds, w.categoryOf(it),
			)
			params.Conditions, params.Attributes = append(params.Conditions, it.condition), append(
				params.Attributes, jsonOf(it.attributes),
			)
			removed, _ := json.Marshal(append([]string{}, it.removed...)) // strings: no error
			params.Removed = append(params.Removed, string(removed))
			params.Actives, params.Featureds = append(params.Actives, it.active), append(
				params.Featureds, it.featured,
			)
		}
		if err := w.queries.UpdateFeedProducts(ctx, params); err != nil {
			return err
		}
	}
	var rest []int64
	for _, id := range slices.Sorted(maps.Keys(w.touched)) {
		if !slices.Contains(w.textIDs, id) {
			rest = append(rest, id)
		}
	}
	if len(rest) == 0 {
		return nil
	}
	return w.queries.TouchFeedProducts(ctx, rest)
}

func (w *writer) updateVariants(ctx context.Context) error {
	if len(w.prices) == 0 {
		return nil
	}
	params := db.UpdateFeedVariantsParams{
		SetsGTIN:     w.has(colGTIN),
		SetsPrice:    w.has(colPrice),
		SetsDiscount: w.has(colSalePrice),
	}
	for _, c := range w.prices {
		params.Ids, params.Skus, params.Gtins = append(params.Ids, c.id), append(
			params.Skus, c.sku,
		), append(params.Gtins, c.gtin)
		params.Options, params.Prices = append(params.Options, c.options), append(
			params.Prices, c.price,
		)
		params.Discounts, params.Trackeds = append(params.Discounts, c.discount), append(
			params.Trackeds, c.tracked,
		)
		params.Starts = append(params.Starts, instantText(c.starts))
		params.Ends = append(params.Ends, instantText(c.ends))
	}
	return w.queries.UpdateFeedVariants(ctx, params)
}

// storeFeedIDs stores the ids that feeds give variants and groups.
func (w *writer) storeFeedIDs(ctx context.Context) error {
	var ids []string
	var variants []int64
	for variant, id := range w.calls {
		ids, variants = append(ids, id), append(variants, variant)
	}
	if len(variants) > 0 {
		if err := w.queries.ForgetFeedItems(ctx, variants); err != nil {
			return err
		}
	}
	for _, v := range w.variants {
		if v.id != "" {
			ids, variants = append(ids, v.id), append(variants, w.made[v.skuOf()])
		}
		if v.group != "" && v.product != nil {
			w.groups[v.group] = v.product.id
		}
	}
	if len(ids) > 0 {
		if err := w.queries.CreateFeedItems(ctx, ids, variants); err != nil {
			return err
		}
	}
	if len(w.groups) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(w.groups))
	products := make([]int64, len(names))
	for i, name := range names {
		products[i] = w.groups[name]
	}
	return w.queries.CreateFeedGroups(ctx, names, products)
}

// refresh updates what is derived from products: search, then listings.
func (w *writer) refresh(ctx context.Context) error {
	shown, found := map[int64]bool{}, map[int64]bool{}
	for _, p := range w.products {
		shown[p.id], found[p.id] = true, true
	}
	for _, v := range w.variants {
		shown[v.productID], found[v.productID] = true, true
	}
	for _, id := range w.textIDs {
		shown[id], found[id] = true, true
	}
	for id := range w.touched {
		shown[id] = true
	}
	for _, c := range w.prices {
		if c.sku != "" { // search finds skus
			maps.Copy(found, w.touched)
			break
		}
	}
	if len(shown) == 0 {
		return nil
	}
	if len(found) > 0 {
		if err := w.queries.RefreshSearch(ctx, slices.Sorted(maps.Keys(found))); err != nil {
			return err
		}
	}
	return w.queries.RefreshListings(ctx, slices.Sorted(maps.Keys(shown)))
}

func jsonOf(values map[string]string) string {
	if len(values) == 0 {
		return "{}"
	}
	text, _ := json.Marshal(values) // strings: no error
	return string(text)
}
