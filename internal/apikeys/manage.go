package apikeys

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/shopd/shopd/gen/api"
	"github.com/shopd/shopd/gen/db"
	"github.com/shopd/shopd/internal/platform/mergepatch"
	"github.com/shopd/shopd/internal/platform/optional"
	"github.com/shopd/shopd/internal/platform/page"
	"github.com/shopd/shopd/internal/platform/postgres"
	"github.com/shopd/shopd/internal/platform/problem"
	"github.com/shopd/shopd/internal/platform/request"
	"github.com/shopd/shopd/internal/platform/version"
)

// defaultOverlap is how long the previous key works after a rotation that does not say.
const defaultOverlap = 24 * time.Hour

// ListAPIKeys returns a page of keys, newest first.
func (k *Keys) ListAPIKeys(
	ctx context.Context, r api.ListAPIKeysRequestObject,
) (api.ListAPIKeysResponseObject, error) {
	asked, revoked := page.Of(r.Params.Limit, r.Params.Offset), optional.Value(r.Params.Revoked)
	total, err := k.queries.CountAPIKeys(ctx, revoked)
	if err != nil {
		return nil, err
	}
	rows, err := k.queries.ListAPIKeys(ctx, revoked, asked.Offset, asked.Limit)
	if err != nil {
		return nil, err
	}
	body := api.ListAPIKeys200JSONResponse{
		Items:  make([]api.APIKey, 0, len(rows)),
		Total:  total,
		Limit:  asked.Limit,
		Offset: asked.Offset,
	}
	for _, row := range rows {
		body.Items = append(body.Items, keyBody(row.ApiKey, row.CreatedByEmail))
	}
	return body, nil
}

// GetAPIKey returns one key, without its secret.
func (k *Keys) GetAPIKey(
	ctx context.Context, r api.GetAPIKeyRequestObject,
) (api.GetAPIKeyResponseObject, error) {
	body, tag, err := k.get(ctx, k.queries, r.ID)
	return api.GetAPIKey200JSONResponse{
		Body: body, Headers: api.GetAPIKey200ResponseHeaders{ETag: tag},
	}, err
}

