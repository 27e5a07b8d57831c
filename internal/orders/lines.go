package orders

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/problem"
)

// line is some units of one variant that somebody wants to buy.
type line struct {
	variant, product int64
	name, sku        string
	options          []byte
	quantity         int32
	unit             int64 // minor units of the currency
	stock            int32
	tracked, sold    bool
	asked            []int // where it was asked for: positions of the request, or the line of the cart
}

// basket is all that somebody wants to buy.
type basket struct {
	list     string // what a position is one of: items or lines
	lines    []line // of different variants
	unknown  []int  // positions of what is not there
	asked    int    // positions
	fromCart bool
}

// ofCart reads a locked cart.
func ofCart(ctx context.Context, q *db.Queries, cart int64) (basket, error) {
	rows, err := q.ListCheckoutCart(ctx, cart)
	if err != nil {
		return basket{}, err
	}
	if len(rows) == 0 {
		return basket{}, ErrCartEmpty
	}
	b := basket{list: "lines", asked: len(rows), fromCart: true}
	for i, row := range rows {
		b.lines = append(b.lines, line{
			variant:  row.VariantID,
			product:  row.ProductID,
			name:     row.Name,
			sku:      row.SKU,
			options:  row.Options,
			quantity: row.Quantity,
			unit:     row.UnitMinor,
			stock:    row.Stock,
			tracked:  row.TrackInventory,
			sold:     row.IsSold,
			asked:    []int{i},
		})
	}
	return b, nil
}

// ofItems reads what a request names. Units of the same variant add up.
func ofItems(ctx context.Context, q *db.Queries, items []api.OrderItemInput) (basket, error) {
	var positions []int32
	var products, variants []int64
	for i, item := range items {
		variant := int64(0)
		if item.VariantID != nil {
			variant = *item.VariantID
		}
		positions, products, variants = append(positions, int32(i)), append(
			products, item.ProductID,
		), append(variants, variant)
	}
	rows, err := q.ListCheckoutItems(ctx, positions, products, variants)
	if err != nil {
		return basket{}, err
	}
	b := basket{list: "items", asked: len(items)}
	for i, item := range items {
		switch {
		case len(rows) == 0 || int(rows[0].Position) != i:
			b.unknown = append(b.unknown, i)
			continue
		case len(rows) > 1 && int(rows[1].Position) == i:
			return basket{}, inventory.ErrVariantRequired.With(
				problem.Field{
					Pointer: fmt.Sprintf("/items/%d/variant_id", i),
					Message: "is required: the product has several variants",
				},
			)
		}
		b.add(rows[0], item.Quantity, i)
		rows = rows[1:]
	}
	return b, nil
}

func (b *basket) add(row db.ListCheckoutItemsRow, quantity int32, position int) {
	if at := slices.IndexFunc(
		b.lines, func(l line) bool { return l.variant == row.VariantID },
	); at >= 0 {
		b.lines[at].quantity += quantity
		b.lines[at].asked = append(b.lines[at].asked, position)
		return
	}
	b.lines = append(b.lines, line{
		variant:  row.VariantID,
		product:  row.ProductID,
		name:     row.Name,
		sku:      row.SKU,
		options:  row.Options,
		quantity: quantity,
		unit:     row.UnitMinor,
		stock:    row.Stock,
		tracked:  row.TrackInventory,
		sold:     row.IsActive,
		asked:    []int{position},
	})
}

// check refuses a basket that cannot be bought whole, naming every line in the way.
func (b *basket) check() error {
	messages := make([]string, b.asked)
	for _, i := range b.unknown {
		messages[i] = "is not sold: 0 are available"
	}
	for _, l := range b.lines {
		message := ""
		switch {
		case !l.sold:
			message = "is not sold any more: 0 are available"
		case l.tracked && l.quantity > l.stock:
			message = fmt.Sprintf("%d are available, not %d", l.stock, l.quantity)
		}
		for _, i := range l.asked {
			messages[i] = message
		}
	}
	var fields []problem.Field
	for i, message := range messages {
		if message != "" {
			fields = append(
				fields, problem.Field{Pointer: fmt.Sprintf("/%s/%d", b.list, i), Message: message},
			)
		}
	}
	switch len(fields) {
	case 0:
		return nil
	case 1:
		return inventory.ErrInsufficient.Detailf("One line cannot be bought as it is: %s %s.", fields[0].Pointer, fields[0].Message).
			With(fields...)
	}
	return inventory.ErrInsufficient.Detailf("%d lines cannot be bought as they are.", len(fields)).
		With(fields...)
}

// total is what the basket costs, in minor units.
func (o *Orders) total(b basket) (int64, error) {
	total := int64(0)
	for _, l := range b.lines {
		cost, ok := o.settings.Currency.Times(l.unit, int64(l.quantity))
		if ok {
			total, ok = o.settings.Currency.Plus(total, cost)
		}
		if !ok {
			return 0, ErrTotalTooLarge
		}
	}
	return total, nil
}

// tracked are the units to take from stock, in the order of the variants.
func (b *basket) tracked() []inventory.Line {
	var lines []inventory.Line
	for _, l := range b.lines {
		if l.tracked {
			lines = append(lines, inventory.Line{Variant: l.variant, Quantity: l.quantity})
		}
	}
	slices.SortFunc(
		lines, func(x, y inventory.Line) int { return int(min(1, max(-1, x.Variant-y.Variant))) },
	)
	return lines
}
