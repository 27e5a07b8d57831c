DROP TABLE product_pairs, shipment_events, shipments, order_history, order_lines, orders,
    cart_lines, carts;
