-- Text that somebody is to see has a character that leaves a mark on a screen.

-- Whether any character is visible. Hidden are, of Unicode 18: categories C (controls, formats, surrogates, private use and
-- noncharacters; others without a meaning yet may become letters or emoji), M (marks, which need a letter to stand on) and Z,
-- what has White_Space or Default_Ignorable_Code_Point, and two signs that are blank: U+2800 and U+1D159. Digits,
-- punctuation and emoji are visible. kernel.visible is its twin in Python; a test compares them for every code point.
create function app.is_visible(value text) returns boolean
language sql immutable strict parallel safe
return value ~ (
  '[^'
  '\u0000-\u0020\u007F-\u00A0\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5'
  '\u05C7-\u05C9\u0600-\u0605\u0610-\u061A\u061C\u064B-\u065F\u0670\u06D6-\u06DD\u06DF-\u06E4\u06E7\u06E8'
  '\u06EA-\u06ED\u070F\u0711\u0730-\u074A\u07A6-\u07B0\u07EB-\u07F3\u07FD\u0816-\u0819\u081B-\u0823\u0825-\u0827'
  '\u0829-\u082D\u0859-\u085B\u0890\u0891\u0897-\u089F\u08CA-\u0903\u093A-\u093C\u093E-\u094F\u0951-\u0957'
  '\u0962\u0963\u0981-\u0983\u09BC\u09BE-\u09C4\u09C7\u09C8\u09CB-\u09CD\u09D7\u09E2\u09E3\u09FE\u0A01-\u0A03\u0A3C'
  '\u0A3E-\u0A42\u0A47\u0A48\u0A4B-\u0A4D\u0A51\u0A70\u0A71\u0A75\u0A81-\u0A83\u0ABC\u0ABE-\u0AC5\u0AC7-\u0AC9'
  '\u0ACB-\u0ACD\u0AE2\u0AE3\u0AFA-\u0AFF\u0B01-\u0B03\u0B3C\u0B3E-\u0B44\u0B47\u0B48\u0B4B-\u0B4D\u0B53-\u0B57'
  '\u0B62\u0B63\u0B82\u0BBE-\u0BC2\u0BC6-\u0BC8\u0BCA-\u0BCD\u0BD7\u0C00-\u0C04\u0C3C\u0C3E-\u0C44\u0C46-\u0C48'
  '\u0C4A-\u0C4D\u0C55\u0C56\u0C62\u0C63\u0C81-\u0C83\u0CBC\u0CBE-\u0CC4\u0CC6-\u0CC8\u0CCA-\u0CCD\u0CD5\u0CD6'
  '\u0CE2\u0CE3\u0CF3\u0D00-\u0D03\u0D3B\u0D3C\u0D3E-\u0D44\u0D46-\u0D48\u0D4A-\u0D4D\u0D57\u0D62\u0D63'
  '\u0D81-\u0D83\u0DCA\u0DCF-\u0DD4\u0DD6\u0DD8-\u0DDF\u0DF2\u0DF3\u0E31\u0E34-\u0E3A\u0E47-\u0E4E\u0EB1'
  '\u0EB4-\u0EBC\u0EC8-\u0ECE\u0F18\u0F19\u0F35\u0F37\u0F39\u0F3E\u0F3F\u0F71-\u0F84\u0F86\u0F87\u0F8D-\u0F97'
  '\u0F99-\u0FBC\u0FC6\u102B-\u103E\u1056-\u1059\u105E-\u1060\u1062-\u1064\u1067-\u106D\u1071-\u1074\u1082-\u108D'
  '\u108F\u109A-\u109D\u115F\u1160\u135D-\u135F\u1680\u1712-\u1715\u1732-\u1734\u1752\u1753\u1772\u1773'
  '\u17B4-\u17D3\u17DD\u180B-\u180F\u1885\u1886\u18A9\u1920-\u192B\u1930-\u193B\u1A17-\u1A1B\u1A55-\u1A5E'
  '\u1A60-\u1A7C\u1A7F\u1AB0-\u1AF0\u1B00-\u1B04\u1B34-\u1B44\u1B6B-\u1B73\u1B80-\u1B82\u1BA1-\u1BAD\u1BE6-\u1BF3'
  '\u1C24-\u1C37\u1CD0-\u1CD2\u1CD4-\u1CE8\u1CED\u1CF4\u1CF7-\u1CF9\u1DC0-\u1DFF\u2000-\u200F\u2028-\u202F'
  '\u205F-\u206F\u20D0-\u20F0\u2800\u2CEF-\u2CF1\u2D7F\u2DE0-\u2DFF\u3000\u302A-\u302F\u3099\u309A\u3164'
  '\uA66F-\uA672\uA674-\uA67D\uA69E\uA69F\uA6F0\uA6F1\uA802\uA806\uA80B\uA823-\uA827\uA82C\uA880\uA881\uA8B4-\uA8C5'
  '\uA8E0-\uA8F1\uA8FF\uA926-\uA92D\uA947-\uA953\uA980-\uA983\uA9B3-\uA9C0\uA9E5\uAA29-\uAA36\uAA43\uAA4C\uAA4D'
  '\uAA7B-\uAA7D\uAAB0\uAAB2-\uAAB4\uAAB7\uAAB8\uAABE\uAABF\uAAC1\uAAEB-\uAAEF\uAAF5\uAAF6\uABE3-\uABEA\uABEC\uABED'
  '\uD800-\uF8FF\uFB1E\uFDD0-\uFDEF\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF\uFFA0\uFFF0-\uFFFB\uFFFE\uFFFF\U000101FD'
  '\U000102E0\U00010376-\U0001037A\U00010A01-\U00010A03\U00010A05\U00010A06\U00010A0C-\U00010A0F'
  '\U00010A38-\U00010A3A\U00010A3F\U00010AE5\U00010AE6\U00010D24-\U00010D27\U00010D69-\U00010D6D'
  '\U00010EAB\U00010EAC\U00010ECB-\U00010ECF\U00010EF0-\U00010EFF\U00010F46-\U00010F50\U00010F82-\U00010F85'
  '\U00011000-\U00011002\U00011038-\U00011046\U00011070\U00011073\U00011074\U0001107F-\U00011082'
  '\U000110B0-\U000110BA\U000110BD\U000110C2\U000110CD\U00011100-\U00011102\U00011127-\U00011134'
  '\U00011145\U00011146\U00011173\U00011180-\U00011182\U000111B3-\U000111C0\U000111C9-\U000111CC'
  '\U000111CE\U000111CF\U0001122C-\U00011237\U0001123E\U00011241\U000112DF-\U000112EA\U00011300-\U00011303'
  '\U0001133B\U0001133C\U0001133E-\U00011344\U00011347\U00011348\U0001134B-\U0001134D\U00011357\U00011362\U00011363'
  '\U00011366-\U0001136C\U00011370-\U00011374\U000113B8-\U000113C0\U000113C2\U000113C5\U000113C7-\U000113CA'
  '\U000113CC-\U000113D0\U000113D2\U000113E1\U000113E2\U00011435-\U00011446\U0001145E\U000114B0-\U000114C3'
  '\U000115AF-\U000115B5\U000115B8-\U000115C0\U000115DC\U000115DD\U00011630-\U00011640\U000116AB-\U000116B7'
  '\U0001171D-\U0001172B\U0001182C-\U0001183A\U00011930-\U00011935\U00011937\U00011938\U0001193B-\U0001193E'
  '\U00011940\U00011942\U00011943\U000119D1-\U000119D7\U000119DA-\U000119E0\U000119E4\U00011A01-\U00011A0A'
  '\U00011A33-\U00011A39\U00011A3B-\U00011A3E\U00011A47\U00011A51-\U00011A5B\U00011A8A-\U00011A99'
  '\U00011B60-\U00011B67\U00011C2F-\U00011C36\U00011C38-\U00011C3F\U00011C92-\U00011CA7\U00011CA9-\U00011CB6'
  '\U00011D31-\U00011D36\U00011D3A\U00011D3C\U00011D3D\U00011D3F-\U00011D45\U00011D47\U00011D8A-\U00011D8E'
  '\U00011D90\U00011D91\U00011D93-\U00011D97\U00011DF0\U00011EF3-\U00011EF6\U00011F00\U00011F01\U00011F03'
  '\U00011F34-\U00011F3A\U00011F3E-\U00011F42\U00011F5A\U00013430-\U00013440\U00013447-\U00013455'
  '\U0001611E-\U0001612F\U00016AF0-\U00016AF4\U00016B30-\U00016B36\U00016F4F\U00016F51-\U00016F87'
  '\U00016F8F-\U00016F92\U00016FE4\U00016FF0\U00016FF1\U0001BC9D\U0001BC9E\U0001BCA0-\U0001BCA3'
  '\U0001CF00-\U0001CF2D\U0001CF30-\U0001CF46\U0001D127\U0001D128\U0001D159\U0001D165-\U0001D169'
  '\U0001D16D-\U0001D182\U0001D185-\U0001D18B\U0001D1AA-\U0001D1AD\U0001D242-\U0001D244\U0001D250-\U0001D252'
  '\U0001D25B\U0001D25C\U0001D25F\U0001D280\U0001D281\U0001DA00-\U0001DA36\U0001DA3B-\U0001DA6C\U0001DA75\U0001DA84'
  '\U0001DA9B-\U0001DA9F\U0001DAA1-\U0001DAAF\U0001E000-\U0001E006\U0001E008-\U0001E018\U0001E01B-\U0001E021'
  '\U0001E023\U0001E024\U0001E026-\U0001E02A\U0001E08F\U0001E130-\U0001E136\U0001E2AE\U0001E2EC-\U0001E2EF'
  '\U0001E4EC-\U0001E4EF\U0001E5EE\U0001E5EF\U0001E6E3\U0001E6E6\U0001E6EE\U0001E6EF\U0001E6F5\U0001E8D0-\U0001E8D6'
  '\U0001E944-\U0001E94A\U0001FFFE\U0001FFFF\U0002FFFE\U0002FFFF\U0003FFFE\U0003FFFF\U0004FFFE\U0004FFFF'
  '\U0005FFFE\U0005FFFF\U0006FFFE\U0006FFFF\U0007FFFE\U0007FFFF\U0008FFFE\U0008FFFF\U0009FFFE\U0009FFFF'
  '\U000AFFFE\U000AFFFF\U000BFFFE\U000BFFFF\U000CFFFE\U000CFFFF\U000DFFFE-\U000E0FFF\U000EFFFE-\U0010FFFF'
  ']'
);
grant execute on function app.is_visible to anon, authenticated, service_role;

