-- version counts the changes an administrator made, so that nobody overwrites what they have not seen. A product's
-- counts those of its variants and images too; sales leave it alone.
ALTER TABLE brands ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE categories ADD COLUMN version bigint NOT NULL DEFAULT 1;
ALTER TABLE products ADD COLUMN version bigint NOT NULL DEFAULT 1;

-- A variant that is taken out stays for the orders that hold it; its sku and GTIN are free again.
ALTER TABLE variants ADD COLUMN deleted_at timestamptz;
ALTER TABLE variants ADD COLUMN track_inventory boolean NOT NULL DEFAULT true;   -- false: always in stock
ALTER TABLE variants ADD COLUMN image_id bigint;
ALTER TABLE product_images ADD CONSTRAINT product_images_product_key UNIQUE (product_id, id);
ALTER TABLE variants ADD CONSTRAINT variants_image_fkey FOREIGN KEY (product_id, image_id)
    REFERENCES product_images (product_id, id) ON DELETE SET NULL (image_id);
ALTER TABLE variants DROP CONSTRAINT variants_sku_key;
ALTER TABLE variants DROP CONSTRAINT variants_gtin_key;
CREATE UNIQUE INDEX variants_sku_key ON variants (sku) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_sku_fold_idx ON variants (lower(sku), id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_gtin_key ON variants (gtin) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX variants_options_key ON variants (product_id, options) WHERE deleted_at IS NULL;
ALTER TABLE variants ADD CHECK (deleted_at IS NULL OR NOT is_default);

ALTER TABLE product_listings ADD COLUMN is_untracked boolean NOT NULL DEFAULT false;   -- a variant of it is always in stock
ALTER TABLE product_listings DROP COLUMN in_stock;
ALTER TABLE product_listings ADD COLUMN in_stock boolean NOT NULL GENERATED ALWAYS AS (stock > 0 OR is_untracked) STORED;

CREATE OR REPLACE FUNCTION refresh_listings(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM product_listings WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    INSERT INTO product_listings AS l (product_id, is_visible, is_featured, category_id, brand_id, sort_name,
                                       sku, gtin, price_minor, discount_minor, stock, is_untracked, created_at)
    SELECT p.id, p.is_active AND p.deleted_at IS NULL, p.is_featured, p.category_id, p.brand_id, lower(p.name),
           d.sku, d.gtin, d.price_minor, d.discount_minor, s.stock, s.is_untracked, p.created_at
      FROM products p
      JOIN variants d ON d.product_id = p.id AND d.is_default
     CROSS JOIN LATERAL (SELECT sum(v.stock) AS stock, bool_or(NOT v.track_inventory) AS is_untracked
                           FROM variants v WHERE v.product_id = p.id AND v.deleted_at IS NULL) s
     WHERE p.id = ANY (ids)
     ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE
       SET is_visible = excluded.is_visible, is_featured = excluded.is_featured,
           category_id = excluded.category_id, brand_id = excluded.brand_id, sort_name = excluded.sort_name,
           sku = excluded.sku, gtin = excluded.gtin, price_minor = excluded.price_minor,
           discount_minor = excluded.discount_minor, stock = excluded.stock, is_untracked = excluded.is_untracked,
           created_at = excluded.created_at;
END $$;

-- Every word products are found by, for completing what a shopper begins to type and for mending what they
-- mistype. A word is added with its first product; how many have it is counted anew by a job.
CREATE TABLE search_words (
    word     text PRIMARY KEY,
    products integer NOT NULL DEFAULT 1
);
CREATE INDEX search_words_likeness_idx ON search_words USING gin (word gin_trgm_ops);
CREATE INDEX search_words_prefix_idx ON search_words (word text_pattern_ops);

-- The words of a text as search_words holds them.
CREATE FUNCTION search_words_of(text text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT word FROM regexp_split_to_table(lower(text), '[^[:alnum:]]+') AS word WHERE length(word) BETWEEN 2 AND 40
$$;

CREATE OR REPLACE FUNCTION refresh_search(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_search (product_id, words, spelling)
    SELECT p.id,
           setweight(to_tsvector('english', p.name), 'A') ||
           setweight(to_tsvector('simple', coalesce(v.skus, '')), 'A') ||
           setweight(to_tsvector('english', concat_ws(' ', b.name, c.name, parent.name)), 'B') ||
           setweight(to_tsvector('english', coalesce(a.facts, '')), 'C') ||
           setweight(to_tsvector('english', left(p.description, 5000)), 'D'),
           lower(concat_ws(' ', p.name, b.name, c.name))
      FROM products p
      LEFT JOIN brands b ON b.id = p.brand_id
      LEFT JOIN categories c ON c.id = p.category_id
      LEFT JOIN categories parent ON parent.id = c.parent_id
      LEFT JOIN LATERAL (SELECT string_agg(sku, ' ') AS skus FROM variants WHERE product_id = p.id AND deleted_at IS NULL) v ON true
      LEFT JOIN LATERAL (SELECT left(string_agg(concat_ws(' ', replace(key, '_', ' '), value), ' '), 2000) AS facts
                           FROM jsonb_each_text(p.attributes)) a ON true
     WHERE p.id = ANY (ids)
     ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, spelling = excluded.spelling;
    -- In the order of the words, so that two transactions with the same new ones do not deadlock.
    INSERT INTO search_words (word)
    SELECT DISTINCT w FROM product_search s, search_words_of(s.spelling) w
     WHERE s.product_id = ANY (ids) AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = w)
     ORDER BY w
    ON CONFLICT DO NOTHING;
END $$;
INSERT INTO search_words (word, products)
SELECT w, count(*) FROM product_search s, search_words_of(s.spelling) w GROUP BY w;

-- Words an administrator says mean the same. A one-way set replaces its terms by its meaning, but not back.
CREATE TABLE search_synonyms (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terms      text[] NOT NULL CHECK (cardinality(terms) BETWEEN 1 AND 30),
    meaning    text,                        -- null: each term means all the others
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_synonyms_terms_idx ON search_synonyms USING gin (terms);

DROP VIEW product_details;
CREATE VIEW product_details AS
SELECT p.id, p.name, p.slug, p.description, p.condition, p.attributes, p.is_active, p.is_featured, p.deleted_at,
       p.created_at, p.updated_at, p.version, l.rating_count, l.rating_sum,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       (SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options,
                                          'price_minor', v.price_minor, 'discount_minor', v.discount_minor,
                                          'stock', v.stock, 'track_inventory', v.track_inventory,
                                          'image_id', v.image_id, 'is_default', v.is_default)
                        ORDER BY v.is_default DESC, v.position, v.id)
          FROM variants v WHERE v.product_id = p.id AND v.deleted_at IS NULL)::json AS variants,
       (SELECT coalesce(json_agg(json_build_object('id', i.id, 'alt', i.alt, 'position', i.position,
                                                   'is_primary', i.is_primary, 'sizes', i.sizes)
                                 ORDER BY i.is_primary DESC, i.position, i.id), '[]')
          FROM product_images i WHERE i.product_id = p.id)::json AS images
  FROM products p
  JOIN product_listings l ON l.product_id = p.id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN categories c ON c.id = p.category_id;

DROP VIEW product_cards;
CREATE VIEW product_cards AS
SELECT l.product_id, l.is_visible, l.is_featured, l.sku, l.gtin, l.price_minor, l.discount_minor, l.stock, l.in_stock,
       l.rating_count, l.rating_sum, l.created_at, p.updated_at, p.name, p.slug,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       i.id AS image_id, i.alt AS image_alt, i.position AS image_position, i.sizes AS image_sizes
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN brands b ON b.id = l.brand_id
  LEFT JOIN categories c ON c.id = l.category_id
  LEFT JOIN product_images i ON i.product_id = l.product_id AND i.is_primary;

CREATE OR REPLACE FUNCTION filtered_products(
    q text, in_category_id bigint, in_category text, of_brand_id bigint, of_brand text, min_minor bigint, max_minor bigint,
    stocked boolean, discounted boolean, featured boolean, with_gtin text, with_attributes jsonb
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (q IS NULL OR l.product_id IN (
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', q) || websearch_to_tsquery('simple', q))))
       AND (in_category_id IS NULL OR l.category_id IN (SELECT category_tree(in_category_id)))
       AND (in_category IS NULL OR l.category_id IN (
               SELECT category_tree(c.id) FROM categories c
                WHERE lower(c.name) = lower(in_category) OR c.slug = lower(in_category)))
       AND (of_brand_id IS NULL OR l.brand_id = of_brand_id)
       AND (of_brand IS NULL OR l.brand_id IN (
               SELECT b.id FROM brands b WHERE lower(b.name) = lower(of_brand) OR b.slug = lower(of_brand)))
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (stocked IS NULL OR l.in_stock = stocked)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (featured IS NULL OR l.is_featured = featured)
       AND (with_gtin IS NULL OR l.product_id IN (
               SELECT v.product_id FROM variants v WHERE v.gtin = with_gtin AND v.deleted_at IS NULL))
       AND (with_attributes IS NULL OR l.product_id IN (
               SELECT p.id FROM products p WHERE p.attributes @> with_attributes))
$$;

-- Searched by meaning. PostgreSQL reads it for large catalogues and compares all vectors of small ones. Built by one
-- process: parallel builds of pgvector before 0.8.2 read beyond their memory (CVE-2026-3172).
SET LOCAL max_parallel_maintenance_workers = 0;
CREATE INDEX product_embeddings_nearest_idx ON product_embeddings USING hnsw (embedding halfvec_cosine_ops);

CREATE TABLE reviews (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products,
    user_id    bigint NOT NULL REFERENCES users,
    rating     smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title      text NOT NULL DEFAULT '',
    body       text NOT NULL DEFAULT '',
    author     text NOT NULL,              -- as it was shown then: a first name and an initial
    is_hidden  boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviews_once_key UNIQUE (product_id, user_id)
);
CREATE INDEX reviews_product_idx ON reviews (product_id, created_at, id) WHERE NOT is_hidden;
CREATE INDEX reviews_created_idx ON reviews (created_at, id);

-- The rating that lists show is that of the reviews that are shown. Added and taken away rather than counted, so that
-- two reviews at once both count.
CREATE FUNCTION reviews_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    count integer := CASE WHEN NEW.is_hidden THEN 0 ELSE 1 END;
    stars bigint := CASE WHEN NEW.is_hidden THEN 0 ELSE NEW.rating END;
BEGIN
    IF TG_OP = 'UPDATE' AND NOT OLD.is_hidden THEN
        count := count - 1;
        stars := stars - OLD.rating;
    END IF;
    UPDATE product_listings l SET rating_count = l.rating_count + count, rating_sum = l.rating_sum + stars
     WHERE l.product_id = NEW.product_id;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_changed AFTER INSERT OR UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION reviews_changed();
