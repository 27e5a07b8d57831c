DROP TABLE webhook_deliveries, webhooks, events;
DROP FUNCTION stock_event(bigint, text, integer);
