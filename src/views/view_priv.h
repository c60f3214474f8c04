/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_priv.h - shared by the files of src/views. */
#ifndef CTOP_VIEWS_VIEW_PRIV_H
#define CTOP_VIEWS_VIEW_PRIV_H

#include "views/view.h"

struct view *view_free(struct view *v);

#endif
