-- What runs with its owner's rights before row level security has spoken must not look at rows; this trigger runs with the
-- rights of whoever writes, who are the service and functions of the database alone.
alter function app.ask_for_profile() security invoker;
