# The report of an archive: a text, made of its database.
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Any

from capture_paths import printable
from database import GONE, make_database
from failure import Failure
from folder import Folder, written

LIMIT = 20  # lines of a table
FAULTS = 100  # files that were not decoded to their end
TOTALS = (
    ('Captures', 'SELECT count(*) FROM capture'),
    ('Packets', 'SELECT coalesce(sum(packets), 0) FROM capture'),
    ('Bytes', 'SELECT coalesce(sum(bytes), 0) FROM capture'),
    ('Network events', 'SELECT count(*) FROM event'),
    ('Socket errors', 'SELECT count(*) FROM error'),
)
# A table: its title, the titles of its columns, and the question. Numbers come first.
TABLES = (
    ('Network events', ('Packets', 'Files', 'Event'), '''
        SELECT sum(n), sum(f), name FROM
            (SELECT capture, name, count(*) AS n FROM event GROUP BY capture, name)
            JOIN (SELECT capture, count(*) AS f FROM file GROUP BY capture) USING (capture)
        GROUP BY name ORDER BY 1 DESC, name'''),
    ('Socket errors', ('Packets', 'Files', 'Error'), '''
        SELECT sum(n), sum(f), name FROM
            (SELECT capture, name, count(*) AS n FROM error GROUP BY capture, name)
            JOIN (SELECT capture, count(*) AS f FROM file GROUP BY capture) USING (capture)
        GROUP BY name ORDER BY 1 DESC, name'''),
    ('Files with the most socket errors and network events', ('Errors', 'Events', 'Packets', 'File'), f'''
        SELECT coalesce(errors, 0), coalesce(events, 0), packets, path FROM capture
            JOIN file ON file.capture = capture.id
            LEFT JOIN (SELECT capture AS id, count(*) AS errors FROM error GROUP BY capture) USING (id)
            LEFT JOIN (SELECT capture AS id, count(*) AS events FROM event GROUP BY capture) USING (id)
        WHERE errors > 0 OR events > 0 ORDER BY 1 DESC, 2 DESC, path LIMIT {LIMIT}'''),
    ('Sockets with the most errors', ('Errors', 'Captures', 'Error', 'Socket'), f'''
        SELECT count(*), count(DISTINCT capture), name, socket FROM error
        GROUP BY socket, name ORDER BY 1 DESC, socket, name LIMIT {LIMIT}'''),
    ('Files that were not decoded to their end', ('State', 'File', 'Reason'), f'''
        SELECT state, path, message FROM file WHERE state NOT IN ('decoded', '{GONE}')
        ORDER BY state, path LIMIT {FAULTS}'''),
    ('Files that are gone', ('File', 'State'), f'''
        SELECT path, message FROM file WHERE state = '{GONE}' ORDER BY path LIMIT {FAULTS}'''),
)


def cells(row: tuple[Any, ...]) -> list[str]:
    return ['' if value is None else f'{value:,}' if isinstance(value, int) else str(value) for value in row]


def table(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Iterator[str]:
    """Numbers are right-justified; the last column is as long as it is."""
    lines = [list(columns), *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    right = [isinstance(value, int) for value in rows[0]]
    yield ''
    yield title
    for line in lines:
        padded = [cell.rjust(width) if is_number else cell.ljust(width)
                  for cell, width, is_number in zip(line, widths, right)]
        yield ('  ' + '  '.join(padded)).rstrip()


def totals(database: sqlite3.Connection) -> Iterator[str]:
    [files] = database.execute('SELECT count(*) FROM file').fetchone()
    yield f'{"Files":<16}{files:>20,}'
    for state, count in database.execute('SELECT state, count(*) FROM file GROUP BY state ORDER BY state'):
        yield f'  {state:<14}{count:>20,}'
    for name, question in TOTALS:
        [count] = database.execute(question).fetchone()
        yield f'{name:<16}{count:>20,}'
    for [decoder] in database.execute('SELECT DISTINCT decoder FROM capture ORDER BY decoder'):
        yield f'Decoded by      {decoder}'


def lines(database: sqlite3.Connection) -> Iterator[str]:
    yield from totals(database)
    for title, columns, question in TABLES:
        if rows := database.execute(question).fetchall():
            yield from table(title, columns, rows)


def open_database(folder: Folder) -> sqlite3.Connection:
    return sqlite3.connect(f'{folder.database.as_uri()}?mode=ro', uri=True)


def make_report(folder: Folder, patience: float) -> None:
    """When no task runs any more: those of an engine that was killed need a moment, `patience` in seconds."""
    with folder.lock('lock.tasks', False, patience):
        folder.remove_remains()
        make_database(folder)
        write_report(folder)


def write_report(folder: Folder) -> None:
    try:
        with contextlib.closing(open_database(folder)) as database:
            text = ''.join(line + '\n' for line in lines(database))
    except sqlite3.Error as error:
        raise Failure(f"cannot read '{printable(str(folder.database))}': {error}") from error
    with written(folder.report) as file:
        file.write(text.encode(errors='replace'))


def states(folder: Folder) -> dict[str, int]:
    """How many files have each state."""
    try:
        with contextlib.closing(open_database(folder)) as database:
            return dict(database.execute('SELECT state, count(*) FROM file GROUP BY state'))
    except sqlite3.Error as error:
        raise Failure(f"cannot read '{printable(str(folder.database))}': {error}") from error
