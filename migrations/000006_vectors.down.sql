DROP FUNCTION eligible_products(bigint, bigint, boolean, jsonb, bigint[], bigint[], bigint[]);
DROP TABLE model_usage, index_runs, embedding_failures, product_embeddings, category_embeddings,
    embedding_models;
DROP FUNCTION blend(vector, vector);
DROP EXTENSION vector;
