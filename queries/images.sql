-- Returns a product's images in their order (product_images_product_id_idx).
-- name: ListProductImages :many
SELECT id, is_primary, alt, sizes FROM product_images WHERE product_id = $1 ORDER BY position, id;

-- name: CreateProductImage :one
INSERT INTO product_images (product_id, position, is_primary, alt, sizes)
VALUES (@product_id, @position, @is_primary, @alt, @sizes) RETURNING id;

-- Puts a product's images in the order of the ids.
-- name: OrderProductImages :exec
UPDATE product_images i SET position = array_position(@ids::bigint[], i.id) - 1
 WHERE i.product_id = @product_id AND i.position IS DISTINCT FROM array_position(@ids::bigint[], i.id) - 1;

-- name: SetImageAlt :exec
UPDATE product_images SET alt = @alt WHERE id = @id;

-- Unmarks the primary image before another one is marked.
-- name: ClearPrimaryImage :exec
UPDATE product_images SET is_primary = false WHERE product_id = $1 AND is_primary;

-- name: MakePrimaryImage :exec
UPDATE product_images SET is_primary = true WHERE id = $1;

-- name: DeleteProductImage :exec
DELETE FROM product_images WHERE id = $1;

-- Returns those of the files that no image uses (product_images_sizes_idx).
-- name: ListUnusedImageFiles :many
SELECT f.path::text AS path FROM (SELECT unnest(@paths::text[]) AS path) f
 WHERE NOT EXISTS (SELECT FROM product_images i WHERE i.sizes @> jsonb_build_array(jsonb_build_object('path', f.path)));
