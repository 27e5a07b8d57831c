-- Makes sure the vector space has a row; one that was retired and is wanted again is built again.
-- name: AddEmbeddingModel :one
INSERT INTO embedding_models (name) VALUES ($1)
ON CONFLICT (name) DO UPDATE SET state = CASE WHEN embedding_models.state = 'retired' THEN 'building' ELSE embedding_models.state END, retired_at = NULL
RETURNING id, state;

-- The vector space that questions are answered from, and whether it has any vectors.
-- name: GetActiveModel :one
SELECT m.id, m.name, EXISTS (SELECT FROM product_embeddings e WHERE e.model_id = m.id) AS has_vectors
  FROM embedding_models m WHERE m.state = 'active';

-- Switches to a vector space at once. To be run in a transaction, retiring first: one is active at a time.
-- name: RetireModel :exec
UPDATE embedding_models SET state = 'retired', retired_at = now() WHERE state = 'active' AND id <> $1;

-- name: ActivateModel :exec
UPDATE embedding_models SET state = 'active', retired_at = NULL WHERE id = $1 AND state <> 'active';

-- Forgets the vectors of models that were retired a while ago: until then a server may still ask for them.
-- name: DropRetiredModels :exec
DELETE FROM embedding_models WHERE state = 'retired' AND retired_at < now() - interval '1 hour';

-- Whether every product that can be embedded has its vector of a model, and every category too.
-- name: IsModelComplete :one
SELECT (NOT EXISTS (SELECT FROM products p WHERE p.deleted_at IS NULL
                       AND NOT EXISTS (SELECT FROM product_embeddings e WHERE e.product_id = p.id AND e.model_id = @model_id)
                       AND NOT EXISTS (SELECT FROM embedding_failures f WHERE f.product_id = p.id))
    AND NOT EXISTS (SELECT FROM categories c
                     WHERE NOT EXISTS (SELECT FROM category_embeddings e WHERE e.category_id = c.id AND e.model_id = @model_id)))::boolean;

-- Begins a run, or answers the one of the same kind that is under way.
-- name: BeginIndexRun :one
INSERT INTO index_runs AS r (model_id, kind) VALUES ($1, $2)
ON CONFLICT (model_id, kind) WHERE finished_at IS NULL DO UPDATE SET updated_at = r.updated_at
RETURNING r.id, (r.xmax = 0)::boolean AS is_new;

-- name: GetIndexRun :one
SELECT * FROM index_runs WHERE id = $1;

-- name: GetLastIndexRun :one
SELECT r.* FROM index_runs r ORDER BY (r.finished_at IS NULL) DESC, r.id DESC LIMIT 1;

-- name: UpdateIndexRun :exec
UPDATE index_runs SET total = @total, done = @done, made = @made, blended = @blended, failed = @failed, updated_at = now(), waiting_until = sqlc.narg(waiting_until)
 WHERE id = @id;

-- name: FinishIndexRun :exec
UPDATE index_runs SET finished_at = now(), updated_at = now(), waiting_until = NULL, problem = sqlc.narg(problem) WHERE id = @id AND finished_at IS NULL;

-- Keeps the last runs alone.
-- name: ForgetIndexRuns :exec
DELETE FROM index_runs WHERE finished_at IS NOT NULL AND id <= (SELECT max(id) - 100 FROM index_runs);

-- How many things a run of the products, or of the categories, looks at.
-- name: CountIndexable :one
SELECT (SELECT count(*) FROM products WHERE deleted_at IS NULL)::int AS products, (SELECT count(*) FROM categories)::int AS categories;

-- Adds what a call of a model provider cost to its day.
-- name: AddModelUsage :exec
INSERT INTO model_usage AS u (day, provider, calls, input_tokens, output_tokens) VALUES ((now() AT TIME ZONE 'UTC')::date, $1, 1, $2, $3)
ON CONFLICT (day, provider) DO UPDATE
   SET calls = u.calls + 1, input_tokens = u.input_tokens + excluded.input_tokens, output_tokens = u.output_tokens + excluded.output_tokens;

-- The tokens a provider cost today.
-- name: GetModelUsage :one
SELECT coalesce(sum(input_tokens + output_tokens), 0)::bigint FROM model_usage WHERE day = (now() AT TIME ZONE 'UTC')::date AND provider = $1;

-- Takes or renews the right to index for a minute: one run at a time, and a crashed one blocks nobody for long.
-- run names the run, so that only its holder renews it.
-- name: LeaseIndex :execrows
UPDATE embedding_models SET run = @run, run_until = now() + interval '60 seconds'
 WHERE id = @model_id AND (run = @run OR run_until IS NULL OR run_until < now());

