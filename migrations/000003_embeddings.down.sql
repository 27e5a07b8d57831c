DROP TABLE embedding_failures;
DROP TABLE product_embeddings;
DROP TABLE category_embeddings;
DROP TABLE embedding_models;
DROP FUNCTION blend(vector, vector);
DROP EXTENSION vector;
