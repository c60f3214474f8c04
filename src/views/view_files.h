/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view_files.h - where people keep views of their own, and when they change:
 * /etc/ctop-trace/views.d, then $XDG_CONFIG_HOME/ctop-trace/views.d (under sudo
 * that of who called it). Files are read by name; later ones replace views of
 * earlier ones by id.
 */
#ifndef CTOP_VIEWS_VIEW_FILES_H
#define CTOP_VIEWS_VIEW_FILES_H

#include "views/view.h"

struct view_dirs {
	char *paths[2];
	size_t n;
	int fd; /* inotify; -1 = not watched */
	int wd[2];     /* watch of each path, or of what is above it */
	bool there[2]; /* of the path itself */
};

void view_dirs_init(struct view_dirs *d); /* from the environment */
void view_dirs_done(struct view_dirs *d);

/*
 * Reads all *.json files into *views. A bad one costs only itself: its first mistake is told, and the others
 * are read. Where root reads, a file or a directory that others can write is not.
 */
void view_dirs_load(const struct view_dirs *d, struct views **views, views_report_fn fn, void *userdata);

/* A descriptor that is readable when a file may have changed, also in a directory made later. -1: none. */
int view_dirs_watch(struct view_dirs *d);
/* Takes what happened: whether to load again. */
bool view_dirs_changed(struct view_dirs *d);

/* Every mistake of a file, as views_check_text(). */
size_t views_check_file(const struct views *base, const char *path, views_report_fn fn, void *userdata);

#endif
