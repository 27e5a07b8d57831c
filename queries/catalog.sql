-- name: CreateBrand :one
INSERT INTO brands (name, slug, description) VALUES ($1, $2, $3) RETURNING id;

-- name: CreateCategory :one
INSERT INTO categories (parent_id, name, slug, description)
VALUES (sqlc.narg(parent_id), @name, @slug, @description) RETURNING id;

-- name: CreateProduct :one
INSERT INTO products (name, slug, description, brand_id, category_id, condition, attributes, is_active, is_featured, created_at)
VALUES (@name, @slug, @description, sqlc.narg(brand_id), sqlc.narg(category_id), @condition, @attributes, @is_active, @is_featured, @created_at)
RETURNING id;

-- A variant without stock: that is opened apart, with its first movement (OpenStock).
-- name: CreateVariant :one
INSERT INTO variants (product_id, is_default, position, sku, gtin, options, price_minor, discount_minor, track_inventory, image_id)
VALUES (@product_id, @is_default, @position, @sku, sqlc.narg(gtin), @options, @price_minor, sqlc.narg(discount_minor),
        @track_inventory, sqlc.narg(image_id))
RETURNING id;

-- name: CreateProductImage :one
INSERT INTO product_images (product_id, position, is_primary, alt, sizes)
VALUES (@product_id, @position, @is_primary, @alt, @sizes) RETURNING id;

-- Whether the catalogue holds anything at all.
-- name: HasProducts :one
SELECT EXISTS (SELECT FROM products);

-- Fixes the store's currency on first use and answers the one in force.
-- name: FixStoreCurrency :one
INSERT INTO store (currency) VALUES ($1)
ON CONFLICT (singleton) DO UPDATE SET currency = store.currency
RETURNING currency;

-- A page of categories by name, each with its active products in it and below it.
-- name: ListCategories :many
SELECT c.*,
       (SELECT count(*) FROM product_listings l
         WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id)))::bigint AS product_count
  FROM categories c
 WHERE sqlc.narg(parent_id)::bigint IS NULL OR c.parent_id = sqlc.narg(parent_id)
 ORDER BY c.name, c.id
 LIMIT @page_limit OFFSET @page_offset;

-- name: CountCategories :one
SELECT count(*) FROM categories WHERE sqlc.narg(parent_id)::bigint IS NULL OR parent_id = sqlc.narg(parent_id);

-- name: GetCategory :one
SELECT c.*,
       (SELECT count(*) FROM product_listings l
         WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id)))::bigint AS product_count
  FROM categories c
 WHERE c.id = $1;

-- A page of brands by name, each with its active products (product_listings_brand_idx).
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

-- One active product in full, by id.
-- name: GetProduct :one
SELECT * FROM product_details WHERE id = $1 AND is_active AND deleted_at IS NULL;

-- One active product in full, by slug.
-- name: GetProductBySlug :one
SELECT * FROM product_details WHERE slug = $1 AND is_active AND deleted_at IS NULL;

-- A page of products in any order with any filters, and how many there are in all. The page is cut from the
-- narrow listing rows before anything is joined to it. To be run with a plan of its own (postgres.Planned):
-- filters that are null and orders not asked for then vanish from the plan, which walks the order's index.
-- name: ListProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT * FROM filtered_products(
        sqlc.narg(q)::text, sqlc.narg(category_id)::bigint, sqlc.narg(category)::text, sqlc.narg(brand_id)::bigint,
        sqlc.narg(brand)::text, sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(in_stock)::boolean,
        sqlc.narg(on_sale)::boolean, sqlc.narg(featured)::boolean, sqlc.narg(gtin)::text, sqlc.narg(attributes)::jsonb)
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

-- How many products pass the filters, for a page past the end. To be run with a plan of its own.
-- name: CountProducts :one
SELECT count(*) FROM filtered_products(
    sqlc.narg(q)::text, sqlc.narg(category_id)::bigint, sqlc.narg(category)::text, sqlc.narg(brand_id)::bigint,
    sqlc.narg(brand)::text, sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(in_stock)::boolean,
    sqlc.narg(on_sale)::boolean, sqlc.narg(featured)::boolean, sqlc.narg(gtin)::text, sqlc.narg(attributes)::jsonb);

-- The page most shoppers ask for, newest first without a filter: the same as ListProducts, with a plan made
-- once. product_listings_created_idx serves it.
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

-- What is bought with a product, the strongest tie first, of what can be bought now (product_pairs_score_idx).
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
