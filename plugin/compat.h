/*
 * Differences between the Wireshark versions that the plugin builds with: 4.0, 4.4 and 4.6, and 4.2
 * by its public headers alone. What Wireshark calls internal is used here and nowhere else.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_COMPAT_H
#define IPMON_COMPAT_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <epan/epan.h>
#include <epan/epan_dissect.h>
#include <epan/packet.h>
#include <epan/proto.h>
#include <epan/stats_tree.h>
#include <epan/tvbuff-int.h>
#include <wiretap/wtap.h>
#include <ws_version.h>

#define COMPAT_VERSION (WIRESHARK_VERSION_MAJOR * 100 + WIRESHARK_VERSION_MINOR)

#if COMPAT_VERSION >= 404
#include <wsutil/plugins.h>

/* What `tshark -G plugins` prints for the plugin. */
#define COMPAT_PLUGIN_KIND (WS_PLUGIN_DESC_DISSECTOR | WS_PLUGIN_DESC_TAP_LISTENER)
typedef bool preference_bool; /* what prefs_register_bool_preference points to */
typedef bool option_bool;     /* what a function for wtap_block_foreach_option returns */
#else
#define COMPAT_PLUGIN_KIND 0
typedef gboolean preference_bool;
typedef gboolean option_bool;
#endif

/* Submenu of Statistics, with its separator. */
#ifdef STATS_TREE_MENU_SEPARATOR
#define STATISTICS_MENU "IP Monitor" STATS_TREE_MENU_SEPARATOR
#else
#define STATISTICS_MENU "IP Monitor/"
#endif

/* What a statistic of the command line registers beside its stat_tap_ui. */
struct compat_statistic {
    bool (*start)(const char *option); /* false: it cannot, and has said why */
};

/* The function of its stat_tap_ui. Before 4.6 it cannot fail; those of tshark end the program. */
#if COMPAT_VERSION >= 406
static inline bool compat_start_statistic(const char *option, void *statistic)
{
    return ((const struct compat_statistic *)statistic)->start(option);
}
#else
static inline void compat_start_statistic(const char *option, void *statistic)
{
    if (!((const struct compat_statistic *)statistic)->start(option))
        exit(EXIT_FAILURE);
}
#endif

/*
 * The field or protocol of an item. From 4.6 on an item that is not referenced has this but no
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
 * References a protocol, so that its items get a field_info in any case. The reference lasts until
 * the end of any tree that has such an item.
 */
static inline void compat_want_item(int protocol)
{
#if COMPAT_VERSION >= 406
    epan_dissect_t any = {0}; /* the mark is one of the protocol, not of the tree */

    epan_dissect_prime_with_hfid(&any, protocol);
#else
    (void)protocol;
#endif
}

/* The tvb of the whole frame; NULL: there is none yet. */
static inline tvbuff_t *compat_frame(const packet_info *pinfo)
{
    return pinfo->data_src ? get_data_source_tvb(pinfo->data_src->data) : NULL;
}

/*
 * The next of the chain of tvbs that begins with a data source; NULL: none. Each dissector was
 * given a tvb of its own, and those inside of another one follow it.
 */
static inline tvbuff_t *compat_next_tvb(const tvbuff_t *tvb)
{
    return tvb->next;
}

/*
 * The captured bytes of a data source; NULL: there are none, or not before tvb_get_ptr is called,
 * which takes more time.
 */
static inline const uint8_t *compat_source_bytes(const tvbuff_t *source)
{
    return source->real_data;
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

/*
 * The block of the frame in the file, with its options, as the user last changed them; NULL: it has
 * none.
 */
static inline wtap_block_t compat_frame_block(const packet_info *pinfo)
{
    if (pinfo->fd->has_modified_block)
        return epan_get_modified_block(pinfo->epan, pinfo->fd);
    return pinfo->rec ? pinfo->rec->block : NULL;
}

/* Ids of a process and a thread, or of a process and its name, which may be NULL. */
struct compat_process {
    uint32_t id;
    uint32_t thread;
    const char *name;
};

/*
 * Whether an option of a frame's block is epb_processid_threadid, which Wireshark reads from 4.6
 * on: as one number, in the byte order of the section, so that in a section of the other byte order
 * than the host's the two ids change places. It does not say which order that is.
 */
static inline bool compat_process_option(struct compat_process *process, unsigned option,
                                         const wtap_optval_t *value)
{
#ifdef OPT_PKT_PROCIDTHRDID
    uint32_t ids[2];

    if (option != OPT_PKT_PROCIDTHRDID)
        return false;
    memcpy(ids, &value->uint64val, sizeof ids);
    process->id = ids[0];
    process->thread = ids[1];
    return true;
#else
    (void)process;
    (void)option;
    (void)value;
    return false;
#endif
}

/* Whether an option refers to the Darwin process of a frame, which Wireshark reads from 4.6 on. */
static inline bool compat_darwin_option(struct compat_process *process, const packet_info *pinfo,
                                        unsigned option, const wtap_optval_t *value)
{
#ifdef OPT_PKT_DARWIN_PIB_ID
    const wtap_rec *rec = pinfo->rec;
    const unsigned section =
        rec->presence_flags & WTAP_HAS_SECTION_NUMBER ? rec->section_number : 0;
    int32_t id;

    if (option != OPT_PKT_DARWIN_PIB_ID)
        return false;
    id = epan_get_process_id(pinfo->epan, value->uint32val, section);
    process->id = (uint32_t)id;
    process->name = epan_get_process_name(pinfo->epan, value->uint32val, section);
    return id >= 0;
#else
    (void)process;
    (void)pinfo;
    (void)option;
    (void)value;
    return false;
#endif
}

#endif
