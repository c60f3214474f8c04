/* SPDX-License-Identifier: GPL-2.0-or-later */
/* check.c - looks at kernel, BTF, rights, cgroups and terminal, then simply tries. */
#include "check.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bpf/capture.h"
#include "core/format.h"
#include "core/mem.h"
#include "core/source.h"

#define CGROUP2_MAGIC 0x63677270

enum { CAP_SYS_PTRACE_ = 19, CAP_SYS_ADMIN_ = 21, CAP_PERFMON_ = 38, CAP_BPF_ = 39 };

static void line(struct buf *out, const char *what, bool good, const char *text)
{
	buf_addf(out, "%-4s %-13s %s\n", good ? "ok" : "!!", what, text);
}

static void check_kernel(struct buf *out)
{
	struct utsname u;
	char *text;
	int major = 0, minor = 0;

	uname(&u);
	sscanf(u.release, "%d.%d", &major, &minor);
	text = xasprintf("%s %s", u.release, u.machine);
	line(out, "kernel", (major > 5 || (major == 5 && minor >= 13)) && !strcmp(u.machine, "x86_64"), text);
	free(text);
}

static void check_btf(struct buf *out)
{
	bool there = access("/sys/kernel/btf/vmlinux", R_OK) == 0;

	line(out, "BTF", there,
	     there ? "/sys/kernel/btf/vmlinux"
		   : "no /sys/kernel/btf/vmlinux: the kernel needs CONFIG_DEBUG_INFO_BTF=y");
}

static uint64_t effective_capabilities(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char text[256];
	unsigned long long caps = 0;

	while (f && fgets(text, sizeof(text), f))
		if (sscanf(text, "CapEff: %llx", &caps) == 1)
			break;
	if (f)
		fclose(f);
	return caps;
}

static void check_rights(struct buf *out)
{
	static const struct {
		int bit;
		const char *name, *use;
		bool required;
	} caps[] = {
		{CAP_BPF_, "CAP_BPF", "load BPF programs", true},
		{CAP_PERFMON_, "CAP_PERFMON", "attach them and read kernel memory", true},
		{CAP_SYS_PTRACE_, "CAP_SYS_PTRACE",
		 "see directory and program file of other users' processes", false},
		{CAP_SYS_ADMIN_, "CAP_SYS_ADMIN", "measure what our own BPF programs cost", false},
	};
	uint64_t have = effective_capabilities();
	bool admin = have >> CAP_SYS_ADMIN_ & 1; /* stands for both on old kernels, and still does */

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
		bool has = (have >> caps[i].bit & 1) || (caps[i].required && admin);
		char *text = xasprintf("%s: to %s%s", caps[i].name, caps[i].use,
				       has                ? ""
				       : caps[i].required ? " - missing: use sudo, or make setcap"
							  : " - not there: that is left out");

		line(out, i ? "" : "rights", has || !caps[i].required, text);
		free(text);
	}
}

static void check_cgroups(struct buf *out)
{
	struct statfs root, unified;
	const char *text = "none at /sys/fs/cgroup: containers cannot be told apart";
	bool good = true;

	if (statfs("/sys/fs/cgroup", &root) == 0 && (unsigned long)root.f_type == CGROUP2_MAGIC)
		text = "version 2";
	else if (statfs("/sys/fs/cgroup/unified", &unified) == 0 &&
		 (unsigned long)unified.f_type == CGROUP2_MAGIC)
		text = "hybrid: version 1 with a unified hierarchy";
	else if (access("/sys/fs/cgroup/memory", F_OK) == 0 || access("/sys/fs/cgroup/pids", F_OK) == 0)
		text = "version 1";
	else
		good = false;
	line(out, "cgroups", good, text);
}

static void check_terminal(struct buf *out)
{
	const char *term = getenv("TERM");
	struct buf safe = {0};

	format_safe(&safe, term ? term : "not set", strlen(term ? term : "not set"));
	buf_addf(&safe, ", %s%s", nl_langinfo(CODESET),
		 isatty(STDOUT_FILENO) ? "" : "; standard output is not a terminal");
	line(out, "terminal", true, buf_str(&safe));
	buf_done(&safe);
}

/* The proof: everything is loaded and attached once. */
static bool check_capture(struct buf *out)
{
	struct source *source = NULL;
	struct sample *s = NULL;
	char *why = NULL, *text;
	int r = source_live_new(&(struct live_config){0}, &source, &why);

	if (r == 0)
		r = source_set_needs(source, NEED_TASKS | NEED_FACTS | NEED_FDS);
	if (r == 0)
		r = source_collect(source, &s);
	if (r < 0) {
		line(out, "BPF programs", false, why ? why : strerror(-r));
	} else {
		text = xasprintf(
			"load, attach and count: %zu processes, %zu threads, %zu open descriptors seen",
			s->n_processes, s->n_threads, s->n_fds);
		line(out, "BPF programs", true, text);
		free(text);
	}
	free(why);
	sample_free(s);
	source_free(source);
	return r == 0;
}

bool check_machine(struct buf *out)
{
	bool good;

	check_kernel(out);
	check_btf(out);
	check_rights(out);
	check_cgroups(out);
	check_terminal(out);
	good = check_capture(out);
	buf_adds(out, good ? "\nctop-trace can run here.\n"
			   : "\nctop-trace cannot run here; --demo shows it without a kernel.\n");
	return good;
}
