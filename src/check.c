/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * check.c - looks at kernel, hooks, rights, cgroups, runtimes and terminal, then simply tries.
 *
 * Marks: ok, -- something is left out, !! cannot run.
 */
#include "check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/capture.h"
#include "bpf/rights.h"
#include "core/runtime_watch.h"
#include "core/source.h"
#include "ui/abilities.h"

#define CGROUP2_MAGIC 0x63677270

enum mark { GOOD, LESS, BAD };

__attribute__((format(printf, 4, 5))) static void line(struct buf *out, enum mark mark, const char *what,
						       const char *fmt, ...)
{
	static const char *const marks[] = {[GOOD] = "ok", [LESS] = "--", [BAD] = "!!"};
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	buf_addf(out, "%-4s %-13s %s\n", marks[mark], what, text);
	free(text);
}

static void check_kernel(struct buf *out)
{
	struct utsname u = {0};
	int major = 0, minor = 0;
	bool good;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	good = (major > 5 || (major == 5 && minor >= 13)) && !strcmp(u.machine, "x86_64");
	line(out, good ? GOOD : BAD, "kernel", "%s %s%s", u.release, u.machine,
	     good ? "" : " - 5.13 or newer on x86_64 is needed");
}

/* The kernel's type information and, by it, each thing that the programs use. */
static void check_hooks(struct buf *out)
{
	struct capture_feature all[CAPTURE_FEATURES];
	size_t n = capture_features(all, CAPTURE_FEATURES);

	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
		line(out, BAD, "BTF", "no /sys/kernel/btf/vmlinux: the kernel needs CONFIG_DEBUG_INFO_BTF=y");
		return;
	}
	line(out, GOOD, "BTF", "/sys/kernel/btf/vmlinux");
	for (size_t i = 0; i < n; i++)
		if (!all[i].present)
			line(out, all[i].without ? LESS : BAD, "hooks", "no %s %s%s%s", all[i].kind,
			     all[i].name, all[i].without ? ": " : ", which ",
			     all[i].without ? all[i].without : all[i].use);
	if (!n) {
		line(out, BAD, "hooks", "the BTF cannot be read");
		return;
	}
	/* one line for each kind; they stand together */
	for (size_t i = 0; i < n;) {
		const char *kind = all[i].kind;
		bool first = i == 0;
		struct buf names = {0};

		for (; i < n && !strcmp(all[i].kind, kind); i++)
			if (all[i].present)
				buf_addf(&names, " %s", all[i].name);
		line(out, GOOD, first ? "hooks" : "", "%s:%s", kind, buf_str(&names));
		buf_done(&names);
	}
}

static void check_rights(struct buf *out)
{
	struct right all[RIGHTS_MAX];
	size_t n = rights_list(all, RIGHTS_MAX);

	for (size_t i = 0; i < n; i++) {
		const char *what = i ? "" : "rights";

		if (all[i].have)
			line(out, GOOD, what, "%s %s", all[i].name, all[i].use);
		else if (all[i].without)
			line(out, LESS, what, "%s missing: %s", all[i].name, all[i].without);
		else
			line(out, BAD, what, "%s missing: %s; use sudo, or make setcap", all[i].name,
			     all[i].use);
	}
}

static bool is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && (unsigned long)fs.f_type == CGROUP2_MAGIC;
}

static void check_cgroups(struct buf *out)
{
	static const char *const v1[] = {"pids", "memory", "cpu", "cpuacct", "freezer", "devices"};
	struct buf found = {0};
	char path[64];

	if (is_cgroup2("/sys/fs/cgroup")) {
		line(out, GOOD, "cgroups", "version 2");
		return;
	}
	for (size_t i = 0; i < sizeof(v1) / sizeof(*v1); i++) {
		snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", v1[i]);
		if (access(path, F_OK) == 0)
			buf_addf(&found, " %s", v1[i]);
	}
	if (!found.len)
		line(out, LESS, "cgroups", "none at /sys/fs/cgroup: containers cannot be told apart");
	else
		line(out, GOOD, "cgroups", "version 1%s:%s",
		     is_cgroup2("/sys/fs/cgroup/unified") ? " beside version 2 (hybrid)" : "",
		     buf_str(&found));
	buf_done(&found);
}

static void check_runtimes(struct buf *out)
{
	const char *what = "runtimes", *type, *place;
	struct buf closed = {0};

	for (size_t i = 0; (place = runtime_place(i, &type)); i++) {
		if (access(place, R_OK | X_OK) == 0) {
			line(out, GOOD, what, "%s in %s", type, place);
			what = "";
		} else if (errno == EACCES) {
			buf_addf(&closed, "%s%s", closed.len ? ", " : "", place);
		}
	}
	if (*what)
		line(out, GOOD, what, "none of docker, containerd, podman, cri-o, runc, crun has run here");
	if (closed.len)
		line(out, LESS, "", "not readable: %s; containers have ids, no names", buf_str(&closed));
	buf_done(&closed);
}

static void check_terminal(struct buf *out)
{
	struct buf text = {0};
	bool good = terminal_abilities(&text);

	line(out, good ? GOOD : LESS, "terminal", "%s", buf_str(&text));
	buf_done(&text);
}

/* The proof: everything is loaded and attached once. */
static bool check_capture(const char *host_root, struct buf *out)
{
	struct source *source = NULL;
	struct sample *s = NULL;
	char *why = NULL;
	int r = source_live_new(&(struct live_config){.host_root = host_root}, &source, &why);

	if (r == 0)
		r = source_set_needs(source, NEED_TASKS | NEED_FACTS | NEED_FDS);
	if (r == 0)
		r = source_collect(source, &s);
	if (!s)
		line(out, BAD, "BPF programs", "%s", why ? why : strerror(-r));
	else
		line(out, GOOD, "BPF programs",
		     "load, attach and count: %zu processes, %zu threads, %zu open descriptors seen",
		     s->n_processes, s->n_threads, s->n_fds);
	free(why);
	sample_free(s);
	source_free(source);
	return r == 0;
}

bool check_machine(const char *host_root, struct buf *out)
{
	bool good;

	check_kernel(out);
	check_hooks(out);
	check_rights(out);
	check_cgroups(out);
	check_runtimes(out);
	check_terminal(out);
	good = check_capture(host_root, out);
	buf_adds(out, good ? "\nctop-trace can run here.\n"
			   : "\nctop-trace cannot run here; --demo shows it without a kernel.\n");
	return good;
}
