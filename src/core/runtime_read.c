/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runtime_read.c - which readers are asked about a container, and what they share. */
#include "core/runtime_read.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"

typedef int (*reader_fn)(struct runtime_query *q);

/* Who can have a container of a type that cgroup paths tell; the likely one first. */
static const struct {
	const char *type;
	reader_fn readers[7];
} readers[] = {
	{"docker", {runtime_read_docker, runtime_read_containerd, runtime_read_storage}},
	{"podman", {runtime_read_storage}},
	{"cri-o", {runtime_read_storage}},
	{"containerd", {runtime_read_containerd, runtime_read_docker}},
	{"runc", {runtime_read_runc, runtime_read_containerd}},
	{"crun", {runtime_read_crun, runtime_read_storage}},
	{"lxc", {runtime_read_lxc}},
	{"systemd-nspawn", {runtime_read_machined}},
	{"qemu", {runtime_read_machined}},
	/* the path does not say: bare names, unknown prefixes */
	{"oci",
	 {runtime_read_containerd, runtime_read_runc, runtime_read_crun, runtime_read_docker,
	  runtime_read_storage}},
};

int runtime_read(struct runtime_query *q)
{
	int r = -ENOENT;

	q->meta = meta_none();
	q->n_files = 0;
	if (!safe_component(q->id))
		return -ENOENT;
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (strcmp(readers[i].type, q->type) != 0)
			continue;
		for (const reader_fn *fn = readers[i].readers; *fn; fn++) {
			int one = (*fn)(q);

			if (one == 0)
				return 0;
			if (one != -ENOENT)
				r = one; /* there is a file, but it is broken: say that */
		}
	}
	return r;
}

void runtime_list_done(struct runtime_list *l)
{
	free(l->path);
	json_decref(l->json);
	*l = (struct runtime_list){0};
}

bool runtime_there(struct runtime_query *q, const char *base)
{
	static const char marks[2];
	const char *here = &marks[0], *absent = &marks[1];
	struct hash_key key = hash_bytes(base, strlen(base));
	const void *known = q->bases ? hash_get(q->bases, key) : here;
	struct file_stamp stamp;

	if (!known) {
		known = safe_stamp(q->sys_root, base, "", &stamp) == -ENOENT ? absent : here;
		hash_put(q->bases, key, (void *)known);
	}
	return known == here;
}

static int remember(struct runtime_query *q, const char *base, const char *rel, size_t max, char **ret,
		    size_t *ret_len)
{
	struct file_stamp stamp;
	int r = runtime_there(q, base) ? safe_read(q->sys_root, base, rel, max, ret, ret_len, &stamp)
				       : -ENOENT;

	if (r == -ENOTDIR || r == -ENAMETOOLONG)
		return -ENOENT;
	if (r == 0 && q->n_files < RUNTIME_FILES)
		q->files[q->n_files++] = (struct runtime_file){arena_strdup(q->arena, base),
							       arena_strdup(q->arena, rel), stamp};
	return r;
}

int runtime_text(struct runtime_query *q, const char *base, const char *rel, char **ret)
{
	char *text;
	size_t len;
	int r = remember(q, base, rel, RUNTIME_FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	*ret = arena_strdup(q->arena, text);
	free(text);
	return 0;
}

int runtime_json(struct runtime_query *q, const char *base, const char *rel, json_t **ret)
{
	char *text;
	size_t len;
	int r = remember(q, base, rel, RUNTIME_FILE_MAX, &text, &len);
	json_t *json;

	if (r < 0)
		return r;
	json = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	free(text);
	if (!json)
		return -EBADMSG;
	*ret = json;
	return 0;
}

json_t *runtime_config_json(struct runtime_query *q, const char *base, const char *rel)
{
	json_t *json = NULL;
	char *text;
	size_t len;

	if (!runtime_there(q, base) ||
	    safe_read(q->sys_root, base, rel, RUNTIME_FILE_MAX, &text, &len, NULL) < 0)
		return NULL;
	json = json_loadb(text, len, 0, NULL);
	free(text);
	return json;
}

const char *runtime_config_value(struct runtime_query *q, const char *base, const char *rel, const char *key)
{
	const char *found = NULL;
	char *text, *save = NULL;
	size_t len;

	if (!runtime_there(q, base) ||
	    safe_read(q->sys_root, base, rel, RUNTIME_FILE_MAX, &text, &len, NULL) < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &save); line && !found; line = strtok_r(NULL, "\n", &save)) {
		size_t n = strlen(key);

		line += strspn(line, " \t");
		if (strncmp(line, key, n) != 0)
			continue;
		line += n + strspn(line + n, " \t");
		if (*line != '=')
			continue;
		line++;
		line += strspn(line, " \t\"'");
		n = strcspn(line, "\"'\r#");
		while (n && isspace((unsigned char)line[n - 1]))
			n--;
		found = n ? arena_strndup(q->arena, line, n) : NULL;
	}
	free(text);
	return found;
}

const char *runtime_copy(struct runtime_query *q, const char *s)
{
	return s && *s ? arena_strndup(q->arena, s, strnlen(s, META_TEXT_MAX)) : NULL;
}

