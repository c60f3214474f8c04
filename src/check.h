/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.h - --check: is this machine fit, and if not, what is missing. */
#ifndef CTOP_CHECK_H
#define CTOP_CHECK_H

#include <stdbool.h>

#include "core/buf.h"

/* Appends a page of text; true if the monitor can run here. Tries to load the BPF programs. */
bool check_machine(const char *host_root, struct buf *out);

#endif
