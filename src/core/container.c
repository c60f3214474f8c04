/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/container.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { HEX_ID = 64, MAX_PARTS = 64 };

struct part { /* one component of the path */
	const char *s;
	size_t len;
};

/* Prefix in front of a 64-digit id -> type; NULL: a monitor. The longest prefix is listed first. */
static const struct {
	const char *prefix, *type;
} runtimes[] = {
	{"libpod-conmon", NULL},   {"crio-conmon", NULL},
	{"conmon", NULL},          {"docker", "docker"},
	{"libpod", "podman"},      {"cri-containerd", "containerd"},
	{"crio", "cri-o"},         {"containerd", "containerd"},
	{"nerdctl", "containerd"}, {"runc", "runc"},
	{"crun", "crun"},          {"buildah", "podman"},
};

/* Bare directories that are parents or helpers of containers, never one themselves. */
static const char *const plain_names[] = {
	"init",   "user",          "system", "machine",     "kubelet",     "podruntime", "runtime",
	"docker", "libpod_parent", "lxc",    "lxc.monitor", "lxc.payload", "kubepods",   "supervisor",
	"daemon", "garden",        "ecs",    "buildkit",    "actions_job", "unified",    "pids",
};

static bool part_is(const struct part *p, const char *s)
{
	return p->len == strlen(s) && !memcmp(p->s, s, p->len);
}

static bool part_starts(const struct part *p, const char *s)
{
	size_t n = strlen(s);

	return p->len > n && !memcmp(p->s, s, n);
}

static bool part_ends(const struct part *p, const char *s)
{
	size_t n = strlen(s);

	return p->len > n && !memcmp(p->s + p->len - n, s, n);
}

