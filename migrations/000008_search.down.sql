DROP TABLE search_synonym_terms;
DROP FUNCTION recount_search_words();
DROP TRIGGER search_synonyms_known ON search_synonyms;
DROP TRIGGER brands_known ON brands;
DROP FUNCTION search_vocabulary_changed();
DROP FUNCTION current_search_version();
DROP TABLE search_state;
DROP SEQUENCE search_version, search_changes;

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

DELETE FROM search_words;
ALTER TABLE search_words DROP COLUMN stem, DROP COLUMN titles;
CREATE INDEX search_words_likeness_idx ON search_words USING gin (word gin_trgm_ops);
CREATE INDEX search_words_prefix_idx ON search_words (word text_pattern_ops);
CREATE INDEX product_search_spelling_idx ON product_search USING gin (spelling gin_trgm_ops);
SELECT refresh_search(array_agg(id)) FROM products HAVING count(*) > 0;
DROP FUNCTION search_phrase(text);
DROP FUNCTION search_text(text);
