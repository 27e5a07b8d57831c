DROP TABLE stock_alerts, stock_movements, stock_levels, stock_locations;
DROP FUNCTION stock_levels_changed();
