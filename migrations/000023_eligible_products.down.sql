DROP FUNCTION eligible_products(bigint, bigint, boolean, jsonb, bigint[], bigint[], bigint[]);
DROP INDEX product_listings_count_idx;
CREATE INDEX product_listings_count_idx ON product_listings (category_id, brand_id, buyer_minor, in_stock, on_sale, is_featured)
    INCLUDE (product_id) WHERE is_visible;
