/* SPDX-License-Identifier: GPL-2.0-or-later */
/* view_priv.h - shared by the files of src/views. */
#ifndef CTOP_VIEWS_VIEW_PRIV_H
#define CTOP_VIEWS_VIEW_PRIV_H

#include "views/view.h"

struct view *view_free(struct view *v);

/* views_load_text(); may_root: actions of the text may ask for root's rights. */
int views_load_owned(struct views **views, const char *name, const char *text, size_t len, bool may_root,
		     struct views_error *err);

#endif
