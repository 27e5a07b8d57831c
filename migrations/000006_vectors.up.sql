CREATE EXTENSION IF NOT EXISTS vector;

-- A vector space. Vectors of different models are never compared, so every vector names its model.
-- Questions are answered from the vectors of the active model. Those of another model are built
-- next to them and then take over in one statement.
CREATE TABLE embedding_models (
    id         smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE,        -- provider, model, dimensions, version of the template
    state      text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'active', 'retired')),
    run        text,                        -- the index run that holds the right to write vectors
    run_until  timestamptz,                 -- until when it holds it
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
CREATE UNIQUE INDEX embedding_models_active_idx ON embedding_models ((true)) WHERE state = 'active';

CREATE TABLE category_embeddings (
    model_id      smallint NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
    category_id   bigint NOT NULL REFERENCES categories ON DELETE CASCADE,
    document_hash bytea NOT NULL,
    base          vector(768) NOT NULL,
    embedded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model_id, category_id)
);

-- base is the product's own vector. embedding, the one that is searched, blends it with the
-- category's (80 % to 20 %). halfvec stays inline in the row and searches 4 times faster than
-- vector, with the same recall.
--
-- code holds the signs of the numbers of embedding: the fewer signs differ, the nearer two vectors
-- are, roughly (Charikar 2002, "Similarity Estimation Techniques from Rounding Algorithms"). It has
-- a sixteenth of the vector's size. In the time that the index of vectors needs to find something
-- far from the rest, the codes of a whole department are compared.
CREATE TABLE product_embeddings (
    model_id      smallint NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
    product_id    bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    category_id   bigint,                   -- the product's when it was embedded
    document_hash bytea NOT NULL,           -- of the text that base was made from
    category_hash bytea,                    -- of the category text in the blend; null: no blend
    base          vector(768) NOT NULL,
    embedding     halfvec(768) NOT NULL,
    code          bit(768) NOT NULL GENERATED ALWAYS AS (binary_quantize(embedding)) STORED,
    embedded_at   timestamptz NOT NULL,     -- when the product was read; stale if it changed since
    PRIMARY KEY (model_id, product_id)
);
CREATE INDEX product_embeddings_product_id_idx ON product_embeddings (product_id);
CREATE INDEX product_embeddings_code_idx ON product_embeddings (model_id, category_id)
    INCLUDE (product_id, code);
-- For the search by meaning. PostgreSQL reads it for large catalogues and compares all vectors of
-- small ones. One process builds it: parallel builds of pgvector before 0.8.2 read beyond their
-- memory (CVE-2026-3172).
SET LOCAL max_parallel_maintenance_workers = 0;
CREATE INDEX product_embeddings_nearest_idx ON product_embeddings
    USING hnsw (embedding halfvec_cosine_ops);

-- Products whose last attempt failed, with the reason.
CREATE TABLE embedding_failures (
    product_id bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    attempts   integer NOT NULL DEFAULT 1,
    reason     text NOT NULL,
    failed_at  timestamptz NOT NULL DEFAULT now()
);

-- Returns normalise(0.8 · product + 0.2 · category), both of length 1. pgvector multiplies element
-- by element, so a scalar is an array of equal numbers.
CREATE FUNCTION blend(product vector, category vector) RETURNS halfvec LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN category IS NULL THEN l2_normalize(product)::halfvec
           ELSE l2_normalize(l2_normalize(product) * array_fill(0.8::real, ARRAY[768])::vector
                           + l2_normalize(category) * array_fill(0.2::real, ARRAY[768])::vector)::halfvec END
$$;

-- Runs of the index with their progress and result. Requests for a run that is under way share it.
CREATE TABLE index_runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id      smallint NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('products', 'categories')),
    total         integer NOT NULL DEFAULT 0,   -- products or categories to look at
    done          integer NOT NULL DEFAULT 0,   -- of them, with a current vector
    made          integer NOT NULL DEFAULT 0,   -- of them, with a new vector
    blended       integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    waiting_until timestamptz,                  -- for the provider's quota
    finished_at   timestamptz,
    problem       text                          -- code of the error that ended it; null: none did
);
CREATE UNIQUE INDEX index_runs_open_idx ON index_runs (model_id, kind) WHERE finished_at IS NULL;

-- What was spent on a model provider, by day in UTC.
CREATE TABLE model_usage (
    day           date NOT NULL,
    provider      text NOT NULL,
    calls         bigint NOT NULL DEFAULT 0,
    input_tokens  bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (day, provider)
);

-- Returns the products that an answer of the assistant may rest on: visible, in stock, and as the
-- question asks. An attribute may also be an option of a variant in stock. An empty array filters
-- nothing.
CREATE FUNCTION eligible_products(
    min_minor bigint, max_minor bigint, discounted boolean, with_attributes jsonb, in_categories bigint[], of_brands bigint[], among bigint[]
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible AND l.in_stock
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (with_attributes IS NULL OR l.attributes @> with_attributes OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v
                WHERE v.deleted_at IS NULL AND v.options <> '{}' AND v.stock > 0 AND v.options @> with_attributes)))
       AND (cardinality(in_categories) = 0 OR l.category_id = ANY (in_categories))
       AND (cardinality(of_brands) = 0 OR l.brand_id = ANY (of_brands))
       AND (cardinality(among) = 0 OR l.product_id = ANY (among))
$$;
