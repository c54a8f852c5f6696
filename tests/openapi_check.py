#!/usr/bin/env python3
"""openapi_check.py FILE METHOD PATH STATUS: whether the JSON on standard input is what FILE, an OpenAPI
3.0 description, says is answered there. It knows as much of JSON Schema as the description uses, and
fails on what it does not know."""

import json
import re
import sys

KNOWN = {"$ref", "type", "nullable", "enum", "properties", "required", "additionalProperties", "items",
         "allOf", "oneOf", "minimum", "maximum", "format", "description"}
TYPES = {"string": str, "boolean": bool, "array": list, "object": dict}
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def resolve(whole, schema):
    while "$ref" in schema:
        place = whole
        for part in schema["$ref"].lstrip("#/").split("/"):
            place = place[part]
        schema = place
    return schema


def faults_of_object(whole, schema, value, where):
    for name in schema.get("required", []):
        if name not in value:
            yield f"{where}: {name} is missing"
    known = schema.get("properties", {})
    for name, one in value.items():
        if name in known:
            yield from faults(whole, known[name], one, f"{where}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{where}: {name} is not described"


def faults(whole, schema, value, where="answer"):
    schema = resolve(whole, schema)
    for word in set(schema) - KNOWN:
        yield f"{where}: the description uses {word}, which is not known here"
    if value is None:
        if not schema.get("nullable"):
            yield f"{where}: is null"
        return
    for one in schema.get("allOf", []):
        yield from faults(whole, one, value, where)
    if "oneOf" in schema and sum(not list(faults(whole, o, value)) for o in schema["oneOf"]) != 1:
        yield f"{where}: {value!r} is not one of what is described"
    if "type" in schema and not is_type(value, schema["type"]):
        yield f"{where}: {value!r} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not one of {schema['enum']}"
    if value_is_out(schema, value):
        yield f"{where}: {value!r} is out of bounds"
    if schema.get("format") == "date-time" and not TIME.match(value):
        yield f"{where}: {value!r} is no time"
    if isinstance(value, dict):
        yield from faults_of_object(whole, schema, value, where)
    if isinstance(value, list):
        for i, one in enumerate(value):
            yield from faults(whole, schema.get("items", {}), one, f"{where}[{i}]")


def value_is_out(schema, value):
    return ("minimum" in schema and value < schema["minimum"]) or (
        "maximum" in schema and value > schema["maximum"])


def main():
    file, method, path, status = sys.argv[1:]
    with open(file, encoding="utf-8") as f:
        whole = json.load(f)
    answers = whole["paths"][path][method.lower()]["responses"]
    if status not in answers:
        sys.exit(f"{method} {path}: {status} is not described")
    answer = resolve(whole, answers[status])
    found = list(faults(whole, answer["content"]["application/json"]["schema"], json.load(sys.stdin)))
    for fault in found[:20]:
        print(fault)
    sys.exit(1 if found else 0)


main()
