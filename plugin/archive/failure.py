# What ends the command, or one of its tasks, with a line for the user.
# SPDX-License-Identifier: GPL-2.0-or-later


class Failure(Exception):
    """Its text is the line, without the name of the program."""
