-- Return a phone number without the 0 that people dial before it at home: in these countries no number begins with one,
-- or (second list) none with one alone. kernel.phones.without_trunk is its twin in Python.
create or replace function app.phone_without_trunk(phone text) returns text
language sql immutable strict parallel safe set search_path = ''
return regexp_replace(
  phone,
  '^(\+(?:'
    || '20|27|31|32|33|40|41|43|44|46|49|51|52|53|54|55|58|60|61|63|64|84|86|90|92|93|94|95|98|211|212|213|'
    || '216|218|231|232|233|234|243|249|251|252|254|255|256|260|261|262|263|264|265|291|353|355|358|370|373|'
    || '374|375|377|380|381|382|383|385|386|387|389|421|423|508|590|591|593|594|595|596|686|850|855|856|'
    || '880|886|961|962|963|964|965|966|967|968|970|971|972|973|974|976|977|994|995|996'
    || '))0+(?=[1-9])|^(\+(?:62|66|81|82|91|359|598))0(?=[1-9])',
  '\1\2'
);
grant execute on function app.phone_without_trunk to authenticated, service_role;
