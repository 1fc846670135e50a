// The tour's steps over /functions/v1 and /rest/v1.
import { PASSWORD, taken } from "./stage.mjs";

const invoke = async (client, name, body, method = "POST") =>
  taken(await client.functions.invoke(name, { method, ...(method === "GET" ? {} : { body: body ?? {} }) }));
const customers = ({ person }) => person.from("customers");
const names = async (query) => taken(await query).map((row) => row.first_name);
const only = (row, ...fields) => Object.fromEntries(fields.map((name) => [name, row[name]]));

async function counted(query) {
  const { count, data, error } = await query;
  if (error) throw error;
  return { count, rows: (data ?? []).length };
}

export const tables = {
  "functions: make an organization": async ({ person, met }) => {
    const shop = { name: "Tour shop", country: "EG", currency: "EGP" };
    const made = await invoke(person, "organization-create", shop);
    met.organization = made.id;
    await person.auth.refreshSession();
    const { claims } = taken(await person.auth.getClaims());
    return { name: made.name, "role in token": claims.app_metadata.org_role };
  },
  "functions: read the usage": async ({ person }) =>
    only(await invoke(person, "agent-usage", undefined, "GET"), "plan"),
  "functions: a body that is none": async ({ person }) => invoke(person, "organization-create", { name: 7 }),
  "functions: one that is not there": async ({ person }) => invoke(person, "no-such-function"),
  "functions: as nobody": async ({ stranger }) => invoke(stranger, "agent-usage", undefined, "GET"),
  "rest: insert and return": async (stage) => {
    const row = { first_name: "ياسمين", tags: ["vip"], customer_score: 7, phone_number: "+201590000001" };
    const [made] = taken(await customers(stage).insert(row).select());
    return only(made, "first_name", "tags", "customer_score");
  },
  "rest: insert several": async (stage) => {
    const rows = ["Amal", "Badr", "Basma"].map((name, index) => ({
      first_name: name,
      email: `${name}@example.com`.toLowerCase(),
      customer_score: index + 1,
    }));
    return { rows: taken(await customers(stage).insert(rows).select()).length };
  },
  "rest: filter by equality": (stage) => names(customers(stage).select("first_name").eq("customer_score", 3)),
  "rest: filter by pattern": (stage) =>
    names(
      customers(stage).select("first_name").ilike("first_name", "b*").order("customer_score", { ascending: false }),
    ),
  "rest: filter by list": (stage) =>
    names(customers(stage).select("first_name").in("first_name", ["Amal", "Badr"]).order("first_name")),
  "rest: one or the other": (stage) =>
    names(customers(stage).select("first_name").or("customer_score.gt.5,first_name.eq.Amal").order("customer_score")),
  "rest: not": (stage) => names(customers(stage).select("first_name").not("email", "is", null).order("first_name")),
  "rest: an array contains": (stage) => names(customers(stage).select("first_name").contains("tags", ["vip"])),
  "rest: order and page": (stage) => names(customers(stage).select("first_name").order("customer_score").range(1, 2)),
  "rest: count": (stage) => counted(customers(stage).select("id", { count: "exact" }).limit(2)),
  "rest: count alone": (stage) => counted(customers(stage).select("id", { count: "exact", head: true })),
  "rest: a single row": async (stage) =>
    taken(await customers(stage).select("first_name").eq("first_name", "Amal").single()),
  "rest: a single row of several": async (stage) => taken(await customers(stage).select("first_name").single()),
  "rest: maybe none": async (stage) => ({
    row: taken(await customers(stage).select("*").eq("first_name", "Nobody").maybeSingle()),
  }),
  "rest: update": async (stage) =>
    taken(await customers(stage).update({ company: "Lotus" }).eq("first_name", "Amal").select("first_name,company")),
  "rest: an order with lines": async (stage) => {
    const [amal] = taken(await customers(stage).select("id,first_name").eq("first_name", "Amal"));
    const [order] = taken(
      await stage.person.from("orders").insert({ customer_id: amal.id, currency: "EGP" }).select(),
    );
    const lines = [1, 2].map((qty) => ({ order_id: order.id, name: `Lantern ${qty}`, qty, unit_price: 150 }));
    const made = taken(await stage.person.from("order_items").insert(lines).select());
    return { lines: made.length, customer: amal.first_name };
  },
  "rest: embed to one and to many": async ({ person }) => {
    const [order] = taken(await person.from("orders").select("customers(first_name),order_items(qty)"));
    const quantities = order.order_items.map((line) => Number(line.qty)).sort();
    return { customer: order.customers.first_name, quantities };
  },
  "rest: filter by what is embedded": async ({ person }) => {
    const query = person.from("orders").select("id,customers!inner(first_name)");
    return { orders: taken(await query.eq("customers.first_name", "Amal")).length };
  },
  "rest: csv": async (stage) => {
    const text = taken(await customers(stage).select("first_name").order("first_name").csv());
    return { "first line": text.split(/\r?\n/)[0] };
  },
  "rest: delete": async ({ person }) => {
    taken(await person.from("labels").insert({ name: "seen once" }));
    const gone = taken(await person.from("labels").delete().eq("name", "seen once").select());
    return gone.map((row) => row.name);
  },
  "rest: a contact is not deleted": (stage) => names(customers(stage).delete().eq("first_name", "Badr").select()),
  "rest: an unknown table": async ({ person }) => taken(await person.from("no_such_table").select("*")),
  "rest: an unknown column": async (stage) => taken(await customers(stage).select("no_such_column")),
  "rest: an unknown function": async ({ person }) => taken(await person.rpc("no_such_function", {})),
  "rest: another tenant": async ({ other, email }) => {
    taken(await other.auth.signUp({ email: `other-${email}`, password: PASSWORD }));
    await invoke(other, "organization-create", { name: "Other shop" });
    await other.auth.refreshSession();
    taken(await other.from("customers").insert({ first_name: "Their own" }));
    return names(other.from("customers").select("first_name"));
  },
};