-- name: ReleaseIndex :exec
UPDATE embedding_models SET run = NULL, run_until = NULL WHERE id = @model_id AND run = @run;

-- What a product's document is written from, for products after an id (inactive ones too, so that one is found by
-- meaning the moment it is published), with the hash its vector was
-- made from (null without one). Numbers that change with every sale stay out of documents; bands go in.
-- name: ListProductDocuments :many
SELECT p.id, p.name, p.description, p.attributes, b.name AS brand_name, p.category_id, c.name AS category_name,
       parent.name AS parent_category_name, l.price_minor, l.discount_minor, l.buyer_minor, l.stock,
       e.document_hash, coalesce(e.embedded_at < p.updated_at, true)::boolean AS is_older, now()::timestamptz AS read_at
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN categories c ON c.id = p.category_id
  LEFT JOIN categories parent ON parent.id = c.parent_id
  LEFT JOIN product_embeddings e ON e.product_id = p.id AND e.model_id = @model_id AND e.product_id > @after_id
 WHERE p.deleted_at IS NULL AND l.product_id > @after_id AND p.id > @after_id AND (sqlc.narg(product_id)::bigint IS NULL OR p.id = sqlc.narg(product_id))
 ORDER BY l.product_id
 LIMIT @page_limit;

-- What category documents are written from: every category with the active products in it and below it.
-- name: ListCategoryDocuments :many
SELECT c.id, c.name, c.description, parent.name AS parent_name, ce.document_hash,
       stats.products, stats.on_sale, stats.min_minor, stats.max_minor, stats.brands, stats.examples
  FROM categories c
  LEFT JOIN categories parent ON parent.id = c.parent_id
  LEFT JOIN category_embeddings ce ON ce.category_id = c.id AND ce.model_id = @model_id
 CROSS JOIN LATERAL (
       SELECT count(*)::bigint AS products, (count(*) FILTER (WHERE l.on_sale))::bigint AS on_sale,
              coalesce(min(l.buyer_minor), 0)::bigint AS min_minor, coalesce(max(l.buyer_minor), 0)::bigint AS max_minor,
              coalesce((array_agg(DISTINCT b.name ORDER BY b.name) FILTER (WHERE b.name IS NOT NULL))[1:12], '{}')::text[] AS brands,
              coalesce((array_agg(p.name ORDER BY l.popularity DESC, p.id))[1:12], '{}')::text[] AS examples
         FROM product_listings l
         JOIN products p ON p.id = l.product_id
         LEFT JOIN brands b ON b.id = p.brand_id
        WHERE l.is_visible AND l.category_id IN (SELECT category_tree(c.id))) stats
 ORDER BY c.id;

-- Stores a product's own vector with its blend, unless the product is gone. The category's vector joins in here,
-- so an edit never loses the blend.
-- name: UpsertProductEmbedding :exec
INSERT INTO product_embeddings (model_id, product_id, category_id, document_hash, base, embedding, category_hash, embedded_at)
SELECT @model_id, p.id, p.category_id, @document_hash, @base::vector, blend(@base::vector, ce.base), ce.document_hash, @read_at
  FROM products p
  LEFT JOIN category_embeddings ce ON ce.category_id = p.category_id AND ce.model_id = @model_id
 WHERE p.id = @product_id
ON CONFLICT (model_id, product_id) DO UPDATE
   SET category_id = excluded.category_id, document_hash = excluded.document_hash, base = excluded.base, embedding = excluded.embedding,
       category_hash = excluded.category_hash, embedded_at = excluded.embedded_at;

-- name: UpsertCategoryEmbedding :exec
INSERT INTO category_embeddings (model_id, category_id, document_hash, base)
VALUES (@model_id, @category_id, @document_hash, @base::vector)
ON CONFLICT (model_id, category_id) DO UPDATE
   SET document_hash = excluded.document_hash, base = excluded.base, embedded_at = now();

-- Blends category vectors into the products whose blend is not of the category's current text.
-- name: BlendCategories :execrows
UPDATE product_embeddings e
   SET embedding = blend(e.base, ce.base), category_hash = ce.document_hash, category_id = p.category_id
  FROM products p
  JOIN category_embeddings ce ON ce.category_id = p.category_id
 WHERE p.id = e.product_id AND ce.model_id = e.model_id AND e.model_id = @model_id
   AND e.category_hash IS DISTINCT FROM ce.document_hash;

-- name: RecordEmbeddingFailure :exec
INSERT INTO embedding_failures (product_id, reason) VALUES ($1, $2)
ON CONFLICT (product_id) DO UPDATE SET attempts = embedding_failures.attempts + 1, reason = excluded.reason, failed_at = now();

