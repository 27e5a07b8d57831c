package demo

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// check returns an error if the catalogue contradicts itself: for two things of one name, a
// reference to a thing that does not exist, or a discount that is not below the price.
func (c *Catalogue) check() error {
	taken := register{}
	for _, b := range c.Brands {
		if err := taken.add("brand", b.Slug); err != nil {
			return err
		}
	}
	for _, category := range c.Categories {
		if err := taken.add("category", category.Slug); err != nil {
			return err
		}
	}
	set, err := icons()
	if err != nil {
		return err
	}
	for _, p := range c.Products {
		if err := errors.Join(taken.product(p), set.known(p)); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	return nil
}

// register has the names that were used so far, such as "brand aurelle" and "sku AUR-001".
type register map[string]bool

func (r register) add(kind, name string) error {
	key := kind + " " + name
	if r[key] {
		return fmt.Errorf("%s is there twice", key)
	}
	r[key] = true
	return nil
}

func (r register) product(p Product) error {
	for _, reference := range []string{"brand " + p.Brand, "category " + p.Category} {
		if !r[reference] {
			return fmt.Errorf("there is no %s", reference)
		}
	}
	if err := errors.Join(
		r.add("name", p.Name), r.add("slug", p.Slug), r.add("description", p.Description),
	); err != nil {
		return err
	}
	for _, v := range p.Variants {
		if err := errors.Join(r.add("sku", v.SKU), r.add("gtin", v.GTIN), v.check()); err != nil {
			return err
		}
	}
	return nil
}

func (v Variant) check() error {
	price, err := cents(v.Price)
	if err != nil {
		return err
	}
	if v.Stock < 0 {
		return fmt.Errorf("a stock of %d", v.Stock)
	}
	if v.DiscountPrice == "" {
		return nil
	}
	discount, err := cents(v.DiscountPrice)
	if err == nil && discount >= price {
		err = fmt.Errorf("the discount to %s is none from %s", v.DiscountPrice, v.Price)
	}
	return err
}

var dollars = regexp.MustCompile(`^(0|[1-9]\d{0,5})\.\d\d$`)

// cents returns a price such as 12.50 in cents.
func cents(price string) (int, error) {
	if !dollars.MatchString(price) || price == "0.00" {
		return 0, fmt.Errorf("%q is no price in dollars and cents", price)
	}
	return strconv.Atoi(strings.Replace(price, ".", "", 1))
}
