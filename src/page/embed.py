#!/usr/bin/env python3
"""Writes C: each file that is given as a row of page_assets (page_asset.h), plain and packed."""

import gzip
import hashlib
import os
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
PATHS = {
    "index.html": "/",
    "chart.min.js": "/chart.js",
    "openapi.json": "/api/openapi.json",
}


def write_bytes(out, name, data):
    out.write("static const unsigned char %s[] = {\n" % name)
    for i in range(0, len(data), 24):
        out.write(",".join(map(str, data[i : i + 24])) + ",\n")
    out.write("0};\n")


def write_row(out, number, path, type_, tag, plain, packed):
    row = '{"%s", "%s", "\\"%s\\"", "\\"%s-gz\\"",\n' % (path, type_, tag, tag)
    row += "{(const char *)plain_%d, %d}, {(const char *)packed_%d, %d}},\n"
    out.write(row % (number, len(plain), number, len(packed)))


def main():
    rows = []
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write('#include "page/page_asset.h"\n')
        for number, file in enumerate(sys.argv[2:]):
            name = os.path.basename(file)
            with open(file, "rb") as f:
                plain = f.read()
            packed = gzip.compress(plain, 9, mtime=0)
            write_bytes(out, "plain_%d" % number, plain)
            write_bytes(out, "packed_%d" % number, packed)
            tag = hashlib.sha256(plain).hexdigest()[:32]
            type_ = TYPES[os.path.splitext(name)[1]]
            rows.append((number, PATHS.get(name, "/" + name), type_, tag, plain, packed))
        out.write("const struct page_asset page_assets[] = {\n")
        for row in rows:
            write_row(out, *row)
        out.write("};\nconst size_t page_asset_count = sizeof(page_assets) / sizeof(page_assets[0]);\n")


main()
