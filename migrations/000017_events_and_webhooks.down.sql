ALTER TABLE users DROP COLUMN order_updates;
DROP TABLE webhook_deliveries;
DROP TABLE webhooks;
DROP TABLE events;
DROP FUNCTION stock_event(bigint, text, integer);
