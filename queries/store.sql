-- Fixes the store's currency on first use and returns the one in force.
-- name: FixStoreCurrency :one
INSERT INTO store (currency) VALUES ($1)
ON CONFLICT (singleton) DO UPDATE SET currency = store.currency
RETURNING currency;
