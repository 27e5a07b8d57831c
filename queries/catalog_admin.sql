-- Lets changes of the category tree happen one after the other: whether a move makes a cycle depends on all moves.
-- name: LockCategoryTree :exec
SELECT pg_advisory_xact_lock(hashtext('shopd.categories'));

-- name: LockCategory :one
SELECT * FROM categories WHERE id = $1 FOR UPDATE;

-- Whether a category is another or lies below it.
-- name: IsCategoryWithin :one
SELECT EXISTS (SELECT FROM category_tree(@root_id) t WHERE t = @id::bigint)::boolean;

-- name: ReplaceCategory :exec
UPDATE categories
   SET name = @name, slug = @slug, description = @description, parent_id = sqlc.narg(parent_id),
       version = version + 1, updated_at = now()
 WHERE id = @id;

-- Takes the category off deleted products, which would keep it alive for nothing.
-- name: ReleaseCategory :exec
UPDATE products SET category_id = NULL WHERE category_id = $1 AND deleted_at IS NOT NULL;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = $1;

-- name: LockBrand :one
SELECT * FROM brands WHERE id = $1 FOR UPDATE;

-- name: ReplaceBrand :exec
UPDATE brands SET name = @name, slug = @slug, description = @description, version = version + 1, updated_at = now()
 WHERE id = @id;

-- Takes the brand off deleted products, which would keep it alive for nothing.
-- name: ReleaseBrand :exec
UPDATE products SET brand_id = NULL WHERE brand_id = $1 AND deleted_at IS NOT NULL;

-- name: DeleteBrand :exec
DELETE FROM brands WHERE id = $1;

-- Lets slugs and skus be made one after the other.
-- name: LockNames :exec
SELECT pg_advisory_xact_lock(hashtext('shopd.names'));

-- Which of the slugs are taken.
-- name: TakenProductSlugs :many
SELECT slug FROM products WHERE slug = ANY (@slugs::text[]);

-- name: TakenCategorySlugs :many
SELECT slug FROM categories WHERE slug = ANY (@slugs::text[]);

-- name: TakenBrandSlugs :many
SELECT slug FROM brands WHERE slug = ANY (@slugs::text[]);

-- Which of the skus are taken.
-- name: TakenSKUs :many
SELECT sku FROM variants WHERE sku = ANY (@skus::text[]) AND deleted_at IS NULL;

-- One product in full, whatever its status.
-- name: GetAnyProduct :one
SELECT * FROM product_details WHERE id = $1;

-- Some products in full, whatever their status.
-- name: ListWholeProducts :many
SELECT * FROM product_details WHERE id = ANY (@ids::bigint[]) ORDER BY id;

-- A page of products in full, newest first. The page is cut before anything is joined. To be run with a plan of its
-- own (postgres.Planned).
-- name: ListAnyProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT p.id FROM products p
     WHERE (p.deleted_at IS NOT NULL) = (@status::text = 'deleted')
       AND (@status::text NOT IN ('active', 'inactive') OR p.is_active = (@status = 'active'))
       AND (sqlc.narg(category_id)::bigint IS NULL OR p.category_id IN (SELECT category_tree(sqlc.narg(category_id))))
       AND (sqlc.narg(brand_id)::bigint IS NULL OR p.brand_id = sqlc.narg(brand_id))
       AND (sqlc.narg(gtin)::text IS NULL OR p.id IN (SELECT v.product_id FROM variants v WHERE v.gtin = sqlc.narg(gtin)))
       AND (sqlc.narg(q)::text IS NULL
            OR p.id IN (SELECT s.product_id FROM product_search s WHERE s.words @@ websearch_to_tsquery('english', search_phrase(sqlc.narg(q))))
            OR p.id IN (SELECT v.product_id FROM variants v WHERE v.deleted_at IS NULL AND strpos(lower(v.sku), lower(sqlc.narg(q))) > 0))
), page AS MATERIALIZED (
    SELECT f.id FROM filtered f
     WHERE sqlc.narg(before_id)::bigint IS NULL OR f.id < sqlc.narg(before_id)
     ORDER BY f.id DESC
     LIMIT @page_limit OFFSET @page_offset
)
SELECT sqlc.embed(product_details),
       (CASE WHEN sqlc.narg(before_id)::bigint IS NULL THEN (SELECT count(*) FROM filtered) ELSE 0 END)::bigint AS total
  FROM page
  JOIN product_details ON product_details.id = page.id
 ORDER BY product_details.id DESC;