-- name: ClearEmbeddingFailure :exec
DELETE FROM embedding_failures WHERE product_id = $1;

-- The first products that may answer a question in the order it asks for, or any, the most popular of them first. To be
-- run with a plan of its own (postgres.Planned): which index serves depends on the conditions.
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

-- Some products by how near they are to a question, 1 - cosine distance, all of them compared.
-- name: CompareSources :many
SELECT k.product_id, (1 - k.distance)::float8 AS score
  FROM (SELECT e.product_id, e.embedding <=> @query_vector::halfvec AS distance
          FROM product_embeddings e
         WHERE e.product_id = ANY (@product_ids::bigint[]) AND e.model_id = @model_id
        OFFSET 0) k -- computed once, and without the index of vectors
 ORDER BY k.distance
 LIMIT @candidates::int;

-- How near some products are to a question (0 without a vector), and how well each has all its words, most of them with the
-- rarest, and most of them without it (-1 if it has not).
-- name: WeighSources :many
WITH asked AS MATERIALIZED (
    SELECT to_tsquery('english', @every::text) AS every, to_tsquery('english', sqlc.narg(telling)::text) AS telling,
           to_tsquery('english', sqlc.narg(rest)::text) AS rest, '{0.1, 0.3, 0.6, 1}'::real[] AS weights
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

-- The products nearest to a question that may answer it, by the index of vectors. The arguments are columns (asked), of which
-- the planner knows nothing: all plans cost the same, and PostgreSQL keeps one instead of planning each time, which would take
-- as long as the search itself.
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

-- The same of some categories: the codes of all their products are compared, and the vectors of the 300 whose codes differ
-- least. Planned once, too.
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

-- The products with some words that may answer a question, best first, with how near they are to it (0 without a vector).
-- Those that may answer are given (product_ids, the most popular first), else they are asked for. Of words that 150
-- products have, the 60 most popular among the given ones, or among those 150 and the 200 most popular of the shop, are
-- ranked. Its plan does not depend on its arguments either.
-- name: ListSourcesWithWords :many
WITH asked AS MATERIALIZED (
    SELECT to_tsquery('english', @words::text) AS query, cardinality(@product_ids::bigint[]) > 0 AS given, @candidates::int AS candidates,
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

-- What an answer may say of products, if they can still be bought at prices the question allows.
-- name: ListSources :many
SELECT sqlc.embed(product_cards), p.description, p.attributes
  FROM product_cards
  JOIN products p ON p.id = product_cards.product_id
  JOIN eligible_products(sqlc.narg(min_minor)::bigint, sqlc.narg(max_minor)::bigint, sqlc.narg(on_sale)::boolean, NULL, '{}', '{}', '{}') l
    ON l.product_id = p.id
 WHERE l.product_id = ANY (@ids::bigint[]);

-- Attributes a question may name, with their commonest values and how many products have them.
-- name: ListAttributeValues :many
SELECT a.name::text AS name, a.value::text AS value, count(*) AS products
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
 CROSS JOIN LATERAL jsonb_each_text(p.attributes) AS a (name, value)
 WHERE l.is_visible AND length(a.value) <= 40 AND length(a.name) <= 40
 GROUP BY a.name, a.value
 ORDER BY count(*) DESC, a.name, a.value
 LIMIT 2000;

-- The names a question may use for brands.
-- name: ListBrandNames :many
SELECT id, name FROM brands ORDER BY id;

-- The names a question may use for categories, which are below which, and how many products are right in each.
-- name: ListCategoryNames :many
SELECT c.id, c.parent_id, c.name, (SELECT count(*) FROM product_listings l WHERE l.is_visible AND l.category_id = c.id) AS products
  FROM categories c
 ORDER BY c.id;

-- The state of the index for one model, in one pass.
-- name: CountEmbeddings :one
SELECT count(*)::bigint AS products,
       (SELECT count(*) FROM embedding_failures)::bigint AS failing,
       (SELECT count(*) FROM category_embeddings ce WHERE ce.model_id = @model_id)::bigint AS categories,
       (count(*) FILTER (WHERE e.embedded_at IS NULL OR e.embedded_at < p.updated_at))::bigint AS stale,
       (SELECT coalesce(max(x.embedded_at), 'epoch') FROM product_embeddings x WHERE x.model_id = @model_id)::timestamptz AS last_run_at
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN product_embeddings e ON e.product_id = l.product_id AND e.model_id = @model_id
 WHERE p.deleted_at IS NULL;

-- Marks vectors as current whose document turned out unchanged.
-- name: TouchEmbeddings :exec
UPDATE product_embeddings SET embedded_at = @read_at WHERE model_id = @model_id AND product_id = ANY (@product_ids::bigint[]);
