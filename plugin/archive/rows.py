# From a packet's document, as `tshark -T ek -e FIELD…` writes it, to the rows of the database.
# SPDX-License-Identifier: GPL-2.0-or-later
import json
from collections.abc import Iterator
from typing import Any

TRUE = ('1', 'True', 'true')
EVENT = ('event', 'event_level', 'event_class')
ERROR = ('error_name', 'error_errno', 'error_winsock', 'error_reason', 'error_fatal', 'error_socket')
# Fields that not every error has.
OPTIONAL = ('error_reporter_kind', 'error_process')
REPORTERS = ('error_reporter', 'error_reporter6')


def number(text: str | None) -> int | None:
    return None if text is None else int(text)


class Packet:
    def __init__(self, document: bytes):
        self.layers: dict[str, list[str]] = json.loads(document.decode())['layers']
        self.frame = int(self.layers['frame_number'][0])
        time = self.values('timestamp')
        self.time = int(time[0]) if time else None

    def values(self, name: str) -> list[str]:
        return self.layers.get(f'ipmon_{name}', [])

    def optional(self, name: str, errors: int) -> list[str | None]:
        """One value for each error: if only some of several errors have the field, it is not known which."""
        values = self.values(name)
        return list(values) if len(values) == errors else [None] * errors

    def reporters(self, errors: int) -> list[str | None]:
        v4, v6 = (self.optional(name, errors) for name in REPORTERS)
        return [four or six for four, six in zip(v4, v6)]

    def events(self) -> Iterator[list[Any]]:
        for name, level, class_ in zip(*map(self.values, EVENT), strict=True):
            yield ['event', self.frame, self.time, name, int(level), class_]

    def errors(self) -> Iterator[list[Any]]:
        count = len(self.values('error_name'))
        if count == 0:
            return
        columns = [self.optional(name, count) for name in ERROR] + [self.reporters(count)]
        columns += [self.optional(name, count) for name in OPTIONAL]
        for name, errno, winsock, reason, fatal, *rest in zip(*columns):
            yield ['error', self.frame, self.time, name, number(errno), number(winsock), reason,
                   None if fatal is None else int(fatal in TRUE), *rest]


def action(index: str, sha256: str, frame: int) -> bytes:
    """
    The line before a document for the bulk interface of OpenSearch and Elasticsearch. The identifier names
    capture and frame, and makes it the same document when it is sent again. (tshark 4.0 has a "_type" here,
    which they no longer accept.)
    """
    return b'{"index":{"_index":"%b","_id":"%b-%d"}}\n' % (index.encode(), sha256.encode(), frame)
