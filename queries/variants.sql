-- Returns a product's variants, default first (variants_product_id_idx).
-- name: ListVariants :many
SELECT * FROM variants WHERE product_id = $1 AND deleted_at IS NULL ORDER BY is_default DESC, position, id;

-- Creates a variant without stock. OpenStock opens its stock with the first movement.
-- name: CreateVariant :one
INSERT INTO variants (product_id, is_default, position, sku, gtin, options, price_minor, discount_minor,
                      discount_starts_at, discount_ends_at, track_inventory, image_id)
VALUES (@product_id, @is_default, @position, @sku, sqlc.narg(gtin), @options, @price_minor, sqlc.narg(discount_minor),
        sqlc.narg(discount_starts_at), sqlc.narg(discount_ends_at), @track_inventory, sqlc.narg(image_id))
RETURNING id;

-- name: ReplaceVariant :exec
UPDATE variants
   SET is_default = @is_default, sku = @sku, gtin = sqlc.narg(gtin), options = @options, price_minor = @price_minor,
       discount_minor = sqlc.narg(discount_minor), discount_starts_at = sqlc.narg(discount_starts_at),
       discount_ends_at = sqlc.narg(discount_ends_at), track_inventory = @track_inventory, image_id = sqlc.narg(image_id), updated_at = now()
 WHERE id = @id;

-- Unmarks the default variant before another one is marked.
-- name: ClearDefaultVariant :exec
UPDATE variants SET is_default = false, updated_at = now() WHERE product_id = $1 AND is_default;

-- name: MakeDefaultVariant :exec
UPDATE variants SET is_default = true, updated_at = now() WHERE id = $1;

-- name: DeleteVariant :exec
UPDATE variants SET deleted_at = now(), is_default = false, updated_at = now() WHERE id = $1;

-- Returns those of the skus that are taken.
-- name: TakenSKUs :many
SELECT sku FROM variants WHERE sku = ANY (@skus::text[]) AND deleted_at IS NULL;
