-- Counts the products of each brand, category, price band and availability among those that pass
-- the filters; each kind ignores its own filter. limits are the prices at which narrow bands begin,
-- in minor units; Go joins the bands. matching is a tsquery, ids a list of products; null
-- filters nothing. All kinds are counted in one pass, which reads product_listings_count_idx alone
-- when many products pass. Run it with a plan of its own.
-- name: CountFacets :many
WITH base AS NOT MATERIALIZED (
    SELECT l.brand_id, l.category_id, l.in_stock, width_bucket(l.buyer_minor, @limits::bigint[]) AS band,
           (sqlc.narg(brand_id)::bigint IS NULL OR l.brand_id = sqlc.narg(brand_id)) AND
           (sqlc.narg(brand)::text IS NULL OR l.brand_id IN (
               SELECT b.id FROM brands_named(sqlc.narg(brand)) AS b (id))) AS of_brand,
           (sqlc.narg(category_id)::bigint IS NULL OR l.category_id IN (SELECT category_tree(sqlc.narg(category_id)))) AND
           (sqlc.narg(category)::text IS NULL OR l.category_id IN (
               SELECT category_tree(c.id) FROM categories_named(sqlc.narg(category)) AS c (id))) AS in_category,
           (sqlc.narg(min_minor)::bigint IS NULL OR l.buyer_minor >= sqlc.narg(min_minor)) AND
           (sqlc.narg(max_minor)::bigint IS NULL OR l.buyer_minor <= sqlc.narg(max_minor)) AS at_price,
           (sqlc.narg(in_stock)::boolean IS NULL OR l.in_stock = sqlc.narg(in_stock)) AS as_stocked
      FROM filtered_products(
               q => sqlc.narg(q)::text, on_sale => sqlc.narg(on_sale)::boolean,
               featured => sqlc.narg(featured)::boolean, gtin => sqlc.narg(gtin)::text,
               attributes => sqlc.narg(attributes)::jsonb) l
     WHERE (sqlc.narg(matching)::text IS NULL OR l.product_id IN (
               SELECT s.product_id FROM product_search s WHERE s.words @@ to_tsquery('shop_words', sqlc.narg(matching))))
       AND (sqlc.narg(ids)::bigint[] IS NULL OR l.product_id = ANY (sqlc.narg(ids)))
), counted AS MATERIALIZED (
    -- One bit for each column, from the left, set where the row is not grouped by it. So the row of
    -- a brand has 0111 = 7, of a category 1011 = 11, of a band 1101 = 13, of a stock 1110 = 14.
    SELECT grouping(base.brand_id, base.category_id, base.band, base.in_stock) AS without,
           base.brand_id, base.category_id, base.band, base.in_stock,
           count(*) FILTER (WHERE in_category AND at_price AND as_stocked) AS for_brand,
           count(*) FILTER (WHERE of_brand AND at_price AND as_stocked) AS for_category,
           count(*) FILTER (WHERE of_brand AND in_category AND as_stocked) AS for_price,
           count(*) FILTER (WHERE of_brand AND in_category AND at_price) AS for_stock
      FROM base
     GROUP BY GROUPING SETS ((base.brand_id), (base.category_id), (base.band), (base.in_stock))
), by_brand AS (
    SELECT brand_id, for_brand AS products FROM counted WHERE without = 7 AND brand_id IS NOT NULL AND for_brand > 0
     ORDER BY products DESC, brand_id LIMIT 20
), by_category AS (
    SELECT category_id, for_category AS products FROM counted WHERE without = 11 AND category_id IS NOT NULL AND for_category > 0
     ORDER BY products DESC, category_id LIMIT 20
)
SELECT 'brand'::text AS kind, b.id::bigint AS id, b.name::text AS name, b.slug::text AS slug, x.products::bigint AS products
  FROM by_brand x JOIN brands b ON b.id = x.brand_id
UNION ALL
SELECT 'category', c.id, c.name, c.slug, x.products FROM by_category x JOIN categories c ON c.id = x.category_id
UNION ALL
SELECT 'price', x.band, '', '', x.for_price FROM counted x WHERE x.without = 13 AND x.for_price > 0
UNION ALL
SELECT 'stock', x.in_stock::int, '', '', x.for_stock FROM counted x WHERE x.without = 14 AND x.for_stock > 0
 ORDER BY 1, 5 DESC, 2;
