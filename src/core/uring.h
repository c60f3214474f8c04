/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uring.h - io_uring requests as calls. Their facts have WIRE_NR_URING set in
 * nr; syscall_get() and syscall_name() come here for them.
 */
#ifndef CTOP_CORE_URING_H
#define CTOP_CORE_URING_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/wire.h"
#include "core/syscall.h"

static inline bool uring_is(uint16_t nr)
{
	return (nr & 0xff00) == WIRE_NR_URING;
}

/* Name and class of a request; never NULL: "io_uring_op" for one that is newer than the table. */
const struct syscall *uring_op(uint16_t nr);

#endif