create function app.are_visible(texts text[]) returns boolean
language sql immutable strict parallel safe set search_path = ''
return not exists (select from unnest(texts) as each where each <> '' and not app.is_visible(each));
grant execute on function app.are_visible to anon, authenticated, service_role;

-- A text that was there before may stay until somebody writes another.
create function app.refuse_invisible() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' or to_jsonb(new) -> tg_argv[0] is distinct from to_jsonb(old) -> tg_argv[0] then
    perform app.refuse(422, 'invisible_text',
      tg_argv[0] || ' has no character that can be seen: write it with letters, digits or signs',
      jsonb_build_object('field', tg_argv[0]));
  end if;
  return new;
end
$$;

-- Named so as to come before the triggers that fill in what was not given, such as an old item's name in a line.
create trigger accept_visible_name before insert or update of name on public.organizations for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_name before insert or update of name on public.agent_accounts for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_platform before insert or update of platform on public.agent_accounts for each row
  when (new.platform <> '' and not app.is_visible(new.platform)) execute function app.refuse_invisible('platform');
create trigger accept_visible_name before insert or update of name on public.agent_api_keys for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_name before insert or update of name on public.labels for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_name before insert or update of name on public.customer_journey_stages for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_name before insert or update of name on public.lead_sources for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_name before insert or update of name on public.items for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_category before insert or update of category on public.items for each row
  when (new.category <> '' and not app.is_visible(new.category)) execute function app.refuse_invisible('category');
