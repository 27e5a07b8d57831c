-- Counting what passes the filters of a list reads this index alone. in_stock changes when the last unit goes or the first
-- comes, not with every sale.
CREATE INDEX product_listings_count_idx ON product_listings (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured) WHERE is_visible;

-- The same filters, written so that each of them can lead: what an array holds is looked up in an index, while a subquery
-- beside an OR is compared with every row.
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
       AND (with_attributes IS NULL OR l.product_id = ANY (ARRAY(
               SELECT p.id FROM products p WHERE p.attributes @> with_attributes)))
$$;
