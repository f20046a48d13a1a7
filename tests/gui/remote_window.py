# What the tests of other machines in the window share: the source and its options dialog.
# SPDX-License-Identifier: GPL-2.0-or-later
import re

LISTED = 'IP Monitor over ssh: ipmon:remote'
OPTIONS = f'Wireshark · Interface Options: {re.escape(LISTED)}'


def open_dialog(one):
    one.click_before('tree item', re.escape(LISTED))
    one.await_title(OPTIONS)


def reload(one, hosts):
    open_dialog(one)
    one.fill_behind('label', 'Remote hosts', hosts, OPTIONS)
    one.click('push button', 'Reload data', OPTIONS)
