package identity

import (
	"context"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
)

// ListCustomers returns a page of accounts, newest first.
func (i *Identity) ListCustomers(
	ctx context.Context, r api.ListCustomersRequestObject,
) (api.ListCustomersResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	params := db.ListCustomersParams{
		Q:          r.Params.Q,
		IsActive:   r.Params.IsActive,
		PageLimit:  asked.Limit,
		PageOffset: asked.Offset,
	}
	if r.Params.Role != nil {
		params.Role = new(string(*r.Params.Role))
	}
	rows, err := i.planned.ListCustomers(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListCustomers200JSONResponse{
		Items:  make([]api.Customer, 0, len(rows)),
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	users := make([]db.User, 0, len(rows))
	for _, row := range rows {
		users, body.Total = append(users, row.User), row.Total
	}
	if len(rows) == 0 && asked.Offset > 0 {
		if body.Total, err = i.planned.CountCustomers(
			ctx, params.Role, params.IsActive, params.Q,
		); err != nil {
			return nil, err
		}
	}
	body.Items, err = i.customers(ctx, users)
	return body, err
}

// customers returns accounts with the number and the total of their orders.
func (i *Identity) customers(ctx context.Context, users []db.User) ([]api.Customer, error) {
	ids := make([]int64, 0, len(users))
	for _, user := range users {
		ids = append(ids, user.ID)
	}
	rows, err := i.queries.CountCustomerOrders(ctx, ids)
	if err != nil {
		return nil, err
	}
	bought := make(map[int64]db.CountCustomerOrdersRow, len(rows))
	for _, row := range rows {
		bought[row.UserID] = row
	}
	bodies := make([]api.Customer, 0, len(users))
	for _, user := range users {
		u, orders := userBody(user), bought[user.ID]
		bodies = append(bodies, api.Customer{
			ID:            u.ID,
			Email:         u.Email,
			Username:      u.Username,
			FirstName:     u.FirstName,
			LastName:      u.LastName,
			Phone:         u.Phone,
			Role:          u.Role,
			IsActive:      u.IsActive,
			EmailVerified: u.EmailVerified,
			CreatedAt:     u.CreatedAt,
			UpdatedAt:     u.UpdatedAt,
			Orders: api.CustomerOrders{
				Count:    orders.Orders,
				Spent:    i.settings.Currency.FormatSum(orders.SpentMinor),
				Currency: api.Currency(i.settings.Currency),
			},
		})
	}
	return bodies, nil
}

func (i *Identity) customer(ctx context.Context, user db.User) (api.Customer, error) {
	bodies, err := i.customers(ctx, []db.User{user})
	if err != nil {
		return api.Customer{}, err
	}
	return bodies[0], nil
}

// GetCustomer returns one account.
func (i *Identity) GetCustomer(
	ctx context.Context, r api.GetCustomerRequestObject,
) (api.GetCustomerResponseObject, error) {
	user, err := i.queries.GetCustomer(ctx, r.ID)
	if err != nil {
		return nil, postgres.NotFound(err, ErrNoCustomer)
	}
	body, err := i.customer(ctx, user)
	return api.GetCustomer200JSONResponse{Body: body}, err
}
