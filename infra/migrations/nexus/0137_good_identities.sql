-- One reading of numbers and addresses, by what is good: a country's trunk zero is no part of a number, and an e-mail address
-- has the shape of one.

-- Without the 0 that people dial before a number at home: in these countries no number begins with one, or (of the second
-- list) none with one alone. kernel.phones.without_trunk is its twin in Python.
create function app.phone_without_trunk(phone text) returns text
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

-- As in 0075, of the number without its trunk zero.
create or replace function app.phone_key(phone text) returns text
language sql immutable strict parallel safe set search_path = ''
return (
  select app.phone_without_trunk(case
    when number ~ '^\+549[0-9]{10}$' then '+54' || substr(number, 5)
    when number ~ '^\+521[0-9]{10}$' then '+52' || substr(number, 5)
    when number ~ '^\+55[1-9][0-9][6-9][0-9]{7}$' then left(number, 5) || '9' || substr(number, 6)
    else number
  end)
  from (select app.phone_without_trunk(phone)) as read (number)
);
create or replace function app.phone_forms(phone text) returns text[]
language sql immutable strict parallel safe set search_path = ''
return (
  select case when phone = any (forms) then forms else forms || phone end
  from (
    select case
      when key ~ '^\+54[0-9]{10}$' then array[key, '+549' || substr(key, 4)]
      when key ~ '^\+52[0-9]{10}$' then array[key, '+521' || substr(key, 4)]
      when key ~ '^\+55[1-9][0-9]9[6-9][0-9]{7}$' then array[key, left(key, 5) || right(key, 8)]
      else array[key]
    end
    from (select app.phone_key(phone)) as read (key)
  ) as official (forms)
);

-- As in 0075, with white space of ASCII (what else there is becomes it), and the sentence's punctuation in Arabic too.
-- kernel.emails.clean is its twin.
create or replace function app.clean_email(email text) returns text
language sql immutable strict parallel safe set search_path = ''
return regexp_replace(
  regexp_replace(
    regexp_replace(
      normalize(email, NFKC),
      '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F\u200B-\u200F\u2028-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0]',
      '', 'g'
    ),
    '^[\t-\r ]*([mM][aA][iI][lL][tT][oO]:)?[\t-\r <]*', ''
  ),
  '[\t-\r .,;:>\u060C\u061B]+$', ''
);

-- The letters that a name or a host may have besides those of ASCII: of scripts in which people write addresses.
create function app.email_letters() returns text
language sql immutable parallel safe set search_path = ''
return '\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0180-\u01c3'
    || '\u01cd-\u01f0\u01f4-\u0220\u0222-\u0233\u0250-\u02ad\u0386\u0388-\u038a\u038c\u038e-\u03a1'
    || '\u03a3-\u03ce\u03d7-\u03ef\u03f3\u0400-\u0481\u048a-\u04ce\u04d0-\u04f5\u04f8-\u04f9\u0500-\u050f'
    || '\u0531-\u0556\u0559\u0561-\u0586\u05d0-\u05ea\u0621-\u063a\u0641-\u064a\u066e-\u066f\u0671-\u0674'
    || '\u0679-\u06d3\u06d5\u06e5-\u06e6\u06fa-\u06fc\u0901-\u0903\u0905-\u0939\u093c-\u094d\u0950-\u0954'
    || '\u0960-\u0963\u0981-\u0983\u0985-\u098c\u098f-\u0990\u0993-\u09a8\u09aa-\u09b0\u09b2\u09b6-\u09b9'
    || '\u09bc\u09be-\u09c4\u09c7-\u09c8\u09cb-\u09cd\u09d7\u09e0-\u09e3\u09f0-\u09f1\u0e01-\u0e32'
    || '\u0e34-\u0e3a\u0e40-\u0e4e\u10a0-\u10c5\u10d0-\u10f8\u1e00-\u1e99\u1ea0-\u1ef9\u3041-\u3096'
    || '\u309d-\u309e\u30a1-\u30fa\u30fc-\u30fe\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3';

-- Whether a cleaned text is an address: words between single dots, one @, and a host of two labels or more.
-- kernel.emails.is_address is its twin.
create function app.is_email(email text) returns boolean
language sql immutable strict parallel safe set search_path = ''
return email ~ (
  '^[a-zA-Z0-9!#$%&''*+/=?^_`{|}~' || app.email_letters() || '-]+'
  || '(\.[a-zA-Z0-9!#$%&''*+/=?^_`{|}~' || app.email_letters() || '-]+)*'
  || '@[a-zA-Z0-9' || app.email_letters() || ']([a-zA-Z0-9' || app.email_letters() || '-]*[a-zA-Z0-9' || app.email_letters() || '])?'
  || '(\.[a-zA-Z0-9' || app.email_letters() || ']([a-zA-Z0-9' || app.email_letters() || '-]*[a-zA-Z0-9' || app.email_letters() || '])?)+$'
);
grant execute on function app.email_letters, app.is_email to authenticated, service_role;

-- As in 0075. An address that was there before may stay until somebody writes another.
create or replace function app.read_identities() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.email := app.clean_email(new.email);
  new.phone_number := app.phone_without_trunk(new.phone_number);
  if new.email is not null and (tg_op = 'INSERT' or new.email is distinct from old.email)
    and current_user in ('authenticated', 'service_role') and not app.is_email(new.email)
  then
    perform app.refuse(422, 'invalid_email', 'that is no e-mail address: send one such as mona@example.com and nothing around it',
      '{}'::jsonb);
  end if;
  if tg_op = 'INSERT' or new.phone_number is distinct from old.phone_number then
    new.phone_valid := case
      when split_part(current_setting('app.phone_told', true), ' ', 1) = new.phone_number
        then split_part(current_setting('app.phone_told', true), ' ', 2)::boolean
    end;
  end if;
  return new;
end
$$;

-- Of two contacts that turn out to share a number or an address the elder holds it; both stay as they are.
update public.customer_identities as identity
set value = app.phone_key(identity.value)
where identity.kind = 'phone' and identity.value <> app.phone_key(identity.value)
  and not exists (
    select from public.customer_identities as other
    where other.organization_id = identity.organization_id and other.kind = 'phone' and other.id <> identity.id
      and app.phone_key(other.value) = app.phone_key(identity.value)
      and (other.value = app.phone_key(identity.value) or (other.created_at, other.id) < (identity.created_at, identity.id))
  );
update public.customer_identities as identity
set value = lower(app.clean_email(identity.value))
where identity.kind = 'email' and identity.value <> lower(app.clean_email(identity.value))
  and app.clean_email(identity.value) <> ''
  and not exists (
    select from public.customer_identities as other
    where other.organization_id = identity.organization_id and other.kind = 'email' and other.id <> identity.id
      and lower(app.clean_email(other.value)) = lower(app.clean_email(identity.value))
      and (other.value = lower(app.clean_email(identity.value)) or (other.created_at, other.id) < (identity.created_at, identity.id))
  );
