/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * action_page.c - a child whose output is shown as a page, as it comes. It has no
 * terminal and no input; closing the page ends it. Its output is bounded.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/format.h"
#include "core/mem.h"
#include "ui/action.h"
#include "ui/app.h"

enum { OUTPUT_MAX = 4 << 20, LINE_MAX_SHOWN = 4096, TAB = 8, TICK_MS = 100 };
static const uint64_t grace = 1000000000ULL;

/* Bytes of an escape sequence at s: ESC [ ... letter, ESC ] ... BEL, ESC and one more. */
static size_t escape_len(const char *s, const char *end)
{
	const char *p = s + 1;

	if (p < end && *p == '[') {
		for (p++; p < end && (*p < '@' || *p > '~'); p++)
			if (*p < ' ')
				return 1;
	} else if (p < end && *p == ']') {
		while (p < end && *p != '\a' && *p != '\033')
			p++;
	} else {
		return 1;
	}
	return p < end ? (size_t)(p - s) + 1 : 1;
}

/* One line of output: colours are dropped, tabs are blanks, the rest is safe text. */
static void add_line(struct app *a, int width, const char *s, const char *end)
{
	struct buf plain = {0}, safe = {0};
	size_t column = 0;

	if (end > s && end[-1] == '\r')
		end--;
	while (s < end && plain.len < LINE_MAX_SHOWN) {
		if (*s == '\033') {
			size_t n = escape_len(s, end);

			if (n > 1) {
				s += n;
				continue;
			}
		}
		if (*s == '\t') {
			buf_fill(&plain, ' ', TAB - column % TAB);
			column += TAB - column % TAB;
		} else {
			buf_addc(&plain, *s);
			column++;
		}
		s++;
	}
	format_safe(&safe, buf_str(&plain), plain.len);
	if (safe.len)
		page_wrap(a, ROLE_NORMAL, 0, width, buf_str(&safe));
	else
		page_add(a, ROLE_NORMAL, "");
	buf_done(&plain);
	buf_done(&safe);
}

static void fill(struct app *a, int width)
{
	const struct action_ui *u = a->actions;
	const char *s = buf_str(&u->output), *end = s + u->output.len;

	page_wrap(a, ROLE_DIM, 0, width, u->next.text);
	while (s < end) {
		const char *eol = memchr(s, '\n', (size_t)(end - s));

		add_line(a, width, s, eol ? eol : end);
		s = eol ? eol + 1 : end;
	}
	if (u->cut)
		page_wrap(a, ROLE_WARN, 0, width, "and more, which is not kept");
	page_wrap(a, *u->end ? ROLE_DIM : ROLE_VALUE, 0, width,
		  *u->end ? u->end : "it runs; Esc closes this and ends it");
}

static bool is_shown(const struct app *a)
{
	return a->overlay.kind == OVERLAY_PAGE && a->overlay.fill == fill;
}

/* Who looks at the end goes on looking at the end. */
static void fill_anew(struct app *a)
{
	struct overlay *o = &a->overlay;
	size_t rows = (size_t)term_rows(a->term);

	if (o->top && o->top + rows > o->n)
		o->top = OUTPUT_MAX; /* there are no more lines than bytes: drawing corrects it */
	o->width = 0;
	a->dirty = true;
}

/* ---- life ---- */

static void end_child(struct app *a, int status)
{
	struct action_ui *u = a->actions;

	action_status(status, u->next.command.argv[0], u->end, sizeof(u->end));
	if (!*u->end)
		snprintf(u->end, sizeof(u->end), "%s",
			 u->output.len ? "that is all" : "done; it wrote nothing");
	if (u->child.out >= 0)
		close(u->child.out);
	close(u->child.pidfd);
	u->child = (struct action_child){.pidfd = -1, .out = -1};
	if (is_shown(a))
		fill_anew(a);
}

void action_in_page(struct app *a, const struct action_item *item)
{
	struct action_ui *u = a->actions;
	char **env;
	int fds[2], r;

	if (u->child.pid) {
		app_message(a, ROLE_WARN, "the last one has not ended yet; try again");
		return;
	}
	if (pipe2(fds, O_CLOEXEC) < 0) {
		app_message(a, ROLE_ERROR, "%s: %s", item->action->name, strerror(errno));
		return;
	}
	env = spawn_env(&u->user, item->command.root);
	r = spawn_start(&(struct spawn){.path = item->path,
					.argv = item->command.argv,
					.env = env,
					.user = &u->user,
					.as_root = item->command.root,
					.out = fds[1]},
			&u->child.pid, &u->child.pidfd);
	spawn_env_free(env);
	close(fds[1]);
	if (r) {
		close(fds[0]);
		u->child.pid = 0;
		app_message(a, ROLE_ERROR, "%s: %s", item->path, strerror(-r));
		return;
	}
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	u->child.out = fds[0];
	u->child.kill_at = 0;
	buf_reset(&u->output);
	u->cut = false;
	u->end[0] = '\0';
	free(u->title);
	u->title = xasprintf("%s: %s", item->action->name, u->next_label);
	overlay_open_page(a, u->title, fill);
}

int action_fd(const struct app *a)
{
	return a->actions->child.out;
}

void action_output(struct app *a)
{
	struct action_ui *u = a->actions;
	char chunk[65536];
	ssize_t n = read(u->child.out, chunk, sizeof(chunk));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) { /* ended, or goes on without a word: action_tick() will know */
		close(u->child.out);
		u->child.out = -1;
		return;
	}
	if (u->output.len + (size_t)n > OUTPUT_MAX) {
		n = (ssize_t)(OUTPUT_MAX - u->output.len);
		u->cut = true;
		kill(-u->child.pid, SIGTERM);
		if (!u->child.kill_at)
			u->child.kill_at = app_now() + grace;
	}
	if (is_shown(a)) {
		buf_add(&u->output, chunk, (size_t)n);
		fill_anew(a);
	}
}

int action_wait_ms(const struct app *a)
{
	return !a->actions->child.pid ? -1 : a->actions->child.out < 0 ? TICK_MS / 10 : TICK_MS;
}

bool action_tick(struct app *a)
{
	struct action_ui *u = a->actions;
	uint64_t now;
	int status;

	if (!u->child.pid)
		return false;
	now = app_now();
	if (!is_shown(a) && !u->child.kill_at) {
		kill(-u->child.pid, SIGTERM);
		u->child.kill_at = now + grace;
	}
	if (u->child.kill_at && now >= u->child.kill_at)
		kill(-u->child.pid, SIGKILL);
	/* what it wrote last comes first */
	if (u->child.out >= 0 && !u->child.kill_at)
		return false;
	if (waitpid(u->child.pid, &status, WNOHANG) != u->child.pid)
		return false;
	end_child(a, status);
	return true;
}
