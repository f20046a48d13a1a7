# The rows of an archive as an SQLite file. Its schema is documented in ipmon-archive(1).
# SPDX-License-Identifier: GPL-2.0-or-later
import contextlib
import json
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from capture_paths import printable
from failure import Failure
from folder import Folder

WAITING, GONE = 'not decoded', 'gone'
LOST = 'its results are damaged or removed'
SCHEMA = '''
CREATE TABLE capture (
    id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, packets INTEGER NOT NULL,
    bytes INTEGER NOT NULL, decoder TEXT NOT NULL);
CREATE TABLE file (
    path TEXT PRIMARY KEY, capture INTEGER REFERENCES capture, state TEXT NOT NULL, message TEXT NOT NULL);
CREATE TABLE event (
    capture INTEGER NOT NULL REFERENCES capture, frame INTEGER NOT NULL, time INTEGER, name TEXT NOT NULL,
    level INTEGER NOT NULL, class TEXT NOT NULL);
CREATE TABLE error (
    capture INTEGER NOT NULL REFERENCES capture, frame INTEGER NOT NULL, time INTEGER, name TEXT NOT NULL,
    errno INTEGER, winsock INTEGER, reason TEXT, fatal INTEGER, socket TEXT, reporter TEXT, reporter_kind TEXT,
    process TEXT);
'''
INDEXES = '''
CREATE INDEX file_capture ON file (capture);
CREATE INDEX event_capture ON event (capture, name);
CREATE INDEX error_capture ON error (capture, name);
CREATE INDEX error_socket ON error (socket, name);
'''
# What rows raise that are not as they were written.
DAMAGE = (ValueError, TypeError, LookupError, OverflowError, RecursionError, sqlite3.ProgrammingError,
          sqlite3.InterfaceError, sqlite3.IntegrityError)
File = tuple[str, str | None, str, str]  # path, SHA-256, state, message
INSERT = {
    'event': 'INSERT INTO event VALUES (?, ?, ?, ?, ?, ?)',
    'error': 'INSERT INTO error VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
}


def state_of(mark: dict[str, Any], known: dict[str, Any]) -> tuple[str, str]:
    """(state, message), which are `known` of its content; of a file that is gone, the message is what was known of it."""
    state, message = known['state'], known['message']
    return (GONE, f'{state}: {message}' if message else state) if mark.get('gone') is True else (state, message)


def marked(folder: Folder) -> Iterator[tuple[Path, File]]:
    """What is known of each file, with the path of its mark."""
    contents: dict[str, dict[str, Any]] = {}  # what is known of them; nothing if not all results are there
    planned = {folder.mark(path): printable(path) for path in folder.planned()}
    for path, mark in folder.marks():
        sha256 = mark.get('sha256')
        if sha256 and sha256 not in contents:
            known = folder.summary(sha256)
            contents[sha256] = {name: known[name] for name in ('state', 'message') if known}
        if not mark:
            name = planned.get(path, str(path.relative_to(folder.path)))
            yield path, (name, None, WAITING, 'what was known of a capture is damaged')
        elif sha256 and not contents[sha256]:
            yield path, (mark['path'], None, *state_of(mark, {'state': WAITING, 'message': LOST}))
        else:
            yield path, (mark['path'], sha256, *state_of(mark, contents[sha256] if sha256 else mark))


def files(folder: Folder) -> Iterator[File]:
    """Every file that is or was to be decoded."""
    known = set()
    for mark, file in marked(folder):
        known.add(mark)
        yield file
    for planned in folder.planned():
        if folder.mark(planned) not in known:
            yield printable(planned), None, WAITING, 'its task did not end'


def without_renamed(found: list[File]) -> list[File]:
    """Without files that are gone whose content another file still has."""
    there = {sha256 for _, sha256, state, _ in found if sha256 and state != GONE}
    return [file for file in found if file[2] != GONE or file[1] not in there]


def rows(path: Path, kind: str) -> Iterator[list[Any]]:
    with open(path, encoding='utf-8') as file:
        for line in file:
            row = json.loads(line)
            if row[0] == kind:
                yield row[1:]


def run(database: sqlite3.Connection, statements: str) -> None:
    """executescript() would end a transaction."""
    for statement in statements.split(';'):
        database.execute(statement)


def add_capture(database: sqlite3.Connection, folder: Folder, number: int, sha256: str) -> bool:
    """If its rows are damaged, they are removed, so that the next run makes them again."""
    path = folder.result(sha256, 'rows')
    try:
        summary = folder.summary(sha256)
        database.execute('INSERT INTO capture VALUES (?, ?, ?, ?, ?, ?)',
                         (number, sha256, *[summary[name] for name in ('size', 'packets', 'bytes', 'decoder')]))
        for kind, insert in INSERT.items():
            database.executemany(insert, ([number, *row] for row in rows(path, kind)))
    except DAMAGE:
        path.unlink(missing_ok=True)
        return False
    return True


def fill(database: sqlite3.Connection, folder: Folder) -> None:
    """In an order that depends on nothing but the captures and their paths, so that the file does not either."""
    found = without_renamed(sorted(files(folder)))
    captures = {sha256: number for number, sha256 in
                enumerate(sorted({sha256 for _, sha256, _, _ in found if sha256}), 1)}
    run(database, SCHEMA)
    damaged = [sha256 for sha256, number in captures.items() if not add_capture(database, folder, number, sha256)]
    if damaged:
        raise Failure(f"'{printable(str(folder.result(damaged[0], 'rows')))}' "
                      f'{f"and {len(damaged) - 1:,} others were" if damaged[1:] else "was"} damaged, and removed: '
                      'decode the captures again')
    database.executemany('INSERT INTO file VALUES (?, ?, ?, ?)',
                         ((path, captures.get(sha256 or ''), state, message) for path, sha256, state, message in found))
    run(database, INDEXES)


def make_database(folder: Folder) -> None:
    """It replaces an earlier one when it is complete. It is made where nobody else can put a link in its place."""
    try:
        with tempfile.TemporaryDirectory(prefix='archive.', suffix='.new', dir=folder.path) as private:
            temporary = Path(private, folder.database.name)
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as database:
                run(database, 'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN')
                fill(database, folder)
                database.execute('COMMIT')
            os.replace(temporary, folder.database)
    except (OSError, sqlite3.Error) as error:
        raise Failure(f"cannot write '{printable(str(folder.database))}': {error}") from error
