-- Returns a page of brands by name, each with its number of visible products
-- (product_listings_brand_idx).
-- name: ListBrands :many
SELECT b.*, (SELECT count(*) FROM product_listings l WHERE l.is_visible AND l.brand_id = b.id)::bigint AS product_count
  FROM brands b
 ORDER BY b.name, b.id
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountBrands :one
SELECT count(*) FROM brands;

-- name: GetBrand :one
SELECT b.*, (SELECT count(*) FROM product_listings l WHERE l.is_visible AND l.brand_id = b.id)::bigint AS product_count
  FROM brands b
 WHERE b.id = $1;

-- name: CreateBrand :one
INSERT INTO brands (name, slug, description) VALUES ($1, $2, $3) RETURNING id;

-- name: LockBrand :one
SELECT * FROM brands WHERE id = $1 FOR UPDATE;

-- name: ReplaceBrand :exec
UPDATE brands SET name = @name, slug = @slug, description = @description, version = version + 1, updated_at = now()
 WHERE id = @id;

-- Removes the brand from deleted products, so that it can be deleted.
-- name: ReleaseBrand :exec
UPDATE products SET brand_id = NULL WHERE brand_id = $1 AND deleted_at IS NOT NULL;

-- name: DeleteBrand :exec
DELETE FROM brands WHERE id = $1;

-- Returns those of the slugs that a brand has or had: a slug that is made from a name takes no old
-- address away.
-- name: TakenBrandSlugs :many
SELECT slug FROM brands WHERE slug = ANY (@slugs::text[])
UNION
SELECT slug FROM former_slugs WHERE kind = 'brand' AND slug = ANY (@slugs);
