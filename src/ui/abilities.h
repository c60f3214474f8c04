/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abilities.h - what the terminal can do, in words, without taking it over. */
#ifndef CTOP_UI_ABILITIES_H
#define CTOP_UI_ABILITIES_H

#include <stdbool.h>

#include "core/buf.h"

/* Appends one line of text without a newline; false if screens cannot be shown there. The locale must be set.
 */
bool terminal_abilities(struct buf *out);

#endif
