package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/page"
)

// ListCustomers answers a page of accounts, newest first.
func (i *Identity) ListCustomers(ctx context.Context, r api.ListCustomersRequestObject) (api.ListCustomersResponseObject, error) {
	asked := page.Of(r.Params.Limit, r.Params.Offset)
	params := db.ListCustomersParams{Q: r.Params.Q, IsActive: r.Params.IsActive, PageLimit: asked.Limit, PageOffset: asked.Offset}
	if r.Params.Role != nil {
		params.Role = new(string(*r.Params.Role))
	}
	rows, err := i.planned.ListCustomers(ctx, params)
	if err != nil {
		return nil, err
	}
	body := api.ListCustomers200JSONResponse{Items: make([]api.User, 0, len(rows)), Limit: asked.Limit, Offset: asked.Offset}
	for _, row := range rows {
		body.Items, body.Total = append(body.Items, userBody(row.User)), row.Total
	}
	if len(rows) == 0 && asked.Offset > 0 {
		body.Total, err = i.planned.CountCustomers(ctx, params.Role, params.IsActive, params.Q)
	}
	return body, err
}

// GetCustomer answers one account.
func (i *Identity) GetCustomer(ctx context.Context, r api.GetCustomerRequestObject) (api.GetCustomerResponseObject, error) {
	user, err := i.queries.GetCustomer(ctx, r.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrNoCustomer
	}
	return api.GetCustomer200JSONResponse{Body: userBody(user)}, err
}

// SetCustomerStatus activates or deactivates an account.
func (i *Identity) SetCustomerStatus(ctx context.Context, r api.SetCustomerStatusRequestObject) (api.SetCustomerStatusResponseObject, error) {
	user, err := i.setStatus(ctx, r.ID, r.Body.IsActive)
	if err != nil {
		return nil, err
	}
	return api.SetCustomerStatus200JSONResponse(userBody(user)), nil
}

// SetCustomerRole gives an account a role.
func (i *Identity) SetCustomerRole(ctx context.Context, r api.SetCustomerRoleRequestObject) (api.SetCustomerRoleResponseObject, error) {
	user, err := i.setRole(ctx, r.ID, string(r.Body.Role))
	if err != nil {
		return nil, err
	}
	return api.SetCustomerRole200JSONResponse(userBody(user)), nil
}
