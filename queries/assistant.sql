-- Returns products that meet the conditions of a question: the first in the order it asks for, or
-- any, the most popular of them first. Run it with a plan of its own (postgres.Planned): which
-- index serves depends on the conditions.
-- name: ListEligibleProducts :many
SELECT k.product_id
  FROM (SELECT p.product_id, p.popularity
          FROM eligible_products(sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(on_sale)::boolean, sqlc.narg(attributes)::jsonb,
                                 @category_ids::bigint[], @brand_ids::bigint[], @product_ids::bigint[]) p
         ORDER BY CASE WHEN @sort::text = 'cheapest' THEN p.buyer_minor END,
                  CASE WHEN @sort = 'dearest' THEN p.buyer_minor END DESC,
                  CASE WHEN @sort = 'discount' THEN p.buyer_minor::float8 / greatest(p.price_minor, 1) END,
                  CASE WHEN @sort = 'newest' THEN p.created_at END DESC
         LIMIT @page_limit) k
 ORDER BY k.popularity DESC, k.product_id DESC;

-- Returns some products, all compared with a question, the nearest first. The score is 1 - cosine
-- distance.
-- name: CompareSources :many
SELECT k.product_id, (1 - k.distance)::float8 AS score
  FROM (SELECT e.product_id, e.embedding <=> @query_vector::halfvec AS distance
          FROM product_embeddings e
         WHERE e.product_id = ANY (@product_ids::bigint[]) AND e.model_id = @model_id
        OFFSET 0) k -- computed once, and without the index of vectors
 ORDER BY k.distance
 LIMIT @candidates::int;

-- Returns how near some products are to a question (0 without a vector), and how well each has all
-- its words, most of them with the rarest, and most of them without it (-1 if it does not).
-- name: WeighSources :many
WITH asked AS MATERIALIZED (
    SELECT to_tsquery('shop_words', @every::text) AS every, to_tsquery('shop_words', sqlc.narg(telling)::text) AS telling,
           to_tsquery('shop_words', sqlc.narg(rest)::text) AS rest, '{0.1, 0.3, 0.6, 1}'::real[] AS weights
)
SELECT k.product_id::bigint AS product_id, coalesce(1 - (e.embedding <=> sqlc.narg(query_vector)::halfvec), 0)::float8 AS score,
       (CASE WHEN s.words @@ a.every THEN ts_rank(a.weights, s.words, a.every) ELSE -1 END)::real AS every,
       (CASE WHEN s.words @@ a.telling THEN ts_rank(a.weights, s.words, a.telling) ELSE -1 END)::real AS telling,
       (CASE WHEN s.words @@ a.rest THEN ts_rank(a.weights, s.words, a.rest) ELSE -1 END)::real AS rest
  FROM asked a
 CROSS JOIN unnest(@product_ids::bigint[]) WITH ORDINALITY k (product_id, place)
  JOIN product_search s ON s.product_id = k.product_id
  LEFT JOIN product_embeddings e ON e.product_id = k.product_id AND e.model_id = @model_id
 ORDER BY k.place;

-- Returns the products nearest to a question that meet its conditions, by the index of vectors. The
-- arguments are columns (asked), of which the planner knows nothing. So all plans cost the same,
-- and PostgreSQL caches one instead of planning each time, which would take as long as the search
-- itself. Three statements list the same columns, because the arguments of a statement are its own
-- and sqlc has no Go type for one of a composite type.
-- name: ListNearestSources :many
WITH asked AS MATERIALIZED (
    SELECT sqlc.narg(min_minor)::bigint AS min_minor, sqlc.narg(max_minor)::bigint AS max_minor, sqlc.narg(on_sale)::boolean AS on_sale,
           sqlc.narg(attributes)::jsonb AS attributes, @category_ids::bigint[] AS category_ids, @brand_ids::bigint[] AS brand_ids,
           @candidates::int AS candidates,
           set_config('hnsw.ef_search', '150', true) AS looked_at -- enough for the few that are wanted
)
SELECT n.product_id, (1 - n.distance)::float8 AS score
  FROM asked a
 CROSS JOIN LATERAL (
       SELECT e.product_id, e.embedding <=> @query_vector::halfvec AS distance
         FROM product_embeddings e
        WHERE e.model_id = @model_id AND a.looked_at <> '' -- so that it is set first
        ORDER BY e.embedding <=> @query_vector
        LIMIT 10000) n
 CROSS JOIN LATERAL (
       SELECT FROM eligible_products(a.min_minor, a.max_minor, a.on_sale, a.attributes, a.category_ids, a.brand_ids, '{}') p
        WHERE p.product_id = n.product_id
       OFFSET 0) p
 LIMIT (SELECT asked.candidates FROM asked);

-- Like ListNearestSources for the products of some categories: compares the codes of all of them,
-- and the vectors of the 300 whose codes differ least. It is planned once, too.
-- name: ListNearestOfCategories :many
WITH asked AS MATERIALIZED (
    SELECT sqlc.narg(min_minor)::bigint AS min_minor, sqlc.narg(max_minor)::bigint AS max_minor, sqlc.narg(on_sale)::boolean AS on_sale,
           sqlc.narg(attributes)::jsonb AS attributes, @category_ids::bigint[] AS category_ids, @brand_ids::bigint[] AS brand_ids,
           @candidates::int AS candidates, binary_quantize(@query_vector::halfvec) AS code
), alike AS MATERIALIZED (
    SELECT e.product_id
      FROM asked a
      JOIN product_embeddings e ON e.model_id = @model_id AND e.category_id = ANY (a.category_ids)
     ORDER BY e.code <~> a.code
     LIMIT 300
), near AS MATERIALIZED (
    SELECT k.product_id, k.distance
      FROM (SELECT e.product_id, e.embedding <=> @query_vector AS distance
              FROM alike
              JOIN product_embeddings e ON e.product_id = alike.product_id AND e.model_id = @model_id
            OFFSET 0) k
     ORDER BY k.distance
)
SELECT n.product_id, (1 - n.distance)::float8 AS score
  FROM asked a
 CROSS JOIN near n
 CROSS JOIN LATERAL (
       SELECT FROM eligible_products(a.min_minor, a.max_minor, a.on_sale, a.attributes, a.category_ids, a.brand_ids, '{}') p
        WHERE p.product_id = n.product_id
       OFFSET 0) p
 LIMIT (SELECT asked.candidates FROM asked);

