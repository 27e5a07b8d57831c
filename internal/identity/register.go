package identity

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/events"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/phone"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
)

// Register creates a customer account.
func (i *Identity) Register(
	ctx context.Context, r api.RegisterRequestObject,
) (api.RegisterResponseObject, error) {
	user, err := i.CreateUser(ctx, NewUser{
		Email:     string(r.Body.Email),
		Password:  r.Body.Password,
		FirstName: r.Body.FirstName,
		LastName:  optional.Value(r.Body.LastName),
		Username:  r.Body.Username,
		Phone:     r.Body.Phone,
		Role:      "customer",
	})
	if i.settings.HideAccounts && (err == nil || errors.Is(err, ErrEmailTaken)) {
		if err != nil {
			err = i.mailAccountExists(ctx, string(r.Body.Email))
		}
		return api.Register202Response{}, err
	}
	if err != nil {
		return nil, err
	}
	return api.Register201JSONResponse{Body: userBody(user)}, nil
}

// NewUser holds the fields of an account to create.
type NewUser struct {
	Email, Password, FirstName, LastName string
	Username, Phone                      *string
	Role                                 string
}

// CreateUser creates an account after checking the password against the policy, and queues the mail
// that verifies its address.
func (i *Identity) CreateUser(ctx context.Context, user NewUser) (_ db.User, err error) {
	if user.Email, err = normalEmail(user.Email); err != nil {
		return db.User{}, err
	}
	if err := checkNames(user.FirstName, user.LastName); err != nil {
		return db.User{}, err
	}
	if message := checkPassword(user.Password, user.Email); message != "" {
		return db.User{}, problem.Invalid(problem.Field{Pointer: "/password", Message: message})
	}
	return i.createUser(ctx, user, true)
}

// createUser creates an account. announce also records the event of a registration and queues the
// mail that verifies the address.
func (i *Identity) createUser(
	ctx context.Context, user NewUser, announce bool,
) (created db.User, err error) {
	hash, err := i.passwords.hash(ctx, user.Password)
	if err != nil {
		return db.User{}, err
	}
	err = i.queue.Tx(ctx, func(q *db.Queries, insert func(river.JobArgs) error) error {
		created, err = q.CreateUser(ctx, db.CreateUserParams{
			Email:        user.Email,
			Username:     user.Username,
			PasswordHash: hash,
			FirstName:    user.FirstName,
			LastName:     user.LastName,
			Phone:        user.Phone,
			PhoneE164:    phone.E164(user.Phone, ""),
			Role:         user.Role,
		})
		if err != nil {
			return err
		}
		err = record(ctx, q, event{
			name:   "account.created",
			target: created.ID,
			after:  map[string]any{"role": user.Role},
		})
		if err != nil || !announce {
			return err
		}
		err = events.Record(ctx, q, events.Event{
			Kind:       events.CustomerRegistered,
			ObjectType: events.Customer,
			ObjectID:   created.ID,
			Data:       userBody(created),
		})
		if err != nil {
			return err
		}
		return insert(mailJob{User: created.ID, Purpose: verifyEmail})
	})
	switch {
	case postgres.Violates(err, "users_email_key"):
		return db.User{}, ErrEmailTaken
	case postgres.Violates(err, "users_username_key"):
		return db.User{}, ErrUsernameTaken
	}
	return created, err
}

// SeedUser creates a demo account with a well-known password; the password policy does not apply.
// An account that exists is not changed.
func (i *Identity) SeedUser(ctx context.Context, user NewUser) error {
	_, err := i.createUser(ctx, user, false)
	if errors.Is(err, ErrEmailTaken) {
		return nil
	}
	return err
}

// mailAccountExists mails the owner of an address that somebody registered with it.
func (i *Identity) mailAccountExists(ctx context.Context, email string) error {
	user, err := i.queries.GetActiveUserByEmail(ctx, normalLogin(email))
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return i.queue.Tx(ctx, func(_ *db.Queries, insert func(river.JobArgs) error) error {
		return insert(mailJob{User: user.ID, Purpose: accountExists})
	})
}
