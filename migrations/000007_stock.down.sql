DROP TABLE stock_alerts;
DROP TABLE stock_movements;
DROP TABLE stock_levels;
DROP FUNCTION stock_levels_changed();
DROP TABLE stock_locations;
