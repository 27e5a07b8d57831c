DROP TABLE feed_images, feed_groups, feed_items, import_errors, imports;
