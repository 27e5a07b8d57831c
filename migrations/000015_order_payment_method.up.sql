-- The saved method a customer means to pay an order with. It may be gone by then, so it is no reference.
ALTER TABLE orders ADD COLUMN payment_method_id bigint;
