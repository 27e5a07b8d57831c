DROP VIEW product_details, product_cards;
DROP TABLE product_listings, variants, product_images, products;
DROP FUNCTION products_changed();
DROP FUNCTION refresh_listings(bigint[]);
DROP FUNCTION category_tree(bigint);
DROP TABLE categories, brands, store;
