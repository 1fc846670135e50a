-- Return how far a status has come; a status that Meta adds later counts as nothing.
create or replace function app.status_rank(status text) returns integer
language sql immutable set search_path = ''
return case status when 'sent' then 1 when 'delivered' then 2 when 'read' then 3 when 'played' then 4 else 0 end;