// CreateAPIKey makes a key. It is in this response alone: afterwards only its hash is known.
func (k *Keys) CreateAPIKey(
	ctx context.Context, r api.CreateAPIKeyRequestObject,
) (api.CreateAPIKeyResponseObject, error) {
	wanted := db.ApiKey{
		Name:           strings.TrimSpace(r.Body.Name),
		Scopes:         scopes(r.Body.Scopes),
		CallsPerMinute: r.Body.CallsPerMinute,
		ExpiresAt:      r.Body.ExpiresAt,
	}
	var err error
	if wanted.Networks, err = networks(r.Body.Networks); err != nil {
		return nil, err
	}
	if err := checkEnd(wanted.ExpiresAt); err != nil {
		return nil, err
	}
	secret := newKey()
	var body api.APIKey
	var tag *string
	err = postgres.Tx(ctx, k.pool, func(q *db.Queries) error {
		if err := q.LockAPIKeys(ctx); err != nil {
			return err
		}
		if err := k.mayGrant(ctx, q, wanted); err != nil {
			return err
		}
		id, err := q.CreateAPIKey(ctx, db.CreateAPIKeyParams{
			Name:           wanted.Name,
			Hint:           hint(secret),
			KeyHash:        hash(secret),
			Scopes:         wanted.Scopes,
			Networks:       wanted.Networks,
			CallsPerMinute: wanted.CallsPerMinute,
			ExpiresAt:      wanted.ExpiresAt,
			CreatedBy:      request.Actor(ctx),
			Most:           maxKeys,
		})
		if err != nil {
			return postgres.NotFound(err, ErrTooMany)
		}
		body, tag, err = k.get(ctx, q, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return api.CreateAPIKey201JSONResponse{
		Body: withSecret(body, secret), Headers: api.CreateAPIKey201ResponseHeaders{ETag: tag},
	}, nil
}

// UpdateAPIKey changes the fields that were sent, from the next request with the key on.
func (k *Keys) UpdateAPIKey(
	ctx context.Context, r api.UpdateAPIKeyRequestObject,
) (api.UpdateAPIKeyResponseObject, error) {
	body, tag, err := k.change(ctx, r.ID, r.Params.IfMatch,
		func(q *db.Queries, next db.ApiKey) error {
			mergepatch.Set(&next.Name, r.Body.Name)
			next.Name = strings.TrimSpace(next.Name)
			mergepatch.Patch(&next.CallsPerMinute, r.Body.CallsPerMinute)
			mergepatch.Patch(&next.ExpiresAt, r.Body.ExpiresAt)
			if r.Body.Scopes != nil {
				next.Scopes = scopes(r.Body.Scopes)
			}
			if r.Body.Networks != nil {
				var err error
				if next.Networks, err = networks(r.Body.Networks); err != nil {
					return err
				}
			}
			if r.Body.ExpiresAt.IsSpecified() {
				if err := checkEnd(next.ExpiresAt); err != nil {
					return err
				}
			}
			if err := k.mayGrant(ctx, q, next); err != nil {
				return err
			}
			return q.UpdateAPIKey(ctx, db.UpdateAPIKeyParams{
				ID:             next.ID,
				Name:           next.Name,
				Scopes:         next.Scopes,
				Networks:       next.Networks,
				CallsPerMinute: next.CallsPerMinute,
				ExpiresAt:      next.ExpiresAt,
			})
		},
	)
	return api.UpdateAPIKey200JSONResponse{
		Body: body, Headers: api.UpdateAPIKey200ResponseHeaders{ETag: tag},
	}, err
}

// RotateAPIKey gives a key another secret, which is in this response alone.
func (k *Keys) RotateAPIKey(
	ctx context.Context, r api.RotateAPIKeyRequestObject,
) (api.RotateAPIKeyResponseObject, error) {
	overlap := int32(defaultOverlap / time.Second)
	if r.Body != nil && r.Body.OverlapSeconds != nil {
		overlap = *r.Body.OverlapSeconds
	}
	secret := newKey()
	body, tag, err := k.change(ctx, r.ID, nil, func(q *db.Queries, _ db.ApiKey) error {
		return q.RotateAPIKey(ctx, db.RotateAPIKeyParams{
			ID: r.ID, KeyHash: hash(secret), Hint: hint(secret), OverlapSeconds: overlap,
		})
	})
	return api.RotateAPIKey200JSONResponse{
		Body: withSecret(body, secret), Headers: api.RotateAPIKey200ResponseHeaders{ETag: tag},
	}, err
}

// RevokeAPIKey ends a key, and the previous one that a rotation left. Nothing brings it back.
func (k *Keys) RevokeAPIKey(
	ctx context.Context, r api.RevokeAPIKeyRequestObject,
) (api.RevokeAPIKeyResponseObject, error) {
	_, _, err := k.change(ctx, r.ID, r.Params.IfMatch, func(q *db.Queries, _ db.ApiKey) error {
		return q.RevokeAPIKey(ctx, r.ID)
	})
	return api.RevokeAPIKey204Response{}, err
}

// change locks a living key, checks that the caller may do all that it may, and runs a change of
// it.
func (k *Keys) change(
	ctx context.Context, id int64, ifMatch *string, work func(*db.Queries, db.ApiKey) error,
) (body api.APIKey, tag *string, err error) {
	err = postgres.Tx(ctx, k.pool, func(q *db.Queries) error {
		if err := q.LockAPIKeys(ctx); err != nil {
			return err
		}
		now, err := q.LockAPIKey(ctx, id)
		if err != nil {
			return postgres.NotFound(err, ErrNotFound)
		}
		if err := version.Check(ifMatch, now.Version); err != nil {
			return err
		}
		if err := k.mayGrant(ctx, q, now); err != nil {
			return err
		}
		if err := work(q, now); err != nil {
			return err
		}
		body, tag, err = k.get(ctx, q, id)
		return err
	})
	return body, tag, err
}

func (k *Keys) get(
	ctx context.Context, q *db.Queries, id int64,
) (body api.APIKey, tag *string, err error) {
	row, err := q.GetAPIKey(ctx, id)
	if err != nil {
		return body, nil, postgres.NotFound(err, ErrNotFound)
	}
	return keyBody(row.ApiKey, row.CreatedByEmail), versionTag(row.ApiKey), nil
}

// versionTag returns the ETag of a key: its version, and when it was used last.
func versionTag(row db.ApiKey) *string {
	used := int64(0)
	if row.LastUsedAt != nil {
		used = row.LastUsedAt.UnixMicro()
	}
	return new(version.Tag(row.Version, used))
}

// checkEnd refuses an end in the past: such a key would never work.
func checkEnd(end *time.Time) error {
	if end != nil && !end.After(time.Now()) {
		return problem.Invalid(problem.Field{Pointer: "/expires_at", Message: "is in the past"})
	}
	return nil
}

// networks reads networks such as 203.0.113.0/24, and addresses, which are networks of one.
func networks(texts []string) ([]netip.Prefix, error) {
	all := make([]netip.Prefix, 0, len(texts))
	for i, text := range texts {
		network, err := netip.ParsePrefix(text)
		if address, single := netip.ParseAddr(text); single == nil && address.Zone() == "" {
			network, err = address.Unmap().Prefix(address.Unmap().BitLen())
		}
		if err != nil || network != network.Masked() || network.Addr().Is4In6() {
			return nil, problem.Invalid(problem.Field{
				Pointer: fmt.Sprintf("/networks/%d", i),
				Message: "is neither a network such as 203.0.113.0/24 nor an address",
			})
		}
		all = append(all, network)
	}
	return all, nil
}

// scopes returns scopes sorted and without duplicates.
func scopes(wanted []api.APIKeyScope) []string {
	all := make([]string, 0, len(wanted))
	for _, scope := range wanted {
		all = append(all, string(scope))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func keyBody(row db.ApiKey, email *string) api.APIKey {
	body := api.APIKey{
		ID:               row.ID,
		Name:             row.Name,
		Hint:             row.Hint,
		Scopes:           make([]api.APIKeyScope, 0, len(row.Scopes)),
		Networks:         make([]string, 0, len(row.Networks)),
		CallsPerMinute:   row.CallsPerMinute,
		ExpiresAt:        row.ExpiresAt,
		PreviousKeyUntil: row.OldKeyUntil,
		LastUsedAt:       row.LastUsedAt,
		RevokedAt:        row.RevokedAt,
		CreatedAt:        row.CreatedAt,
		UpdatedAt:        row.UpdatedAt,
	}
	for _, scope := range row.Scopes {
		body.Scopes = append(body.Scopes, api.APIKeyScope(scope))
	}
	for _, network := range row.Networks {
		body.Networks = append(body.Networks, network.String())
	}
	if row.LastUsedAddress != nil {
		body.LastUsedAddress = new(row.LastUsedAddress.String())
	}
	if row.CreatedBy != nil {
		body.CreatedBy = &api.AuditActor{ID: *row.CreatedBy, Email: email}
	}
	return body
}

func withSecret(b api.APIKey, secret string) api.NewAPIKey {
	return api.NewAPIKey{
		ID:               b.ID,
		Name:             b.Name,
		Hint:             b.Hint,
		Scopes:           b.Scopes,
		Networks:         b.Networks,
		CallsPerMinute:   b.CallsPerMinute,
		ExpiresAt:        b.ExpiresAt,
		PreviousKeyUntil: b.PreviousKeyUntil,
		CreatedBy:        b.CreatedBy,
		LastUsedAt:       b.LastUsedAt,
		LastUsedAddress:  b.LastUsedAddress,
		RevokedAt:        b.RevokedAt,
		CreatedAt:        b.CreatedAt,
		UpdatedAt:        b.UpdatedAt,
		Key:              secret,
	}
}
