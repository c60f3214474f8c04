/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * details_read.c - what /proc/PID says, part by part. It may hang in any of them: details_reader.c.
 */
#include "core/details_read.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/rights.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/mounts.h"
#include "core/procfs.h"

enum { TEXT_MAX = 256 << 10, LINK_MAX = 4096, TYPES_MAX = 32 };

/* All through one descriptor of /proc/PID: when the process has gone, so has all that it leads to. */
struct reading {
	struct details_facts *facts;
	const char *proc_root;
	char dir[64]; /* /proc/self/fd/N */
	int fd;
};

static void add(struct reading *r, enum details_part part, const char *label, const char *text)
{
	struct details_facts *f = r->facts;

	VEC_PUSH(f->items, f->n, f->cap) = (struct details_fact){part, arena_strdup(f->arena, label),
								 arena_strndup(f->arena, text, strlen(text))};
}

/* Caller frees; NULL = cannot be read. */
static char *read_text(struct reading *r, size_t max, size_t *ret_len, const char *name)
{
	int fd = openat(r->fd, name, O_RDONLY | O_CLOEXEC);
	struct buf b = {0};
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return NULL;
	while (b.len < max && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&b, chunk, (size_t)n < max - b.len ? (size_t)n : max - b.len);
	close(fd);
	if (ret_len)
		*ret_len = b.len;
	return buf_steal(&b);
}

static bool read_target(struct reading *r, const char *name, char target[LINK_MAX])
{
	ssize_t n = readlinkat(r->fd, name, target, LINK_MAX - 1);

	target[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* ---- parts ---- */

static void read_root(struct reading *r)
{
	char target[LINK_MAX];

	if (read_target(r, "root", target))
		add(r, READ_ROOT, "Root directory", target);
}

static void read_environment(struct reading *r)
{
	size_t len, lines = 0;
	char *text = read_text(r, DETAILS_ENV_MAX, &len, "environ");

	for (size_t at = 0; text && at < len && lines < DETAILS_LINES_MAX; lines++) {
		size_t n = strnlen(text + at, len - at);
		char *word = xstrndup(text + at, n), *equal = strchr(word, '=');

		if (equal && equal > word) {
			*equal = '\0';
			add(r, READ_ENVIRONMENT, word, equal + 1);
		} else if (*word) {
			add(r, READ_ENVIRONMENT, word, "");
		}
		free(word);
		at += n + 1;
	}
	free(text);
}

/* "Max open files            1024                 524288               files" */
static void read_limits(struct reading *r)
{
	char *text = read_text(r, TEXT_MAX, NULL, "limits"), *state;

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		char soft[32], hard[32], unit[32] = "", *label;
		char *end;

		if (strncmp(line, "Max ", 4) || strlen(line) < 27 ||
		    sscanf(line + 26, "%31s %31s %31s", soft, hard, unit) < 2)
			continue;
		label = xstrndup(line + 4, 22);
		for (end = label + strlen(label); end > label && end[-1] == ' ';)
			*--end = '\0';
		if (*label >= 'a' && *label <= 'z')
			*label = (char)(*label - 'a' + 'A');
		line = xasprintf(strcmp(soft, hard) ? "%s (at most %s)%s%s" : "%s%.0s%s%s", soft, hard,
				 *unit ? " " : "", unit);
		add(r, READ_LIMITS, label, line);
		free(line);
		free(label);
	}
	free(text);
}

static void read_status(struct reading *r)
{
	static const struct {
		const char *key, *label;
	} lines[] = {
		{"Umask", "Umask"},
		{"Groups", "Supplementary groups"},
		{"CapEff", "Effective capabilities"},
		{"CapBnd", "Capabilities it may gain"},
		{"NoNewPrivs", "No new privileges"},
		{"Seccomp", "Seccomp"},
		{"CoreDumping", "Dumping core"},
		{"THP_enabled", "Huge pages"},
		{"Cpus_allowed_list", "CPUs"},
		{"Mems_allowed_list", "Memory nodes"},
	};
	char *text = read_text(r, TEXT_MAX, NULL, "status"), *state;

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		char *value = strchr(line, ':');

		if (!value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (!strcmp(line, lines[i].key) && *value)
				add(r, READ_STATUS, lines[i].label,
				    strcmp(line, "Seccomp") ? value
				    : *value == '2'         ? "filter"
				    : *value == '1'         ? "strict"
							    : "off");
	}
	free(text);
}

static void read_namespaces(struct reading *r)
{
	static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[32], target[LINK_MAX], *own = NULL, *digits;

		snprintf(path, sizeof(path), "ns/%s", names[i]);
		if (!read_target(r, path, target))
			continue;
		digits = target + strcspn(target, "0123456789");
		digits[strspn(digits, "0123456789")] = '\0';
		/* as process 1 has it: it is not contained in that respect */
		if (procfs_link(r->proc_root, &own, "1/ns/%s", names[i]) == 0 && strstr(own, digits)) {
			char *text = xasprintf("%s, the host's", digits);

			add(r, READ_NAMESPACES, names[i], text);
			free(text);
		} else {
			add(r, READ_NAMESPACES, names[i], digits);
		}
		free(own);
	}
}

