/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.c - loads the programs of probe.bpf.o whose names begin with a prefix, says "ready", waits for a signal. */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *o;
	struct bpf_program *p;
	sigset_t set;
	int sig, n = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: probe OBJECT exit|pair|least|twomap\n");
		return 2;
	}
	libbpf_set_print(quiet);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	o = bpf_object__open_file(argv[1], NULL);
	if (!o) {
		fprintf(stderr, "probe: cannot open %s\n", argv[1]);
		return 1;
	}
	bpf_object__for_each_program(p, o)
		bpf_program__set_autoload(p, strncmp(bpf_program__name(p), argv[2], strlen(argv[2])) == 0);
	if (bpf_object__load(o) < 0) {
		fprintf(stderr, "probe: cannot load\n");
		return 1;
	}
	bpf_object__for_each_program(p, o) {
		if (!bpf_program__autoload(p))
			continue;
		if (!bpf_program__attach(p)) {
			fprintf(stderr, "probe: cannot attach %s\n", bpf_program__name(p));
			return 1;
		}
		n++;
	}
	if (!n) {
		fprintf(stderr, "probe: no program named %s*\n", argv[2]);
		return 2;
	}
	printf("ready\n");
	fflush(stdout);
	sigwait(&set, &sig);
	bpf_object__close(o);
	return 0;
}
