DROP VIEW product_details, product_cards;
DROP TABLE product_listings, variants, product_images, products;
DROP FUNCTION products_changed();
DROP FUNCTION turn_sales();
DROP FUNCTION refresh_listings(bigint[]);
DROP FUNCTION next_sale_turn(bigint, timestamptz, timestamptz);
DROP FUNCTION sale_price(bigint, timestamptz, timestamptz);
DROP FUNCTION category_tree(bigint);
DROP TABLE categories, brands, store;
