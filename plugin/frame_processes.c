/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "frame_processes.h"

#include <string.h>

#include <wiretap/wtap.h>

#include "compat.h"
#include "frame_context.h"

/* The options count after all comments, which tell more. */
struct search {
    const packet_info *pinfo;
    struct process_list *list;
    struct compat_process option;
    struct compat_process darwin;
    bool has_option;
    bool has_darwin;
};

/* One option of the block; false would end the walk. */
static option_bool add_option(wtap_block_t block _U_, unsigned option, wtap_opttype_e type _U_,
                              wtap_optval_t *value, void *data)
{
    struct search *search = data;

    if (option == OPT_COMMENT)
        process_list_add_comment(search->list, value->stringval, strlen(value->stringval));
    else if (compat_process_option(&search->option, option, value))
        search->has_option = true;
    else if (compat_darwin_option(&search->darwin, search->pinfo, option, value))
        search->has_darwin = true;
    return true;
}

bool frame_processes_find(struct process_list *list, const packet_info *pinfo)
{
    struct search search = {.pinfo = pinfo, .list = list};
    wtap_block_t block = compat_frame_block(pinfo);

    list->count = 0;
    if (!block)
        return false;
    wtap_block_foreach_option(block, add_option, &search);
    if (search.has_option)
        process_list_add_option(list, search.option.id, search.option.thread);
    if (search.has_darwin)
        process_list_add_darwin(list, search.darwin.id, search.darwin.name);
    return list->count != 0;
}

enum process_end frame_process_end(const packet_info *pinfo, const struct process_list *list,
                                   const struct process *process)
{
    return process_end_of(list, process, frame_outgoing(pinfo));
}
