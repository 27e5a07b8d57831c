-- Questions are answered from the vectors of the active model. Those of another are built beside them, and then take over
-- in one statement.
ALTER TABLE embedding_models
    ADD COLUMN state      text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'active', 'retired')),
    ADD COLUMN retired_at timestamptz;
CREATE UNIQUE INDEX embedding_models_active_idx ON embedding_models ((true)) WHERE state = 'active';
UPDATE embedding_models SET state = 'active'
 WHERE id = (SELECT model_id FROM product_embeddings GROUP BY model_id ORDER BY max(embedded_at) DESC, model_id DESC LIMIT 1);

-- Runs of the index: how far they are, and what came of them. Whoever asks for one that is under way shares it.
CREATE TABLE index_runs (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id      smallint NOT NULL REFERENCES embedding_models ON DELETE CASCADE,
    kind          text NOT NULL CHECK (kind IN ('products', 'categories')),
    total         integer NOT NULL DEFAULT 0,   -- things to look at
    done          integer NOT NULL DEFAULT 0,   -- of them, with a current vector
    made          integer NOT NULL DEFAULT 0,   -- of them, made anew
    blended       integer NOT NULL DEFAULT 0,
    failed        integer NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    waiting_until timestamptz,                  -- for quota
    finished_at   timestamptz,
    problem       text                          -- code of the error that ended it; null when it succeeded
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
