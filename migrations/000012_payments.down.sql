DROP VIEW payment_details;
DROP TABLE payment_events;
DROP TABLE payment_methods;
DROP TABLE refunds;
DROP TABLE payments;
