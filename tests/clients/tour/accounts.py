"""The tour's steps over /auth/v1."""

from typing import Any

from tests.clients.tour.stage import PASSWORD, Stage, Step


def sign_up(stage: Stage) -> Any:
    made = stage.person.auth.sign_up({"email": stage.email, "password": PASSWORD, "options": {"data": {"name": "منى"}}})
    assert made.user
    providers = [identity.provider for identity in made.user.identities or []]
    return {"session": made.session is not None, "metadata": made.user.user_metadata, "providers": providers}


def look_at_oneself(stage: Stage) -> Any:
    found = stage.person.auth.get_user()
    assert found
    user = found.user
    identities = [identity.provider for identity in user.identities or []]
    return {"mine": user.email == stage.email, "role": user.role, "identities": identities}


def refresh(stage: Stage) -> Any:
    before = stage.person.auth.get_session()
    after = stage.person.auth.refresh_session().session
    assert before
    assert after
    return {"another token": before.refresh_token != after.refresh_token}


def read_the_claims(stage: Stage) -> Any:
    found = stage.person.auth.get_claims()
    assert found
    claims: dict[str, Any] = dict(found["claims"])
    return {name: claims[name] for name in ("role", "aal", "is_anonymous")}


def sign_out(stage: Stage) -> Any:
    stage.person.auth.sign_out()
    return {"session": stage.person.auth.get_session() is not None}


def sign_in(stage: Stage) -> Any:
    entered = stage.person.auth.sign_in_with_password({"email": stage.email, "password": PASSWORD})
    return {"session": entered.session is not None}


def ask_for_a_mail(stage: Stage) -> Any:
    return {"session": stage.stranger.auth.sign_in_with_otp({"email": f"x{stage.email}"}).session is not None}


def make_a_user(stage: Stage) -> Any:
    user = stage.service.auth.admin.create_user(
        {"email": f"made-{stage.email}", "email_confirm": True, "app_metadata": {"tier": "gold"}}
    ).user
    stage.met["user"] = user.id
    return {"confirmed": user.email_confirmed_at is not None, "tier": user.app_metadata["tier"]}


def change_the_user(stage: Stage) -> Any:
    changed = stage.service.auth.admin.update_user_by_id(stage.met["user"], {"user_metadata": {"name": "Omar"}})
    return changed.user.user_metadata


def generate_a_link(stage: Stage) -> Any:
    made = stage.service.auth.admin.generate_link({"type": "magiclink", "email": f"made-{stage.email}"}).properties
    stage.met["token"] = made.hashed_token
    return {
        "type": made.verification_type,
        "digits": len(made.email_otp),
        "token in link": made.hashed_token in made.action_link,
    }


def use_the_token(stage: Stage) -> Any:
    entered = stage.stranger.auth.verify_otp({"token_hash": stage.met["token"], "type": "magiclink"})
    assert entered.user
    stage.stranger.auth.sign_out({"scope": "local"})
    return {"session": entered.session is not None, "same user": entered.user.id == stage.met["user"]}


def invite(stage: Stage) -> Any:
    user = stage.service.auth.admin.invite_user_by_email(f"invited-{stage.email}").user
    return {"invited": user.invited_at is not None, "confirmed": user.email_confirmed_at is not None}


def delete_the_user(stage: Stage) -> Any:
    stage.service.auth.admin.delete_user(stage.met["user"])
    return {"deleted": True}


STEPS: dict[str, Step] = {
    "auth: sign up": sign_up,
    "auth: sign up again": lambda stage: stage.stranger.auth.sign_up({"email": stage.email, "password": PASSWORD}),
    "auth: a weak password": lambda stage: stage.stranger.auth.sign_up({"email": f"y{stage.email}", "password": "x"}),
    "auth: look at oneself": look_at_oneself,
    "auth: change metadata": lambda stage: (
        stage.person.auth.update_user({"data": {"city": "Cairo"}}).user.user_metadata
    ),
    "auth: the same password": lambda stage: stage.person.auth.update_user({"password": PASSWORD}),
    "auth: refresh": refresh,
    "auth: read the claims": read_the_claims,
    "auth: sign out": sign_out,
    "auth: a wrong password": lambda stage: stage.person.auth.sign_in_with_password(
        {"email": stage.email, "password": "another password"}
    ),
    "auth: sign in": sign_in,
    "auth: a wrong code": lambda stage: stage.stranger.auth.verify_otp(
        {"email": stage.email, "token": "000000", "type": "email"}
    ),
    "auth: ask for a mail": ask_for_a_mail,
    "auth: ask for a mail again": ask_for_a_mail,
    "auth: somebody anonymous": lambda stage: stage.stranger.auth.sign_in_anonymously(),
    "auth: a code by phone": lambda stage: stage.stranger.auth.sign_in_with_otp({"phone": "+201000000000"}),
    "auth: single sign-on": lambda stage: stage.stranger.auth.sign_in_with_sso({"domain": "example.com"}),
    "admin: list as a person": lambda stage: stage.person.auth.admin.list_users(),
    "admin: make a user": make_a_user,
    "admin: list one user": lambda stage: {"users": len(stage.service.auth.admin.list_users(page=1, per_page=1))},
    "admin: change the user": change_the_user,
    "admin: generate a link": generate_a_link,
    "auth: use the link's token": use_the_token,
    "auth: use it again": use_the_token,
    "admin: invite": invite,
    "admin: delete the user": delete_the_user,
    "admin: look for the deleted user": lambda stage: stage.service.auth.admin.get_user_by_id(stage.met["user"]),
}
