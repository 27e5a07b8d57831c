-- The best 200 products for a shopper's words: rankings by words, by spelling and by meaning, each of at most
-- 200, fused by reciprocal rank (Cormack, Clarke and Büttcher 2009, k = 60; spelling counts half). An exact sku
-- or GTIN comes first. A null vector leaves meaning out; by_words false leaves words and spelling out. To be
-- run with a plan of its own (postgres.Planned).
-- name: SearchProducts :many
WITH asked AS MATERIALIZED (
    SELECT websearch_to_tsquery('english', @q::text) AS every_word,
           replace(websearch_to_tsquery('english', @q)::text, ' & ', ' | ')::tsquery AS any_word
), filtered AS NOT MATERIALIZED (
    SELECT product_id, popularity FROM filtered_products(
        NULL, sqlc.narg(category_id)::bigint, sqlc.narg(category)::text, sqlc.narg(brand_id)::bigint,
        sqlc.narg(brand)::text, sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(in_stock)::boolean,
        sqlc.narg(on_sale)::boolean, sqlc.narg(featured)::boolean, sqlc.narg(gtin)::text, sqlc.narg(attributes)::jsonb)
), by_words AS (
    SELECT s.product_id,
           row_number() OVER (ORDER BY s.words @@ asked.every_word DESC, ts_rank_cd(s.words, asked.any_word, 1) DESC, s.product_id) AS place
      FROM product_search s, asked
     WHERE @use_words::boolean AND s.words @@ asked.any_word AND s.product_id IN (SELECT f.product_id FROM filtered f)
     ORDER BY place
     LIMIT 200
), by_spelling AS (
    SELECT x.product_id, row_number() OVER (ORDER BY x.likeness DESC, x.product_id) AS place
      FROM (SELECT s.product_id, (SELECT avg(word_similarity(w, s.spelling)) FROM unnest(@terms::text[]) w) AS likeness
              FROM product_search s
             WHERE @use_words::boolean AND s.spelling %> ANY (@terms::text[]) AND s.product_id IN (SELECT f.product_id FROM filtered f)) x
     WHERE x.likeness >= 0.45
     ORDER BY place
     LIMIT 200
), nearest AS MATERIALIZED (
    SELECT e.product_id, (e.embedding <=> sqlc.narg(query_vector)::halfvec) AS distance
      FROM product_embeddings e
     WHERE sqlc.narg(query_vector)::halfvec IS NOT NULL AND e.model_id = @model_id AND e.product_id IN (SELECT f.product_id FROM filtered f)
     ORDER BY e.embedding <=> sqlc.narg(query_vector)::halfvec
     LIMIT 200
), by_meaning AS (
    SELECT n.product_id, row_number() OVER (ORDER BY n.distance, n.product_id) AS place
      FROM nearest n
     WHERE 1 - n.distance >= @min_score::float8
), exact AS (
    SELECT v.product_id FROM variants v
     WHERE @use_words::boolean AND v.deleted_at IS NULL AND (lower(v.sku) = lower(@q) OR v.gtin = sqlc.narg(exact_gtin)::text)
       AND v.product_id IN (SELECT f.product_id FROM filtered f)
), fused AS (
    SELECT u.product_id, sum(u.score) AS score
      FROM (SELECT w.product_id, 1 / (60.0 + w.place) AS score FROM by_words w
            UNION ALL SELECT s.product_id, 0.5 / (60.0 + s.place) FROM by_spelling s
            UNION ALL SELECT m.product_id, 1 / (60.0 + m.place) FROM by_meaning m
            UNION ALL SELECT DISTINCT e.product_id, 1.0 FROM exact e) u
     GROUP BY u.product_id
), page AS MATERIALIZED (
    SELECT x.product_id, x.score, row_number() OVER () AS place, x.total
      FROM (SELECT fused.product_id, fused.score, least(count(*) OVER (), 200) AS total,
                   row_number() OVER (ORDER BY fused.score DESC, f.popularity DESC, fused.product_id) AS best
              FROM fused JOIN filtered f ON f.product_id = fused.product_id) x
     WHERE x.best <= 200
     ORDER BY x.best
     LIMIT @page_limit OFFSET @page_offset
)
SELECT sqlc.embed(product_cards), page.score::float8 AS score, page.total::bigint AS total,
       ts_headline('english', replace(replace(replace(product_cards.name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), asked.any_word,
                   'StartSel=<mark>, StopSel=</mark>, HighlightAll=true')::text AS name_highlight,
       ts_headline('english', replace(replace(replace(left(p.description, 5000), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), asked.any_word,
                   'StartSel=<mark>, StopSel=</mark>, MaxWords=30, MinWords=15')::text AS description_highlight
  FROM page
  CROSS JOIN asked
  JOIN product_cards ON product_cards.product_id = page.product_id
  JOIN products p ON p.id = page.product_id
 ORDER BY page.place;
