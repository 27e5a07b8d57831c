package orders_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/internal/apitest"
)

// model is the shop as some maps. It predicts the response to every call, one call after the other.
type model struct {
	shop   *apitest.Shop
	keeper apitest.Caller
	buyers []apitest.Caller

	products []api.AdminProduct
	stock    []int
	price    []int
	active   []bool
	carts    []map[int]int // by buyer: units by product
	orders   []modelOrder
}

type modelOrder struct {
	id     int64
	buyer  int
	units  map[int]int
	total  int
	status string

	paid, refunded int  // cents
	byHand         bool // it was paid outside the shop
	unknown        bool // it was charged, and the response was lost
	owed           int  // cents that were charged without need and not refunded yet
}

const modelMaxUnpaid = 3

// unpaid counts a buyer's pending orders.
func (m *model) unpaid(buyer int) (count int) {
	for _, o := range m.orders {
		if o.buyer == buyer && o.status == "PENDING" {
			count++
		}
	}
	return count
}

// buy says what an order of some units comes to, and places it in the model if it does.
func (m *model) buy(buyer int, units map[int]int) (status, total int) {
	if m.unpaid(buyer) >= modelMaxUnpaid || len(units) == 0 {
		return http.StatusConflict, 0
	}
	for p, n := range units {
		if !m.active[p] || n > m.stock[p] {
			return http.StatusConflict, 0
		}
		total += n * m.price[p]
	}
	for p, n := range units {
		m.stock[p] -= n
	}
	o := modelOrder{buyer: buyer, units: maps.Clone(units), total: total, status: "PENDING"}
	if total == 0 {
		o.status = "PAID"
	}
	m.orders = append(m.orders, o)
	return http.StatusCreated, total
}

func (m *model) cancel(o *modelOrder) {
	o.status = "CANCELLED"
	for p, n := range o.units {
		m.stock[p] += n
	}
}

func (m *model) placed(t *rapid.T, answer *apitest.Answer, status, total int) {
	requireStatus(t, answer, status)
	if status != http.StatusCreated {
		return
	}
	var order api.Order
	answer.Into(&order)
	if want := fmt.Sprintf("%d.00", total); order.Total != want {
		t.Fatalf("a total of %s, not %s", order.Total, want)
	}
	m.orders[len(m.orders)-1].id = order.ID
}

func requireStatus(t *rapid.T, answer *apitest.Answer, status int) {
	if answer.Status != status {
		t.Fatalf("%d, not %d: %s", answer.Status, status, answer)
	}
}

func (m *model) actions() map[string]func(*rapid.T) {
	actions := m.buying()
	maps.Copy(actions, m.afterwards())
	return actions
}

// order draws one.
func (m *model) order(t *rapid.T) *modelOrder {
	if len(m.orders) == 0 {
		t.Skip("no orders")
	}
	return &m.orders[rapid.IntRange(0, len(m.orders)-1).Draw(t, "order")]
}

