package feeds

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/shopd/shopd/gen/db"
)

// known holds the variants and groups of the database that rows of a batch may refer to.
type known struct {
	byID, bySKU, byGTIN map[string]*db.FindFeedVariantsRow
	groups              map[string]*family
	families            map[int64]*family
}

// readKnown reads all that the rows may refer to, in three statements at most.
func readKnown(ctx context.Context, q *db.Queries, items []*item) (*known, error) {
	k := &known{
		map[string]*db.FindFeedVariantsRow{}, map[string]*db.FindFeedVariantsRow{},
		map[string]*db.FindFeedVariantsRow{}, map[string]*family{}, map[int64]*family{},
	}
	var ids, skus, gtins, groups []string
	for _, it := range items {
		if it.id != "" {
			ids = append(ids, it.id)
		}
		skus = append(skus, it.skuOf())
		if it.gtin != "" {
			gtins = append(gtins, it.gtin)
		}
		if it.group != "" {
			groups = append(groups, it.group)
		}
	}
	rows, err := q.FindFeedVariants(ctx, ids, skus, gtins)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		row := &rows[i]
		k.bySKU[row.SKU] = row
		if row.GTIN != nil {
			k.byGTIN[*row.GTIN] = row
		}
		if row.FeedID != nil {
			k.byID[*row.FeedID] = row
		}
	}
	if len(groups) == 0 {
		return k, nil
	}
	return k, k.readGroups(ctx, q, items, groups)
}

func (k *known) readGroups(
	ctx context.Context, q *db.Queries, items []*item, names []string,
) error {
	rows, err := q.FindFeedGroups(ctx, names)
	if err != nil {
		return err
	}
	for _, row := range rows {
		k.groups[row.GroupID] = k.family(row.ProductID)
	}
	for _, it := range items { // a group without a feed id is recognised by its existing variants
		if v := k.find(it); v != nil && !v.IsDeleted {
			f := k.family(v.ProductID)
			if it.group != "" && k.groups[it.group] == nil {
				k.groups[it.group] = f
			}
		}
	}
	siblings, err := q.ListFeedSiblings(ctx, slices.Collect(maps.Keys(k.families)))
	if err != nil {
		return err
	}
	for _, row := range siblings {
		var options map[string]string
		if err := json.Unmarshal(row.Options, &options); err != nil {
			return err
		}
		f := k.families[row.ProductID]
		f.add(options)
		f.next = max(f.next, row.Position+1)
	}
	return nil
}

func (k *known) family(product int64) *family {
	f := k.families[product]
	if f == nil {
		f = &family{id: product, options: map[string]bool{}}
		k.families[product] = f
	}
	return f
}

// find returns the variant that a row refers to, or nil.
func (k *known) find(it *item) *db.FindFeedVariantsRow {
	if v := k.byID[it.id]; v != nil && it.id != "" {
		return v
	}
	if v := k.bySKU[it.skuOf()]; v != nil && (it.sku != "" || it.id != "") &&
		(v.FeedID == nil || it.id == "") {
		return v
	}
	if v := k.byGTIN[it.gtin]; v != nil && it.gtin != "" && (v.FeedID == nil || it.id == "") {
		return v
	}
	return nil
}
