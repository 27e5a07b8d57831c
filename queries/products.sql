-- Returns a page of products in any order with any filters, and how many there are in all. The page
-- is cut from the narrow listing rows before anything is joined to it. Run it with a plan of its
-- own (postgres.Planned): filters that are null and orders not asked for then vanish from the plan,
-- which walks the index of the order.
-- name: ListProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT * FROM filtered_products(
        q => sqlc.narg(q)::text, category_id => sqlc.narg(category_id)::bigint,
        category => sqlc.narg(category)::text, brand_id => sqlc.narg(brand_id)::bigint,
        brand => sqlc.narg(brand)::text, min_minor => sqlc.narg(min_minor)::bigint,
        max_minor => sqlc.narg(max_minor)::bigint, in_stock => sqlc.narg(in_stock)::boolean,
        on_sale => sqlc.narg(on_sale)::boolean, featured => sqlc.narg(featured)::boolean,
        gtin => sqlc.narg(gtin)::text, attributes => sqlc.narg(attributes)::jsonb)
), ranked AS NOT MATERIALIZED (
    SELECT f.*, CASE WHEN @sort::text = 'relevance' THEN
               (SELECT ts_rank_cd(s.words, websearch_to_tsquery('english', search_phrase(sqlc.narg(q))), 1)
                  FROM product_search s WHERE s.product_id = f.product_id) END::float8 AS relevance
      FROM filtered f
), page AS MATERIALIZED (
    SELECT product_id, buyer_minor, sort_name, popularity, relevance, row_number() OVER () AS place
      FROM (SELECT * FROM ranked f
             WHERE sqlc.narg(after_id)::bigint IS NULL
                OR (@sort = 'created_desc' AND (f.created_at, f.product_id) < (sqlc.narg(after_time)::timestamptz, sqlc.narg(after_id)))
                OR (@sort = 'created_asc' AND (f.created_at, f.product_id) > (sqlc.narg(after_time), sqlc.narg(after_id)))
                OR (@sort = 'price_asc' AND (f.buyer_minor, f.product_id) > (sqlc.narg(after_number)::bigint, sqlc.narg(after_id)))
                OR (@sort = 'price_desc' AND (f.buyer_minor, f.product_id) < (sqlc.narg(after_number), sqlc.narg(after_id)))
                OR (@sort = 'popularity' AND (f.popularity, f.product_id) < (sqlc.narg(after_number), sqlc.narg(after_id)))
                OR (@sort = 'name_asc' AND (f.sort_name, f.product_id) > (sqlc.narg(after_name)::text, sqlc.narg(after_id)))
                OR (@sort = 'relevance' AND (f.relevance, f.product_id) < (sqlc.narg(after_rank)::float8, sqlc.narg(after_id)))
             ORDER BY CASE WHEN @sort = 'created_asc' THEN f.created_at END,
                      CASE WHEN @sort = 'created_desc' THEN f.created_at END DESC,
                      CASE WHEN @sort = 'price_asc' THEN f.buyer_minor END,
                      CASE WHEN @sort = 'price_desc' THEN f.buyer_minor END DESC,
                      CASE WHEN @sort = 'popularity' THEN f.popularity END DESC,
                      CASE WHEN @sort = 'name_asc' THEN f.sort_name END,
                      CASE WHEN @sort = 'relevance' THEN f.relevance END DESC,
                      CASE WHEN @sort IN ('created_asc', 'price_asc', 'name_asc') THEN f.product_id END,
                      CASE WHEN @sort NOT IN ('created_asc', 'price_asc', 'name_asc') THEN f.product_id END DESC
             LIMIT @page_limit OFFSET @page_offset) f
)
SELECT sqlc.embed(product_cards), page.buyer_minor, page.sort_name, page.popularity, coalesce(page.relevance, 0)::float8 AS relevance,
       (CASE WHEN @counted::boolean THEN (SELECT count(*) FROM filtered) ELSE 0 END)::bigint AS total
  FROM page
  JOIN product_cards ON product_cards.product_id = page.product_id
 ORDER BY page.place;

-- Counts the products that pass the filters, for a page past the end. Run it with a plan of its
-- own.
-- name: CountProducts :one
SELECT count(*) FROM filtered_products(
    q => sqlc.narg(q)::text, category_id => sqlc.narg(category_id)::bigint,
    category => sqlc.narg(category)::text, brand_id => sqlc.narg(brand_id)::bigint,
    brand => sqlc.narg(brand)::text, min_minor => sqlc.narg(min_minor)::bigint,
    max_minor => sqlc.narg(max_minor)::bigint, in_stock => sqlc.narg(in_stock)::boolean,
    on_sale => sqlc.narg(on_sale)::boolean, featured => sqlc.narg(featured)::boolean,
    gtin => sqlc.narg(gtin)::text, attributes => sqlc.narg(attributes)::jsonb);

-- The page most shoppers ask for: the newest products without a filter. It returns what
-- ListProducts returns, with a plan made once. product_listings_created_idx serves it.
-- name: ListNewestProducts :many
WITH page AS MATERIALIZED (
    SELECT product_id FROM product_listings
     WHERE is_visible
     ORDER BY created_at DESC, product_id DESC
     LIMIT @page_limit OFFSET @page_offset
)
SELECT sqlc.embed(product_cards),
       (CASE WHEN @counted::boolean THEN (SELECT count(*) FROM product_listings WHERE is_visible) ELSE 0 END)::bigint AS total
  FROM page
  JOIN product_cards ON product_cards.product_id = page.product_id
 ORDER BY product_cards.created_at DESC, product_cards.product_id DESC;

