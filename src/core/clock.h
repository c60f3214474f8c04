/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clock.h - what a clock shows, as one number.
 */
#ifndef CTOP_CORE_CLOCK_H
#define CTOP_CORE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* In ns. */
static inline uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

#endif
