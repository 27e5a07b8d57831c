package orders

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/inventory"
	"github.com/shopd/shopd/internal/platform/problem"
)

// line is some units of one variant that a customer wants to buy.
type line struct {
	variant, product  int64
	name, sku         string
	options           []byte
	quantity          int32
	unit              int64 // price of one in minor units of the currency
	stock             int32
	isTracked, isSold bool
	positions         []int // in the request's items, or in the cart
}

// basket is all that a customer wants to buy.
type basket struct {
	list     string // what positions count, in pointers of problems: items or lines
	count    int    // how many positions there are
	lines    []line // each of another variant
	unknown  []int  // positions of products or variants that do not exist
	fromCart bool
}

// basketOfCart reads a locked cart.
func basketOfCart(ctx context.Context, q *db.Queries, cart int64) (basket, error) {
	rows, err := q.ListCheckoutCart(ctx, cart)
	if err != nil {
		return basket{}, err
	}
	if len(rows) == 0 {
		return basket{}, ErrCartEmpty
	}
	b := basket{list: "lines", count: len(rows), fromCart: true}
	for i, row := range rows {
		b.lines = append(b.lines, line{
			variant:   row.VariantID,
			product:   row.ProductID,
			name:      row.Name,
			sku:       row.SKU,
			options:   row.Options,
			quantity:  row.Quantity,
			unit:      row.UnitMinor,
			stock:     row.Stock,
			isTracked: row.TrackInventory,
			isSold:    row.IsSold,
			positions: []int{i},
		})
	}
	return b, nil
}

// basketOfItems reads the items of a request. Units of the same variant add up.
func basketOfItems(
	ctx context.Context, q *db.Queries, items []api.OrderItemInput,
) (basket, error) {
	products, variants := make([]int64, len(items)), make([]int64, len(items))
	for i, item := range items {
		products[i] = item.ProductID
		if item.VariantID != nil {
			variants[i] = *item.VariantID
		}
	}
	rows, err := q.ListCheckoutItems(ctx, indexes(len(items)), products, variants)
	if err != nil {
		return basket{}, err
	}
	b := basket{list: "items", count: len(items)}
	for i, item := range items {
		switch {
		case len(rows) == 0 || int(rows[0].Position) != i:
			b.unknown = append(b.unknown, i)
			continue
		case len(rows) > 1 && int(rows[1].Position) == i:
			return basket{}, inventory.ErrVariantRequired.With(problem.Field{
				Pointer: fmt.Sprintf("/items/%d/variant_id", i),
				Message: "is required: the product has several variants",
			})
		}
		b.add(rows[0], item.Quantity, i)
		rows = rows[1:]
	}
	return b, nil
}

// add adds an item to the line of its variant.
func (b *basket) add(row db.ListCheckoutItemsRow, quantity int32, position int) {
	isSame := func(l line) bool { return l.variant == row.VariantID }
	if at := slices.IndexFunc(b.lines, isSame); at >= 0 {
		b.lines[at].quantity += quantity
		b.lines[at].positions = append(b.lines[at].positions, position)
		return
	}
	b.lines = append(b.lines, line{
		variant:   row.VariantID,
		product:   row.ProductID,
		name:      row.Name,
		sku:       row.SKU,
		options:   row.Options,
		quantity:  quantity,
		unit:      row.UnitMinor,
		stock:     row.Stock,
		isTracked: row.TrackInventory,
		isSold:    row.IsActive,
		positions: []int{position},
	})
}

// check returns ErrInsufficient if the basket cannot be bought whole, with a field for every
// position that is in the way.
func (b *basket) check() error {
	messages := make([]string, b.count)
	for _, i := range b.unknown {
		messages[i] = "is not sold: 0 are available"
	}
	for _, l := range b.lines {
		message := ""
		switch {
		case !l.isSold:
			message = "is not sold any more: 0 are available"
		case l.isTracked && l.quantity > l.stock:
			message = fmt.Sprintf("%d are available, not %d", l.stock, l.quantity)
		}
		for _, i := range l.positions {
			messages[i] = message
		}
	}
	var fields []problem.Field
	for i, message := range messages {
		if message != "" {
			fields = append(fields, problem.Field{
				Pointer: fmt.Sprintf("/%s/%d", b.list, i), Message: message,
			})
		}
	}
	switch len(fields) {
	case 0:
		return nil
	case 1:
		return inventory.ErrInsufficient.Detailf(
			"One line cannot be bought as it is: %s %s.", fields[0].Pointer, fields[0].Message,
		).With(fields...)
	}
	return inventory.ErrInsufficient.Detailf(
		"%d lines cannot be bought as they are.", len(fields),
	).With(fields...)
}

// total returns what the basket costs, in minor units, or ErrTotalTooLarge.
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

// tracked returns the units to take from stock, in the order of the variants' ids.
func (b *basket) tracked() []inventory.Line {
	var lines []inventory.Line
	for _, l := range b.lines {
		if l.isTracked {
			lines = append(lines, inventory.Line{Variant: l.variant, Quantity: l.quantity})
		}
	}
	slices.SortFunc(lines, func(x, y inventory.Line) int {
		return cmp.Compare(x.Variant, y.Variant)
	})
	return lines
}

// storedLines returns the lines as the order stores them.
func (b *basket) storedLines() []storedLine {
	return column(b.lines, func(l line) storedLine {
		return storedLine{
			ProductID:  l.product,
			VariantID:  l.variant,
			Name:       l.name,
			SKU:        l.sku,
			Options:    l.options,
			Quantity:   l.quantity,
			UnitMinor:  l.unit,
			TotalMinor: l.unit * int64(l.quantity),
		}
	})
}

// cartVariants returns the variants to remove from the cart: all of them if the basket is the cart.
func (b *basket) cartVariants() []int64 {
	if !b.fromCart {
		return []int64{}
	}
	return column(b.lines, func(l line) int64 { return l.variant })
}
