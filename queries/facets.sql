-- How many products each brand, category, band of prices and availability has among those that pass the filters, of
-- which each kind leaves out its own. limits are the prices at which narrow bands begin, in minor units; Go joins them
-- to a few. matching is a tsquery, ids a list of products; null asks nothing. To be run with a plan of its own.
-- name: CountFacets :many
WITH base AS MATERIALIZED (
    SELECT l.brand_id, l.category_id, l.in_stock, width_bucket(l.buyer_minor, @limits::bigint[]) AS band,
           (sqlc.narg(brand_id)::bigint IS NULL OR l.brand_id = sqlc.narg(brand_id)) AND
           (sqlc.narg(brand)::text IS NULL OR l.brand_id IN (
               SELECT b.id FROM brands b WHERE lower(b.name) = lower(sqlc.narg(brand)) OR b.slug = lower(sqlc.narg(brand)))) AS of_brand,
           (sqlc.narg(category_id)::bigint IS NULL OR l.category_id IN (SELECT category_tree(sqlc.narg(category_id)))) AND
           (sqlc.narg(category)::text IS NULL OR l.category_id IN (
               SELECT category_tree(c.id) FROM categories c
                WHERE lower(c.name) = lower(sqlc.narg(category)) OR c.slug = lower(sqlc.narg(category)))) AS in_category,
           (sqlc.narg(min_minor)::bigint IS NULL OR l.buyer_minor >= sqlc.narg(min_minor)) AND
           (sqlc.narg(max_minor)::bigint IS NULL OR l.buyer_minor <= sqlc.narg(max_minor)) AS at_price,
           (sqlc.narg(in_stock)::boolean IS NULL OR l.in_stock = sqlc.narg(in_stock)) AS as_stocked
      FROM filtered_products(sqlc.narg(q)::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, sqlc.narg(on_sale)::boolean,
                             sqlc.narg(featured)::boolean, sqlc.narg(gtin)::text, sqlc.narg(attributes)::jsonb) l
     WHERE (sqlc.narg(matching)::text IS NULL OR l.product_id IN (
               SELECT s.product_id FROM product_search s WHERE s.words @@ to_tsquery('english', sqlc.narg(matching))))
       AND (sqlc.narg(ids)::bigint[] IS NULL OR l.product_id = ANY (sqlc.narg(ids)))
), by_brand AS (
    SELECT brand_id, count(*) AS products FROM base WHERE in_category AND at_price AND as_stocked AND brand_id IS NOT NULL
     GROUP BY brand_id ORDER BY products DESC, brand_id LIMIT 20
), by_category AS (
    SELECT category_id, count(*) AS products FROM base WHERE of_brand AND at_price AND as_stocked AND category_id IS NOT NULL
     GROUP BY category_id ORDER BY products DESC, category_id LIMIT 20
)
SELECT 'brand'::text AS kind, b.id::bigint AS id, b.name::text AS name, b.slug::text AS slug, x.products::bigint AS products
  FROM by_brand x JOIN brands b ON b.id = x.brand_id
UNION ALL
SELECT 'category', c.id, c.name, c.slug, x.products FROM by_category x JOIN categories c ON c.id = x.category_id
UNION ALL
SELECT 'price', x.band, '', '', x.products
  FROM (SELECT band, count(*) AS products FROM base WHERE of_brand AND in_category AND as_stocked GROUP BY band) x
UNION ALL
SELECT 'stock', x.in_stock::int, '', '', x.products
  FROM (SELECT in_stock, count(*) AS products FROM base WHERE of_brand AND in_category AND at_price GROUP BY in_stock) x
 ORDER BY 1, 5 DESC, 2;
