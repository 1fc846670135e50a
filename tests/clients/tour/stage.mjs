// What a refusal is called in both languages.
import { AuthError, FunctionsHttpError } from "@supabase/supabase-js";

export const PASSWORD = "first password";

/** The data of an answer. */
export function taken({ data, error }) {
  if (error) throw error;
  return data;
}

/** The step's result, or its refusal by status and code. */
export async function walked(step, stage) {
  try {
    return await step(stage);
  } catch (refused) {
    if (refused instanceof AuthError) return { refused: [refused.status, refused.code] };
    if (refused instanceof FunctionsHttpError) return { refused: refused.context.status };
    if (refused?.__isStorageError) return { refused: await statusOf(refused) };
    if (typeof refused?.code === "string" && "details" in refused) return { refused: refused.code };
    throw refused;
  }
}

/** A download is refused with the raw response, anything else with the body's status. */
async function statusOf(refused) {
  if (refused.statusCode) return refused.statusCode;
  return (await refused.originalError.json()).statusCode;
}
