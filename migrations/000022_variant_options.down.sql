DROP INDEX variants_options_idx;