create trigger accept_visible_unit before insert or update of unit on public.items for each row
  when (new.unit <> '' and not app.is_visible(new.unit)) execute function app.refuse_invisible('unit');
create trigger accept_visible_item_no before insert or update of item_no on public.items for each row
  when (new.item_no <> '' and not app.is_visible(new.item_no)) execute function app.refuse_invisible('item_no');
create trigger accept_visible_sku before insert or update of sku on public.items for each row
  when (new.sku <> '' and not app.is_visible(new.sku)) execute function app.refuse_invisible('sku');
create trigger accept_visible_barcode before insert or update of barcode on public.items for each row
  when (new.barcode <> '' and not app.is_visible(new.barcode)) execute function app.refuse_invisible('barcode');
create trigger accept_visible_name before insert or update of name on public.warehouses for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_location before insert or update of location on public.warehouses for each row
  when (new.location <> '' and not app.is_visible(new.location)) execute function app.refuse_invisible('location');
create trigger accept_visible_order_number before insert or update of order_number on public.orders for each row
  when (new.order_number <> '' and not app.is_visible(new.order_number)) execute function app.refuse_invisible('order_number');
create trigger accept_visible_awb_number before insert or update of awb_number on public.orders for each row
  when (new.awb_number <> '' and not app.is_visible(new.awb_number)) execute function app.refuse_invisible('awb_number');
