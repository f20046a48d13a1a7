/*
 * The kernel's types as far as the programs read them. The loader finds the members by their names
 * in the type information of the running kernel (CO-RE), wherever they are there.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef IPMON_KERNEL_TYPES_H
#define IPMON_KERNEL_TYPES_H

#include <linux/types.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

struct in6_addr {
    union {
        __be32 u6_addr32[4];
    } in6_u;
};

struct sock_common {
    __be32 skc_daddr;
    __be32 skc_rcv_saddr;
    __be16 skc_dport;
    __u16 skc_num;
    unsigned short skc_family;
    volatile unsigned char skc_state;
    unsigned char skc_reuse : 4;
    unsigned char skc_reuseport : 1;
    unsigned char skc_ipv6only : 1;
    int skc_bound_dev_if;
    struct {
        struct net *net;
    } skc_net;
    struct sock *skc_listener; /* of a request for a connection */
    struct in6_addr skc_v6_daddr;
    struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
    struct sock_common __sk_common;
    struct {
        int owned;
    } sk_lock;
    unsigned int sk_kern_sock : 1;
    __u16 sk_type;
    __u16 sk_protocol;
    struct socket *sk_socket;
    struct {
        struct {
            int counter;
        } refs;
    } sk_wmem_alloc;
};

struct tcp_sock {
    __u32 write_seq;
    bool is_mptcp;
};

struct socket {
    struct file *file;
    struct sock *sk;
};

struct net_device {
    struct {
        struct net *net;
    } nd_net;
};

struct sk_buff {
    struct net_device *dev;
    struct sock *sk;
    __be16 protocol;
    __u16 network_header;
    __u16 transport_header;
    unsigned char *head;
    unsigned int data_len;
    unsigned int truesize;
};

struct iphdr {
    __u8 version : 4;
    __be32 saddr;
};

struct ipv6hdr {
    struct in6_addr saddr;
};

struct qstr {
    const unsigned char *name;
};

struct dentry {
    struct dentry *d_parent;
    struct qstr d_name;
};

struct vfsmount {
    struct dentry *mnt_root;
};

struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
};

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
};

struct super_block {
    unsigned long s_magic;
};

struct inode {
    struct super_block *i_sb;
};

struct file {
    struct path f_path;
    struct inode *f_inode;
    void *private_data;
    struct {
        __s64 counter;
    } f_count;
};

/* From Linux 6.13 on: one less than before. */
struct file___later {
    struct {
        struct {
            __s64 counter;
        } refcnt;
    } f_ref;
};

struct files_struct {
    struct {
        int counter;
    } count;
};

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    struct file *exe_file;
};

struct kernfs_node {
    struct kernfs_node *parent;
    const char *name;
};

/* From Linux 6.15 on. */
struct kernfs_node___later {
    struct kernfs_node *__parent;
};

struct cgroup {
    struct kernfs_node *kn;
};

struct css_set {
    struct cgroup *dfl_cgrp;
};

struct cred {
    struct {
        unsigned int val;
    } uid;
};

struct task_struct {
    unsigned int flags;
    int pid;
    int tgid;
    __u64 self_exec_id;
    __u64 start_boottime;
    struct task_struct *group_leader;
    const struct cred *cred;
    struct mm_struct *mm;
    struct files_struct *files;
    struct css_set *cgroups;
    char comm[16];
};

/* With PREEMPT_RT. */
struct task_struct___realtime {
    int softirq_disable_cnt;
};

struct bpf_iter_meta {
    struct seq_file *seq;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    struct file *file;
};

enum skb_drop_reason {
    SKB_DROP_REASON_NO_SOCKET = 3, /* its number differs between kernels */
};

#pragma clang attribute pop

#endif
