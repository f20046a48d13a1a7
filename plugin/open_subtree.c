/*
 * Wireshark has no place for the state of subtrees before all protocols are registered, so they are
 * opened when the first file or capture is. Later the state is the user's.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "open_subtree.h"

#include <epan/packet.h>

static GPtrArray *subtrees; /* of const gint; NULL: none yet, or opened */

static void open_all(void)
{
    if (!subtrees)
        return;
    for (guint i = 0; i < subtrees->len; i++)
        tree_expanded_set(*(const gint *)g_ptr_array_index(subtrees, i), TRUE);
    g_ptr_array_free(subtrees, TRUE);
    subtrees = NULL;
}

void open_subtree(const gint *ett)
{
    if (!subtrees) {
        subtrees = g_ptr_array_new();
        register_init_routine(open_all);
    }
    g_ptr_array_add(subtrees, (gpointer)ett);
}
