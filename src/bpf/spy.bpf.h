/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CTOP_BPF_SPY_H
#define CTOP_BPF_SPY_H
static __always_inline void spy_inherit_cgroup(struct cgroup *cgrp, u64 id, u32 hierarchy)
{
}
#endif
