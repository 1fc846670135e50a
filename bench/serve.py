"""A server for one function or ASGI app as it is deployed: one uvicorn worker on uvloop and httptools.

Usage: python -m bench.serve (path/to/main.py | module:app) PORT. A path is served through functions-framework.
"""

import sys
from pathlib import Path

import uvicorn


def main(target: str, port: int) -> None:
    app: object = target
    if target.endswith(".py"):
        # Imported here, because peers that are no functions do not need it.
        from functions_framework.aio import create_asgi_app  # noqa: PLC0415

        app = create_asgi_app("handler", str(Path(target).resolve()), "http")  # type: ignore[no-untyped-call]
    uvicorn.run(
        app,  # type: ignore[arg-type]  # a name or an ASGI callable
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        proxy_headers=False,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