-- name: LockProduct :one
SELECT * FROM products WHERE id = $1 AND deleted_at IS NULL FOR UPDATE;

-- name: ReplaceProduct :exec
UPDATE products
   SET name = @name, slug = @slug, description = @description, brand_id = sqlc.narg(brand_id),
       category_id = sqlc.narg(category_id), condition = @condition, attributes = @attributes,
       is_active = @is_active, is_featured = @is_featured, version = version + 1, updated_at = now()
 WHERE id = @id;

-- Counts a change of a product's variants or images.
-- name: TouchProduct :exec
UPDATE products SET version = version + 1, updated_at = now() WHERE id = $1;

-- name: DeleteProduct :exec
UPDATE products SET deleted_at = now(), version = version + 1, updated_at = now() WHERE id = $1;

-- name: RestoreProduct :execrows
UPDATE products SET deleted_at = NULL, version = version + 1, updated_at = now() WHERE id = $1 AND deleted_at IS NOT NULL;

-- A product's variants, default first (variants_product_id_idx).
-- name: ListProductVariants :many
SELECT * FROM variants WHERE product_id = $1 AND deleted_at IS NULL ORDER BY is_default DESC, position, id;

-- name: ReplaceVariant :exec
UPDATE variants
   SET is_default = @is_default, sku = @sku, gtin = sqlc.narg(gtin), options = @options, price_minor = @price_minor,
       discount_minor = sqlc.narg(discount_minor), track_inventory = @track_inventory, image_id = sqlc.narg(image_id), updated_at = now()
 WHERE id = @id;

-- Makes room for another default.
-- name: ClearDefaultVariant :exec
UPDATE variants SET is_default = false, updated_at = now() WHERE product_id = $1 AND is_default;

-- name: MakeDefaultVariant :exec
UPDATE variants SET is_default = true, updated_at = now() WHERE id = $1;

-- name: DeleteVariant :exec
UPDATE variants SET deleted_at = now(), is_default = false, updated_at = now() WHERE id = $1;

-- A product's images in their order (product_images_product_id_idx).
-- name: ListProductImages :many
SELECT id, is_primary, alt, sizes FROM product_images WHERE product_id = $1 ORDER BY position, id;

-- Puts a product's images in the order of the ids.
-- name: OrderProductImages :exec
UPDATE product_images i SET position = array_position(@ids::bigint[], i.id) - 1
 WHERE i.product_id = @product_id AND i.position IS DISTINCT FROM array_position(@ids::bigint[], i.id) - 1;

-- name: SetImageAlt :exec
UPDATE product_images SET alt = @alt WHERE id = @id;

-- Makes room for another primary image.
-- name: ClearPrimaryImage :exec
UPDATE product_images SET is_primary = false WHERE product_id = $1 AND is_primary;

-- name: MakePrimaryImage :exec
UPDATE product_images SET is_primary = true WHERE id = $1;

-- name: DeleteProductImage :exec
DELETE FROM product_images WHERE id = $1;

-- Which of the files no image has (product_images_sizes_idx).
-- name: ListUnusedFiles :many
SELECT f.path::text AS path FROM (SELECT unnest(@paths::text[]) AS path) f
 WHERE NOT EXISTS (SELECT FROM product_images i WHERE i.sizes @> jsonb_build_array(jsonb_build_object('path', f.path)));
