"""/realtime/v1 and /graphql/v1: keys first, then a clear no; over WebSocket too."""

import json
import socket

import pytest

pytestmark = pytest.mark.anyio
PATHS = ["/realtime/v1/websocket", "/realtime/v1", "/graphql/v1", "/graphql/v1/"]


@pytest.mark.parametrize("path", PATHS)
async def test_501_with_any_key_of_the_project(path, http, services):
    secrets = services.secrets
    for key in (secrets.publishable_key, secrets.secret_key, secrets.anon_key, secrets.service_role_key):
        for answer in (
            await http.post(path, headers={"apikey": key}, json={"query": "{ shops { id } }"}),
            await http.get(path, params={"apikey": key, "vsn": "1.0.0"}),
        ):
            assert (answer.status_code, answer.json()["error"]) == (501, "not_served")


@pytest.mark.parametrize("path", PATHS)
async def test_401_without_a_key_of_the_project(path, http, org):
    assert (await http.get(path)).json()["error"] == "missing_project_key"
    token = org.owner.headers
    assert (await http.get(path, headers=token)).json()["error"] == "missing_project_key"
    assert (await http.get(path, headers={**token, "apikey": "sb_secret_x"})).json()["error"] == "unknown_project_key"


async def test_204_browsers_may_ask_from_anywhere(http):
    answer = await http.options("/graphql/v1", headers={"Origin": "https://shop.example"})
    assert answer.status_code == 204
    assert "apikey" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize(("query", "status"), [("apikey={key}&vsn=1.0.0", 501), ("", 401)])
def test_a_websocket_handshake_gets_the_same_answer(query, status, gateway_port, base_url, services):
    with socket.create_connection(("127.0.0.1", gateway_port), timeout=10) as connection:
        connection.sendall(
            f"GET /realtime/v1/websocket?{query.format(key=services.secrets.publishable_key)} HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{gateway_port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while b"}" not in answer:
            received = connection.recv(65536)
            assert received, answer
            answer += received
    head, _, body = answer.partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status
    assert json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["error"]
