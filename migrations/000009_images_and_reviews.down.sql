DROP TRIGGER reviews_updated ON reviews;
DROP TRIGGER reviews_added_or_removed ON reviews;
CREATE OR REPLACE FUNCTION reviews_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    count integer := CASE WHEN NEW.is_hidden THEN 0 ELSE 1 END;
    stars bigint := CASE WHEN NEW.is_hidden THEN 0 ELSE NEW.rating END;
BEGIN
    IF TG_OP = 'UPDATE' AND NOT OLD.is_hidden THEN
        count := count - 1;
        stars := stars - OLD.rating;
    END IF;
    UPDATE product_listings l SET rating_count = l.rating_count + count, rating_sum = l.rating_sum + stars
     WHERE l.product_id = NEW.product_id;
    RETURN NULL;
END $$;
CREATE TRIGGER reviews_changed AFTER INSERT OR UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION reviews_changed();
DROP INDEX reviews_user_id_idx;
DROP INDEX reviews_rating_idx;
DROP INDEX product_images_sizes_idx;
