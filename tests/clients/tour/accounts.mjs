// The tour's steps over /auth/v1.
import { PASSWORD, taken } from "./stage.mjs";

const providers = (user) => (user.identities ?? []).map((identity) => identity.provider);
const signUp = (client, email, password = PASSWORD, options = {}) =>
  client.auth.signUp({ email, password, options });
const askForAMail = async ({ stranger, email }) => ({
  session: taken(await stranger.auth.signInWithOtp({ email: `x${email}` })).session !== null,
});

async function useTheToken({ stranger, met }) {
  const entered = taken(await stranger.auth.verifyOtp({ token_hash: met.token, type: "magiclink" }));
  await stranger.auth.signOut({ scope: "local" });
  return { session: entered.session !== null, "same user": entered.user.id === met.user };
}

export const accounts = {
  "auth: sign up": async ({ person, email }) => {
    const { session, user } = taken(await signUp(person, email, PASSWORD, { data: { name: "منى" } }));
    return { session: session !== null, metadata: user.user_metadata, providers: providers(user) };
  },
  "auth: sign up again": async ({ stranger, email }) => taken(await signUp(stranger, email)),
  "auth: a weak password": async ({ stranger, email }) => taken(await signUp(stranger, `y${email}`, "x")),
  "auth: look at oneself": async ({ person, email }) => {
    const { user } = taken(await person.auth.getUser());
    return { mine: user.email === email, role: user.role, identities: providers(user) };
  },
  "auth: change metadata": async ({ person }) =>
    taken(await person.auth.updateUser({ data: { city: "Cairo" } })).user.user_metadata,
  "auth: the same password": async ({ person }) => taken(await person.auth.updateUser({ password: PASSWORD })),
  "auth: refresh": async ({ person }) => {
    const before = taken(await person.auth.getSession()).session;
    const after = taken(await person.auth.refreshSession()).session;
    return { "another token": before.refresh_token !== after.refresh_token };
  },
  "auth: read the claims": async ({ person }) => {
    const { role, aal, is_anonymous } = taken(await person.auth.getClaims()).claims;
    return { role, aal, is_anonymous };
  },
  "auth: sign out": async ({ person }) => {
    const { error } = await person.auth.signOut();
    if (error) throw error;
    return { session: taken(await person.auth.getSession()).session !== null };
  },
  "auth: a wrong password": async ({ person, email }) =>
    taken(await person.auth.signInWithPassword({ email, password: "another password" })),
  "auth: sign in": async ({ person, email }) => ({
    session: taken(await person.auth.signInWithPassword({ email, password: PASSWORD })).session !== null,
  }),
  "auth: a wrong code": async ({ stranger, email }) =>
    taken(await stranger.auth.verifyOtp({ email, token: "000000", type: "email" })),
  "auth: ask for a mail": askForAMail,
  "auth: ask for a mail again": askForAMail,
  "auth: somebody anonymous": async ({ stranger }) => taken(await stranger.auth.signInAnonymously()),
  "auth: a code by phone": async ({ stranger }) =>
    taken(await stranger.auth.signInWithOtp({ phone: "+201000000000" })),
  "auth: single sign-on": async ({ stranger }) =>
    taken(await stranger.auth.signInWithSSO({ domain: "example.com" })),
  "admin: list as a person": async ({ person }) => taken(await person.auth.admin.listUsers()),
  "admin: make a user": async ({ service, email, met }) => {
    const { user } = taken(
      await service.auth.admin.createUser({
        email: `made-${email}`,
        email_confirm: true,
        app_metadata: { tier: "gold" },
      }),
    );
    met.user = user.id;
    return { confirmed: Boolean(user.email_confirmed_at), tier: user.app_metadata.tier };
  },
  "admin: list one user": async ({ service }) => ({
    users: taken(await service.auth.admin.listUsers({ page: 1, perPage: 1 })).users.length,
  }),
  "admin: change the user": async ({ service, met }) =>
    taken(await service.auth.admin.updateUserById(met.user, { user_metadata: { name: "Omar" } })).user.user_metadata,
  "admin: generate a link": async ({ service, email, met }) => {
    const made = taken(
      await service.auth.admin.generateLink({ type: "magiclink", email: `made-${email}` }),
    ).properties;
    met.token = made.hashed_token;
    return {
      type: made.verification_type,
      digits: made.email_otp.length,
      "token in link": made.action_link.includes(made.hashed_token),
    };
  },
  "auth: use the link's token": useTheToken,
  "auth: use it again": useTheToken,
  "admin: invite": async ({ service, email }) => {
    const { user } = taken(await service.auth.admin.inviteUserByEmail(`invited-${email}`));
    return { invited: Boolean(user.invited_at), confirmed: Boolean(user.email_confirmed_at) };
  },
  "admin: delete the user": async ({ service, met }) => {
    taken(await service.auth.admin.deleteUser(met.user));
    return { deleted: true };
  },
  "admin: look for the deleted user": async ({ service, met }) =>
    taken(await service.auth.admin.getUserById(met.user)),
};
