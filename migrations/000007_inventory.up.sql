-- Where stock lies. A sale takes from the first location with stock, in the order of position.
CREATE TABLE stock_locations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL CONSTRAINT stock_locations_code_key UNIQUE CHECK (code ~ '^[a-z0-9][a-z0-9_-]*$'),
    name       text NOT NULL,
    position   integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO stock_locations (code, name, position) VALUES ('main', 'Main', 0);
SELECT audit_table('stock_locations', 'location', label => 'name');

-- What can be sold of each variant at each location. The trigger below writes the sum to
-- variants.stock.
CREATE TABLE stock_levels (
    variant_id  bigint NOT NULL REFERENCES variants ON DELETE CASCADE,
    location_id bigint NOT NULL REFERENCES stock_locations,
    quantity    integer NOT NULL CHECK (quantity >= 0),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (variant_id, location_id)
) WITH (fillfactor = 85);
CREATE INDEX stock_levels_location_idx ON stock_levels (location_id);
SELECT audit_table('stock_levels', 'stock', key => 'variant_id', detail => '{location_id}');

-- The ledger: every unit that came or went, why, and by whom. The sum of a level's movements is the
-- level. Rows are added and never changed.
CREATE TABLE stock_movements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL DEFAULT now(),
    variant_id  bigint NOT NULL REFERENCES variants,
    location_id bigint NOT NULL REFERENCES stock_locations,
    delta       integer NOT NULL CHECK (delta <> 0),
    quantity    integer NOT NULL CHECK (quantity >= 0),   -- the level afterwards
    reason      text NOT NULL CHECK (reason IN ('initial', 'count', 'received', 'returned', 'damaged',
        'lost', 'transfer', 'correction', 'import', 'sale', 'release')),
    reference   text NOT NULL DEFAULT '',   -- its cause, such as order:42 or a delivery note
    actor_id    bigint                      -- null: the system
);
CREATE INDEX stock_movements_variant_idx ON stock_movements (variant_id, id);
CREATE INDEX stock_movements_sales_idx ON stock_movements (at, variant_id) INCLUDE (delta)
    WHERE reason IN ('sale', 'release');
CREATE INDEX stock_movements_reference_idx ON stock_movements (reference) WHERE reference <> '';
CREATE TRIGGER stock_movements_are_final BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Writes the sum of levels to variants and listings. A sale changes one number of a listing, so
-- this writes that number alone (see products_changed). Variants and listings are locked before
-- they are summed: a sum made while another transaction holds one would miss that transaction's
-- change. The lock is NO KEY, so that carts and orders may refer to a variant meanwhile, and two
-- checkouts of one variant do not wait for each other in a circle.
CREATE FUNCTION stock_levels_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER stock_levels_inserted AFTER INSERT ON stock_levels
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_levels_changed();
CREATE TRIGGER stock_levels_updated AFTER UPDATE ON stock_levels
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION stock_levels_changed();

-- Variants whose stock fell to the threshold, until it is filled up again.
CREATE TABLE stock_alerts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    variant_id bigint NOT NULL REFERENCES variants ON DELETE CASCADE,
    level      text NOT NULL CHECK (level IN ('low', 'out')),
    stock      integer NOT NULL,           -- when the alert was raised
    raised_at  timestamptz NOT NULL DEFAULT now(),
    cleared_at timestamptz
);
CREATE UNIQUE INDEX stock_alerts_open_key ON stock_alerts (variant_id) WHERE cleared_at IS NULL;
CREATE INDEX stock_alerts_raised_idx ON stock_alerts (raised_at, id);
