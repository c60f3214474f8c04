/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * path.h - paths as text. Touches no file: links are not followed.
 */
#ifndef CTOP_CORE_PATH_H
#define CTOP_CORE_PATH_H

#include "core/arena.h"

/* base/path, absolute, without ".", "..", doubled and trailing slashes; in the arena. `path` has no NUL. */
char *path_normal(struct arena *arena, const char *base, const char *path, size_t len);

#endif
