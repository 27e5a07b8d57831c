package prove

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/sync/errgroup"

	"github.com/shopd/shopd/gen/client"
	"github.com/shopd/shopd/internal/identity"
)

// address returns the mail address of an account of the run.
func (r *run) address(who string) string { return r.name + "-" + who + "@prove.invalid" }

// buyer returns the name of a buyer.
func buyer(i int) string { return fmt.Sprintf("buyer%d", i) }

// staffName is the name of the member of staff.
const staffName = "keeper"

// prepare creates the accounts and products of the run. It sends no mail.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.staff, err = r.join(ctx, staffName, "staff"); err != nil {
		return err
	}
	r.buyers = make([]string, r.Buyers)
	group, joining := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range r.buyers {
		group.Go(func() (err error) {
			r.buyers[i], err = r.join(joining, buyer(i), "customer")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range r.Products {
		name := fmt.Sprintf("%s-%d", r.name, i+1)
		made, err := r.api.CreateProductWithResponse(
			ctx,
			client.CreateProductJSONRequestBody{
				Name:  name,
				Sku:   &name,
				Price: new("10"),
				Stock: &r.Units,
			},
			as(r.staff),
		)
		if err != nil {
			return err
		}
		if made.JSON201 == nil {
			return fmt.Errorf("making a product: %s: %s", made.Status(), made.Body)
		}
		r.products = append(r.products, made.JSON201.ID)
	}
	return nil
}

// join creates an account with a random password, and returns an access token of it.
func (r *run) join(ctx context.Context, who, role string) (string, error) {
	address, password := r.address(who), rand.Text()
	if err := r.Identity.SeedUser(
		ctx,
		identity.NewUser{
			Email:     address,
			Password:  password,
			FirstName: "Prove",
			LastName:  who,
			Role:      role,
		},
	); err != nil {
		return "", err
	}
	in, err := r.api.LoginWithResponse(
		ctx, nil, client.LoginJSONRequestBody{Email: &address, Password: password},
	)
	if err != nil {
		return "", err
	}
	if in.JSON200 == nil {
		return "", fmt.Errorf("logging %s in: %s: %s", who, in.Status(), in.Body)
	}
	return in.JSON200.AccessToken, nil
}

// as authenticates a request with an access token.
func as(token string) client.RequestEditorFn {
	return func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// cleanUp hides the products of the run and deactivates its accounts.
func (r *run) cleanUp(ctx context.Context) error {
	var failed []error
	for _, id := range r.products {
		changed, err := r.api.UpdateProductWithResponse(
			ctx, id, nil, client.UpdateProductJSONRequestBody{IsActive: new(false)}, as(r.staff),
		)
		if err == nil && changed.StatusCode() != http.StatusOK {
			err = fmt.Errorf(
				"taking product %d out of the shop: %s: %s", id, changed.Status(), changed.Body,
			)
		}
		failed = append(failed, err)
	}
	if r.staff != "" {
		failed = append(failed, r.Identity.Deactivate(ctx, r.address(staffName)))
	}
	for i, token := range r.buyers {
		if token != "" {
			failed = append(failed, r.Identity.Deactivate(ctx, r.address(buyer(i))))
		}
	}
	return errors.Join(failed...)
}
