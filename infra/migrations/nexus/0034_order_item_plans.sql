-- The look-ups of a line's order and item go by primary key, whatever their values. Left alone, Postgres plans them anew
-- for each line under row level security, which costs more than all else that a line does.
alter function app.check_order_item() set plan_cache_mode = 'force_generic_plan';
