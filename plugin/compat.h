/*
 * Differences between the Wireshark versions that the plugin builds with: 4.0, 4.4 and 4.6, and 4.2
 * by its public headers alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_COMPAT_H
#define IPMON_COMPAT_H

#include <stdbool.h>

#include <glib.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/packet_info.h>
#include <epan/proto.h>
#include <epan/stats_tree.h>
#include <wiretap/wtap.h>
#include <ws_version.h>

#define COMPAT_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

#if COMPAT_VERSION >= 404
#include <wsutil/plugins.h>

/* What `tshark -G plugins` says of the plugin. */
#define COMPAT_PLUGIN_KIND (WS_PLUGIN_DESC_DISSECTOR | WS_PLUGIN_DESC_TAP_LISTENER)
typedef bool preference_bool; /* what prefs_register_bool_preference points to */
#else
#define COMPAT_PLUGIN_KIND 0
typedef gboolean preference_bool;
#endif

/* Submenu of Statistics, with its separator. */
#ifdef STATS_TREE_MENU_SEPARATOR
#define STATISTICS_MENU "IP Monitor" STATS_TREE_MENU_SEPARATOR
#else
#define STATISTICS_MENU "IP Monitor/"
#endif

/*
 * The field or protocol of an item. From 4.6 on an item that nobody references has this but no
 * field_info; before, every item at the root has both. See compat_want_item.
 */
static inline const header_field_info *compat_node_field(const proto_node *node)
{
#if COMPAT_VERSION >= 406
    return PNODE_HFINFO(node);
#else
    return PNODE_FINFO(node) ? PNODE_FINFO(node)->hfinfo : NULL;
#endif
}

/*
 * Has the items of a protocol made with all that belongs to them, whoever else references it. That
 * is so until the end of any tree that has one of them.
 */
static inline void compat_want_item(int protocol)
{
#if COMPAT_VERSION >= 406
    epan_dissect_t any = {0}; /* which tree is asked does not matter: the protocol is marked */

    epan_dissect_prime_with_hfid(&any, protocol);
#else
    (void)protocol;
#endif
}

/* The name of the interface that a packet with an interface number was captured on, or NULL. */
static inline const char *compat_interface_name(const packet_info *pinfo)
{
    const wtap_rec *rec = pinfo->rec;
    const unsigned interface = rec->rec_header.packet_header.interface_id;

#if COMPAT_VERSION >= 404
    return epan_get_interface_name(
        pinfo->epan, interface,
        rec->presence_flags & WTAP_HAS_SECTION_NUMBER ? rec->section_number : 0);
#else
    return epan_get_interface_name(pinfo->epan, interface);
#endif
}

#endif