// buying is what happens before there is an order.
func (m *model) buying() map[string]func(*rapid.T) {
	product := func(t *rapid.T) int {
		return rapid.IntRange(0, len(m.products)-1).Draw(t, "product")
	}
	buyer := func(t *rapid.T) int { return rapid.IntRange(0, len(m.buyers)-1).Draw(t, "buyer") }
	return map[string]func(*rapid.T){
		"add": func(t *rapid.T) {
			b, p, n := buyer(t), product(t), rapid.IntRange(1, 4).Draw(t, "units")
			status := http.StatusConflict
			if m.active[p] && m.carts[b][p]+n <= m.stock[p] {
				status = http.StatusOK
				m.carts[b][p] += n
			}
			requireStatus(t, m.buyers[b].Post(items, of(m.products[p], n)), status)
		},
		"set": func(t *rapid.T) {
			b, p, n := buyer(t), product(t), rapid.IntRange(0, 5).Draw(t, "units")
			status := http.StatusOK
			switch has := m.carts[b][p]; {
			case has == 0:
				status = http.StatusNotFound
			case n == 0:
				delete(m.carts[b], p)
			case n > has && (!m.active[p] || n > m.stock[p]):
				status = http.StatusConflict
			default:
				m.carts[b][p] = n
			}
			requireStatus(
				t,
				m.buyers[b].Patch(
					fmt.Sprintf("%s/%d", items, m.products[p].ID), apitest.Fields{"quantity": n},
				),
				status,
			)
		},
		"order the cart": func(t *rapid.T) {
			b := buyer(t)
			status, total := m.buy(b, m.carts[b])
			if status == http.StatusCreated {
				clear(m.carts[b])
			}
			m.placed(t, m.buyers[b].Post(orders, apitest.Fields{}), status, total)
		},
		"order items": func(t *rapid.T) {
			b, units, asked := buyer(t), map[int]int{}, []apitest.Fields{}
			for range rapid.IntRange(1, 4).Draw(t, "items") {
				p, n := product(t), rapid.IntRange(1, 3).Draw(t, "units")
				units[p] += n
				asked = append(asked, of(m.products[p], n))
			}
			status, total := m.buy(b, units)
			m.placed(t, m.buyers[b].Post(orders, apitest.Fields{"items": asked}), status, total)
		},
		"restock": func(t *rapid.T) {
			p, n := product(t), rapid.IntRange(0, 12).Draw(t, "units")
			m.stock[p] = n
			requireStatus(
				t,
				m.keeper.Put(
					fmt.Sprintf("/api/v1/admin/products/%d/inventory", m.products[p].ID),
					apitest.Fields{"quantity": n},
				),
				http.StatusOK,
			)
		},
		"change a product": func(t *rapid.T) {
			p := product(t)
			m.price[p], m.active[p] = rapid.IntRange(0, 50).
				Draw(t, "price"),
				rapid.IntRange(0, 3).
					Draw(t, "hidden") >
					0
			requireStatus(
				t,
				m.keeper.Patch(
					fmt.Sprintf("/api/v1/admin/products/%d", m.products[p].ID),
					apitest.Fields{
						"price":     fmt.Sprintf("%d.00", m.price[p]),
						"is_active": m.active[p],
					},
				),
				http.StatusOK,
			)
		},
		"": m.agree,
	}
}

// agree compares the database with the model.
func (m *model) agree(t *rapid.T) {
	for p, product := range m.products {
		if got := stock(m.shop, product); got != m.stock[p] {
			t.Fatalf("product %d has a stock of %d, not %d", p, got, m.stock[p])
		}
	}
	for _, o := range m.orders {
		got := apitest.Value[string](
			m.shop,
			`SELECT concat_ws(' ', status, total_minor,
				(SELECT coalesce(sum(amount_minor - refunded_minor), 0)
			FROM payments WHERE order_id = orders.id AND status IN ('paid', 'refunded')
				AND NOT is_surplus)) FROM orders WHERE id = $1`,
			o.id,
		)
		if want := fmt.Sprintf("%s %d %d", o.status, o.total*100, o.paid-o.refunded); got != want {
			t.Fatalf("order %d is %s, not %s", o.id, got, want)
		}
	}
}

// createOrder, cancelOrder, setOrderStatus, payOrder, refundOrder, addCartItem, setInventory,
// updateProduct: in any order of calls, statuses, stock and sums are those of the model. A failing
// run prints how to repeat it.
func TestTheModelAgrees(t *testing.T) {
	t.Parallel()
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue {
		require.NoError(t, flag.Set("rapid.checks", "40"))
	}
	shop := apitest.New(
		t, apitest.Setting{Name: "ORDER_MAX_OPEN_UNPAID", Value: fmt.Sprint(modelMaxUnpaid)},
		apitest.Setting{Name: "ORDER_CANCEL_UNTIL", Value: "shipped"},
	)
	keeper := shop.Admin()
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			shop:   shop,
			keeper: keeper,
			stock:  []int{4, 9, 2},
			price:  []int{10, 10, 10},
			active: []bool{true, true, true},
		}
		for i, units := range m.stock {
			m.products = append(
				m.products,
				keeper.Product(
					apitest.Fields{"name": fmt.Sprintf("P%d", i), "price": "10.00", "stock": units},
				),
			)
		}
		for range 2 {
			m.buyers = append(m.buyers, shop.Customer())
			m.carts = append(m.carts, map[int]int{})
		}
		rt.Repeat(m.actions())
		for b, buyer := range m.buyers {
			var seen api.Cart
			buyer.Get(cart).Want(http.StatusOK).Into(&seen)
			left := map[int]int{}
			for _, line := range seen.Lines {
				p := slices.IndexFunc(
					m.products, func(p api.AdminProduct) bool { return p.ID == line.ProductID },
				)
				left[p] = int(line.Quantity)
			}
			if !maps.Equal(left, m.carts[b]) {
				rt.Fatalf("cart %d holds %v, not %v", b, left, m.carts[b])
			}
		}
		m.agreeWithLedger(rt)
		shop.RequireSound()
	})
}
