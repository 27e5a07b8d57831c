DROP INDEX product_embeddings_code_idx;
ALTER TABLE product_embeddings DROP COLUMN code, DROP COLUMN category_id;
