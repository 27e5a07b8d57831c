DROP TABLE model_usage;
DROP TABLE index_runs;
DROP INDEX embedding_models_active_idx;
ALTER TABLE embedding_models DROP COLUMN retired_at, DROP COLUMN state;