static bool is_unit(const struct part *p)
{
	static const char *const suffixes[] = {".slice", ".scope", ".service", ".mount", ".socket",
					       ".swap",  ".timer", ".session", ".user"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (part_ends(p, suffixes[i]))
			return true;
	return false;
}

static bool is_plain_name(const struct part *p)
{
	for (size_t i = 0; i < sizeof(plain_names) / sizeof(plain_names[0]); i++)
		if (part_is(p, plain_names[i]))
			return true;
	return false;
}

/* A pod's cgroup: kubepods..., pod<uid>. */
static bool is_kube(const struct part *p)
{
	if (part_starts(p, "pod") && p->len >= 3 + 32)
		return true;
	return part_is(p, "kubepods") || part_starts(p, "kubepods.") || part_starts(p, "kubepods-") ||
	       memmem(p->s, p->len, "-kubepods", 9);
}

/* Copies a name without `head` and `tail` bytes; \xNN of systemd's escaping becomes the byte. */
static void set_id(struct container_match *m, const struct part *p, size_t head, size_t tail)
{
	size_t n = 0, end = p->len - tail;

	for (size_t i = head; i < end && n + 1 < sizeof(m->id);) {
		unsigned char c = (unsigned char)p->s[i];

		if (c == '\\' && end - i >= 4 && p->s[i + 1] == 'x' && isxdigit((unsigned char)p->s[i + 2]) &&
		    isxdigit((unsigned char)p->s[i + 3])) {
			static const char digits[] = "0123456789abcdef";
			int high = tolower((unsigned char)p->s[i + 2]),
			    low = tolower((unsigned char)p->s[i + 3]);

			c = (unsigned char)((strchr(digits, high) - digits) * 16 +
					    (strchr(digits, low) - digits));
			i += 4;
		} else {
			i++;
		}
		m->id[n++] = (char)(c ? c : '?');
	}
	m->id[n] = '\0';
}

static bool hex_tail(const struct part *p, size_t len)
{
	if (len < HEX_ID)
		return false;
	for (size_t i = len - HEX_ID; i < len; i++)
		if (!isdigit((unsigned char)p->s[i]) && (p->s[i] < 'a' || p->s[i] > 'f'))
			return false;
	return true;
}

/* prefix-<64 hex>[.scope], parent.slice:prefix:<64 hex>, <64 hex> */
static bool match_hex(const struct part *parts, size_t i, struct container_match *m)
{
	const struct part *p = &parts[i];
	size_t tail = part_ends(p, ".scope") ? 6 : part_ends(p, ".service") ? 8 : 0, head;
	bool kube = false;

	if (part_ends(p, ".slice") || !hex_tail(p, p->len - tail))
		return false;
	head = p->len - tail - HEX_ID;
	m->kind = CONTAINER_SURE;
	set_id(m, p, head, tail);
	if (!head) {
		for (size_t j = 0; j < i; j++)
			kube |= is_kube(&parts[j]);
		/* containerd's own namespaces are one bare directory at the top */
		m->type = kube || (i == 1 && (part_is(&parts[0], "default") || part_is(&parts[0], "k8s.io")))
				  ? "containerd"
				  : "docker";
		return true;
	}
	if (p->s[head - 1] != '-' && p->s[head - 1] != ':') {
		m->kind = CONTAINER_NONE;
		return false;
	}
	m->type = "oci";
	for (size_t r = 0; r < sizeof(runtimes) / sizeof(runtimes[0]); r++) {
		size_t n = strlen(runtimes[r].prefix);

		/* the whole prefix, or behind "parent.slice:" */
		if (head - 1 < n || memcmp(p->s + head - 1 - n, runtimes[r].prefix, n) ||
		    (head - 1 > n && p->s[head - 2 - n] != ':'))
			continue;
		m->type = runtimes[r].type;
		if (!m->type)
			m->kind = CONTAINER_MONITOR;
		break;
	}
	return true;
}

static bool match_lxc(const struct part *parts, size_t i, size_t n, struct container_match *m)
{
	const struct part *p = &parts[i];
	bool child = i && (part_is(&parts[i - 1], "lxc") || part_is(&parts[i - 1], "lxc.payload"));

	if (part_starts(p, "lxc.monitor.") || part_is(p, "lxc.monitor")) {
		m->kind = CONTAINER_MONITOR;
		return true;
	}
	if (!part_starts(p, "lxc.payload.") && !child)
		return false;
	m->kind = CONTAINER_SURE;
	m->type = "lxc";
	set_id(m, p, part_starts(p, "lxc.payload.") ? 12 : 0, 0);
	return true;
}

/* machine-<name>.scope, systemd-nspawn@<name>.service, <anything>/payload; .../supervisor is nspawn itself */
static bool match_machine(const struct part *parts, size_t i, size_t n, struct container_match *m)
{
	const struct part *p = &parts[i];
	bool machine = part_starts(p, "machine-") && part_ends(p, ".scope");
	bool service = part_starts(p, "systemd-nspawn@") && part_ends(p, ".service");

	if (part_is(p, "payload")) { /* --keep-unit: named after the unit it was started in */
		const struct part *unit = i ? &parts[i - 1] : p;
		const char *dot = memrchr(unit->s, '.', unit->len);

		m->kind = CONTAINER_SURE;
		m->type = "systemd-nspawn";
		set_id(m, unit, 0, i && dot && is_unit(unit) ? (size_t)(unit->s + unit->len - dot) : 0);
		return true;
	}
	if (!machine && !service)
		return false;
	if (i + 1 < n && part_is(&parts[i + 1], "supervisor")) {
		m->kind = CONTAINER_MONITOR;
		return true;
	}
	m->kind = CONTAINER_SURE;
	m->type = "systemd-nspawn";
	if (service) {
		set_id(m, p, 15, 8);
		return true;
	}
	set_id(m, p, 8, 6);
	if (!strncmp(m->id, "qemu-", 5))
		m->type = "qemu"; /* a virtual machine of libvirt */
	else if (!strncmp(m->id, "lxc-", 4))
		m->type = "lxc";
	return true;
}

/* runc-<id>.scope, crun-<id>.scope, <name>.scope/container: the systemd drivers of bare runtimes */
static bool match_scope(const struct part *parts, size_t i, size_t n, struct container_match *m)
{
	const struct part *p = &parts[i];
	bool runc = part_starts(p, "runc-"), crun = part_starts(p, "crun-");
	bool inner = i + 1 < n && part_is(&parts[i + 1], "container");

	if (!part_ends(p, ".scope") || (!runc && !crun && !inner))
		return false;
	m->kind = CONTAINER_SURE;
	m->type = runc ? "runc" : "crun"; /* only crun makes a "container" below */
	set_id(m, p, runc || crun ? 5 : 0, 6);
	return true;
}

static bool match_other(const struct part *parts, size_t i, size_t n, struct container_match *m)
{
	static const struct {
		const char *parent, *type;
	} parents[] = {{"garden", "garden"}, {"buildkit", "buildkit"}};

	if (part_is(&parts[i], "conmon")) {
		m->kind = CONTAINER_MONITOR;
		return true;
	}
	for (size_t k = 0; i && k < sizeof(parents) / sizeof(parents[0]); k++) {
		if (!part_is(&parts[i - 1], parents[k].parent) || is_unit(&parts[i]))
			continue;
		m->kind = CONTAINER_SURE;
		m->type = parents[k].type;
		set_id(m, &parts[i], 0, 0);
		return true;
	}
	return false;
}

/*
 * A bare directory at the top or right below slices: "/x" or "/namespace/x" was
 * made by runc or crun by hand, or by something else that isolates: "oci", as
 * the path does not say. Namespaces that containerd's clients use do. Below
 * services and scopes, bare directories are the unit's own business.
 */
static bool match_bare(const struct part *parts, size_t n, struct container_match *m, size_t *ret_at)
{
	size_t first = 0;

	while (first < n && part_ends(&parts[first], ".slice"))
		first++;
	if (first == n || is_unit(&parts[first]) || is_plain_name(&parts[first]) || is_kube(&parts[first]))
		return false;
	*ret_at = first;
	m->type = "oci";
	if (!first && n > 1 && !is_unit(&parts[1])) {
		*ret_at = 1;
		if (part_is(&parts[0], "default") || part_is(&parts[0], "moby") ||
		    part_ends(&parts[0], ".io"))
			m->type = "containerd";
	}
	m->kind = CONTAINER_GUESS;
	set_id(m, &parts[*ret_at], 0, 0);
	return true;
}

static size_t split(const char *path, struct part *parts)
{
	size_t n = 0;

	while (*path && n < MAX_PARTS) {
		size_t len;

		path += strspn(path, "/");
		len = strcspn(path, "/");
		/* seen from inside a cgroup namespace, paths of others start with ".." */
		if (len && !(len == 2 && path[0] == '.' && path[1] == '.'))
			parts[n++] = (struct part){path, len};
		path += len;
	}
	return n;
}

int container_parse(const char *path, struct container_match *ret)
{
	struct part parts[MAX_PARTS];
	size_t n = split(path, parts), at = 0;

	*ret = (struct container_match){.kind = CONTAINER_NONE, .type = "host"};
	for (size_t i = 0; i < n; i++) { /* the last match wins */
		struct container_match m = {.kind = CONTAINER_NONE, .type = "host"};

		if (!match_hex(parts, i, &m) && !match_lxc(parts, i, n, &m) &&
		    !match_machine(parts, i, n, &m) && !match_scope(parts, i, n, &m) &&
		    !match_other(parts, i, n, &m))
			continue;
		if (m.kind >= CONTAINER_GUESS && !*m.id) /* "machine-.scope" */
			continue;
		/* machine-x.scope/payload, libpod-x.scope/container: one container, two matches */
		if (part_is(&parts[i], "payload") && i && at == i - 1 && ret->kind == CONTAINER_SURE)
			continue;
		if (m.kind == CONTAINER_MONITOR)
			m = (struct container_match){.kind = CONTAINER_MONITOR, .type = "host"};
		*ret = m;
		at = i;
	}
	if (ret->kind == CONTAINER_NONE)
		match_bare(parts, n, ret, &at);
	if (ret->kind >= CONTAINER_GUESS) {
		ret->path_len = (size_t)(parts[at].s + parts[at].len - path);
		return ret->kind;
	}
	ret->path_len = strlen(path);
	if (ret->kind == CONTAINER_NONE && n && !part_ends(&parts[n - 1], ".slice")) {
		ret->kind = CONTAINER_UNIT;
		for (size_t i = n; i-- > 0;)
			if (is_unit(&parts[i]) || !i) {
				set_id(ret, &parts[i], 0, 0);
				break;
			}
	}
	return ret->kind;
}

size_t container_lines(char *text, struct cgroup_line *lines, size_t max)
{
	size_t n = 0;

	for (char *line = text, *end; line && *line && n < max; line = end) {
		char *controllers, *path;

		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		controllers = strchr(line, ':');
		path = controllers ? strchr(controllers + 1, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		lines[n++] = (struct cgroup_line){atoi(line), controllers + 1, path};
	}
	return n;
}

int container_rank(const char *controllers)
{
	static const char *const order[] = {"pids", "memory", "cpu"};
	size_t len;

	if (!*controllers)
		return 6;
	if (!strcmp(controllers, "name=systemd"))
		return 5;
	if (!strncmp(controllers, "name=", 5))
		return 7;
	for (const char *c = controllers; *c; c += len + (c[len] == ',')) {
		len = strcspn(c, ",");
		for (int i = 0; i < 3; i++)
			if (len == strlen(order[i]) && !memcmp(c, order[i], len))
				return i;
	}
	return 4;
}

int container_choose(const struct cgroup_line *lines, size_t n, struct container_match *ret,
		     const char **ret_path)
{
	struct container_match m;
	int best = 0;

	*ret = (struct container_match){.kind = CONTAINER_NONE, .type = "host"};
	*ret_path = NULL;
	for (size_t i = 0; i < n; i++) {
		int r = container_rank(lines[i].controllers);
		bool better;

		container_parse(lines[i].path, &m);
		if (ret->kind == CONTAINER_MONITOR)
			break;
		better = !*ret_path || m.kind == CONTAINER_MONITOR || m.kind > ret->kind;
		if (!better && m.kind == ret->kind) /* units: the deepest path tells most */
			better = m.kind == CONTAINER_UNIT && strlen(lines[i].path) != strlen(*ret_path)
					 ? strlen(lines[i].path) > strlen(*ret_path)
					 : r < best;
		if (!better)
			continue;
		*ret = m;
		*ret_path = lines[i].path;
		best = r;
	}
	return ret->kind;
}

int container_parse_file(char *text, struct container_match *ret, const char **ret_path)
{
	struct cgroup_line lines[32];
	size_t n = container_lines(text, lines, sizeof(lines) / sizeof(lines[0]));

	return container_choose(lines, n, ret, ret_path);
}

size_t container_short_len(const char *id)
{
	size_t len = strlen(id);

	return len >= HEX_ID / 2 && strspn(id, "0123456789abcdef") == len ? 12 : len;
}