-- Returns one active product in full, by id.
-- name: GetProduct :one
SELECT * FROM product_details WHERE id = $1 AND is_active AND deleted_at IS NULL;

-- Returns one active product in full, by slug.
-- name: GetProductBySlug :one
SELECT * FROM product_details WHERE slug = $1 AND is_active AND deleted_at IS NULL;

-- Returns the slug that the active product has now which had a slug before, unless a product has
-- that slug now.
-- name: FollowProductSlug :one
SELECT p.slug
  FROM last_with_slug('product', @slug::text) AS f (id)
  JOIN products p ON p.id = f.id
 WHERE p.is_active AND p.deleted_at IS NULL AND NOT EXISTS (SELECT FROM products WHERE products.slug = @slug);

-- Reports whether a product is visible.
-- name: IsProductVisible :one
SELECT EXISTS (SELECT FROM product_listings WHERE product_id = $1 AND is_visible);

-- Returns products that customers bought with a product and can buy now, the strongest tie first
-- (product_pairs_score_idx).
-- name: ListBoughtTogether :many
SELECT sqlc.embed(product_cards)
  FROM product_pairs
  JOIN product_cards ON product_cards.product_id = product_pairs.other_id
 WHERE product_pairs.product_id = @product_id AND product_cards.is_visible AND product_cards.in_stock
 ORDER BY product_pairs.score DESC, product_pairs.other_id
 LIMIT @page_limit;

-- The products that a client compares. Hidden ones are left out.
-- name: CompareProducts :many
SELECT sqlc.embed(product_cards), p.description, p.attributes, p.condition
  FROM product_cards
  JOIN products p ON p.id = product_cards.product_id
 WHERE product_cards.product_id = ANY (@ids::bigint[]) AND product_cards.is_visible;

-- Reports whether the catalogue holds any product.
-- name: HasProducts :one
SELECT EXISTS (SELECT FROM products);

-- name: CreateProduct :one
INSERT INTO products (name, slug, description, brand_id, category_id, condition, attributes, is_active, is_featured, created_at)
VALUES (@name, @slug, @description, sqlc.narg(brand_id), sqlc.narg(category_id), @condition, @attributes, @is_active, @is_featured, @created_at)
RETURNING id;

-- Returns one product in full, whatever its status.
-- name: AdminGetProduct :one
SELECT * FROM product_details WHERE id = $1;

-- Returns some products in full, whatever their status.
-- name: ListProductDetails :many
SELECT * FROM product_details WHERE id = ANY (@ids::bigint[]) ORDER BY id;

-- Returns a page of products in full, newest first. The page is cut before anything is joined. Run
-- it with a plan of its own (postgres.Planned).
-- name: AdminListProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT p.id FROM products p
     WHERE (p.deleted_at IS NOT NULL) = (@status::text = 'deleted')
       AND (@status::text NOT IN ('active', 'inactive') OR p.is_active = (@status = 'active'))
       AND (sqlc.narg(category_id)::bigint IS NULL OR p.category_id IN (SELECT category_tree(sqlc.narg(category_id))))
       AND (sqlc.narg(brand_id)::bigint IS NULL OR p.brand_id = sqlc.narg(brand_id))
       AND (sqlc.narg(gtin)::text IS NULL OR p.id IN (SELECT v.product_id FROM variants v WHERE v.gtin = sqlc.narg(gtin)))
       AND (sqlc.narg(q)::text IS NULL
            OR p.id IN (SELECT s.product_id FROM product_search s
                         WHERE s.words @@ (websearch_to_tsquery('english', search_phrase(sqlc.narg(q)))
                                        || websearch_to_tsquery('simple', search_phrase(sqlc.narg(q)))))
            OR p.id IN (SELECT v.product_id FROM variants v WHERE v.deleted_at IS NULL AND v.gtin = sqlc.narg(q_gtin)::text)
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

-- Counts a change of a product's variants or images as a change of the product.
-- name: TouchProduct :exec
UPDATE products SET version = version + 1, updated_at = now() WHERE id = $1;

-- name: DeleteProduct :exec
UPDATE products SET deleted_at = now(), version = version + 1, updated_at = now() WHERE id = $1;

-- name: RestoreProduct :execrows
UPDATE products SET deleted_at = NULL, version = version + 1, updated_at = now() WHERE id = $1 AND deleted_at IS NOT NULL;

-- Serialises the making of slugs and skus.
-- name: LockNames :exec
SELECT pg_advisory_xact_lock(hashtext('shopd.names'));

-- Returns those of the slugs that a product has or had: a slug that is made from a name takes no
-- old address away.
-- name: TakenProductSlugs :many
SELECT slug FROM products WHERE slug = ANY (@slugs::text[])
UNION
SELECT slug FROM former_slugs WHERE kind = 'product' AND slug = ANY (@slugs);

-- Brings listings whose sale price began or ended up to date. Returns when the next one does (the
-- epoch if none is foreseen) and how many seconds are left, a day at most; 0 or less if more is to
-- be done.
-- name: TurnSales :one
WITH turned AS MATERIALIZED (SELECT turn_sales() AS next_at)
SELECT coalesce(next_at, 'epoch')::timestamptz AS next_at,
       least(extract(epoch FROM next_at - now()), 86400)::float8 AS seconds
  FROM turned;