/* "socket:[123]" -> "socket", "anon_inode:[eventpoll]" -> "eventpoll", "/x" -> "file" */
static void type_of(const char *target, char ret[32])
{
	const char *colon = strchr(target, ':');
	size_t len;

	if (*target == '/' || !colon) {
		snprintf(ret, 32, "%s", strncmp(target, "/dev/", 5) ? "file" : "device");
		return;
	}
	if (!strncmp(target, "anon_inode:", 11))
		target = colon + 1 + (colon[1] == '[');
	len = strcspn(target, ":]");
	snprintf(ret, 32, "%.*s", (int)(len < 31 ? len : 31), target);
}

static void read_descriptors(struct reading *r)
{
	int fd = openat(r->fd, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct {
		char name[32];
		unsigned n;
	} types[TYPES_MAX] = {0};
	size_t n_types = 0;
	struct dirent *e;

	if (!dir && fd >= 0)
		close(fd);
	while (dir && (e = readdir(dir))) {
		char target[LINK_MAX], type[32];
		ssize_t n = readlinkat(fd, e->d_name, target, sizeof(target) - 1);
		size_t i = 0;

		if (n <= 0)
			continue;
		target[n] = '\0';
		type_of(target, type);
		while (i < n_types && strcmp(types[i].name, type) != 0)
			i++;
		if (i == TYPES_MAX)
			continue;
		if (i == n_types)
			snprintf(types[n_types++].name, sizeof(types[0].name), "%s", type);
		types[i].n++;
	}
	if (dir)
		closedir(dir);
	for (size_t i = 0; i < n_types; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%u", types[i].n);
		add(r, READ_DESCRIPTORS, types[i].name, text);
	}
}

static void read_mounts(struct reading *r)
{
	char *text = read_text(r, MOUNTS_FILE_MAX, NULL, "mountinfo"), *outside = NULL;
	struct arena *arena = r->facts->arena;
	struct mounts inside = {0}, host = {0};
	size_t lines = 0;

	if (!text)
		return;
	if (procfs_read(r->proc_root, MOUNTS_FILE_MAX, &outside, NULL, "1/mountinfo") == 0)
		mounts_parse(outside, arena, &host);
	mounts_parse(text, arena, &inside);
	for (size_t i = 0; i < inside.n && lines < DETAILS_LINES_MAX; i++) {
		const struct mount *m = &inside.items[i];
		const char *path;
		struct buf b = {0};

		if (!mount_is_storage(m) || mounts_find(&inside, m->point) != m)
			continue;
		path = mounts_host_path(&host, m, m->point, arena);
		buf_addf(&b, "%s (%s, %s)", path ? path : m->source, m->type,
			 !strncmp(m->options, "ro", 2) ? "read-only" : "read-write");
		add(r, READ_MOUNTS, m->point, buf_str(&b));
		buf_done(&b);
		lines++;
	}
	free(text);
	free(outside);
}

static unsigned prefix_len(const struct sockaddr *mask)
{
	const unsigned char *p;
	unsigned bits = 0;
	size_t n;

	if (!mask)
		return 0;
	p = mask->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)mask)->sin6_addr
					: (const void *)&((const struct sockaddr_in *)mask)->sin_addr;
	n = mask->sa_family == AF_INET6 ? 16 : 4;
	for (size_t i = 0; i < n; i++)
		bits += (unsigned)__builtin_popcount(p[i]);
	return bits;
}

