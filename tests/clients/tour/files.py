"""The tour's steps over /storage/v1, as the service."""

from typing import Any

import httpx

from tests.clients.tour.stage import Stage, Step

TEXT = "Hello منى"
PLACE = "in/أ.txt"


def bucket(stage: Stage) -> Any:
    return stage.service.storage.from_(stage.met["bucket"])


def make_a_bucket(stage: Stage) -> Any:
    stage.met["bucket"] = f"tour-{stage.email.partition('@')[0]}"
    stage.service.storage.create_bucket(stage.met["bucket"])
    return {"public": stage.service.storage.get_bucket(stage.met["bucket"]).public}


def upload(stage: Stage) -> Any:
    return {"path": bucket(stage).upload(PLACE, TEXT.encode(), {"content-type": "text/plain"}).path}


def list_names(stage: Stage) -> Any:
    return sorted(each["name"] for each in bucket(stage).list("in"))


def a_signed_address(stage: Stage) -> Any:
    answer = httpx.get(bucket(stage).create_signed_url(PLACE, 60)["signedURL"])
    return {"status": answer.status_code, "text": answer.content.decode()}


def move_and_copy(stage: Stage) -> Any:
    bucket(stage).move(PLACE, "in/b.txt")
    bucket(stage).copy("in/b.txt", "in/c.txt")
    return list_names(stage)


def delete_the_bucket(stage: Stage) -> Any:
    stage.service.storage.empty_bucket(stage.met["bucket"])
    stage.service.storage.delete_bucket(stage.met["bucket"])
    return {"gone": stage.met["bucket"] not in [each.id for each in stage.service.storage.list_buckets()]}


STEPS: dict[str, Step] = {
    "storage: make a bucket": make_a_bucket,
    "storage: upload": upload,
    "storage: upload again": upload,
    "storage: download": lambda stage: {"text": bucket(stage).download(PLACE).decode()},
    "storage: list": list_names,
    "storage: a signed address": a_signed_address,
    "storage: move and copy": move_and_copy,
    "storage: remove": lambda stage: {"removed": len(bucket(stage).remove(["in/b.txt"]))},
    "storage: look for what is gone": lambda stage: bucket(stage).download("in/b.txt"),
    "storage: as nobody": lambda stage: stage.stranger.storage.from_(stage.met["bucket"]).download("in/c.txt"),
    "storage: delete the bucket": delete_the_bucket,
}
