/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * runtime_read.h - what each container runtime keeps on disk, read once, now.
 * Shared by the readers (runtime_*.c) and the cache in front of them
 * (runtime.c). They must not know who asks, nor keep anything.
 *
 * Everything read is hostile: bounded in size and depth, regular files only,
 * never a link below the runtime's own directory (safefile.h). No socket, no
 * program, no lock is touched.
 */
#ifndef CTOP_CORE_RUNTIME_READ_H
#define CTOP_CORE_RUNTIME_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/arena.h"
#include "core/hash.h"
#include "core/meta.h"
#include "core/safefile.h"
#include "core/sample.h"

enum {
	RUNTIME_FILE_MAX = 4 << 20, /* bytes of one file */
	RUNTIME_FILES = 4,          /* files that one answer comes from */
};

/* A file that an answer came from; when its stamp changes, the answer may. A stamp of 0: it was not there. */
struct runtime_file {
	char *base, *rel; /* in the query's arena */
	struct file_stamp stamp;
};

/* Text of a list with all containers of a storage: parsed once, not once a container. One slot. */
struct runtime_list {
	char *path;
	struct file_stamp stamp;
	json_t *json;
};

struct runtime_query {
	const char *sys_root; /* "" or a directory that stands for "/" */
	const char *type;     /* as in struct container_match */
	const char *id;
	const char *cgroup;
	struct arena *arena;        /* all of the answer */
	struct runtime_list *lists; /* NULL = none kept */
	struct hash *bases;         /* directories that were looked for: runtime_there(); NULL = none kept */
	/* answer */
	struct container_meta meta;
	struct runtime_file files[RUNTIME_FILES];
	size_t n_files;
	bool partial; /* it has a name, but a file with more does not know it yet */
};

/* Fills q->meta. 0, -ENOENT: no runtime has a file about it, or what was wrong with that file. */
int runtime_read(struct runtime_query *q);

/* The readers behind it, one per way of keeping state; same results. */
int runtime_read_docker(struct runtime_query *q);
int runtime_read_storage(struct runtime_query *q); /* Podman, CRI-O */
int runtime_read_containerd(struct runtime_query *q);
int runtime_read_runc(struct runtime_query *q);
int runtime_read_crun(struct runtime_query *q);
int runtime_read_lxc(struct runtime_query *q);
int runtime_read_machined(struct runtime_query *q);

void runtime_list_done(struct runtime_list *l);

/* ---- shared by the readers ---- */

/* Whether there is a directory `base` of a runtime; looked at once, until who owns q->bases clears them. */
bool runtime_there(struct runtime_query *q, const char *base);

/* Reads and remembers in q->files. The text version's text is in the arena. */
int runtime_text(struct runtime_query *q, const char *base, const char *rel, char **ret);
int runtime_json(struct runtime_query *q, const char *base, const char *rel, json_t **ret);

/* A file that says where others are: not remembered. NULL if there is none. */
json_t *runtime_config_json(struct runtime_query *q, const char *base, const char *rel);
/* Value of `key = "value"` in a file of such lines (toml, ini); NULL if there is none. In the arena. */
const char *runtime_config_value(struct runtime_query *q, const char *base, const char *rel, const char *key);

/* Non-empty string below json by keys that end with NULL; in the arena. NULL if there is none. */
const char *runtime_str(struct runtime_query *q, const json_t *json, ...) __attribute__((sentinel));
const char *runtime_copy(struct runtime_query *q, const char *s); /* NULL for NULL and "" */

/* "2026-11-21T01:35:25.859659939Z" -> epoch ns; UNKNOWN_U64 for none and for Go's year 1. */
uint64_t runtime_time(const char *s);

/* Digits behind "sha256:" or the whole, if it is a digest; else NULL. */
const char *runtime_digest(struct runtime_query *q, const char *s);

/* Sets *ret_list to sorted "key=value" of a JSON object; keys with a prefix in skip (NULL-ended) left out. */
void runtime_labels(struct runtime_query *q, const json_t *object, const char *const *skip,
		    const char *const **ret_list, size_t *ret_n);
void runtime_sort(const char **list, size_t n);

/* Uid in the cgroup path of a user's own container; -1 if there is none. */
long runtime_user(const struct runtime_query *q);
/* Home of a user by sys_root/etc/passwd, in the arena; NULL if there is none. */
const char *runtime_home(struct runtime_query *q, long uid);
/* Uids of people (1000 and more) by that file, at most max. Returns how many. */
size_t runtime_people(struct runtime_query *q, long *uids, size_t max);

/* ---- OCI: runtime_oci.c ---- */

/* Names, image, pod, labels and times out of a bundle's annotations. */
void runtime_annotations(struct runtime_query *q, const json_t *annotations);
/* The pod's labels out of JSON in a string, as CRI-O notes its sandbox's; NULL: none. */
void runtime_pod_labels(struct runtime_query *q, const char *text);
/* Annotations, mounts and privileges of a bundle's config.json. */
void runtime_spec(struct runtime_query *q, const json_t *spec);

#endif
