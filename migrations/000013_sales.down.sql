DROP VIEW review_details;
DROP FUNCTION has_bought(bigint, bigint);
DROP TABLE product_pairs;

CREATE OR REPLACE FUNCTION stock_levels_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM variants WHERE id IN (SELECT variant_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE variants v SET stock = s.quantity
      FROM (SELECT variant_id, sum(quantity)::integer AS quantity FROM stock_levels
             WHERE variant_id IN (SELECT variant_id FROM changed) GROUP BY variant_id) s
     WHERE v.id = s.variant_id AND v.stock <> s.quantity;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids bigint[];
BEGIN
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