-- Returns products with some words that meet the conditions of a question, the best first, with how
-- near they are to it (0 without a vector). product_ids, if not empty, are all products that meet
-- the conditions, the most popular first. If 150 products have the words, the 60 most popular of
-- the given ones, or of those 150 and the 200 most popular of the shop, are ranked. Its plan does
-- not depend on its arguments either.
-- name: ListSourcesWithWords :many
WITH asked AS MATERIALIZED (
    SELECT to_tsquery('shop_words', @words::text) AS query, cardinality(@product_ids::bigint[]) > 0 AS given, @candidates::int AS candidates,
           sqlc.narg(min_minor)::bigint AS min_minor, sqlc.narg(max_minor)::bigint AS max_minor, sqlc.narg(on_sale)::boolean AS on_sale,
           sqlc.narg(attributes)::jsonb AS attributes, @category_ids::bigint[] AS category_ids, @brand_ids::bigint[] AS brand_ids
), found AS MATERIALIZED (
    SELECT s.product_id FROM product_search s WHERE s.words @@ (SELECT asked.query FROM asked) LIMIT 150
), many AS MATERIALIZED (
    SELECT count(*) = 150 AS yes FROM found
), likely AS MATERIALIZED (
    SELECT g.product_id, g.place FROM unnest(@product_ids) WITH ORDINALITY g (product_id, place)
     UNION ALL
   (SELECT l.product_id, -l.popularity FROM product_listings l
     WHERE l.is_visible AND (SELECT many.yes AND NOT asked.given FROM many, asked)
     ORDER BY l.popularity DESC, l.product_id DESC
     LIMIT 200)
), matched AS (
    SELECT k.product_id, k.place FROM likely k
     WHERE (SELECT NOT many.yes FROM many) AND k.product_id IN (SELECT found.product_id FROM found)
     UNION
   (SELECT k.product_id, k.place
      FROM asked a
     CROSS JOIN likely k
     CROSS JOIN LATERAL (SELECT FROM product_search s WHERE s.product_id = k.product_id AND s.words @@ a.query OFFSET 0) s
     CROSS JOIN LATERAL (
           SELECT FROM eligible_products(a.min_minor, a.max_minor, a.on_sale, a.attributes, a.category_ids, a.brand_ids, '{}') p
            WHERE p.product_id = k.product_id
           OFFSET 0) p
     WHERE (SELECT many.yes FROM many)
     LIMIT 60)
     UNION
    SELECT p.product_id, -p.popularity
      FROM asked a
     CROSS JOIN found
     CROSS JOIN LATERAL (
           SELECT p.product_id, p.popularity
             FROM eligible_products(a.min_minor, a.max_minor, a.on_sale, a.attributes, a.category_ids, a.brand_ids, '{}') p
            WHERE p.product_id = found.product_id
           OFFSET 0) p
     WHERE NOT a.given
), best AS MATERIALIZED (
    SELECT m.product_id, m.place FROM matched m ORDER BY m.place, m.product_id DESC LIMIT 60
), ranked AS (
    SELECT b.product_id, row_number() OVER (ORDER BY ts_rank('{0.1, 0.3, 0.6, 1}', s.words, (SELECT asked.query FROM asked)) DESC, b.place, b.product_id) AS place
      FROM best b
      JOIN product_search s ON s.product_id = b.product_id
     ORDER BY place
     LIMIT (SELECT asked.candidates FROM asked)
)
SELECT r.product_id::bigint AS product_id, coalesce(1 - (e.embedding <=> sqlc.narg(query_vector)::halfvec), 0)::float8 AS score
  FROM ranked r
  LEFT JOIN product_embeddings e ON e.product_id = r.product_id AND e.model_id = @model_id
 ORDER BY r.place;

-- Returns the facts of some products that can still be bought, at prices that the question allows.
-- name: ListSources :many
SELECT sqlc.embed(product_cards), p.description, p.attributes
  FROM product_cards
  JOIN products p ON p.id = product_cards.product_id
  JOIN eligible_products(sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(on_sale)::boolean, NULL, '{}', '{}', '{}') l
    ON l.product_id = p.id
 WHERE l.product_id = ANY (@ids::bigint[]);

-- Returns the most frequent values of attributes, and how many products have them.
-- name: ListAttributeValues :many
SELECT a.name::text AS name, a.value::text AS value, count(*) AS products
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
 CROSS JOIN LATERAL jsonb_each_text(p.attributes) AS a (name, value)
 WHERE l.is_visible AND length(a.value) <= 40 AND length(a.name) <= 40
 GROUP BY a.name, a.value
 ORDER BY count(*) DESC, a.name, a.value
 LIMIT 2000;

-- Returns the names of brands.
-- name: ListBrandNames :many
SELECT id, name FROM brands ORDER BY id;

-- Returns the names of categories, their parents, and how many products are in each, not counting
-- those below it.
-- name: ListCategoryNames :many
SELECT c.id, c.parent_id, c.name, (SELECT count(*) FROM product_listings l WHERE l.is_visible AND l.category_id = c.id) AS products
  FROM categories c
 ORDER BY c.id;
