CREATE TABLE reviews (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products,
    user_id    bigint NOT NULL REFERENCES users,
    rating     smallint NOT NULL CHECK (rating BETWEEN 1 AND 5),
    title      text NOT NULL DEFAULT '',
    body       text NOT NULL DEFAULT '',
    author     text NOT NULL,              -- as shown when it was written: first name and initial
    is_hidden  boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reviews_once_key UNIQUE (product_id, user_id)
);
CREATE INDEX reviews_product_idx ON reviews (product_id, created_at, id) WHERE NOT is_hidden;
-- Lists by rating, and how often each rating was given.
CREATE INDEX reviews_rating_idx ON reviews (product_id, rating, created_at, id) WHERE NOT is_hidden;
CREATE INDEX reviews_created_idx ON reviews (created_at, id);
CREATE INDEX reviews_user_id_idx ON reviews (user_id);

-- Updates the rating that lists show, which is that of the visible reviews. It adds and subtracts
-- instead of counting, so that of two reviews at the same time both count.
CREATE FUNCTION reviews_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
-- An update that changes neither stars nor visibility leaves the listing alone.
CREATE TRIGGER reviews_updated AFTER UPDATE ON reviews
    FOR EACH ROW WHEN ((old.rating, old.is_hidden) IS DISTINCT FROM (new.rating, new.is_hidden))
    EXECUTE FUNCTION reviews_changed();

-- Reports whether an account has paid for a product.
CREATE FUNCTION has_bought(by_user bigint, what bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM orders o JOIN order_lines l ON l.order_id = o.id
                    WHERE o.user_id = by_user AND o.status IN ('PAID', 'SHIPPED', 'DELIVERED') AND l.product_id = what)
$$;

CREATE VIEW review_details AS
SELECT r.*, has_bought(r.user_id, r.product_id) AS is_verified_purchase FROM reviews r;
