// Package demo is the catalogue of an invented shop, for development and tests: products worth asking about,
// with pictures that the program draws. Brands, products and people in it do not exist.
package demo

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/gosimple/slug"
	"gopkg.in/yaml.v3"
)

// Catalogue is everything the shop offers. Parents stand before their children.
type Catalogue struct {
	Brands     []Brand
	Categories []Category
	Products   []Product
}

// Brand is who makes a product.
type Brand struct{ Name, Slug, Description string }

// Category is a shelf; ParentSlug is empty at the top.
type Category struct{ Name, Slug, Description, ParentSlug string }

// Product is one product. Brand and Category are slugs.
type Product struct {
	Name, Slug, Brand, Category, Description string
	Attributes                               map[string]string
	Active, Featured                         bool
	Variants                                 []Variant // at least one; the first stands for the product
	CreatedDaysAgo                           int
}

// Variant is what is sold. Prices are in US dollars with two decimals; DiscountPrice is empty when there is none.
type Variant struct {
	SKU, GTIN            string // GTIN-13 of a range that no real product has
	Options              map[string]string
	Price, DiscountPrice string
	Stock                int
}

//go:embed catalogue/*.yaml
var files embed.FS

// shelf is one file: a category with its children.
type shelf struct {
	Category label `yaml:"category"`
	Children []struct {
		Category label  `yaml:"category"`
		Products []item `yaml:"products"`
	} `yaml:"children"`
}

type label struct {
	Name        string `yaml:"name"`
	Slug        string `yaml:"slug"`
	Description string `yaml:"description"`
}

// item is a product as a file has it.
type item struct {
	Name     string              `yaml:"name"`
	Brand    string              `yaml:"brand"`
	Price    string              `yaml:"price"`
	Sale     string              `yaml:"sale"`
	Stock    int                 `yaml:"stock"`
	Featured bool                `yaml:"featured"`
	Hidden   bool                `yaml:"hidden"`
	Facts    map[string]string   `yaml:"facts"`
	Choices  map[string][]string `yaml:"choices"` // one option and its values: a variant each
	About    string              `yaml:"about"`
}

// Load reads the catalogue.
func Load() (*Catalogue, error) {
	var brands []label
	if err := read("catalogue/brands.yaml", &brands); err != nil {
		return nil, err
	}
	c := &Catalogue{}
	known := map[string]bool{}
	for _, b := range brands {
		c.Brands = append(c.Brands, Brand(b))
		known[b.Slug] = true
	}
	names, err := fs.Glob(files, "catalogue/*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if name == "catalogue/brands.yaml" {
			continue
		}
		var s shelf
		if err := read(name, &s); err != nil {
			return nil, err
		}
		c.Categories = append(c.Categories, Category{s.Category.Name, s.Category.Slug, s.Category.Description, ""})
		for _, child := range s.Children {
			c.Categories = append(c.Categories, Category{child.Category.Name, child.Category.Slug, child.Category.Description, s.Category.Slug})
			for _, it := range child.Products {
				if !known[it.Brand] {
					return nil, fmt.Errorf("%s: %s: there is no brand %q", name, it.Name, it.Brand)
				}
				product, err := it.product(child.Category.Slug, len(c.Products)+1)
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", name, it.Name, err)
				}
				c.Products = append(c.Products, product)
			}
		}
	}
	return c, nil
}

func read(name string, into any) error {
	text, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// product completes an item with what follows from its place: slug, skus, GTINs, age.
func (it item) product(category string, number int) (Product, error) {
	if it.Facts == nil || it.About == "" {
		return Product{}, errors.New("facts and about are needed")
	}
	p := Product{
		Name: it.Name, Slug: slug.Make(it.Name), Brand: it.Brand, Category: category, Description: it.About,
		Attributes: it.Facts, Active: !it.Hidden, Featured: it.Featured,
		CreatedDaysAgo: number * 37 % 360, // spread over a year, the same at every load
	}
	options, err := it.options()
	if err != nil {
		return Product{}, err
	}
	for i, option := range options {
		v := Variant{
			SKU:  fmt.Sprintf("%s-%03d", strings.ToUpper(it.Brand[:3]), number),
			GTIN: gtin13(number*10 + i), Options: option, Price: it.Price, DiscountPrice: it.Sale,
			Stock: (it.Stock + len(options) - 1 - i) / len(options), // as even as it goes; the sum is the stock
		}
		for _, value := range option {
			v.SKU += "-" + strings.ToUpper(slug.Make(value))
		}
		p.Variants = append(p.Variants, v)
	}
	return p, nil
}

// options are those of each variant; a product without choices has one variant without options.
func (it item) options() ([]map[string]string, error) {
	if len(it.Choices) == 0 {
		return []map[string]string{{}}, nil
	}
	var out []map[string]string
	for name, values := range it.Choices {
		for _, value := range values {
			out = append(out, map[string]string{name: value})
		}
	}
	if len(it.Choices) > 1 || len(out) < 2 || len(out) > 10 {
		return nil, errors.New("choices must be one option with two to ten values")
	}
	return slices.Clip(out), nil
}

// gtin13 is a number in the range 040, which GS1 leaves for use within one company, with its check digit.
func gtin13(number int) string {
	digits := fmt.Sprintf("040%09d", number)
	sum := 0
	for i, digit := range digits {
		sum += int(digit-'0') * (1 + i%2*2)
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}
