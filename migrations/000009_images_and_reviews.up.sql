-- Which image has a file: asked before a file is deleted.
CREATE INDEX product_images_sizes_idx ON product_images USING gin (sizes jsonb_path_ops);

-- By rating, for lists in that order and for how often each was given; and all of one customer.
CREATE INDEX reviews_rating_idx ON reviews (product_id, rating, created_at, id) WHERE NOT is_hidden;
CREATE INDEX reviews_user_id_idx ON reviews (user_id);

-- A review that is withdrawn no longer counts, and an update that changes neither stars nor visibility leaves the
-- listing alone.
DROP TRIGGER reviews_changed ON reviews;
CREATE OR REPLACE FUNCTION reviews_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_product bigint;
    count integer := 0;
    stars bigint := 0;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        of_product := NEW.product_id;
        IF NOT NEW.is_hidden THEN
            count := count + 1;
            stars := stars + NEW.rating;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        of_product := OLD.product_id;
        IF NOT OLD.is_hidden THEN
            count := count - 1;
            stars := stars - OLD.rating;
        END IF;
    END IF;
    UPDATE product_listings l SET rating_count = l.rating_count + count, rating_sum = l.rating_sum + stars
     WHERE l.product_id = of_product;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_added_or_removed AFTER INSERT OR DELETE ON reviews
    FOR EACH ROW EXECUTE FUNCTION reviews_changed();
CREATE TRIGGER reviews_updated AFTER UPDATE ON reviews
    FOR EACH ROW WHEN ((old.rating, old.is_hidden) IS DISTINCT FROM (new.rating, new.is_hidden)) EXECUTE FUNCTION reviews_changed();
