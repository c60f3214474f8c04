/* SPDX-License-Identifier: GPL-2.0-or-later */
/* crash.c - restores the terminal from a signal handler: only write(), tcsetattr() and sigaction(). */
#include "ui/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <curses.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#include "core/mem.h"

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};
enum { N_FATAL = sizeof(fatal) / sizeof(fatal[0]), STACK_SIZE = 64 * 1024 };

static struct {
	volatile sig_atomic_t armed;
	bool have_modes;
	struct termios modes;
	char bytes[256];
	size_t len, calm; /* bytes of it that do not leave the screen */
	struct sigaction old[N_FATAL];
	void *stack;
	stack_t old_stack; /* a sanitizer's */
} crash;

void crash_save_modes(void)
{
	crash.have_modes = tcgetattr(STDIN_FILENO, &crash.modes) == 0;
}

bool crash_can_address(void)
{
	const char *cup = tigetstr("cup");

	return cup && cup != (char *)-1;
}

/* A capability's bytes without their delays ("$<2>"). */
static void add_bytes(const char *cap)
{
	if (!cap || cap == (char *)-1)
		return;
	while (*cap && crash.len < sizeof(crash.bytes)) {
		if (cap[0] == '$' && cap[1] == '<') {
			while (*cap && *cap != '>')
				cap++;
			if (*cap)
				cap++;
			continue;
		}
		crash.bytes[crash.len++] = *cap++;
	}
}

static void on_fatal(int sig, siginfo_t *info, void *context)
{
	int i = 0;

	if (crash.armed) {
		crash.armed = 0;
		tcflush(STDOUT_FILENO, TCOFLUSH); /* a terminal that nobody reads must not keep us here */
		if (write(STDOUT_FILENO, crash.bytes, crash.len) < 0) { /* nothing better to do */
		}
		if (crash.have_modes)
			tcsetattr(STDIN_FILENO, TCSANOW, &crash.modes);
	}
	while (i < N_FATAL - 1 && fatal[i] != sig)
		i++;
	sigaction(sig, &crash.old[i], NULL);
	/* a fault comes again by itself and keeps its address for a sanitizer; a sent signal does not */
	if (info->si_code <= 0 || sig == SIGABRT)
		raise(sig);
}

void crash_arm(bool mouse)
{
	struct sigaction act = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
	stack_t alt = {.ss_size = STACK_SIZE};

	crash.len = 0;
	if (mouse)
		add_bytes("\033[?1000l\033[?1006l");
	add_bytes(tigetstr("sgr0"));
	add_bytes(tigetstr("op"));
	add_bytes(tigetstr("rmkx"));
	add_bytes(tigetstr("cnorm"));
	crash.calm = crash.len;
	add_bytes(tigetstr("rmcup"));
	if (!crash.stack)
		crash.stack = xmalloc(STACK_SIZE);
	alt.ss_sp = crash.stack; /* a stack overflow leaves no room to restore anything */
	sigaltstack(&alt, &crash.old_stack);
	sigemptyset(&act.sa_mask);
	for (int i = 0; i < N_FATAL; i++)
		sigaction(fatal[i], &act, &crash.old[i]);
	crash.armed = 1;
}

void crash_calm(void)
{
	if (write(STDOUT_FILENO, crash.bytes, crash.calm) < 0) { /* nothing better to do */
	}
}

void crash_disarm(void)
{
	crash.armed = 0;
	for (int i = 0; i < N_FATAL; i++)
		sigaction(fatal[i], &crash.old[i], NULL);
	sigaltstack(&crash.old_stack, NULL);
	free(crash.stack);
	crash.stack = NULL;
}
