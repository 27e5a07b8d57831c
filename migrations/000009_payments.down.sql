DROP VIEW payment_details;
DROP TABLE payment_events, payment_methods, refunds, payments, payment_types;
