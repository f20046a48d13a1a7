# The capture files that the user names: themselves, or those in the folders that he names.
# SPDX-License-Identifier: GPL-2.0-or-later
import errno
import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from failure import Failure

MARKER = 'ipmon-archive.results'  # a file in each folder of results

# A path is a string as os.fsdecode() makes it: bytes that are not UTF-8 are surrogates.


def printable(path: str) -> str:
    """The path as text for one line: other bytes, control characters and backslashes as \\xNN."""
    def escaped(character: str) -> str:
        return ''.join(f'\\x{byte:02x}' for byte in os.fsencode(character))
    return ''.join(character if character.isprintable() and character != '\\' else escaped(character)
                   for character in path)


def path_of(text: str) -> str:
    """The path of which printable() made this text."""
    path = re.sub(rb'\\x([0-9a-f]{2})', lambda escape: bytes.fromhex(escape[1].decode()), os.fsencode(text))
    return os.fsdecode(path)


def is_gone(path: str, status: Callable[[str], Any] = os.stat) -> bool:
    """Whether there is no such file any more; with os.lstat(), a link to nothing is a file."""
    try:
        status(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except (OSError, ValueError):
        return False
    return False


def results_above(path: str) -> str:
    """The folder of results that a real path is, or is in; an empty string if there is none."""
    while not os.path.lexists(os.path.join(path, MARKER)):
        above = os.path.dirname(path)
        if above == path:
            return ''
        path = above
    return path


def names_in(folder: str) -> list[str]:
    """Raises OSError also for a folder whose names can be read, but nothing that they name."""
    os.stat(os.path.join(folder, '.'))
    return os.listdir(folder)


def kind_of(path: str) -> int:
    """What a path is, through symbolic links; 0 if it was removed meanwhile."""
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        if os.path.lexists(path):
            raise  # a link to nothing
        return 0


def matches(name: str, patterns: list[str]) -> bool:
    """All names do if there is no pattern."""
    return not patterns or any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


class Scope:
    """The names to which a run comes: those that the user names, and in folders those that match a pattern."""

    def __init__(self, named: list[str], patterns: list[str]):
        self.named = {os.path.realpath(path) for path in named}
        self.patterns = patterns

    def has(self, path: str) -> bool:
        if path in self.named:
            return True
        below = any(str(folder) in self.named for folder in Path(path).parents)
        return below and (matches(os.path.basename(path), self.patterns) or os.path.isdir(path))


def leads_nowhere(error: OSError) -> bool:
    """Of a link. What is behind any other error is perhaps a folder, with files that match a pattern."""
    return error.errno in (errno.ENOENT, errno.ELOOP)


def files_below(folder: str, spared: str, patterns: list[str], errors: list[tuple[str, OSError]],
                results: set[str]) -> Iterator[str]:
    """
    The real paths of the regular files in a folder and its subfolders whose names there match a pattern, through
    symbolic links, each folder once; without the folder `spared`, and without folders of results, which are added
    to `results`. Folders that cannot be read, and links to what cannot be found, are added to `errors`.
    """
    seen = {spared}
    folders = [os.path.realpath(folder)]
    while folders:
        place = folders.pop()
        if place in seen:
            continue
        seen.add(place)
        try:
            names = names_in(place)
        except OSError as error:
            errors.append((place, error))
            continue
        if above := results_above(place):
            results |= {above} - {spared}
            continue
        for name in names:
            path = os.path.join(place, name)
            try:
                kind = kind_of(path)
            except OSError as error:
                if matches(name, patterns) or not leads_nowhere(error):
                    errors.append((path, error))
                continue
            if stat.S_ISDIR(kind):
                folders.append(os.path.realpath(path))
            elif stat.S_ISREG(kind) and matches(name, patterns):
                file = os.path.realpath(path)
                if file != path and (above := results_above(os.path.dirname(file))):
                    results |= {above} - {spared}
                    continue
                yield file


def check_named(path: str, into: str) -> None:
    """Refuses what no archive can be made of."""
    try:
        kind = os.stat(path).st_mode
    except OSError as error:
        raise Failure(f"cannot read '{printable(path)}': {error.strerror}") from error
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise Failure(f"'{printable(path)}' is neither a file nor a folder")
    if os.path.realpath(path) == into or os.path.realpath(path).startswith(into + os.sep):
        raise Failure(f"'{printable(path)}' is inside of the results, '{printable(into)}': choose another --into")
    if results_above(os.path.realpath(path)):
        raise Failure(f"'{printable(path)}' has results of ipmon-archive, and no captures")


@dataclass
class Found:
    """Paths are real ones."""
    files: list[str]
    errors: list[tuple[str, OSError]]  # what cannot be read
    results: list[str]  # folders of results that are not below --into


def capture_paths(named: list[str], into: str, patterns: list[str]) -> Found:
    """
    All files, each once, in an order that does not depend on the command line or the file system. In folders
    only those whose name matches a pattern. The named ones have passed check_named().
    """
    found: set[str] = set()
    errors: list[tuple[str, OSError]] = []
    results: set[str] = set()
    for path in named:
        if os.path.isfile(path):
            found.add(os.path.realpath(path))
            continue
        found.update(files_below(path, into, patterns, errors, results))
    return Found(sorted(found, key=os.fsencode), errors, sorted(results, key=os.fsencode))
