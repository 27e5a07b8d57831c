CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The one currency every amount in this database is in, and other facts that must not change under it.
CREATE TABLE store (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    currency  char(3) NOT NULL
);

CREATE TABLE payment_types (
    code      text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
    name      text NOT NULL,
    position  integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true
);
INSERT INTO payment_types (code, name, position) VALUES
    ('card', 'Credit or debit card', 1),
    ('paypal', 'PayPal', 2),
    ('bank_transfer', 'Bank transfer', 3),
    ('cash_on_delivery', 'Cash on delivery', 4);

CREATE TABLE brands (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX brands_name_key ON brands (lower(name));

CREATE TABLE categories (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent_id   bigint REFERENCES categories,
    name        text NOT NULL,
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (parent_id <> id)
);
CREATE INDEX categories_parent_id_idx ON categories (parent_id);
CREATE INDEX categories_name_idx ON categories (lower(name));

CREATE TABLE products (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 300),
    slug        text NOT NULL UNIQUE,
    description text NOT NULL DEFAULT '',
    brand_id    bigint REFERENCES brands,
    category_id bigint REFERENCES categories,
    condition   text NOT NULL DEFAULT 'new' CHECK (condition IN ('new', 'refurbished', 'used')),
    attributes  jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
    is_active   boolean NOT NULL DEFAULT true,
    is_featured boolean NOT NULL DEFAULT false,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE INDEX products_brand_id_idx ON products (brand_id);
CREATE INDEX products_category_id_idx ON products (category_id);
CREATE INDEX products_attributes_idx ON products USING gin (attributes jsonb_path_ops);

-- What is sold. Every product has at least one variant and exactly one default.
CREATE TABLE variants (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id     bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    is_default     boolean NOT NULL,
    position       integer NOT NULL DEFAULT 0,
    sku            text NOT NULL UNIQUE,
    gtin           text UNIQUE CHECK (gtin ~ '^[0-9]{14}$'),
    options        jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(options) = 'object'),
    price_minor    bigint NOT NULL CHECK (price_minor >= 0),
    discount_minor bigint CHECK (discount_minor >= 0 AND discount_minor < price_minor),
    stock          integer NOT NULL DEFAULT 0 CHECK (stock >= 0),
    created_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX variants_product_id_idx ON variants (product_id, position);
CREATE UNIQUE INDEX variants_default_key ON variants (product_id) WHERE is_default;

-- sizes: [{"path": …, "width": …, "height": …}], smallest first; path names a file of the media store.
CREATE TABLE product_images (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id bigint NOT NULL REFERENCES products ON DELETE CASCADE,
    position   integer NOT NULL,
    is_primary boolean NOT NULL,
    alt        text NOT NULL,
    sizes      jsonb NOT NULL CHECK (jsonb_typeof(sizes) = 'array' AND jsonb_array_length(sizes) > 0)
);
CREATE INDEX product_images_product_id_idx ON product_images (product_id, position);
CREATE UNIQUE INDEX product_images_primary_key ON product_images (product_id) WHERE is_primary;

-- What lists filter, sort and show: one narrow row per product, kept by the triggers below. Stock changes
-- with every sale, so the row that carries it must be small and none of its indexes may hold the number.
CREATE TABLE product_listings (
    product_id     bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    is_visible     boolean NOT NULL,            -- active and not deleted
    is_featured    boolean NOT NULL,
    category_id    bigint,
    brand_id       bigint,
    sort_name      text NOT NULL,
    sku            text NOT NULL,
    gtin           text,
    price_minor    bigint NOT NULL,
    discount_minor bigint,
    buyer_minor    bigint NOT NULL GENERATED ALWAYS AS (coalesce(discount_minor, price_minor)) STORED,
    on_sale        boolean NOT NULL GENERATED ALWAYS AS (discount_minor IS NOT NULL) STORED,
    stock          bigint NOT NULL,
    in_stock       boolean NOT NULL GENERATED ALWAYS AS (stock > 0) STORED,
    rating_count   integer NOT NULL DEFAULT 0,
    rating_sum     bigint NOT NULL DEFAULT 0,
    popularity     bigint NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX product_listings_created_idx ON product_listings (created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_price_idx ON product_listings (buyer_minor, product_id) WHERE is_visible;
CREATE INDEX product_listings_name_idx ON product_listings (sort_name, product_id) WHERE is_visible;
CREATE INDEX product_listings_popularity_idx ON product_listings (popularity, product_id) WHERE is_visible;
CREATE INDEX product_listings_category_idx ON product_listings (category_id, created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_brand_idx ON product_listings (brand_id, created_at, product_id) WHERE is_visible;
CREATE INDEX product_listings_featured_idx ON product_listings (created_at, product_id) WHERE is_visible AND is_featured;
CREATE INDEX product_listings_offers_idx ON product_listings (created_at, product_id) WHERE is_visible AND on_sale;

-- What searches read: words weighted by where they stand (A name and sku, B brand and category, C attributes,
-- D description) and the text whose spelling typos are compared with.
CREATE TABLE product_search (
    product_id bigint PRIMARY KEY REFERENCES products ON DELETE CASCADE,
    words      tsvector NOT NULL,
    spelling   text NOT NULL
);
CREATE INDEX product_search_words_idx ON product_search USING gin (words);
CREATE INDEX product_search_spelling_idx ON product_search USING gin (spelling gin_trgm_ops);

-- refresh_listings rebuilds the listing rows of some products. Rows are locked in id order, so that two
-- transactions that touch the same products in different order wait for each other instead of deadlocking.
CREATE FUNCTION refresh_listings(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM product_listings WHERE product_id = ANY (ids) ORDER BY product_id FOR UPDATE;
    INSERT INTO product_listings AS l (product_id, is_visible, is_featured, category_id, brand_id, sort_name,
                                       sku, gtin, price_minor, discount_minor, stock, created_at)
    SELECT p.id, p.is_active AND p.deleted_at IS NULL, p.is_featured, p.category_id, p.brand_id, lower(p.name),
           d.sku, d.gtin, d.price_minor, d.discount_minor,
           (SELECT sum(v.stock) FROM variants v WHERE v.product_id = p.id), p.created_at
      FROM products p
      JOIN variants d ON d.product_id = p.id AND d.is_default
     WHERE p.id = ANY (ids)
     ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE
       SET is_visible = excluded.is_visible, is_featured = excluded.is_featured,
           category_id = excluded.category_id, brand_id = excluded.brand_id, sort_name = excluded.sort_name,
           sku = excluded.sku, gtin = excluded.gtin, price_minor = excluded.price_minor,
           discount_minor = excluded.discount_minor, stock = excluded.stock, created_at = excluded.created_at;
END $$;

CREATE FUNCTION refresh_search(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO product_search (product_id, words, spelling)
    SELECT p.id,
           setweight(to_tsvector('english', p.name), 'A') ||
           setweight(to_tsvector('simple', coalesce(v.skus, '')), 'A') ||
           setweight(to_tsvector('english', concat_ws(' ', b.name, c.name, parent.name)), 'B') ||
           setweight(to_tsvector('english', coalesce(a.facts, '')), 'C') ||
           setweight(to_tsvector('english', left(p.description, 5000)), 'D'),
           lower(concat_ws(' ', p.name, b.name, c.name))
      FROM products p
      LEFT JOIN brands b ON b.id = p.brand_id
      LEFT JOIN categories c ON c.id = p.category_id
      LEFT JOIN categories parent ON parent.id = c.parent_id
      LEFT JOIN LATERAL (SELECT string_agg(sku, ' ') AS skus FROM variants WHERE product_id = p.id) v ON true
      LEFT JOIN LATERAL (SELECT left(string_agg(concat_ws(' ', replace(key, '_', ' '), value), ' '), 2000) AS facts
                           FROM jsonb_each_text(p.attributes)) a ON true
     WHERE p.id = ANY (ids)
     ORDER BY p.id
    ON CONFLICT (product_id) DO UPDATE SET words = excluded.words, spelling = excluded.spelling;
END $$;

-- One function for the four statement triggers below: which products changed is all that differs.
CREATE FUNCTION products_changed() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER products_inserted AFTER INSERT ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER products_updated AFTER UPDATE ON products
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_inserted AFTER INSERT ON variants
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_updated AFTER UPDATE ON variants
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();
CREATE TRIGGER variants_deleted AFTER DELETE ON variants
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION products_changed();

-- A renamed brand or category changes what its products are found by.
CREATE FUNCTION names_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'brands' THEN
        PERFORM refresh_search(array_agg(id)) FROM products WHERE brand_id = NEW.id;
    ELSE
        PERFORM refresh_search(array_agg(p.id)) FROM products p JOIN categories c ON c.id = p.category_id
          WHERE NEW.id IN (c.id, c.parent_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER brands_renamed AFTER UPDATE OF name ON brands
    FOR EACH ROW WHEN (old.name <> new.name) EXECUTE FUNCTION names_changed();
CREATE TRIGGER categories_renamed AFTER UPDATE OF name, parent_id ON categories
    FOR EACH ROW WHEN ((old.name, old.parent_id) IS DISTINCT FROM (new.name, new.parent_id)) EXECUTE FUNCTION names_changed();

-- A product as lists show it. Every list, search and recommendation selects from here.
CREATE VIEW product_cards AS
SELECT l.product_id, l.is_visible, l.is_featured, l.sku, l.gtin, l.price_minor, l.discount_minor, l.stock,
       l.rating_count, l.rating_sum, l.created_at, p.updated_at, p.name, p.slug,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       i.id AS image_id, i.alt AS image_alt, i.position AS image_position, i.sizes AS image_sizes
  FROM product_listings l
  JOIN products p ON p.id = l.product_id
  LEFT JOIN brands b ON b.id = l.brand_id
  LEFT JOIN categories c ON c.id = l.category_id
  LEFT JOIN product_images i ON i.product_id = l.product_id AND i.is_primary;

-- A product with all there is to show, variants and images as JSON so that one statement fetches it all.
CREATE VIEW product_details AS
SELECT p.id, p.name, p.slug, p.description, p.condition, p.attributes, p.is_active, p.is_featured, p.deleted_at,
       p.created_at, p.updated_at, l.rating_count, l.rating_sum,
       b.id AS brand_id, b.name AS brand_name, b.slug AS brand_slug,
       c.id AS category_id, c.name AS category_name, c.slug AS category_slug,
       (SELECT json_agg(json_build_object('id', v.id, 'sku', v.sku, 'gtin', v.gtin, 'options', v.options,
                                          'price_minor', v.price_minor, 'discount_minor', v.discount_minor,
                                          'stock', v.stock, 'is_default', v.is_default)
                        ORDER BY v.is_default DESC, v.position, v.id)
          FROM variants v WHERE v.product_id = p.id)::json AS variants,
       (SELECT coalesce(json_agg(json_build_object('id', i.id, 'alt', i.alt, 'position', i.position,
                                                   'is_primary', i.is_primary, 'sizes', i.sizes)
                                 ORDER BY i.is_primary DESC, i.position, i.id), '[]')
          FROM product_images i WHERE i.product_id = p.id)::json AS images
  FROM products p
  JOIN product_listings l ON l.product_id = p.id
  LEFT JOIN brands b ON b.id = p.brand_id
  LEFT JOIN categories c ON c.id = p.category_id;

-- The category and all below it.
CREATE FUNCTION category_tree(root bigint) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 10 AS $$
    WITH RECURSIVE tree AS (
        SELECT root AS id
        UNION
        SELECT c.id FROM categories c JOIN tree t ON c.parent_id = t.id
    )
    SELECT id FROM tree
$$;

-- The one place that says what each filter of a product list means; null asks nothing. PostgreSQL inlines it
-- into the calling query, and under a custom plan the filters that are null vanish.
CREATE FUNCTION filtered_products(
    q text, in_category_id bigint, in_category text, of_brand_id bigint, of_brand text, min_minor bigint, max_minor bigint,
    stocked boolean, discounted boolean, featured boolean, with_gtin text, with_attributes jsonb
) RETURNS SETOF product_listings LANGUAGE sql STABLE AS $$
    SELECT l.*
      FROM product_listings l
     WHERE l.is_visible
       AND (q IS NULL OR l.product_id IN (
               SELECT s.product_id FROM product_search s
                WHERE s.words @@ (websearch_to_tsquery('english', q) || websearch_to_tsquery('simple', q))))
       AND (in_category_id IS NULL OR l.category_id IN (SELECT category_tree(in_category_id)))
       AND (in_category IS NULL OR l.category_id IN (
               SELECT category_tree(c.id) FROM categories c
                WHERE lower(c.name) = lower(in_category) OR c.slug = lower(in_category)))
       AND (of_brand_id IS NULL OR l.brand_id = of_brand_id)
       AND (of_brand IS NULL OR l.brand_id IN (
               SELECT b.id FROM brands b WHERE lower(b.name) = lower(of_brand) OR b.slug = lower(of_brand)))
       AND (min_minor IS NULL OR l.buyer_minor >= min_minor)
       AND (max_minor IS NULL OR l.buyer_minor <= max_minor)
       AND (stocked IS NULL OR l.in_stock = stocked)
       AND (discounted IS NULL OR l.on_sale = discounted)
       AND (featured IS NULL OR l.is_featured = featured)
       AND (with_gtin IS NULL OR l.product_id IN (SELECT v.product_id FROM variants v WHERE v.gtin = with_gtin))
       AND (with_attributes IS NULL OR l.product_id IN (
               SELECT p.id FROM products p WHERE p.attributes @> with_attributes))
$$;
