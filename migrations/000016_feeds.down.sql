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
DROP TABLE feed_images;
DROP TABLE feed_groups;
DROP TABLE feed_items;
DROP TABLE import_errors;
DROP TABLE imports;
