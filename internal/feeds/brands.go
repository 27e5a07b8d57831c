package feeds

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopd/shopd/internal/catalog"
)

// createNames creates the brands and categories that are missing.
func (w *writer) createNames(ctx context.Context) error {
	var paths [][]string
	var names []string
	w.brands = map[string]int64{"": 0}
	for _, it := range w.textRows() {
		if len(it.category) > 0 && w.tree != nil && w.tree.find(it.category) == 0 {
			paths = append(paths, it.category)
		}
		if name := it.brand; name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(paths) > 0 || len(w.products) > 0 || len(names) > 0 {
		if err := w.queries.LockNames(ctx); err != nil {
			return err
		}
	}
	if len(paths) > 0 {
		if err := w.queries.LockCategoryTree(ctx); err != nil {
			return err
		}
		var err error
		if w.tree, err = readTree(ctx, w.queries); err != nil { // again, now that it is locked
			return err
		}
		if err := w.tree.create(ctx, w.queries, paths); err != nil {
			return err
		}
	}
	return w.createBrands(ctx, names)
}

// textRows returns the rows whose texts are written.
func (w *writer) textRows() []*item {
	items := slices.Clone(w.texts)
	for _, p := range w.products {
		items = append(items, p.item)
	}
	return items
}

func (w *writer) createBrands(ctx context.Context, names []string) error {
	for attempt := 0; len(names) > 0; attempt++ {
		found, err := w.queries.FindFeedBrands(ctx, names)
		if err != nil {
			return err
		}
		for _, row := range found {
			w.brands[row.Name] = row.ID
		}
		names = slices.DeleteFunc(names, func(name string) bool { return w.brands[name] != 0 })
		if len(names) == 0 {
			return nil
		}
		if attempt > 0 {
			return fmt.Errorf("brands %q cannot be created", names)
		}
		bases := make([]string, len(names))
		for i, name := range names {
			bases[i] = catalog.SlugOf(name, "brand")
		}
		slugs, err := freeSlugs(ctx, bases, bases, w.queries.TakenBrandSlugs)
		if err != nil {
			return err
		}
		if err := w.queries.CreateFeedBrands(ctx, names, slugs); err != nil {
			return err
		}
	}
	return nil
}

// brandOf returns the id of a row's brand; 0 for none.
func (w *writer) brandOf(it *item) int64 { return w.brands[it.brand] }

func (w *writer) categoryOf(it *item) int64 {
	if w.tree == nil || len(it.category) == 0 {
		return 0
	}
	return w.tree.find(it.category)
}
