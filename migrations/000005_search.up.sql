-- The configuration that words of products and queries are stemmed by: english that keeps its stop
-- words, so that a name made of them (AT&T, The Who) can be found. Descriptions go without them.
CREATE TEXT SEARCH DICTIONARY shop_stem (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION shop_words (COPY = english);
ALTER TEXT SEARCH CONFIGURATION shop_words ALTER MAPPING REPLACE english_stem WITH shop_stem;

-- Returns a text with its letters folded: lower case, in compatibility form (NFKC), without
-- accents, Arabic vowel marks, Hebrew points and invisible characters, and with Latin letters for
-- those that Unicode does not decompose (ß, ø, ł, æ, þ). Signs stay. The server folds alike
-- (fold.go in internal/search); TestReadersAgree compares the two.
CREATE FUNCTION search_fold(text text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE t text;
BEGIN
    -- Signs that would become letters or digits are blanks; all apostrophes and inch marks are one.
    t := translate(text, 'ŉ’′ʼ”″™℠¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅟', 'n''''''""                    ');
    t := lower(normalize(t, NFKD));
    t := regexp_replace(t, '[\u00ad\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]', '', 'g');
    t := translate(t, 'øłıđðħŧςىیېکةھہ٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹', 'oliddhtσيييكههه01234567890123456789');
    IF t ~ '[ßẞæœþ]' THEN
        t := replace(replace(replace(replace(replace(t, 'ß', 'ss'), 'ẞ', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    END IF;
    RETURN normalize(t, NFC);
END $$;

-- Returns a text as search reads it: folded, without signs, one blank between words. A possessive
-- loses its s, a number its thousands separators. Scripts written without blanks (Han, Kana, Thai,
-- Lao, Myanmar, Khmer) are words apart from others. What some writers write otherwise is appended:
-- "S 5" is also s5, "64 GB" also 64gb, "e-bike" also ebike, "iPhone15" also iphone 15, "Größe" also
-- groesse, and "C++" also cplusplus. The server reads queries alike (tokens.go in internal/search).
--
-- Imports spend most of their time here, so it is written for speed. PL/pgSQL needs no plan for
-- each text. Rare characters are looked for before they are replaced. Single blanks, which separate
-- most words, stay where they are. ASCII, which most texts are, skips what it cannot need.
CREATE FUNCTION search_text(text text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    is_ascii CONSTANT boolean := octet_length(text) = length(text);
    t        text;
    more     text := '';    -- what is appended
    composed text;
BEGIN
    t := CASE WHEN is_ascii THEN lower(text) ELSE search_fold(text) END;
    IF strpos(t, '''') > 0 OR strpos(t, '"') > 0 THEN
        t := regexp_replace(regexp_replace(regexp_replace(t,
                '''s\M', '', 'g'),
                '(\d)''(?!\w)', '\1 ft ', 'g'),
                '(\d)"', '\1 inch ', 'g');
        t := replace(regexp_replace(t, '(?<=\d)''|''(?=\d)|''{2,}', ' ', 'g'), '''', '');
    END IF;
    IF strpos(t, ',') > 0 AND t ~ '\d,\d' THEN
        t := regexp_replace(t, '(\d),(?=\d{3}(?!\d))', '\1', 'g');
    END IF;
    IF strpos(t, '-') > 0 THEN
        more := coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
            FROM regexp_matches(t, '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z]{1,3})-([a-z]{2,})(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])', 'g') m), '');
    END IF;
    IF strpos(t, '+') > 0 OR strpos(t, '#') > 0 THEN
        more := more || coalesce((
            SELECT string_agg(' ' || m[1] || CASE m[2] WHEN '#' THEN 'sharp' WHEN '+' THEN 'plus' ELSE 'plusplus' END, '')
              FROM regexp_matches(t, '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])(\+\+|\+|#)(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', 'g') m), '');
    END IF;
    IF is_ascii THEN
        t := btrim(regexp_replace(t, '[^a-z0-9]{2,}|[^ a-z0-9]', ' ', 'g'));
    ELSE
        IF t ~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]' THEN
            t := regexp_replace(t, '([\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)', ' \1 ', 'g');
        END IF;
        t := btrim(regexp_replace(t, '[^0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff]{2,}|[^ 0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff]', ' ', 'g'));
        composed := normalize(text, NFKC);
        IF composed ~ '[äöüøåÄÖÜØÅ]' THEN
            more := more || coalesce((
                SELECT ' ' || search_text(string_agg(replace(replace(replace(replace(replace(
                           w, 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ø', 'oe'), 'å', 'aa'), ' '))
                  FROM regexp_split_to_table(lower(translate(composed, 'ÄÖÜØÅ', 'äöüøå')), '\s') w
                 WHERE w ~ '[äöüøå]'), '');
        END IF;
    END IF;
    IF t ~ '[^0-9 ]{2}[0-9]|[0-9][^0-9 ]{2}' THEN
        more := more || coalesce((
            SELECT string_agg(' ' || regexp_replace(regexp_replace(
                       w, '([^0-9]{2,})(?=[0-9])', '\1 ', 'g'), '([0-9])(?=[^0-9 ])', '\1 ', 'g'), '')
              FROM string_to_table(t, ' ') w
             WHERE w ~ '[^0-9]{2}[0-9]|[0-9][^0-9]{2}' AND w !~ '^[0-9]+(?:[a-z]{1,2}|mah|inch)$' AND length(w) <= 40), '');
    END IF;
    IF t ~ '(?:^| )[a-z] [0-9]|[0-9] (?:gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)(?: |$)' THEN
        more := more || coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
                                    FROM regexp_matches(t, '\m([a-z]) (\d{1,4}[a-z]?)\M', 'g') m), '')
                     || coalesce((SELECT string_agg(' ' || m[1] || m[2], '')
                                    FROM regexp_matches(t, '\m(\d+) (gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)\M', 'g') m), '');
    END IF;
    RETURN t || more;
END $$;

-- Returns the neighbouring letters of the words in a text as search reads it that are written
-- without blanks, in pairs, and the last letter of each word: 時計店 is 時計 計店 店. A word within
-- others is found by its pairs one after the other.
CREATE FUNCTION search_pairs(text text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    IF octet_length(text) = length(text) OR text !~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]' THEN
        RETURN '';
    END IF;
    RETURN coalesce((SELECT string_agg(substr(w, i, 2), ' ' ORDER BY n, i)
                       FROM string_to_table(text, ' ') WITH ORDINALITY AS words (w, n), generate_series(1, length(w)) i
                      WHERE w ~ '^[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}$'), '');
END $$;

-- The same as search_text for a text whose quotes and leading minus signs mean something
-- (websearch_to_tsquery). A word written without blanks becomes a phrase of its pairs.
CREATE FUNCTION search_phrase(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN t ~ '[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{3}' AND strpos(t, '"') = 0
                THEN (SELECT string_agg(CASE WHEN w ~ '^[\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{3,}$'
                                             THEN '"' || regexp_replace(search_pairs(w), ' .$', '') || '"' ELSE w END, ' ' ORDER BY n)
                        FROM string_to_table(regexp_replace(t, '([\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ecd\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\u17d7\u17dc\u17dd\u3005-\u3007\u3041-\u309a\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)', ' \1 ', 'g'), ' ') WITH ORDINALITY AS words (w, n))
                ELSE t END
      FROM (SELECT regexp_replace(
                       regexp_replace(
                           regexp_replace(search_fold(text), '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])\+\+(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', '\1plusplus', 'g'),
                           '(?<![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff])([a-z])#(?![0-9a-z\u00df-\u00f6\u00f8-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7-\u05f2\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u0e3e\u0e40-\u0e4e\u0e50-\u0e59\u0e5c-\u1049\u1050-\u17d3\u17d7\u17dc-\u1fff\u2c00-\u2fef\u3005-\u3007\u3021-\u302f\u3031-\u3035\u3038-\u303c\u3040-\u309f\u30a1-\u30fa\u30fc-\ufdff\ufe10-\uffff\U00020000-\U0003ffff+#])', '\1sharp', 'g'),
                       '(?<=[[:alnum:]])[^[:alnum:]\s"]+(?=[[:alnum:]])', ' ', 'g') AS t) folded
$$;

-- What searches read. words is weighted by where a word stands: A name and sku, B brand and
-- category, C attributes, D description. spelling holds the words of name, brand and category that
-- corrections and completions offer.
CREATE TABLE product_search (
    product_id bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    words      tsvector NOT NULL,
    spelling   text NOT NULL
);
CREATE INDEX product_search_words_idx ON product_search USING gin (words);

-- The vocabulary: every word of the catalogue, to complete what a shopper begins to type and to
-- correct what they mistype. A word is added with the first product that has it; a job counts
-- again.
CREATE TABLE search_words (
    word     text PRIMARY KEY,
    stem     text NOT NULL,                 -- what products is counted by
    products integer NOT NULL DEFAULT 1,    -- how many products have the word
    titles   integer NOT NULL DEFAULT 0     -- how many have it in their name, brand or category
);

-- search_changes counts changes of what is searched. search_version counts changes of what servers
-- hold in memory of it: words, brands and synonyms. They are sequences, as a row would make
-- transactions wait for each other. A sequence reports its first value before and after its first
-- use, so each is used once here, and no change goes unnoticed.
CREATE SEQUENCE search_changes;
CREATE SEQUENCE search_version;
SELECT nextval('search_changes'), nextval('search_version');

CREATE TABLE search_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    counted   bigint NOT NULL,             -- search_changes when the words were counted last
    products  bigint NOT NULL              -- how many visible products there were then
);
INSERT INTO search_state (counted, products) SELECT last_value, 0 FROM search_changes;

CREATE FUNCTION current_search_version() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT last_value FROM search_version $$;

CREATE FUNCTION current_catalogue_changes() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT c.last_value + v.last_value FROM search_changes c, search_version v
$$;

-- Words that staff declares to have the same meaning. A one-way set replaces its terms by its
-- meaning, but not the other way round.
CREATE TABLE search_synonyms (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terms      text[] NOT NULL CHECK (cardinality(terms) BETWEEN 1 AND 30),
    meaning    text,                        -- null: each term means all the others
    version    bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX search_synonyms_terms_idx ON search_synonyms USING gin (terms);
SELECT audit_table('search_synonyms', 'synonyms', label => 'terms');

-- A term belongs to one set only.
CREATE TABLE search_synonym_terms (
    term       text PRIMARY KEY,
    synonym_id bigint NOT NULL REFERENCES search_synonyms ON DELETE CASCADE
);
CREATE INDEX search_synonym_terms_set_idx ON search_synonym_terms (synonym_id);

CREATE FUNCTION search_vocabulary_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('search_version');
    RETURN NULL;
END $$;
CREATE TRIGGER brands_known AFTER INSERT OR UPDATE OF name OR DELETE ON brands
    FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();
CREATE TRIGGER search_synonyms_known AFTER INSERT OR UPDATE OR DELETE ON search_synonyms
    FOR EACH STATEMENT EXECUTE FUNCTION search_vocabulary_changed();

-- Rebuilds the search rows of some products and adds the words that are new to the vocabulary. Each
-- word is looked up once, not once for each product that has it, and only new words are counted.
-- The vocabulary grows much while a plan of this statement is in use; without sequential scans the
-- plan never comes to read all of it.
CREATE FUNCTION refresh_search(ids bigint[]) RETURNS void LANGUAGE plpgsql SET enable_seqscan = off AS $$
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
               setweight(to_tsvector('shop_words', t.name || ' ' || search_pairs(t.name)), 'A') ||
               setweight(to_tsvector('simple', t.skus), 'A') ||
               setweight(to_tsvector('shop_words', t.kin || ' ' || search_pairs(t.kin)), 'B') ||
               setweight(to_tsvector('english', t.facts || ' ' || search_pairs(t.facts)), 'C') ||
               setweight(to_tsvector('english', t.description || ' ' || search_pairs(t.description)), 'D'),
               t.name || ' ' || t.kin
          FROM texts t
         ORDER BY t.id
        ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, spelling = excluded.spelling
    ), used AS MATERIALIZED (
        SELECT t.id, string_to_table(t.name || ' ' || t.kin, ' ') AS word, true AS titled FROM texts t
        UNION ALL
        SELECT t.id, string_to_table(t.skus || ' ' || t.facts || ' ' || t.description, ' '), false FROM texts t
    ), said AS MATERIALIZED (
        SELECT word, bool_or(titled) AS titled FROM used GROUP BY word
    ), unknown AS MATERIALIZED (
        SELECT s.word
          FROM said s
         WHERE length(s.word) BETWEEN 1 AND 40
           AND (SELECT w.titles > 0 OR NOT s.titled FROM search_words w WHERE w.word = s.word) IS NOT TRUE
           AND ts_lexize('english_stem', s.word) <> '{}'         -- no stop word
    ), found AS (
        SELECT u.word COLLATE "C" AS word, u.id, bool_or(u.titled) AS titled
          FROM used u JOIN unknown USING (word)
         GROUP BY u.word COLLATE "C", u.id
    )
    -- In the order of the words, so that two transactions with the same new ones do not deadlock.
    INSERT INTO search_words AS known (word, stem, products, titles)
    SELECT f.word, (ts_lexize('english_stem', f.word))[1], count(*), count(*) FILTER (WHERE f.titled)
      FROM found f
     GROUP BY f.word
     ORDER BY f.word
    ON CONFLICT (word) DO UPDATE SET titles = greatest(known.titles, excluded.titles);
    GET DIAGNOSTICS news = ROW_COUNT;
    IF news > 0 THEN
        PERFORM nextval('search_version');
    END IF;
    PERFORM nextval('search_changes');
END $$;

-- A renamed brand or category changes the words its products are found by.
CREATE FUNCTION names_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'brands' THEN
        PERFORM refresh_search(array_agg(id)) FROM products WHERE brand_id = NEW.id;
    ELSE
        PERFORM refresh_search(array_agg(p.id)) FROM products p JOIN categories c ON c.id = p.category_id
          WHERE NEW.id IN (c.id, c.parent_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER brands_renamed AFTER UPDATE OF name ON brands
    FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION names_changed();
CREATE TRIGGER categories_renamed AFTER UPDATE OF name, parent_id ON categories
    FOR EACH ROW WHEN ((old.name, old.parent_id) IS DISTINCT FROM (new.name, new.parent_id))
    EXECUTE FUNCTION names_changed();

-- Counts how many visible products have each word and deletes the words that none has. Returns
-- false if nothing changed since the last count.
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

-- Returns the visible products that pass the filters of a list. This is the one place that says
-- what each filter means; a filter that is null, or is not given, lets every product pass.
--
-- PostgreSQL inlines the function into the calling statement, and under a plan made for its
-- arguments the filters that are null vanish. Subqueries are arrays, as an array is looked up in an
-- index, while a subquery next to an OR is compared with every row.
CREATE FUNCTION filtered_products(
    q text DEFAULT NULL, category_id bigint DEFAULT NULL, category text DEFAULT NULL,
    brand_id bigint DEFAULT NULL, brand text DEFAULT NULL, min_minor bigint DEFAULT NULL,
    max_minor bigint DEFAULT NULL, in_stock boolean DEFAULT NULL, on_sale boolean DEFAULT NULL,
    featured boolean DEFAULT NULL, gtin text DEFAULT NULL, attributes jsonb DEFAULT NULL
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (filtered_products.q IS NULL OR l.product_id = ANY (ARRAY(
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', search_phrase(filtered_products.q))
                               || websearch_to_tsquery('simple', search_phrase(filtered_products.q))))))
       AND (filtered_products.category_id IS NULL
            OR l.category_id = ANY (ARRAY(SELECT category_tree(filtered_products.category_id))))
       AND (filtered_products.category IS NULL OR l.category_id = ANY (ARRAY(
               SELECT category_tree(c.id) FROM categories_named(filtered_products.category) AS c (id))))
       AND (filtered_products.brand_id IS NULL OR l.brand_id = filtered_products.brand_id)
       AND (filtered_products.brand IS NULL OR l.brand_id = ANY (ARRAY(
               SELECT b.id FROM brands_named(filtered_products.brand) AS b (id))))
       AND (filtered_products.min_minor IS NULL OR l.buyer_minor >= filtered_products.min_minor)
       AND (filtered_products.max_minor IS NULL OR l.buyer_minor <= filtered_products.max_minor)
       AND (filtered_products.in_stock IS NULL OR l.in_stock = filtered_products.in_stock)
       AND (filtered_products.on_sale IS NULL OR l.on_sale = filtered_products.on_sale)
       AND (filtered_products.featured IS NULL OR l.is_featured = filtered_products.featured)
       AND (filtered_products.gtin IS NULL OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v
                WHERE v.gtin = filtered_products.gtin AND v.deleted_at IS NULL)))
       AND (filtered_products.attributes IS NULL OR l.attributes @> filtered_products.attributes)
$$;
