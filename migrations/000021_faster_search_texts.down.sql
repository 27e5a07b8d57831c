CREATE OR REPLACE FUNCTION search_text(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT t || coalesce((SELECT ' ' || string_agg(m[1] || m[2], ' ')
                            FROM regexp_matches(t, '\m([a-z]) (\d{1,4}[a-z]?)\M', 'g') m), '')
             || coalesce((SELECT ' ' || string_agg(m[1] || m[2], ' ')
                            FROM regexp_matches(t, '\m(\d+) (gb|tb|mb|mah|mm|cm|ml|kg|oz|lb|ft|inch|mp|hz|w|l|g)\M', 'g') m), '')
      FROM (SELECT btrim(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
                lower(regexp_replace(normalize(text, NFD), '[\u0300-\u036f]', '', 'g')),
                '[''’]s\M', '', 'g'),
                '(\d)[''’′](?!\w)', '\1 ft ', 'g'),
                '(\d)["”″]', '\1 inch ', 'g'),
                '(\d),(?=\d{3}(?!\d))', '\1', 'g'),
                '[''’]', '', 'g'),
                '([^[:alnum:]\u00df-\u00f6\u00f8-\uffff]|[\u2000-\u2bff\u3000-\u303f])+', ' ', 'g')) AS t) x
$$;

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
