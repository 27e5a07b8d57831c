-- Returns visible products like one, best first: of the 60 nearest to its stored vector those that
-- are in stock, at most 3 of a brand, products in its price band before others. If it has no
-- vector, the newest of its category. product_embeddings_nearest_idx can serve the candidates, as
-- they are cut by the bare distance before any other condition.
-- name: ListSimilarProducts :many
WITH self AS MATERIALIZED (
    SELECT l.product_id, l.category_id, l.buyer_minor,
           (SELECT s.embedding FROM product_embeddings s WHERE s.model_id = @model_id AND s.product_id = l.product_id) AS embedding
      FROM product_listings l
     WHERE l.product_id = @product_id AND l.is_visible
), nearest AS MATERIALIZED (
    SELECT e.product_id, e.embedding <=> (SELECT self.embedding FROM self) AS distance
      FROM product_embeddings e
     WHERE e.model_id = @model_id
     ORDER BY e.embedding <=> (SELECT self.embedding FROM self)
     LIMIT 61
), newest AS MATERIALIZED (
    SELECT l.product_id, row_number() OVER (ORDER BY l.created_at DESC, l.product_id DESC) AS distance
      FROM product_listings l
     WHERE l.is_visible AND l.in_stock AND l.category_id = (SELECT self.category_id FROM self WHERE self.embedding IS NULL)
     ORDER BY l.created_at DESC, l.product_id DESC
     LIMIT 61
), ranked AS (
    SELECT l.product_id, k.distance, l.brand_id,
           l.buyer_minor BETWEEN self.buyer_minor * 0.4 AND self.buyer_minor * 2.5 AS in_band
      FROM (SELECT n.product_id, n.distance::float8 AS distance FROM nearest n WHERE n.distance IS NOT NULL
            UNION ALL
            SELECT n.product_id, n.distance::float8 AS distance FROM newest n) k
      JOIN product_listings l ON l.product_id = k.product_id
     CROSS JOIN self
     WHERE l.is_visible AND l.in_stock AND l.product_id <> self.product_id
), chosen AS (
    SELECT r.product_id, r.in_band, r.distance, count(*) OVER () AS total
      FROM (SELECT x.*, row_number() OVER (PARTITION BY x.brand_id ORDER BY x.in_band DESC, x.distance, x.product_id) AS place FROM ranked x) r
     WHERE r.brand_id IS NULL OR r.place <= 3
)
SELECT sqlc.embed(product_cards), chosen.total::bigint AS total
  FROM chosen
  JOIN product_cards ON product_cards.product_id = chosen.product_id
 ORDER BY chosen.in_band DESC, chosen.distance, chosen.product_id
 LIMIT @page_limit;
