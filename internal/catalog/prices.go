package catalog

import (
	"time"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/problem"
)

// priceInput is a price with its sale price as clients send them.
type priceInput struct {
	price            string
	discount         *string
	startsAt, endsAt *time.Time
}

// prices are a price and its sale price, in minor units. Without startsAt the sale has begun,
// without endsAt it does not end.
type prices struct {
	minor            int64
	discount         *int64
	startsAt, endsAt *time.Time
}

// prices parses a price and a sale price, which must be below it, and checks the sale's period.
// pointer is their place in the request body.
func (c *Catalog) prices(in priceInput, pointer string) (p prices, wrong []problem.Field) {
	refuse := func(name, message string) {
		wrong = append(wrong, problem.Field{Pointer: pointer + "/" + name, Message: message})
	}
	if read := c.price(&in.price, pointer+"/price", &wrong); read != nil {
		p.minor = *read
	}
	p.discount = c.price(in.discount, pointer+"/discount_price", &wrong)
	if len(wrong) == 0 && p.discount != nil && *p.discount >= p.minor {
		refuse("discount_price", "must be below the price")
	}
	p.startsAt, p.endsAt = in.startsAt, in.endsAt
	switch {
	case in.discount == nil && in.startsAt != nil:
		refuse("discount_starts_at", "needs a discount_price")
	case in.discount == nil && in.endsAt != nil:
		refuse("discount_ends_at", "needs a discount_price")
	case in.startsAt != nil && in.endsAt != nil && !in.startsAt.Before(*in.endsAt):
		refuse("discount_ends_at", "must be later than discount_starts_at")
	}
	return p, wrong
}

// set gives the prices to a variant.
func (p prices) set(v *db.Variant) {
	v.PriceMinor, v.DiscountMinor = p.minor, p.discount
	v.DiscountStartsAt, v.DiscountEndsAt = p.startsAt, p.endsAt
}
