-- What is bought together, by the orders of a year: how many customers, each at most once a day, had both.
CREATE TABLE product_pairs (
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    other_id   bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    buyers     integer NOT NULL,
    score      real NOT NULL,          -- cosine of who bought them, shrunk where few did
    PRIMARY KEY (product_id, other_id)
);
CREATE INDEX product_pairs_score_idx ON product_pairs (product_id, score DESC, other_id);
CREATE INDEX product_pairs_other_idx ON product_pairs (other_id);

-- Whether an account has paid for a product.
CREATE FUNCTION has_bought(by_user bigint, what bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM orders o JOIN order_lines l ON l.order_id = o.id
                    WHERE o.user_id = by_user AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AND l.product_id = what)
$$;

CREATE VIEW review_details AS
SELECT r.*, has_bought(r.user_id, r.product_id) AS is_verified_purchase FROM reviews r;

-- A sale changes one number of a listing, so it writes that alone. The listings are locked before their variants are
-- summed, for the same reason as the variants before their levels.
CREATE OR REPLACE FUNCTION stock_levels_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE products bigint[];
BEGIN
    PERFORM FROM variants WHERE id IN (SELECT variant_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    PERFORM set_config('shopd.moves_stock', 'yes', true);
    UPDATE variants v SET stock = s.quantity
      FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM stock_levels
             WHERE variant_id IN (SELECT variant_id FROM changed) GROUP BY variant_id) s
     WHERE v.id = s.variant_id AND v.stock <> s.quantity;
    PERFORM set_config('shopd.moves_stock', '', true);
    SELECT array_agg(DISTINCT product_id) INTO products FROM variants WHERE id IN (SELECT variant_id FROM changed);
    PERFORM FROM product_listings WHERE product_id = ANY (products) ORDER BY product_id FOR NO KEY UPDATE;
    UPDATE product_listings l SET stock = s.stock
      FROM (SELECT product_id, sum(stock) AS stock FROM variants
             WHERE product_id = ANY (products) AND deleted_at IS NULL GROUP BY product_id) s
     WHERE l.product_id = s.product_id AND l.stock <> s.stock;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids bigint[];
BEGIN
    IF TG_TABLE_NAME = 'variants' AND current_setting('shopd.moves_stock', true) = 'yes' THEN
        RETURN NULL; -- stock alone: whoever moves it sees to the listing
    END IF;
    IF TG_TABLE_NAME = 'products' THEN
        SELECT array_agg(id) INTO ids FROM changed;
    ELSE
        SELECT array_agg(DISTINCT product_id) INTO ids FROM changed;
    END IF;
    IF ids IS NOT NULL THEN
        PERFORM refresh_listings(ids);
        -- A sale changes stock alone, which no word depends on.
        IF TG_TABLE_NAME = 'products' OR TG_OP <> 'UPDATE' THEN
            PERFORM refresh_search(ids);
        END IF;
    END IF;
    RETURN NULL;
END $$;
