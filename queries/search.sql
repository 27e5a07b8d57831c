-- Returns one page of the best 200 products for what a shopper typed.
-- --
-- Words are looked for in the index alone, in up to four attempts; the next one runs only when those
-- before found little: products with every word, with every word that any product has, with most of
-- their weight, with any word. The 400 most popular of each are weighed: where a word stands counts
-- (name 1, brand and category 0.8, attributes 0.5, description 0.3), and how rare it is. Meaning adds
-- to that: the fewer of the words the best product has, the more. Where one has them all, meaning only
-- settles ties. Run it with a plan of its own (postgres.Planned): the plan depends on how common the
-- words are.
-- name: SearchProducts :many
WITH filtered AS NOT MATERIALIZED (
    SELECT product_id, popularity, brand_id FROM filtered_products(
        category_id => sqlc.narg(category_id)::bigint,
        category => sqlc.narg(category)::text, brand_id => sqlc.narg(brand_id)::bigint,
        brand => sqlc.narg(brand)::text, min_minor => sqlc.narg(min_minor)::bigint,
        max_minor => sqlc.narg(max_minor)::bigint, in_stock => sqlc.narg(in_stock)::boolean,
        on_sale => sqlc.narg(on_sale)::boolean, featured => sqlc.narg(featured)::boolean,
        gtin => sqlc.narg(gtin)::text, attributes => sqlc.narg(attributes)::jsonb)
), terms AS MATERIALIZED (
    SELECT n, to_tsquery('shop_words', (@terms::text[])[n]) AS query, (@sizes::int[])[n] AS size,
           to_tsquery('shop_words', (@prefixes::text[])[n]) AS prefix, (@weights::float8[])[n] AS weight, @presence::float8 AS presence
      FROM generate_series(1, cardinality(@terms::text[])) n
), pairs AS MATERIALIZED (
    SELECT to_tsquery('shop_words', (@pairs::text[])[n]) AS query, (@pair_weights::float8[])[n] AS weight
      FROM generate_series(1, cardinality(@pairs::text[])) n
), complete AS MATERIALIZED (
    SELECT f.product_id FROM filtered f JOIN product_search s ON s.product_id = f.product_id
     WHERE s.words @@ to_tsquery('shop_words', sqlc.narg(every_word)::text)
     ORDER BY f.popularity DESC, f.product_id DESC
     LIMIT 400
), known AS MATERIALIZED (
    SELECT f.product_id FROM filtered f JOIN product_search s ON s.product_id = f.product_id
     WHERE (SELECT count(*) FROM complete) < @enough::int AND s.words @@ to_tsquery('shop_words', sqlc.narg(known_words)::text)
     ORDER BY f.popularity DESC, f.product_id DESC
     LIMIT 400
), partial AS MATERIALIZED (
    SELECT f.product_id FROM filtered f JOIN product_search s ON s.product_id = f.product_id
     WHERE (SELECT count(*) FROM complete) + (SELECT count(*) FROM known) < @enough AND s.words @@ to_tsquery('shop_words', sqlc.narg(most_words)::text)
     ORDER BY f.popularity DESC, f.product_id DESC
     LIMIT 400
), loose AS MATERIALIZED (
    SELECT f.product_id FROM filtered f JOIN product_search s ON s.product_id = f.product_id
     WHERE @use_words::boolean AND NOT EXISTS (SELECT FROM complete) AND NOT EXISTS (SELECT FROM known) AND NOT EXISTS (SELECT FROM partial)
       AND s.words @@ to_tsquery('shop_words', @any_word::text)
     ORDER BY f.popularity DESC, f.product_id DESC
     LIMIT 400
), by_words AS MATERIALIZED (
    SELECT s.product_id, t.mask, t.score + p.score + CASE WHEN c.complete THEN @complete_bonus::float8 ELSE 0 END
           + CASE WHEN f.brand_id = ANY (@brand_ids::bigint[]) THEN @brand_weight::float8 ELSE 0 END
           - CASE WHEN s.words @@ to_tsquery('shop_words', sqlc.narg(rivals)::text) THEN 0.08 ELSE 0 END AS score
      FROM (SELECT product_id, true AS complete FROM complete
            UNION ALL SELECT product_id, false FROM known WHERE product_id NOT IN (SELECT product_id FROM complete)
            UNION ALL SELECT product_id, false FROM partial WHERE product_id NOT IN (SELECT product_id FROM complete UNION ALL SELECT product_id FROM known)
            UNION ALL SELECT product_id, false FROM loose) c
      JOIN product_search s ON s.product_id = c.product_id
      JOIN product_listings f ON f.product_id = c.product_id
     CROSS JOIN LATERAL (
           SELECT sum(x.weight * (x.presence * sign(x.value) + (1 - x.presence) * x.value)) AS score, bit_or(CASE WHEN x.value > 0 THEN 1 << (x.n - 1) ELSE 0 END) AS mask
             FROM (SELECT n, weight, presence, greatest(least(1, ts_rank('{0.3, 0.5, 0.8, 1}', s.words, query) * 1.645 * size),
                                              0.5 * least(1, ts_rank('{0.3, 0.5, 0.8, 1}', s.words, prefix) * 1.645)) AS value
                     FROM terms) x) t
     CROSS JOIN LATERAL (SELECT coalesce(sum(weight) FILTER (WHERE s.words @@ query), 0) AS score FROM pairs) p
), nearest AS MATERIALIZED (
    SELECT e.product_id, (e.embedding <=> sqlc.narg(query_vector)::halfvec) AS distance
      FROM product_embeddings e
      JOIN filtered f ON f.product_id = e.product_id
     WHERE sqlc.narg(query_vector)::halfvec IS NOT NULL AND e.model_id = @model_id
     ORDER BY e.embedding <=> sqlc.narg(query_vector)::halfvec
     LIMIT @nearest_limit
), unsaid AS MATERIALIZED (
    SELECT power(1 - least(1, coalesce(max(score), 0)), @doubt::float8) AS share FROM by_words
), scored AS (
    SELECT product_id, 1 - distance AS score, max(1 - distance) OVER () AS best, @min_score::float8 AS least, @tie_weight::float8 AS tie FROM nearest
), by_meaning AS (
    SELECT s.product_id, s.score,
           greatest(s.tie * (s.score - s.least) / greatest(s.best - s.least, 0.0001),
                    unsaid.share * (s.score - s.least) / greatest(1 - s.least, 0.0001))::float8 AS added
      FROM scored s
     CROSS JOIN unsaid
     WHERE s.score >= s.least
), exact AS (
    SELECT v.product_id FROM variants v
     WHERE @use_words AND v.deleted_at IS NULL AND (lower(v.sku) = lower(@q::text) OR v.gtin = sqlc.narg(exact_gtin)::text)
       AND v.product_id IN (SELECT f.product_id FROM filtered f)
), fused AS (
    SELECT u.product_id, round(sum(u.score)::numeric, 2) AS score
      FROM (SELECT product_id, score FROM by_words
            UNION ALL SELECT m.product_id, CASE WHEN @use_words THEN m.added ELSE m.score END FROM by_meaning m
            UNION ALL SELECT DISTINCT product_id, 10.0 FROM exact) u
     GROUP BY u.product_id
), page AS MATERIALIZED (
    SELECT x.product_id, x.score, row_number() OVER () AS place, x.total
      FROM (SELECT fused.product_id, fused.score, least(count(*) OVER (), 200) AS total,
                   row_number() OVER (ORDER BY fused.score DESC, f.popularity DESC, fused.product_id) AS best
              FROM fused JOIN product_listings f ON f.product_id = fused.product_id) x
     WHERE x.best <= 200
     ORDER BY x.best
     LIMIT @page_limit OFFSET @page_offset
)
SELECT sqlc.embed(product_cards), page.score::float8 AS score, page.total::bigint AS total,
       coalesce((SELECT w.mask FROM by_words w ORDER BY w.score DESC, w.product_id LIMIT 1), 0)::int AS covered,
       (EXISTS (SELECT FROM complete))::boolean AS has_complete,
       (EXISTS (SELECT FROM known))::boolean AS has_known,
       (EXISTS (SELECT FROM partial))::boolean AS has_partial,
       ts_headline('english', replace(replace(replace(product_cards.name, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                   to_tsquery('shop_words', @any_word), 'StartSel=<mark>, StopSel=</mark>, HighlightAll=true')::text AS name_highlight,
       ts_headline('english', replace(replace(replace(left(p.description, 5000), '&', '&amp;'), '<', '&lt;'), '>', '&gt;'),
                   to_tsquery('shop_words', @any_word), 'StartSel=<mark>, StopSel=</mark>, MaxWords=30, MinWords=15')::text AS description_highlight
  FROM page
  JOIN product_cards ON product_cards.product_id = page.product_id
  JOIN products p ON p.id = page.product_id
 ORDER BY page.place;

-- Returns the products nearest in meaning, whatever their brand, category, price and stock, for
-- facets.
-- name: ListNearestIDs :many
SELECT e.product_id FROM product_embeddings e
 WHERE e.model_id = @model_id
 ORDER BY e.embedding <=> @query_vector::halfvec
 LIMIT 200;

-- name: GetSearchVersion :one
SELECT current_search_version()::bigint;

-- name: ListSearchWords :many
SELECT word, products, titles FROM search_words;

-- Returns how many products there were when their words were counted.
-- name: CountSearchedProducts :one
SELECT products FROM search_state;

-- Returns brands with visible products, and categories with visible products in or below them.
-- name: ListSearchNames :many
WITH RECURSIVE shown AS (
    SELECT c.id, c.parent_id FROM categories c
     WHERE EXISTS (SELECT FROM product_listings l WHERE l.is_visible AND l.category_id = c.id)
    UNION
    SELECT above.id, above.parent_id FROM categories above JOIN shown ON shown.parent_id = above.id
)
SELECT true::boolean AS is_brand, b.id, b.name, b.slug FROM brands b
 WHERE EXISTS (SELECT FROM product_listings l WHERE l.is_visible AND l.brand_id = b.id)
UNION ALL
SELECT false, c.id, c.name, c.slug FROM categories c WHERE c.id IN (SELECT shown.id FROM shown)
 ORDER BY 1, 2;

-- Returns the most popular products with some words. Run it with a plan of its own
-- (postgres.Planned).
-- name: SuggestProducts :many
SELECT sqlc.embed(product_cards)
  FROM (SELECT l.product_id, l.popularity FROM product_listings l JOIN product_search s ON s.product_id = l.product_id
         WHERE l.is_visible AND s.words @@ to_tsquery('shop_words', @words::text)
         ORDER BY l.popularity DESC, l.product_id DESC
         LIMIT @most) best
  JOIN product_cards ON product_cards.product_id = best.product_id
 ORDER BY best.popularity DESC, best.product_id DESC;

-- Counts the words again. It reads every product, so AllowRecount comes before it. Returns false if
-- nothing changed.
-- name: RecountSearchWords :one
SELECT recount_search_words()::boolean;

-- name: AllowRecount :exec
SET LOCAL statement_timeout = '50s';

-- name: ListAllSynonyms :many
SELECT terms, meaning FROM search_synonyms ORDER BY id;

-- name: ListSynonyms :many
SELECT * FROM search_synonyms ORDER BY id LIMIT @page_limit OFFSET @page_offset;

-- name: CountSynonyms :one
SELECT count(*) FROM search_synonyms;

-- name: GetSynonyms :one
SELECT * FROM search_synonyms WHERE id = $1;

-- name: LockSynonyms :one
SELECT * FROM search_synonyms WHERE id = $1 FOR UPDATE;

-- name: CreateSynonyms :one
INSERT INTO search_synonyms (terms, meaning) VALUES (@terms, sqlc.narg(meaning)) RETURNING *;

-- name: ReplaceSynonyms :one
UPDATE search_synonyms SET terms = @terms, meaning = sqlc.narg(meaning), version = version + 1, updated_at = now()
 WHERE id = @id RETURNING *;

-- Assigns the terms of a set, in their order, so that two sets made at the same time do not
-- deadlock. A term of another set violates search_synonym_terms_pkey.
-- name: TakeSynonymTerms :exec
INSERT INTO search_synonym_terms (term, synonym_id)
SELECT term, @id::bigint FROM unnest(@terms::text[]) AS term ORDER BY term;

-- name: FreeSynonymTerms :exec
DELETE FROM search_synonym_terms WHERE synonym_id = $1;

-- name: DeleteSynonyms :exec
DELETE FROM search_synonyms WHERE id = $1;

-- Returns another number after every change of products, brands or categories that words depend on.
-- name: GetCatalogueChanges :one
SELECT current_catalogue_changes()::bigint;