const char *runtime_str(struct runtime_query *q, const json_t *json, ...)
{
	va_list ap;

	va_start(ap, json);
	for (const char *key; (key = va_arg(ap, const char *));)
		json = json_object_get(json, key);
	va_end(ap);
	return runtime_copy(q, json_string_value(json));
}

uint64_t runtime_time(const char *s)
{
	struct tm tm = {0};
	uint64_t ns = 0, unit = 100000000;
	const char *p = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	long offset = 0;
	time_t t;

	if (!p || tm.tm_year < 70)
		return UNKNOWN_U64;
	if (*p == '.')
		for (p++; isdigit((unsigned char)*p); p++, unit /= 10)
			ns += (uint64_t)(*p - '0') * unit;
	if ((*p == '+' || *p == '-') && strlen(p) >= 6)
		offset = (*p == '-' ? -1 : 1) *
			 (strtol(p + 1, NULL, 10) * 3600 + strtol(p + 4, NULL, 10) * 60);
	t = timegm(&tm) - offset;
	return t > 0 ? (uint64_t)t * 1000000000u + ns : UNKNOWN_U64;
}

const char *runtime_digest(struct runtime_query *q, const char *s)
{
	size_t n;

	if (!s)
		return NULL;
	if (!strncmp(s, "sha256:", 7))
		s += 7;
	n = strspn(s, "0123456789abcdef");
	return n == 64 && !s[n] ? runtime_copy(q, s) : NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void runtime_sort(const char **list, size_t n)
{
	if (n)
		qsort(list, n, sizeof(*list), by_text);
}

void runtime_labels(struct runtime_query *q, const json_t *object, const char *const *skip,
		    const char *const **ret_list, size_t *ret_n)
{
	const char **list, *key;
	size_t n = 0, max = json_object_size(object);
	json_t *value;

	max = max < META_LIST_MAX ? max : META_LIST_MAX;
	if (!max)
		return;
	list = arena_array(q->arena, max, sizeof(*list));
	json_object_foreach((json_t *)object, key, value)
	{
		bool skipped = !json_is_string(value) || n == max;

		for (size_t i = 0; skip && skip[i] && !skipped; i++)
			skipped = !strncmp(key, skip[i], strlen(skip[i]));
		if (!skipped)
			list[n++] = arena_printf(q->arena, "%.*s=%.*s", META_TEXT_MAX, key, META_TEXT_MAX,
						 json_string_value(value));
	}
	runtime_sort(list, n);
	*ret_list = list;
	*ret_n = n;
}

long runtime_user(const struct runtime_query *q)
{
	static const char *const marks[] = {"/user@", "/user-"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		const char *at = q->cgroup ? strstr(q->cgroup, marks[i]) : NULL;
		char *end;
		long uid;

		if (!at)
			continue;
		uid = strtol(at + strlen(marks[i]), &end, 10);
		if (end != at + strlen(marks[i]) && *end == '.' && uid >= 0)
			return uid;
	}
	return -1;
}

/* name:password:uid:gid:comment:home:shell */
static const char *passwd_field(const char *line, size_t len, int field, size_t *ret_len)
{
	const char *end = line + len;

	for (; field && line < end; field--) {
		const char *colon = memchr(line, ':', (size_t)(end - line));

		if (!colon)
			return NULL;
		line = colon + 1;
	}
	*ret_len = 0;
	while (line + *ret_len < end && line[*ret_len] != ':')
		++*ret_len;
	return line;
}

/* Calls for each line until one says true. */
static bool passwd_each(struct runtime_query *q, bool (*fn)(const char *line, size_t len, void *userdata),
			void *userdata)
{
	char *text;
	size_t size;
	bool found = false;

	if (safe_read(q->sys_root, "etc", "passwd", RUNTIME_FILE_MAX, &text, &size, NULL) < 0)
		return false;
	for (const char *line = text; *line && !found;) {
		size_t len = strcspn(line, "\n");

		found = fn(line, len, userdata);
		line += len + (line[len] == '\n');
	}
	free(text);
	return found;
}

struct home_search {
	struct runtime_query *q;
	long uid;
	const char *home;
};

static bool match_home(const char *line, size_t len, void *userdata)
{
	struct home_search *h = userdata;
	size_t n;
	const char *uid = passwd_field(line, len, 2, &n), *home;

	if (!uid || !n || strtol(uid, NULL, 10) != h->uid)
		return false;
	home = passwd_field(line, len, 5, &n);
	if (!home || !n || *home != '/')
		return false;
	h->home = arena_strndup(h->q->arena, home, n);
	return true;
}

const char *runtime_home(struct runtime_query *q, long uid)
{
	struct home_search h = {.q = q, .uid = uid};

	passwd_each(q, match_home, &h);
	return h.home;
}

struct people {
	long *uids;
	size_t n, max;
};

static bool note_person(const char *line, size_t len, void *userdata)
{
	struct people *p = userdata;
	size_t n;
	const char *uid = passwd_field(line, len, 2, &n);
	long value = uid && n ? strtol(uid, NULL, 10) : 0;

	if (value >= 1000 && value != 65534)
		p->uids[p->n++] = value;
	return p->n == p->max;
}

size_t runtime_people(struct runtime_query *q, long *uids, size_t max)
{
	struct people p = {uids, 0, max};

	passwd_each(q, note_person, &p);
	return p.n;
}
