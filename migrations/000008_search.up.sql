-- A text as search reads it: lower case without accents and signs, one blank between words. A possessive loses its s,
-- a number its thousands separators; behind the rest stand the words that writers join or do not: "S 5" is also s5,
-- "64 GB" also 64gb. Both what is searched and what is searched for pass through here.
CREATE FUNCTION search_text(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT t || coalesce((SELECT ' ' || string_agg(m[1] || m[2], ' ')
                            FROM regexp_matches(t, '\m([a-z]) (\d{1,4}[a-z]?)\M', 'g') m), '')
             || coalesce((SELECT ' ' || string_agg(m[1] || m[2], ' ')
                            FROM regexp_matches(t, '\m(\d+) (gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)\M', 'g') m), '')
      FROM (SELECT btrim(regexp_replace(replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                lower(regexp_replace(normalize(text, NFD), '[\u0300-\u036f]', '', 'g')),
                '[''’]s\M', '', 'g'),
                '(\d)[''’′](?!\w)', '\1 ft ', 'g'),
                '(\d)["”″]', '\1 inch ', 'g'),
                '(\d),(?=\d{3}(?!\d))', '\1', 'g'),
                '''', ''),
                '([^[:alnum:]\u00df-\u00f6\u00f8-\uffff]|[\u2000-\u2bff\u3000-\u303f])+', ' ', 'g')) AS t) x
$$;

-- The same for a text whose quotes and leading minus signs mean something (websearch_to_tsquery).
CREATE FUNCTION search_phrase(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(lower(regexp_replace(normalize(text, NFD), '[\u0300-\u036f]', '', 'g')),
                          '(?<=[[:alnum:]])[^[:alnum:]\s"]+(?=[[:alnum:]])', ' ', 'g')
$$;

-- What else the vocabulary must know: the stem that products are counted by, and how many have the word in their name,
-- brand or category, which is where completions and corrections come from.
DROP FUNCTION search_words_of(text);
DELETE FROM search_words;
ALTER TABLE search_words ADD COLUMN stem text NOT NULL, ADD COLUMN titles integer NOT NULL DEFAULT 0;
DROP INDEX search_words_likeness_idx, search_words_prefix_idx;   -- servers keep the words in memory
DROP INDEX product_search_spelling_idx;                           -- words are mended before products are looked for

-- search_changes counts changes of what is searched, search_version those of what servers keep in memory of it:
-- words, brands and synonyms. Sequences, because a row would make transactions wait for each other.
CREATE SEQUENCE search_changes;
CREATE SEQUENCE search_version;
CREATE TABLE search_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    counted   bigint NOT NULL,             -- search_changes when the words were counted last
    products  bigint NOT NULL              -- how many there were
);
INSERT INTO search_state (counted, products) VALUES (-1, 0);

CREATE FUNCTION current_search_version() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT last_value FROM search_version $$;

CREATE FUNCTION search_vocabulary_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('search_version');
    RETURN NULL;
END $$;
CREATE TRIGGER brands_known AFTER INSERT OR UPDATE OF name OR DELETE ON brands
    FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();
CREATE TRIGGER search_synonyms_known AFTER INSERT OR UPDATE OR DELETE ON search_synonyms
    FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();

CREATE OR REPLACE FUNCTION refresh_search(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE news bigint;
BEGIN
    WITH texts AS MATERIALIZED (
        SELECT p.id, search_text(p.name) AS name, search_text(coalesce(v.skus, '')) AS skus,
               search_text(concat_ws(' ', b.name, c.name, parent.name)) AS kin,
               search_text(coalesce(a.facts, '')) AS facts, search_text(left(p.description, 5000)) AS description
          FROM products p
          LEFT JOIN brands b ON b.id = p.brand_id
          LEFT JOIN categories c ON c.id = p.category_id
          LEFT JOIN categories parent ON parent.id = c.parent_id
          LEFT JOIN LATERAL (SELECT string_agg(sku, ' ') AS skus FROM variants WHERE product_id = p.id AND deleted_at IS NULL) v ON true
          LEFT JOIN LATERAL (SELECT left(string_agg(concat_ws(' ', replace(key, '_', ' '), value), ' '), 2000) AS facts
                               FROM jsonb_each_text(p.attributes)) a ON true
         WHERE p.id = ANY (ids)
    ), stored AS (
        INSERT INTO product_search (product_id, words, spelling)
        SELECT t.id,
               setweight(to_tsvector('english', t.name), 'A') || setweight(to_tsvector('simple', t.skus), 'A') ||
               setweight(to_tsvector('english', t.kin), 'B') || setweight(to_tsvector('english', t.facts), 'C') ||
               setweight(to_tsvector('english', t.description), 'D'),
               t.name || ' ' || t.kin
          FROM texts t
         ORDER BY t.id
        ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, spelling = excluded.spelling
    ), found AS (
        SELECT u.word, u.id, bool_or(u.titled) AS titled
          FROM (SELECT t.id, string_to_table(t.name || ' ' || t.kin, ' ') AS word, true AS titled FROM texts t
                UNION ALL
                SELECT t.id, string_to_table(t.skus || ' ' || t.facts || ' ' || t.description, ' '), false FROM texts t) u
         WHERE length(u.word) BETWEEN 1 AND 40
         GROUP BY u.word, u.id
    )
    -- In the order of the words, so that two transactions with the same new ones do not deadlock.
    INSERT INTO search_words AS known (word, stem, products, titles)
    SELECT f.word, (ts_lexize('english_stem', f.word))[1], count(*), count(*) FILTER (WHERE f.titled)
      FROM found f
     WHERE NOT EXISTS (SELECT FROM search_words w WHERE w.word = f.word AND (w.titles > 0 OR NOT f.titled))
       AND ts_lexize('english_stem', f.word) <> '{}'             -- no stop word
     GROUP BY f.word
     ORDER BY f.word
    ON CONFLICT (word) DO UPDATE SET titles = greatest(known.titles, excluded.titles);
    GET DIAGNOSTICS news = ROW_COUNT;
    IF news > 0 THEN
        PERFORM nextval('search_version');
    END IF;
    PERFORM nextval('search_changes');
END $$;
SELECT refresh_search(array_agg(id)) FROM products HAVING count(*) > 0;

-- Counts how many products have each word and drops the words that none has. False when nothing changed since.
CREATE FUNCTION recount_search_words() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE now_at bigint;
BEGIN
    SELECT last_value INTO now_at FROM search_changes;
    PERFORM FROM search_state WHERE counted <> now_at FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    WITH shown AS MATERIALIZED (
        SELECT word AS stem, ndoc FROM ts_stat('SELECT s.words FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible')
    ), titled AS MATERIALIZED (
        SELECT word AS stem, ndoc FROM ts_stat('SELECT s.words FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible', 'ab')
    ), spelled AS MATERIALIZED (
        SELECT DISTINCT string_to_table(s.spelling, ' ') AS word
          FROM product_search s JOIN product_listings l USING (product_id) WHERE l.is_visible
    ), counts AS MATERIALIZED (
        SELECT w.word, coalesce(shown.ndoc, 0) AS products,
               CASE WHEN spelled.word IS NULL THEN 0 ELSE coalesce(titled.ndoc, 0) END AS titles
          FROM search_words w
          LEFT JOIN shown USING (stem)
          LEFT JOIN titled USING (stem)
          LEFT JOIN spelled ON spelled.word = w.word
    ), gone AS (
        DELETE FROM search_words w USING counts c WHERE c.word = w.word AND c.products = 0
    )
    UPDATE search_words w SET products = c.products, titles = c.titles
      FROM counts c
     WHERE c.word = w.word AND c.products > 0 AND (w.products, w.titles) IS DISTINCT FROM (c.products, c.titles);
    UPDATE search_state SET counted = now_at, products = (SELECT count(*) FROM product_listings WHERE is_visible);
    PERFORM nextval('search_version');
    RETURN true;
END $$;
SELECT recount_search_words();

CREATE OR REPLACE FUNCTION filtered_products(
    q text, in_category_id bigint, in_category text, of_brand_id bigint, of_brand text, min_minor bigint, max_minor bigint,
    stocked boolean, discounted boolean, featured boolean, with_gtin text, with_attributes jsonb
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (q IS NULL OR l.product_id IN (
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', search_phrase(q)) || websearch_to_tsquery('simple', search_phrase(q)))))
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

-- A term is in one set alone.
CREATE TABLE search_synonym_terms (
    term       text PRIMARY KEY,
    synonym_id bigint NOT NULL REFERENCES search_synonyms ON DELETE CASCADE
);
CREATE INDEX search_synonym_terms_set_idx ON search_synonym_terms (synonym_id);
INSERT INTO search_synonym_terms (term, synonym_id)
SELECT term, min(s.id) FROM search_synonyms s, unnest(s.terms) AS term GROUP BY term;
