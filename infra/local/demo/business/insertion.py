"""Insertion of one shop: its rows in the order that their references need."""

from datetime import datetime

from infra.queries import Database

from . import queries
from .channels import make_channels
from .chats import Conversations, make_chats
from .contacts import label_contacts, make_contacts, make_labels, stage_contacts
from .orders import Trade, make_orders
from .people import Access, make_organization, make_staff
from .records import Status
from .scene import Scene, set_scene
from .shops import Shop
from .stock import make_items, make_movements, make_warehouses


def insert_shop(database: Database, shop: Shop, access: Access, now: datetime) -> None:
    """Insert everything of the shop, in the caller's transaction."""
    scene = set_scene(shop, now)
    queries.act_as(database, user_id=shop.person_id("owner"))
    _insert_people(database, scene, access)
    sources = queries.list_lead_sources(database, organization_id=shop.organization_id)
    stages = queries.list_journey_stages(database, organization_id=shop.organization_id)
    items, warehouses, labels = make_items(scene), make_warehouses(scene), make_labels(scene)
    contacts = make_contacts(scene, sources)
    trade = make_orders(scene, contacts, items)
    stage_contacts(contacts, trade.orders, stages, now)
    conversations = make_chats(scene, contacts, items)
    for table, rows in (
        ("labels", labels),
        ("customers", contacts),
        ("customer_labels", label_contacts(scene, contacts, labels)),
        ("items", items),
        ("warehouses", warehouses),
        ("stock_movements", make_movements(scene, items, warehouses, trade.demand)),
    ):
        queries.insert_rows(database, table, rows)
    _insert_trade(database, trade)
    queries.insert_rows(database, "channel_accounts", make_channels(scene, access))
    _insert_conversations(database, conversations)
    archived = [chat.id for chat in conversations.chats if chat.is_archived]
    queries.spread_history(database, organization_id=shop.organization_id, steps=trade.steps, archived=archived)


def _insert_people(database: Database, scene: Scene, access: Access) -> None:
    staff = make_staff(scene, access)
    queries.insert_rows(database, "auth.users", staff.users)
    queries.insert_rows(database, "auth.identities", staff.identities)
    queries.insert_rows(database, "organizations", [make_organization(scene)])
    queries.insert_rows(database, "organization_members", staff.members)
    queries.insert_rows(database, "agent_accounts", staff.agents)
    queries.insert_rows(database, "agent_api_keys", staff.keys)


def _insert_trade(database: Database, trade: Trade) -> None:
    queries.insert_rows(database, "orders", trade.orders)
    queries.insert_rows(database, "order_sequences", trade.sequences)
    queries.insert_rows(database, "order_items", trade.lines)
    for status in Status:
        queries.update_orders_moved(database, [step for step in trade.steps if step.order_status is status])


def _insert_conversations(database: Database, conversations: Conversations) -> None:
    queries.insert_rows(database, "customer_identities", conversations.identities)
    queries.insert_rows(database, "chats", conversations.chats)
    queries.insert_rows(database, "channel_identities", conversations.channel_identities)
    queries.insert_rows(database, "messages", conversations.messages)
