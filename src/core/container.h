/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container.h - which container a cgroup path means. Pure text work: no /proc,
 * no kernel. The table of shapes is tests/unit/cgroup-paths.txt.
 *
 * The innermost component that a container runtime would have made decides;
 * what lies below it (init.scope, system.slice/... of a systemd inside) belongs
 * to it. Runtimes' own monitors (conmon, lxc.monitor, nspawn's supervisor) live
 * in cgroups of similar names and are not containers.
 */
#ifndef CTOP_CORE_CONTAINER_H
#define CTOP_CORE_CONTAINER_H

#include <stddef.h>

enum container_kind {
	CONTAINER_NONE,    /* root cgroup, or slices only */
	CONTAINER_UNIT,    /* a systemd unit or other plain cgroup: host */
	CONTAINER_MONITOR, /* a runtime's helper: host, whatever the other hierarchies say */
	CONTAINER_GUESS,   /* a bare cgroup outside any unit: made by hand or by runc, crun, ctr */
	CONTAINER_SURE,    /* the name says which runtime made it */
};

struct container_match {
	enum container_kind kind;
	const char *type; /* docker podman containerd cri-o lxc systemd-nspawn runc crun oci ...; static;
			     "host" below GUESS */
	char id[256];    /* 64 hex digits, or the runtime's name for it; "" below GUESS; unit name for UNIT */
	size_t path_len; /* bytes of cgroup_path up to the component that decided; all of it below GUESS */
};

/* Parses one path as in the last field of a /proc/PID/cgroup line. Returns ret->kind. */
int container_parse(const char *cgroup_path, struct container_match *ret);

/*
 * Parses the text of /proc/PID/cgroup: the hierarchies are asked in the order
 * pids, memory, cpu, other v1 controllers, name=systemd, v2; a sure match goes
 * before a guess, and a monitor in any of them means host. *ret_path is the
 * path that decided (for units: the deepest one), inside text, NUL-terminated:
 * text is cut into lines. Returns ret->kind; without any line CONTAINER_NONE
 * and *ret_path NULL.
 */
int container_parse_file(char *text, struct container_match *ret, const char **ret_path);

/* One line of /proc/PID/cgroup. */
struct cgroup_line {
	int hierarchy;           /* the kernel's number of it, 0 = v2 */
	const char *controllers; /* "cpu,cpuacct", "name=systemd", "" = v2 */
	const char *path;
};

/* Cuts the text into lines; at most max. Returns how many. */
size_t container_lines(char *text, struct cgroup_line *lines, size_t max);

/* As container_parse_file() on lines that are cut already. */
int container_choose(const struct cgroup_line *lines, size_t n, struct container_match *ret,
		     const char **ret_path);

/* In which order hierarchies are asked: smaller goes first. */
int container_rank(const char *controllers);

/* The id as shown: 12 characters of 32 or more hex digits, others whole. Bytes of id to print. */
size_t container_short_len(const char *id);

#endif
