/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz_keys.c - whatever a terminal sends: keys, sequences, mouse reports,
 * rubbish, sizes. The whole front end runs over the demo on a pseudo terminal;
 * byte 0xff of an input is a turn of the loop, 0xfe with two more a new size.
 */
#include <curses.h>
#include <fcntl.h>
#include <locale.h>
#include <pty.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/collector.h"
#include "core/mem.h"
#include "ui/app.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHUNK = 512, MOST = 4096, HOUR = 3600 };

static struct app app;
static int master, slave, output = -1;

static void drain(void)
{
	char rubbish[65536];

	while (read(master, rubbish, sizeof(rubbish)) > 0)
		term_flush(app.term);
}

static void start(void)
{
	static struct views *views;
	static struct ui_config config = {.mouse = true, .read_only = true};
	struct term_config tc = {.mouse = true};
	struct views_error err;
	struct winsize size = {24, 80, 0, 0};

	setenv("TERM", "xterm-256color", 1);
	setlocale(LC_ALL, "C.UTF-8");
	output = dup(STDOUT_FILENO);
	if (output < 0 || openpty(&master, &slave, NULL, NULL, &size) || dup2(slave, STDIN_FILENO) < 0 ||
	    dup2(slave, STDOUT_FILENO) < 0 || fcntl(master, F_SETFL, O_NONBLOCK) ||
	    views_load_stock(&views, &err) || source_demo_new(1, &config.source))
		abort();
	config.views = views;
	config.interval = HOUR * 1000000000ULL;
	if (app_init(&app, &config) ||
	    collector_new(app.source, app.interval, selection_needs(&app.sel), &app.collector) ||
	    app_first_sample(&app, -1) || term_new(&tc, &app.term))
		abort();
	set_escdelay(0);
}

/* As if it had just been opened; the sample stays. */
static void reset(void)
{
	struct winsize size = {24, 80, 0, 0};

	overlay_close(&app);
	list_close(&app);
	editor_done(&app);
	app.editor.kind = EDIT_NONE;
	memset(&app.editor.line, 0, sizeof(app.editor.line));
	app.editor.before = app.editor.before_needle = NULL;
	free(app.search);
	app.search = NULL;
	app_pause(&app, false);
	selection_done(&app.sel);
	selection_init(&app.sel, app.views->items[0], NULL);
	free(app_level(&app)->needle);
	*app_level(&app) = (struct level_state){0};
	app.message.until = 0;
	app.quit = false;
	ioctl(master, TIOCSWINSZ, &size);
	term_resized(app.term);
	app_level_changed(&app);
}

static void turn(void)
{
	struct input in;

	while (!app.quit && term_read(app.term, &in))
		app_input(&app, &in);
	app_timers(&app);
	drain();
	if (!term_busy(app.term))
		app_draw(&app);
	drain();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;

	if (output < 0)
		start();
	if (dup2(slave, STDOUT_FILENO) < 0) /* it asks this one for its size */
		abort();
	reset();
	if (size > MOST)
		size = MOST;
	while (at < size && !app.quit) {
		const uint8_t *end = memchr(data + at, 0xff, size - at),
			      *resize = memchr(data + at, 0xfe, size - at);
		size_t n = end ? (size_t)(end - data) - at : size - at;

		if (resize && (size_t)(resize - data) - at < n)
			n = (size_t)(resize - data) - at;
		if (n > CHUNK)
			n = CHUNK;
		if (n && write(master, data + at, n) < 0)
			tcflush(slave, TCIFLUSH);
		at += n;
		if (at + 2 < size && data[at] == 0xfe) {
			struct winsize ws = {data[at + 1], data[at + 2], 0, 0};

			ioctl(master, TIOCSWINSZ, &ws);
			term_resized(app.term);
			at += 3;
		} else if (at < size && (data[at] == 0xff || data[at] == 0xfe)) {
			at++;
		}
		turn();
	}
	tcflush(slave, TCIFLUSH);
	if (dup2(output, STDOUT_FILENO) < 0)
		abort();
	return 0;
}
