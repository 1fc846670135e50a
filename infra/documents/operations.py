"""The operations of surfaces and webhooks in the OpenAPI document, from their tables of routes."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from itertools import groupby
from typing import Any, get_args, get_origin

from infra.documents.parts import CREDENTIALS, EVERY_ANSWER, TAGS, headers, rate, refusal
from infra.documents.refusals import by_status, of_route
from infra.documents.schemas import Components
from shared.edge.documentation import BYTES, ErrorShape, NamedSchema, Schema, admission_of
from shared.edge.routing import ANY, Route, Routes, as_declared
from shared.edge.spec import FunctionKind, Spec
from shared.kernel.errors import Refusal

WITHOUT_CONTENT = frozenset({HTTPStatus.ACCEPTED, HTTPStatus.NO_CONTENT, HTTPStatus.SEE_OTHER, HTTPStatus.NOT_MODIFIED})
AREAS = {"MCP": "Agents", "Tables": "Integrations"}
"""Areas of ours, under the tag that the contract has for them."""
Responses = dict[str, Any]


def add(paths: dict[str, Any], components: Components, specs: Iterable[Spec]) -> None:
    for spec in specs:
        if spec.routes is not None:
            _add_surface(paths, components, spec, spec.routes)


def _add_surface(paths: dict[str, Any], components: Components, spec: Spec, routes: Routes) -> None:
    if routes.documentation.error:
        components.schemas[routes.documentation.error.name] = routes.documentation.error.schema
    for route in routes.operations:
        path = f"/functions/v1/{spec.name}" if route.path == ANY else routes.prefix + route.template
        operation = _Operation(spec, routes, route, components).described()
        paths.setdefault(path, {})[route.method.lower()] = operation


class _Operation:
    def __init__(self, spec: Spec, routes: Routes, route: Route, components: Components) -> None:
        self._spec = spec
        self._routes = routes
        self._route = route
        self._components = components

    def described(self) -> dict[str, Any]:
        name, is_whole = self._name()
        tag = AREAS.get(self._spec.tag, self._spec.tag)
        if tag not in TAGS:
            raise ValueError(f"{self._spec.name}: {tag} is no tag of the contract")
        summary = self._spec.summary if is_whole else self._route.summary
        text = self._spec.description if is_whole else ""
        parameters = [*self._path(), *self._headers_and_query()]
        return {
            "operationId": name,
            "tags": [tag],
            "summary": (summary[:1].upper() + summary[1:]).rstrip("."),
            **({"description": text} if text else {}),
            "security": self._security(),
            **({"parameters": parameters} if parameters else {}),
            **self._body(),
            "responses": {**self._good(), **self._refused()},
            **({"x-rate-limit": rate(self._route.rate)} if self._route.rate else {}),
        }

    def _name(self) -> tuple[str, bool]:
        """Return the operation's name, and whether it is the function as a whole."""
        own = self._route.described.name
        if own is None and self._route.path == ANY:
            return self._spec.name, True
        begins = self._routes.documentation.name
        named = self._route.handler.__name__.replace("_", "-") if own is None else own
        return "-".join(filter(None, (self._spec.name if begins is None else begins, named))), False

    def _security(self) -> list[dict[str, list[str]]]:
        scope = self._route.described.scope or self._spec.scope
        scopes = [scope] if scope else []
        if self._route.admit is as_declared:
            return [
                {name: scopes if name == "agent" else []}
                for kind, name in CREDENTIALS.items()
                if kind in self._spec.access
            ]
        return [
            {name: needed or (scopes if name == "agent" else []) for name, needed in way.items()}
            for way in admission_of(self._route.admit).credentials
        ]

    def _path(self) -> list[Schema]:
        known = self._routes.documentation.path or {}
        return [
            {"name": name, "in": "path", "required": True, **(known.get(name) or _parameter(kind))}
            for name, kind in re.findall(r"{(\w+)(?::(\w+))?}", self._route.path)
        ]

    def _headers_and_query(self) -> list[Schema]:
        query = self._components.parameters(self._route.query) if self._route.query else []
        return [*self._routes.documentation.parameters, *query, *self._route.described.parameters]

    def _body(self) -> dict[str, Any]:
        if self._route.body:
            name = f"{self._routes.documentation.body_prefix}{self._route.body.__name__}"
            content = {"application/json": {"schema": self._components.request(self._route.body, name)}}
            return {"requestBody": {"required": True, "content": content}}
        takes = self._route.described.takes
        if not takes:
            return {}
        required = {"required": True} if self._route.described.is_body_required else {}
        content = {kind: {"schema": self._schema(schema)} for kind, schema in takes.items()}
        return {"requestBody": {**required, "content": content}}

    def _good(self) -> Responses:
        answers = self._route.described.answers
        answers = {self._route.status: "Done."} if answers is None else answers
        return {str(status): self._answer(status, text) for status, text in answers.items()}

    def _answer(self, status: int, text: str) -> dict[str, Any]:
        named = ["X-Request-Id"] if self._spec.kind is FunctionKind.WEBHOOK else EVERY_ANSWER
        answer = {"description": text, "headers": headers(named)}
        if status in WITHOUT_CONTENT:
            return answer
        kind = self._route.described.media_type
        schema = BYTES if kind == "*/*" else self._schema(self._route.result)
        return {**answer, "content": {kind: {"schema": schema}}}

    def _schema(self, result: Any) -> Schema:
        """Return the schema of a model, a list of one, or one that is written by hand."""
        if result is None:
            return {"type": "object"}
        if isinstance(result, NamedSchema):
            return self._components.named(result.name, result.schema)
        if isinstance(result, dict):
            return result
        if get_origin(result) is list:
            return {"type": "array", "items": self._schema(*get_args(result))}
        return self._components.result(result, f"{self._routes.documentation.result_prefix}{result.__name__}")

    def _refused(self) -> Responses:
        shape = self._routes.documentation.error
        found = set(of_route(self._spec, self._routes, self._route))
        if shape is None:
            return {str(status): refusal(status, codes) for status, codes in by_status(found).items()}
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.name}"}}}
        texts = shape.statuses or _texts(shape, found)
        return {str(status): {"description": text, "content": content} for status, text in texts.items()}


def _texts(shape: ErrorShape, found: Iterable[type[Refusal]]) -> dict[int, str]:
    """Return what each status says: its codes on this surface, with their messages."""
    code_of = shape.code_of or (lambda refusal: (refusal.status, refusal.code))
    rows = sorted({(*code_of(refusal), refusal.default_message) for refusal in found})
    return {
        status: "\n".join(f"- `{code}`: {message}" for _, code, message in group)
        for status, group in groupby(rows, key=lambda row: row[0])
    }


def _parameter(kind: str) -> Schema:
    return {"schema": {"type": "string", **({"format": "uuid"} if kind == "uuid" else {})}}
