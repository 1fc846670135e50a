// The tour of tour.json as the TypeScript client walks it: prints each step with its result or refusal.
import { createClient } from "@supabase/supabase-js";
import { accounts } from "./tour/accounts.mjs";
import { files } from "./tour/files.mjs";
import { tables } from "./tour/tables.mjs";
import { walked } from "./tour/stage.mjs";

class NoSocket {}

const asked = JSON.parse(process.argv[2]);
const client = (key) =>
  createClient(asked.url, key, {
    auth: { autoRefreshToken: false, persistSession: false, flowType: "implicit" },
    global: { headers: { "X-Forwarded-For": asked.address } },
    realtime: { transport: NoSocket },
  });
const stage = {
  person: client(asked.publishable),
  other: client(asked.publishable),
  stranger: client(asked.publishable),
  service: client(asked.secret),
  email: asked.email,
  met: {},
};
const steps = { ...accounts, ...tables, ...files };
const got = [];
for (const step of asked.steps) got.push({ step, expect: await walked(steps[step], stage) });
console.log(JSON.stringify(got));