static void add_interfaces(struct reading *r, const struct ifaddrs *list)
{
	size_t lines = 0;

	for (const struct ifaddrs *i = list; i && lines < DETAILS_LINES_MAX; i = i->ifa_next) {
		char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 32];
		const struct sockaddr *a = i->ifa_addr;
		const void *at;

		if (!a || (a->sa_family != AF_INET && a->sa_family != AF_INET6))
			continue;
		at = a->sa_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
					      : (const void *)&((const struct sockaddr_in *)a)->sin_addr;
		if (!inet_ntop(a->sa_family, at, address, sizeof(address)))
			continue;
		snprintf(text, sizeof(text), "%s/%u%s", address, prefix_len(i->ifa_netmask),
			 i->ifa_flags & IFF_UP ? "" : " (down)");
		add(r, READ_ADDRESSES, i->ifa_name, text);
		lines++;
	}
}

/* Without the right to enter the namespace: what its files say, IPv4 without the interface. */
static void addresses_from_files(struct reading *r)
{
	char *text = read_text(r, TEXT_MAX, NULL, "net/fib_trie"), *state, *last = NULL;
	struct buf seen = {0};

	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		char *leaf = strstr(line, "|-- "), *known;

		if (leaf) {
			last = leaf + 4;
		} else if (last && strstr(line, "/32 host LOCAL")) {
			known = xasprintf(" %s ", last);
			if (!strstr(buf_str(&seen), known)) { /* it stands there once a table */
				add(r, READ_ADDRESSES, "IPv4", last);
				buf_adds(&seen, known);
			}
			free(known);
		}
	}
	buf_done(&seen);
	free(text);
	text = read_text(r, TEXT_MAX, NULL, "net/if_inet6");
	for (char *line = text ? strtok_r(text, "\n", &state) : NULL; line;
	     line = strtok_r(NULL, "\n", &state)) {
		unsigned char a[16];
		char hex[33], name[33], address[INET6_ADDRSTRLEN], full[INET6_ADDRSTRLEN + 8];
		unsigned prefix;
		bool ok = sscanf(line, "%32s %*x %x %*x %*x %32s", hex, &prefix, name) == 3 &&
			  strlen(hex) == 32;

		for (size_t i = 0; ok && i < 16; i++)
			ok = sscanf(hex + 2 * i, "%2hhx", &a[i]) == 1;
		if (!ok || !inet_ntop(AF_INET6, a, address, sizeof(address)))
			continue;
		snprintf(full, sizeof(full), "%s/%u", address, prefix);
		add(r, READ_ADDRESSES, name, full);
	}
	free(text);
}

/* For this thread, which reads nothing else of a network. */
static bool enter(int ns)
{
	int r;

	rights_admin(true);
	r = setns(ns, CLONE_NEWNET);
	rights_admin(false);
	return r == 0;
}

static void read_addresses(struct reading *r)
{
	int ns = openat(r->fd, "ns/net", O_RDONLY | O_CLOEXEC);
	struct ifaddrs *list = NULL;

	if (ns >= 0 && enter(ns) && getifaddrs(&list) == 0)
		add_interfaces(r, list);
	else
		addresses_from_files(r);
	freeifaddrs(list);
	if (ns >= 0)
		close(ns);
}

/* Field 22 of stat: ticks since boot at which it started. */
static bool is_it(struct reading *r, uint64_t start_boot)
{
	char *text = read_text(r, 4096, NULL, "stat"), *at = text ? strrchr(text, ')') : NULL;
	unsigned long long ticks = 0;
	uint64_t tick = 1000000000ULL / (uint64_t)sysconf(_SC_CLK_TCK), start;
	bool ok = at &&
		  sscanf(at,
			 ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
			 &ticks) == 1;

	free(text);
	start = ticks * tick;
	return ok && (!start_boot || (start_boot + 2 * tick > start && start + 2 * tick > start_boot));
}

struct details_facts *details_read(const char *proc_root, uint32_t pid, uint64_t start_boot)
{
	struct reading r = {.proc_root = proc_root};
	char path[64 + 4096];

	snprintf(path, sizeof(path), "%s/%u", proc_root, pid);
	r.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.fd < 0)
		return NULL;
	if (!is_it(&r, start_boot)) {
		close(r.fd);
		return NULL;
	}
	r.facts = xcalloc(1, sizeof(*r.facts));
	r.facts->arena = arena_new();
	r.facts->pid = pid;
	read_root(&r);
	read_limits(&r);
	read_status(&r);
	read_namespaces(&r);
	read_descriptors(&r);
	read_environment(&r);
	read_mounts(&r);
	read_addresses(&r);
	close(r.fd);
	return r.facts;
}

struct details_facts *details_facts_free(struct details_facts *f)
{
	if (!f)
		return NULL;
	arena_free(f->arena);
	free(f->items);
	free(f);
	return NULL;
}
