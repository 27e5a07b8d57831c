// Package apikeys owns API keys, by which other programs of the shop call operations of its staff:
// an ERP, a product database, a carrier, an agent. A key speaks for no account. It may do what its
// scopes name, from the networks and until the time that were set for it.
package apikeys

import (
	"context"
	"net/http"
	"net/netip"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
)

// Errors of API keys, as clients see them.
var (
	ErrKey = problem.Unauthorized(
		"invalid_api_key",
		"The API key is not one of this shop's, has expired, or was revoked.",
	)
	ErrNetwork = problem.Forbidden(
		"network_not_allowed", "The API key may not be used from this network address.",
	)
	ErrNotFound = problem.NotFound(
		"api_key_not_found", "There is no such API key, or it was revoked.",
	)
	ErrTooMany = problem.Conflict(
		"too_many_api_keys", "There are as many API keys as there may be. Revoke one first.",
	)
	ErrGrant = &problem.Error{
		Status:     http.StatusForbidden,
		Code:       "grant_exceeded",
		Resolution: problem.FixRequest,
		Detail: "An API key can give, change and revoke only keys that may do no more than it " +
			"may itself: in their scopes, networks and time.",
	}
)

// maxKeys is how many living keys a shop can have.
const maxKeys = 100

// Keys handles the operations on API keys and authenticates requests that carry one.
type Keys struct {
	pool    *pgxpool.Pool
	queries *db.Queries
}

// New makes the domain.
func New(pool *pgxpool.Pool) *Keys { return &Keys{pool, db.New(pool)} }

// Authenticate returns what a key may do, or ErrKey, or ErrNetwork if the caller's address is not
// in one of its networks.
func (k *Keys) Authenticate(
	ctx context.Context, key string, address netip.Addr,
) (*request.Key, error) {
	if !isWhole(key) {
		return nil, ErrKey
	}
	row, err := k.queries.AuthenticateAPIKey(ctx, hash(key))
	if err != nil {
		return nil, postgres.NotFound(err, ErrKey)
	}
	if !isWithin(row.Networks, address) {
		return nil, ErrNetwork
	}
	if row.IsUseDue {
		var from *netip.Addr
		if address.IsValid() {
			from = new(address.WithZone(""))
		}
		if err := k.queries.TouchAPIKey(ctx, from, row.ID); err != nil {
			return nil, err
		}
	}
	return &request.Key{
		ID: row.ID, Scopes: row.Scopes, CallsPerMinute: int(optional.Value(row.CallsPerMinute)),
	}, nil
}

// isWithin reports whether an address is in one of the networks, or there are none.
func isWithin(networks []netip.Prefix, address netip.Addr) bool {
	return len(networks) == 0 || slices.ContainsFunc(networks, func(n netip.Prefix) bool {
		return n.Contains(address.Unmap().WithZone(""))
	})
}

// mayGrant returns ErrGrant if the request is made with a key that may do less than wanted: else a
// key that can make keys could make itself one that may do everything. An account of an
// administrator may grant all.
func (k *Keys) mayGrant(ctx context.Context, q *db.Queries, wanted db.ApiKey) error {
	caller := request.From(ctx).Principal.Key
	if caller == nil {
		return nil
	}
	own, err := q.LockAPIKey(ctx, caller.ID)
	if err != nil {
		return postgres.NotFound(err, ErrKey)
	}
	for _, scope := range wanted.Scopes {
		if !slices.Contains(own.Scopes, scope) {
			return ErrGrant
		}
	}
	if own.ExpiresAt != nil &&
		(wanted.ExpiresAt == nil || wanted.ExpiresAt.After(*own.ExpiresAt)) {
		return ErrGrant
	}
	if len(own.Networks) > 0 && len(wanted.Networks) == 0 {
		return ErrGrant
	}
	for _, network := range wanted.Networks {
		if len(own.Networks) > 0 && !slices.ContainsFunc(own.Networks, func(n netip.Prefix) bool {
			return n.Bits() <= network.Bits() && n.Contains(network.Addr())
		}) {
			return ErrGrant
		}
	}
	return nil
}
