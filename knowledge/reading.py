"""Reading one YAML file that may be wrong or hostile: plain data plus the line of every key.

Only what the content format needs: mappings, lists, text, numbers, true/false, null. Aliases, tags, duplicate
keys, deep nesting, other encodings and large files are refused in a sentence. `yes`, `no`, `on`, `off` and
dates stay text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from knowledge.faults import ContentFaults, Fault, Path, key_path

LIMIT_BYTES = 5_000_000
LIMIT_NODES = 250_000
LIMIT_DEPTH = 24

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass
class Page:
    """One file as plain data; `lines` gives the line of every path in it."""

    file: str
    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of the path, or of its nearest ancestor that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def fault(self, path: Path, problem: str, remedy: str = "") -> Fault:
        return Fault(self.file, self.line(path), key_path(path), problem, remedy)


def read_page(path: FilePath, name: str) -> Page:
    """The file as a Page called `name`; raises ContentFaults."""
    try:
        size = path.stat().st_size
        if size > LIMIT_BYTES:
            raise _refusal(
                name,
                0,
                f"the file has {size:,} bytes, the limit is {LIMIT_BYTES:,}",
                "split it into several files",
            )
        raw = path.read_bytes()
    except OSError as error:
        raise _refusal(
            name, 0, f"cannot be read ({error.strerror})", "check the path and its permissions"
        ) from error
    return parse_page(raw, name)


def parse_page(raw: bytes, name: str) -> Page:
    """Bytes as a Page called `name`; raises ContentFaults."""
    if len(raw) > LIMIT_BYTES:
        raise _refusal(name, 0, f"the file has {len(raw):,} bytes, the limit is {LIMIT_BYTES:,}", "split it")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _refusal(name, line, "the file is not UTF-8 text", "save it with the encoding UTF-8") from error
    builder = _Builder(Page(name))
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read as YAML"
        line = mark.line + 1 if mark is not None else 0
        raise _refusal(
            name, line, f"not valid YAML: {reason}", "check indentation, colons and quotes here"
        ) from error
    if builder.faults:
        raise ContentFaults(builder.faults)
    return builder.page


def _refusal(name: str, line: int, problem: str, remedy: str) -> ContentFaults:
    return ContentFaults([Fault(name, line, "", problem, remedy)])


@dataclass
class _Open:
    """A mapping or list that is still being filled."""

    path: Path
    value: dict[str, Any] | list[Any]
    key: str | None = None


class _Builder:
    """Takes the parser's events one by one; never recurses, so depth cannot exhaust the stack."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.faults: list[Fault] = []
        self.stack: list[_Open] = []
        self.nodes = 0
        self.documents = 0

    def take(self, event: Any) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise _refusal(self.page.file, line, "uses a YAML alias (*name)", "write the value out")
        if isinstance(event, yaml.DocumentStartEvent):
            self._one_document(line)
        elif isinstance(event, yaml.ScalarEvent):
            self._plain_node(event, line)
            self._scalar(event, line)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._plain_node(event, line)
            self._open(event, line)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()

    def _one_document(self, line: int) -> None:
        self.documents += 1
        if self.documents > 1:
            raise _refusal(self.page.file, line, "holds several YAML documents (---)", "write one per file")

    def _plain_node(self, event: Any, line: int) -> None:
        self.nodes += 1
        if self.nodes > LIMIT_NODES:
            raise _refusal(
                self.page.file, line, f"holds more than {LIMIT_NODES:,} values", "split it into several files"
            )
        if event.anchor is not None:
            raise _refusal(
                self.page.file, line, "uses a YAML anchor (&name)", "write the value out where it is needed"
            )
        if event.tag is not None and event.tag != "!":
            raise _refusal(self.page.file, line, f"uses a YAML tag ({event.tag[:60]})", "take the tag out")

    def _open(self, event: Any, line: int) -> None:
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._place(value, line)
        if len(self.stack) >= LIMIT_DEPTH:
            raise _refusal(self.page.file, line, f"is nested deeper than {LIMIT_DEPTH}", "flatten it")
        self.stack.append(_Open(path, value))

    def _scalar(self, event: Any, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, event.value, line)
        else:
            self._place(_value(event), line)

    def _key(self, top: _Open, key: str, line: int) -> None:
        assert isinstance(top.value, dict)
        path = (*top.path, key)
        if key in top.value:
            first = self.page.lines[path]
            self.faults.append(
                Fault(
                    self.page.file,
                    line,
                    key_path(path),
                    f"this key stands twice (first in line {first})",
                    "keep one",
                )
            )
        top.value[key] = None
        top.key = key
        self.page.lines[path] = line

    def _place(self, value: Any, line: int) -> Path:
        """Put a value where it belongs and return its path."""
        if not self.stack:
            self.page.data = value
            return ()
        top = self.stack[-1]
        if isinstance(top.value, list):
            top.value.append(value)
            path: Path = (*top.path, len(top.value) - 1)
            self.page.lines[path] = line
            return path
        if top.key is None:
            raise _refusal(self.page.file, line, "has a list or mapping as a key", "use text as the key")
        path = (*top.path, top.key)
        top.value[top.key] = value
        top.key = None
        return path


def _value(event: Any) -> Any:
    """Quoted is text; plain may be a number, true, false or null."""
    text: str = event.value
    return text if event.style else plain_value(text)


def plain_value(text: str) -> Any:
    """What a scalar without quotes says."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text
