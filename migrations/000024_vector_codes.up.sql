-- The signs of a vector's numbers: the fewer of them differ, the nearer two vectors are, roughly (Charikar 2002, "Similarity
-- Estimation Techniques from Rounding Algorithms"). A sixteenth of the vector, side by side for each category: all of a
-- department are compared in the time that the index of vectors takes to find its way to something far from the rest.
ALTER TABLE product_embeddings
    ADD COLUMN category_id bigint, -- the product's, as of when it was embedded
    ADD COLUMN code bit(768) NOT NULL GENERATED ALWAYS AS (binary_quantize(embedding)) STORED;
UPDATE product_embeddings e SET category_id = p.category_id FROM products p WHERE p.id = e.product_id;
CREATE INDEX product_embeddings_code_idx ON product_embeddings (model_id, category_id) INCLUDE (product_id, code);
