-- What lists filter by lies beside what they sort by: of the products with an attribute, the most popular ones are met on
-- the way through the order's index, and all of them are counted without a look at the wide rows.
ALTER TABLE product_listings ADD COLUMN attributes jsonb NOT NULL DEFAULT '{}';
UPDATE product_listings l SET attributes = p.attributes FROM products p WHERE p.id = l.product_id AND p.attributes <> '{}';
CREATE INDEX product_listings_attributes_idx ON product_listings USING gin (attributes jsonb_path_ops) WHERE is_visible;
DROP INDEX products_attributes_idx;

CREATE OR REPLACE FUNCTION refresh_listings(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM product_listings WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    INSERT INTO product_listings AS l (product_id, is_visible, is_featured, category_id, brand_id, sort_name,
                                       sku, gtin, price_minor, discount_minor, stock, is_untracked, created_at, attributes)
    SELECT p.id, p.is_active AND p.deleted_at IS NULL, p.is_featured, p.category_id, p.brand_id, lower(p.name),
           d.sku, d.gtin, d.price_minor, d.discount_minor, s.stock, s.is_untracked, p.created_at, p.attributes
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
           created_at = excluded.created_at, attributes = excluded.attributes;
END $$;

CREATE OR REPLACE FUNCTION filtered_products(
    q text, in_category_id bigint, in_category text, of_brand_id bigint, of_brand text, min_minor bigint, max_minor bigint,
    stocked boolean, discounted boolean, featured boolean, with_gtin text, with_attributes jsonb
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (q IS NULL OR l.product_id = ANY (ARRAY(
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', search_phrase(q)) || websearch_to_tsquery('simple', search_phrase(q))))))
       AND (in_category_id IS NULL OR l.category_id = ANY (ARRAY(SELECT category_tree(in_category_id))))
       AND (in_category IS NULL OR l.category_id = ANY (ARRAY(
               SELECT category_tree(c.id) FROM categories c
                WHERE lower(c.name) = lower(in_category) OR c.slug = lower(in_category))))
       AND (of_brand_id IS NULL OR l.brand_id = of_brand_id)
       AND (of_brand IS NULL OR l.brand_id = ANY (ARRAY(
               SELECT b.id FROM brands b WHERE lower(b.name) = lower(of_brand) OR b.slug = lower(of_brand))))
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (stocked IS NULL OR l.in_stock = stocked)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (featured IS NULL OR l.is_featured = featured)
       AND (with_gtin IS NULL OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v WHERE v.gtin = with_gtin AND v.deleted_at IS NULL)))
       AND (with_attributes IS NULL OR l.attributes @> with_attributes)
$$;

-- Facets read this index alone, also when only some products count.
DROP INDEX product_listings_count_idx;
CREATE INDEX product_listings_count_idx ON product_listings (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured)
    INCLUDE (product_id) WHERE is_visible;

-- An apostrophe joins what it stands between whichever way it is drawn, as for the server.
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

SELECT refresh_search(array_agg(id)) FROM products WHERE name LIKE '%’%' OR description LIKE '%’%' HAVING count(*) > 0;
