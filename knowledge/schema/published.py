"""The JSON Schema (draft 2020-12) of a release document, generated from the rows themselves.

It says what a file can say of itself: keys, types, ranges, forms. What rows say of one another – codes that
exist, levels, sources that are verified – is checked by reading the document. Source:
docs/knowledge-format.md.
"""

from __future__ import annotations

import json
from typing import Any

from knowledge.schema.base import CODE_PATTERN, FREQUENCIES, SETTINGS
from knowledge.schema.document import SCHEMA, Document

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTITY = "urn:tinel:release:1"


def release_schema() -> dict[str, Any]:
    """A fresh schema; `schema`, `name`, `kind` and `model` are required."""
    made = Document.model_json_schema(by_alias=True)
    made["$defs"]["Expression"] = _expression()
    made["$defs"]["Rule"]["properties"]["when"] = {"$ref": "#/$defs/Expression"}
    made["required"] = ["schema", *made["required"]]
    made["allOf"] = [_clinic()]
    title = {"$schema": DIALECT, "$id": IDENTITY, "title": f"Release document {SCHEMA}"}
    return {**made, **title, "description": "Everything one release of the knowledge says."}


def release_schema_text() -> str:
    return json.dumps(release_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _clinic() -> dict[str, Any]:
    """What a clinic's release may not say and a corpus may (knowledge/schema/declared.py)."""
    whole = {"type": ["integer", "null"]}
    evidence = {"class": {"enum": [*FREQUENCIES, None]}, "positives": whole, "n": whole}
    model = {"class_weights": {"propertyNames": {"enum": [*FREQUENCIES]}}, "settings": {"maxItems": 0}}
    then = {
        "model": {"properties": model},
        "priors": {"items": {"properties": {"setting": {"enum": [*SETTINGS, None]}}}},
        "evidence": {"items": {"properties": evidence}},
    }
    clinic = {"properties": {"kind": {"const": "clinic"}}, "required": ["kind"]}
    return {"if": clinic, "then": {"properties": then}}


def _expression() -> dict[str, Any]:
    """The little language of rules (knowledge/schema/expressions.py) as one of its forms."""
    code = {"type": "string", "pattern": CODE_PATTERN}
    age = {"type": "number", "minimum": 0, "maximum": 120}
    inner = {"$ref": "#/$defs/Expression"}
    several = {"type": "array", "items": inner, "minItems": 1}
    levels = {"anyOf": [code, {"type": "array", "items": code, "minItems": 1}]}
    return {
        "description": "What must have been recorded for a red flag to be shown.",
        "oneOf": [
            _form(finding=code, level=levels),
            _form(risk_factor=code),
            _form(age_at_least=age),
            _form(age_below=age),
            _form(sex={"enum": ["female", "male", "other"]}),
            _form(all=several),
            _form(any=several),
            _form(at_least={"type": "integer", "minimum": 1}, of=several),
            _form(**{"not": inner}),
        ],
    }


def _form(**properties: dict[str, Any]) -> dict[str, Any]:
    required = list(properties)
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
