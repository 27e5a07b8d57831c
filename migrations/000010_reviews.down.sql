DROP VIEW review_details;
DROP TABLE reviews;
DROP FUNCTION has_bought(bigint, bigint);
DROP FUNCTION reviews_changed();
