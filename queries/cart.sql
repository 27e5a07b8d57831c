-- The account's cart, locked until the transaction ends. It is created if there is none; an
-- existing one is not written.
-- name: LockAccountCart :one
WITH found AS MATERIALIZED (
    SELECT f.id, f.version FROM carts f WHERE f.user_id = $1 FOR NO KEY UPDATE
), made AS (
    INSERT INTO carts AS c (user_id) SELECT $1 WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT (user_id) DO UPDATE SET updated_at = c.updated_at
    RETURNING c.id, c.version
)
SELECT found.id, found.version FROM found UNION ALL SELECT made.id, made.version FROM made;

-- name: LockGuestCart :one
SELECT * FROM carts WHERE token_hash = $1 FOR NO KEY UPDATE;

-- name: CreateGuestCart :one
INSERT INTO carts (token_hash) VALUES ($1) RETURNING *;

-- name: GetAccountCart :one
SELECT * FROM carts WHERE user_id = $1;

-- name: GetGuestCart :one
SELECT * FROM carts WHERE token_hash = $1;

-- Raises the version of a locked cart.
-- name: TouchCart :one
UPDATE carts SET version = version + 1, updated_at = now() WHERE id = $1 RETURNING version;

-- All lines of a cart in the order they were added, with current prices and stock. shown_minor is
-- the price that the customer saw when the line was last set.
-- name: ListCartLines :many
SELECT l.variant_id, l.quantity, l.price_minor AS shown_minor, v.product_id, v.sku, v.options,
       coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)::bigint AS unit_minor, v.stock, v.track_inventory, p.name,
       (v.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL)::boolean AS is_gone, p.is_active,
       (SELECT i.sizes FROM product_images i WHERE i.product_id = p.id AND (i.id = v.image_id OR i.is_primary)
         ORDER BY i.is_primary LIMIT 1) AS image_sizes
  FROM cart_lines l
  JOIN variants v ON v.id = l.variant_id
  JOIN products p ON p.id = v.product_id
 WHERE l.cart_id = $1
 ORDER BY l.added_at, l.variant_id;

-- The variants of a product that can be added to a cart, or the one that is named; at most
-- two, which is enough to distinguish one from several.
-- name: FindSellable :many
SELECT v.id, coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)::bigint AS unit_minor, v.stock, v.track_inventory, p.is_active
  FROM variants v
  JOIN products p ON p.id = v.product_id
 WHERE v.product_id = @product_id AND v.deleted_at IS NULL AND p.deleted_at IS NULL
   AND (sqlc.narg(variant_id)::bigint IS NULL OR v.id = sqlc.narg(variant_id))
 ORDER BY v.is_default DESC, v.id
 LIMIT 2;

-- How many lines a cart has, and how many units of one variant.
-- name: CountCartLines :one
SELECT count(*) AS lines, coalesce(max(quantity) FILTER (WHERE variant_id = @variant_id), 0)::integer AS quantity
  FROM cart_lines
 WHERE cart_id = @cart_id;

-- The lines of a product in a cart: several if several of its variants are in it; two at most.
-- name: FindCartLines :many
SELECT l.variant_id, l.quantity, coalesce(sale_price(v.discount_minor, v.discount_starts_at, v.discount_ends_at), v.price_minor)::bigint AS unit_minor, v.stock, v.track_inventory,
       (p.is_active AND p.deleted_at IS NULL AND v.deleted_at IS NULL)::boolean AS is_sold
  FROM cart_lines l
  JOIN variants v ON v.id = l.variant_id
  JOIN products p ON p.id = v.product_id
 WHERE l.cart_id = @cart_id AND v.product_id = @product_id
   AND (sqlc.narg(variant_id)::bigint IS NULL OR l.variant_id = sqlc.narg(variant_id))
 ORDER BY l.variant_id
 LIMIT 2;

-- name: SetCartLine :exec
INSERT INTO cart_lines (cart_id, variant_id, quantity, price_minor) VALUES (@cart_id, @variant_id, @quantity, @price_minor)
ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity, price_minor = excluded.price_minor;

-- Removes a line: by removeCartItem, or by changeCartItem when no units are left.
-- name: RemoveCartItem :exec
DELETE FROM cart_lines WHERE cart_id = @cart_id AND variant_id = @variant_id;

-- name: ClearCart :exec
DELETE FROM cart_lines WHERE cart_id = $1;

-- Adds the lines of a guest's cart to an account's, both locked. Quantities add up to the stock at
-- most. Lines of products that are not sold any more, and those beyond the hundredth, are dropped.
-- name: MergeCart :exec
INSERT INTO cart_lines (cart_id, variant_id, quantity, price_minor, added_at)
SELECT @into_cart, g.variant_id, g.quantity, g.price_minor, g.added_at
  FROM (SELECT l.variant_id, l.price_minor, l.added_at, mine.variant_id IS NOT NULL AS is_known,
               least(l.quantity + coalesce(mine.quantity, 0), 10000, CASE WHEN v.track_inventory THEN v.stock ELSE 10000 END) AS quantity,
               count(*) FILTER (WHERE mine.variant_id IS NULL) OVER (ORDER BY l.added_at, l.variant_id) AS new_lines
          FROM cart_lines l
          JOIN variants v ON v.id = l.variant_id AND v.deleted_at IS NULL AND (v.stock > 0 OR NOT v.track_inventory)
          JOIN products p ON p.id = v.product_id AND p.deleted_at IS NULL AND p.is_active
          LEFT JOIN cart_lines mine ON mine.cart_id = @into_cart AND mine.variant_id = l.variant_id
         WHERE l.cart_id = @from_cart) g
 WHERE g.is_known OR g.new_lines <= 100 - (SELECT count(*) FROM cart_lines c WHERE c.cart_id = @into_cart)
ON CONFLICT (cart_id, variant_id) DO UPDATE SET quantity = excluded.quantity;

-- name: DeleteCart :exec
DELETE FROM carts WHERE id = $1;

-- Removes an account's cart with the account.
-- name: DeleteAccountCart :exec
DELETE FROM carts WHERE user_id = $1;

-- Deletes guests' carts that were not changed for a month (carts_guests_idx).
-- name: SweepGuestCarts :execrows
DELETE FROM carts WHERE user_id IS NULL AND updated_at < now() - interval '30 days';