create trigger accept_visible_shopify_order_id before insert or update of shopify_order_id on public.orders for each row
  when (new.shopify_order_id <> '' and not app.is_visible(new.shopify_order_id)) execute function app.refuse_invisible('shopify_order_id');
create trigger accept_visible_airtable_record_id before insert or update of airtable_record_id on public.orders for each row
  when (new.airtable_record_id <> '' and not app.is_visible(new.airtable_record_id)) execute function app.refuse_invisible('airtable_record_id');
create trigger accept_visible_name before insert or update of name on public.order_items for each row
  when (new.name <> '' and not app.is_visible(new.name)) execute function app.refuse_invisible('name');
create trigger accept_visible_sku before insert or update of sku on public.order_items for each row
  when (new.sku <> '' and not app.is_visible(new.sku)) execute function app.refuse_invisible('sku');
create trigger accept_visible_barcode before insert or update of barcode on public.order_items for each row
  when (new.barcode <> '' and not app.is_visible(new.barcode)) execute function app.refuse_invisible('barcode');
create trigger accept_visible_reference_id before insert or update of reference_id on public.stock_movements for each row
  when (new.reference_id <> '' and not app.is_visible(new.reference_id)) execute function app.refuse_invisible('reference_id');

-- What channels tell of a person, and what two contacts had who prove to be one, is kept as it is. Whether
-- a contact has any name, phone or e-mail at all is asked before (check_reachable).
create trigger visible_first_name after insert or update of first_name on public.customers for each row
  when (new.first_name <> '' and not app.is_visible(new.first_name) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('first_name');
create trigger visible_last_name after insert or update of last_name on public.customers for each row
  when (new.last_name <> '' and not app.is_visible(new.last_name) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('last_name');
create trigger visible_company after insert or update of company on public.customers for each row
  when (new.company <> '' and not app.is_visible(new.company) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('company');
create trigger visible_customer_label after insert or update of customer_label on public.customers for each row
  when (new.customer_label <> '' and not app.is_visible(new.customer_label) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('customer_label');
create trigger visible_contact_name after update of contact_name on public.chats for each row
  when (new.contact_name <> '' and not app.is_visible(new.contact_name) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('contact_name');
create trigger visible_tags after insert or update of tags on public.customers for each row
  when (new.tags <> '{}' and not app.are_visible(new.tags) and current_user in ('authenticated', 'service_role'))
  execute function app.refuse_invisible('tags');

-- As in 0046, and nobody is sent what nobody can see.
create or replace function app.queue_message(message jsonb, request jsonb) returns uuid
language plpgsql volatile security definer set search_path = '' as $$
declare
  organization uuid := app.organization_with('write');
  thread public.chats;
  made uuid;
begin
  select chat.* into thread
  from public.chats as chat
  where chat.organization_id = organization and chat.id = (message ->> 'chat_id')::uuid and chat.channel_id is not null;
  if not found then
    perform app.refuse(404, 'not_found', 'no such conversation on a channel of this organization: check the id');
  end if;
  if message ->> 'content' <> '' and not app.is_visible(message ->> 'content') then
    perform app.refuse(422, 'invisible_text',
      'content has no character that can be seen: write it with letters, digits or signs', jsonb_build_object('field', 'content'));
  end if;
  insert into public.messages as sent
    (organization_id, chat_id, content, message_type, details, reply_to, direction, status, sender_type, sender_id)
  values (
    organization, thread.id, message ->> 'content', (message ->> 'message_type')::public.message_type,
    message -> 'details', message ->> 'reply_to', 'outbound', 'queued', 'agent', (app.claims() ->> 'sub')::uuid
  )
  returning sent.id into made;
  insert into public.message_deliveries (organization_id, message_id, channel_id, chat_id, request)
  values (organization, made, thread.channel_id, thread.id, request);
  insert into public.message_media (organization_id, message_id, position, media_id)
  select organization, made, 0, (request ->> 'media_id')::uuid
  where request ->> 'media_id' is not null;
  return made;
end
$$;
