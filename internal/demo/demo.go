// Package demo provides the catalogue of a fictional shop for development and tests, with pictures
// that the program draws. Its brands, products and people do not exist.
package demo

import (
	"embed"
	"fmt"
	"io/fs"
	"sync"
)

// Catalogue has all brands, categories and products of the shop. Categories follow their parents.
type Catalogue struct {
	Brands     []Brand
	Categories []Category
	Products   []Product
}

// Brand is the manufacturer of a product.
type Brand struct{ Name, Slug, Description string }

// Category is a category. ParentSlug is empty for a top category.
type Category struct{ Name, Slug, Description, ParentSlug string }

// Product is one product. Brand and Category are slugs.
type Product struct {
	Name, Slug, Brand, Category, Description string

	Icon             string // the icon in its picture; empty means that of its category
	Attributes       map[string]string
	Active, Featured bool
	Variants         []Variant // at least one; the first is the default
	CreatedDaysAgo   int
}

// Variant is one variant of a product. Prices are in US dollars with two decimals. DiscountPrice is
// empty if there is no discount.
type Variant struct {
	SKU, GTIN            string // a GTIN-13 of a range that no real product has
	Options              map[string]string
	Price, DiscountPrice string
	Stock                int
}

//go:embed catalogue/*.yaml
var files embed.FS

// Load returns the catalogue. It is read once, so all callers share it and must not change it.
func Load() (*Catalogue, error) { return load() }

var load = sync.OnceValues(func() (*Catalogue, error) { return parse(files) })

const brandsFile = "catalogue/brands.yaml"

// parse reads the brands, and then all shelves in the order of the file names.
func parse(from fs.FS) (*Catalogue, error) {
	var brands []label
	if err := read(from, brandsFile, &brands); err != nil {
		return nil, err
	}
	c := &Catalogue{}
	for _, b := range brands {
		c.Brands = append(c.Brands, Brand(b))
	}
	names, err := fs.Glob(from, "catalogue/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == brandsFile {
			continue
		}
		var s shelf
		if err := read(from, name, &s); err != nil {
			return nil, err
		}
		if err := c.add(s); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// add appends the categories and products of a shelf.
func (c *Catalogue) add(s shelf) error {
	c.Categories = append(c.Categories, s.Category.under(""))
	for _, child := range s.Children {
		c.Categories = append(c.Categories, child.Category.under(s.Category.Slug))
		for _, it := range child.Products {
			product, err := it.product(child.Category.Slug, len(c.Products)+1)
			if err != nil {
				return fmt.Errorf("%s: %w", it.Name, err)
			}
			c.Products = append(c.Products, product)
		}
	}
	return nil
}
