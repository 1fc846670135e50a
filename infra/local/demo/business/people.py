"""The people of a shop, their sign-in, and the agent that works for it."""

from datetime import datetime
from typing import NamedTuple

from .records import AgentAccount, AgentKey, Identity, Member, Organization, User, fixed_id
from .scene import Scene
from .shops import Shop

_NAMES = {"owner": "Salma Hanafi", "admin": "Karim Adly", "member": "Nada Wagdy"}
_NO_SECRET = "$2b$10$" + "." * 53
"""A bcrypt hash that no secret has: the seeded key appears in lists and opens nothing."""


class Access(NamedTuple):
    """The credentials of the demo people: all have one password, the Cairo shop's owner the address `owner_email`.

    `app_secret` and `sealing_key` are the launcher's: the channels' tokens are those that its simulator knows.
    """

    owner_email: str
    password_hash: str
    app_secret: str
    sealing_key: str


class Staff(NamedTuple):
    users: list[User]
    identities: list[Identity]
    members: list[Member]
    agents: list[AgentAccount]
    keys: list[AgentKey]


def make_organization(scene: Scene) -> Organization:
    shop, at = scene.shop, scene.opened
    return Organization(shop.organization_id, shop.name, shop.plan, at, at)


def make_staff(scene: Scene, access: Access) -> Staff:
    shop, at = scene.shop, scene.opened
    staff = Staff([], [], [], [], [])
    for role in shop.roles:
        user = _person(shop, role, access, at)
        staff.users.append(user)
        staff.identities.append(_identity(user))
        staff.members.append(Member(shop.organization_id, user.id, role, at))
    if shop.agent:
        _add_agent(staff, shop, shop.agent, at)
    return staff


def email_of(shop: Shop, role: str, access: Access) -> str:
    is_demo_owner = shop.key == "shop" and role == "owner"
    return access.owner_email if is_demo_owner else f"{role}@{shop.domain}"


def _person(shop: Shop, role: str, access: Access, at: datetime) -> User:
    return User(
        id=shop.person_id(role),
        email=email_of(shop, role, access),
        encrypted_password=access.password_hash,
        email_confirmed_at=at,
        raw_app_meta_data={
            "provider": "email",
            "providers": ["email"],
            "organization_id": str(shop.organization_id),
        },
        raw_user_meta_data={"full_name": _NAMES[role] if shop.key == "shop" else "Sanad Halim"},
        created_at=at,
        updated_at=at,
    )


def _identity(user: User) -> Identity:
    return Identity(
        id=fixed_id("identity", str(user.id)),
        provider_id=str(user.id),
        user_id=user.id,
        identity_data={"sub": str(user.id), "email": user.email, "email_verified": True},
        created_at=user.created_at,
        updated_at=user.created_at,
    )


def _add_agent(staff: Staff, shop: Shop, name: str, at: datetime) -> None:
    agent_id, user_id = shop.id("agent"), shop.id("agent", "user")
    metadata = {"provider": "agent", "organization_id": str(shop.organization_id), "org_role": "agent"}
    staff.users.append(User(user_id, None, None, None, dict(metadata), {"name": name}, at, at))
    staff.agents.append(AgentAccount(agent_id, shop.organization_id, user_id, name, "claude", at))
    staff.keys.append(
        AgentKey(
            id=shop.id("agent", "key"),
            organization_id=shop.organization_id,
            agent_id=agent_id,
            name=name,
            prefix=f"nxs_ak_{agent_id.hex[:8]}",
            key_hash=_NO_SECRET,
            scopes=["read", "write"],
            is_active=True,
            created_by=shop.person_id("owner"),
            created_at=at,
        )
    )
