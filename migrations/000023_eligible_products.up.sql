-- The products that an answer may rest on: in the shop, in stock, and as the question wants them. An attribute may also be an
-- option of a variant in stock. Of the arrays an empty one asks for nothing.
CREATE FUNCTION eligible_products(
    min_minor bigint, max_minor bigint, discounted boolean, with_attributes jsonb, in_categories bigint[], of_brands bigint[], among bigint[]
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible AND l.in_stock
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (with_attributes IS NULL OR l.attributes @> with_attributes OR l.product_id = ANY (ARRAY(
               SELECT v.product_id FROM variants v
                WHERE v.deleted_at IS NULL AND v.options <> '{}' AND v.stock > 0 AND v.options @> with_attributes)))
       AND (cardinality(in_categories) = 0 OR l.category_id = ANY (in_categories))
       AND (cardinality(of_brands) = 0 OR l.brand_id = ANY (of_brands))
       AND (cardinality(among) = 0 OR l.product_id = ANY (among))
$$;

-- Which products may answer, and the most popular of them, is read from this index alone.
DROP INDEX product_listings_count_idx;
CREATE INDEX product_listings_count_idx ON product_listings (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured)
    INCLUDE (product_id, popularity) WHERE is_visible;
