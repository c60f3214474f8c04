/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term.c - curses, and nothing but curses. Crash-time restoring is in crash.c. */
#include "ui/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "core/mem.h"
#include "ui/crash.h"
#include "ui/keys.h"
#include "ui/mouse.h"
#include "ui/outlet.h"

enum { DOUBLE_CLICK_MS = 400, ESC_DELAY_MS = 25, CELLS_MAX = 1024, KEY_SGR = KEY_MAX + 1, KEY_X10 };

struct term {
	SCREEN *screen;
	FILE *out;             /* what curses writes to */
	struct outlet *outlet; /* where that goes; NULL = straight to the terminal, and waits for it */
	WINDOW *input;         /* keys are read through it: never drawn, so that reading never draws */
	struct termios shell_modes, prog_modes;
	int rows, cols, colours;
	bool ascii, mouse;
	int cursor_y, cursor_x;
	attr_t attrs[2 * ROLE_MAX]; /* [role], [ROLE_MAX + role] when selected */
	short pairs[2 * ROLE_MAX];
	int click_y, click_x; /* the last click, for double clicks */
	long click_ms;
	struct mouse_report report; /* being read */
};

/* Our own symbols on a terminal without UTF-8. */
static const struct {
	wchar_t symbol;
	char ascii;
} lookalikes[] = {
	{L'·', '.'}, {L'–', '-'}, {L'…', '~'}, {L'›', '>'}, {L'»', '>'}, {L'†', '+'}, {L'×', 'x'},
	{L'µ', 'u'}, {L'▼', 'v'}, {L'▲', '^'}, {L'▌', '>'}, {L'│', '|'}, {L'─', '-'}, {L'├', '|'},
	{L'┌', '+'}, {L'┐', '+'}, {L'└', '+'}, {L'┘', '+'}, {L'▁', '.'}, {L'▂', '.'}, {L'▃', ':'},
	{L'▄', ':'}, {L'▅', '|'}, {L'▆', '|'}, {L'▇', '#'}, {L'█', '#'}, {L'→', '>'}, {L'←', '<'},
	{L'↔', '-'}, {L'↑', '^'}, {L'↓', 'v'},
};

static void make_attributes(struct term *t)
{
	short pair = 1;

	for (int i = 0; i < 2 * ROLE_MAX; i++) {
		unsigned role = i < ROLE_MAX ? (unsigned)i : (unsigned)(i - ROLE_MAX) | ROLE_SELECTED;
		struct look look = theme_look(role, t->colours);

		t->attrs[i] = (look.attr & LOOK_BOLD ? A_BOLD : 0) | (look.attr & LOOK_DIM ? A_DIM : 0) |
			      (look.attr & LOOK_UNDERLINE ? A_UNDERLINE : 0) |
			      (look.attr & LOOK_REVERSE ? A_REVERSE : 0);
		t->pairs[i] = 0;
		if (t->colours < 8 || (look.fg < 0 && look.bg < 0))
			continue;
		/* few pairs (8 colours have 64): share equal ones */
		for (int j = 0; j < i && !t->pairs[i]; j++) {
			short fg, bg;

			if (t->pairs[j] && pair_content(t->pairs[j], &fg, &bg) == OK && fg == look.fg &&
			    bg == look.bg)
				t->pairs[i] = t->pairs[j];
		}
		if (!t->pairs[i] && pair < COLOR_PAIRS) {
			init_pair(pair, (short)look.fg, (short)look.bg);
			t->pairs[i] = pair++;
		}
	}
}

/*
 * Terminals and multiplexers often send other sequences for these than the
 * TERM they claim says. All the usual ones are understood, unless terminfo
 * gives one another meaning.
 */
static void define_usual_keys(void)
{
	static const struct {
		const char *sequence;
		int key;
	} usual[] = {
		{"\033[A", KEY_UP},     {"\033OA", KEY_UP},     {"\033[B", KEY_DOWN},
		{"\033OB", KEY_DOWN},   {"\033[C", KEY_RIGHT},  {"\033OC", KEY_RIGHT},
		{"\033[D", KEY_LEFT},   {"\033OD", KEY_LEFT},   {"\033[H", KEY_HOME},
		{"\033OH", KEY_HOME},   {"\033[1~", KEY_HOME},  {"\033[7~", KEY_HOME},
		{"\033[F", KEY_END},    {"\033OF", KEY_END},    {"\033[4~", KEY_END},
		{"\033[8~", KEY_END},   {"\033[5~", KEY_PPAGE}, {"\033[6~", KEY_NPAGE},
		{"\033[3~", KEY_DC},    {"\033OM", KEY_ENTER},  {"\033OP", KEY_F(1)},
		{"\033OQ", KEY_F(2)},   {"\033OR", KEY_F(3)},   {"\033OS", KEY_F(4)},
		{"\033[11~", KEY_F(1)}, {"\033[12~", KEY_F(2)}, {"\033[13~", KEY_F(3)},
		{"\033[14~", KEY_F(4)}, {"\033[[A", KEY_F(1)},  {"\033[[B", KEY_F(2)},
		{"\033[[C", KEY_F(3)},  {"\033[[D", KEY_F(4)},  {"\033[[E", KEY_F(5)},
		{"\033[15~", KEY_F(5)}, {"\033[17~", KEY_F(6)}, {"\033[18~", KEY_F(7)},
		{"\033[19~", KEY_F(8)}, {"\033[20~", KEY_F(9)}, {"\033[21~", KEY_F(10)},
		{"\033[Z", KEY_BTAB},
	};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (key_defined(usual[i].sequence) == 0)
			define_key(usual[i].sequence, usual[i].key);
}

/* Takes or gives back the mouse: presses of buttons and wheel, in the newer form where there is one. */
static void take_mouse(struct term *t, bool on)
{
	const char *text = on ? "\033[?1000h\033[?1006h" : "\033[?1006l\033[?1000l";

	if (t->mouse && write(fileno(t->out), text, strlen(text)) < 0) { /* then there is none */
	}
}

static int colours_wanted(const struct term_config *config)
{
	const char *no = getenv("NO_COLOR");

	if (config->colour == UI_COLOUR_NEVER || (config->colour == UI_COLOUR_AUTO && no && *no) ||
	    !has_colors())
		return 0;
	start_color();
	use_default_colors();
	return COLORS;
}

int term_new(const struct term_config *config, struct term **ret)
{
	struct termios modes;
	struct term *t;
	SCREEN *screen;
	FILE *out;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return -ENOTTY;
	setlocale(LC_CTYPE, "");
	tcgetattr(STDIN_FILENO, &modes);
	crash_save_modes(); /* before curses changes them */
	out = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3), "w");
	if (!out)
		return -errno;
	screen = newterm(NULL, out, stdin);
	if (!screen) {
		fclose(out);
		return -ENOTSUP;
	}
	set_term(screen);
	if (!crash_can_address()) {
		endwin();
		delscreen(screen);
		fclose(out);
		return -ENOTSUP;
	}
	t = xcalloc(1, sizeof(*t));
	t->screen = screen;
	t->out = out;
	t->shell_modes = modes;
	t->ascii = config->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0 ||
		   (getenv("TERM") && strcmp(getenv("TERM"), "linux") == 0);
	t->colours = colours_wanted(config);
	make_attributes(t);
	cbreak();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	t->input = newpad(1, 1);
	keypad(t->input, TRUE);
	define_usual_keys();
	nodelay(t->input, TRUE);
	set_escdelay(ESC_DELAY_MS);
	leaveok(stdscr, FALSE);
	curs_set(0);
	if (config->mouse) {
		const char *report = tigetstr("kmous");

		t->mouse = report && report != (char *)-1;
	}
	if (t->mouse) {
		define_key("\033[<", KEY_SGR);
		define_key("\033[M", KEY_X10);
		take_mouse(t, true);
	}
	crash_arm(t->mouse);
	getmaxyx(stdscr, t->rows, t->cols);
	t->cursor_y = -1;
	tcgetattr(STDIN_FILENO, &t->prog_modes);
	if (outlet_new(fileno(out), &t->outlet))
		t->outlet = NULL;
	*ret = t;
	return 0;
}

/* Gives the terminal back as it was. Curses cannot set its modes: it writes into memory. */
static void leave(struct term *t)
{
	take_mouse(t, false);
	curs_set(1);
	endwin();
	if (t->outlet)
		outlet_finish(t->outlet);
	tcsetattr(STDIN_FILENO, TCSANOW, &t->shell_modes);
}

struct term *term_free(struct term *t)
{
	if (!t)
		return NULL;
	leave(t);
	t->outlet = outlet_free(t->outlet);
	crash_disarm();
	delwin(t->input);
	delscreen(t->screen);
	fclose(t->out);
	free(t);
	return NULL;
}

void term_suspend(struct term *t)
{
	leave(t);
}

void term_resume(struct term *t)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &t->prog_modes);
	reset_prog_mode();
	take_mouse(t, true);
	curs_set(0);
	term_resized(t);
	clearok(curscr, TRUE);
}

void term_resized(struct term *t)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
	getmaxyx(stdscr, t->rows, t->cols);
}

int term_rows(const struct term *t)
{
	return t->rows;
}

int term_cols(const struct term *t)
{
	return t->cols;
}

bool term_ascii(const struct term *t)
{
	return t->ascii;
}

void term_begin(struct term *t)
{
	erase();
	t->cursor_y = -1;
}

void term_end(struct term *t)
{
	if (t->cursor_y >= 0) {
		move(t->cursor_y, t->cursor_x);
		curs_set(1);
	} else {
		move(t->rows - 1, t->cols - 1);
		curs_set(0);
	}
	refresh();
	if (t->outlet)
		outlet_push(t->outlet);
}

bool term_flush(struct term *t)
{
	return !t->outlet || outlet_push(t->outlet);
}

bool term_busy(const struct term *t)
{
	return t->outlet && outlet_busy(t->outlet);
}

int term_fd(const struct term *t)
{
	return t->outlet ? outlet_fd(t->outlet) : STDOUT_FILENO;
}

void term_repaint(struct term *t)
{
	clearok(curscr, TRUE);
}

static void set_role(struct term *t, unsigned role)
{
	int i = (int)(role & 0xff) + (role & ROLE_SELECTED ? ROLE_MAX : 0);

	attr_set(t->attrs[i], t->pairs[i], NULL);
}

/* The next character of UTF-8; what is not UTF-8 (format_safe lets none through) becomes '?'. */
static wchar_t next_char(const char **p)
{
	const unsigned char *s = (const unsigned char *)*p;
	int more = s[0] < 0x80 ? 0 : s[0] >= 0xf0 ? 3 : s[0] >= 0xe0 ? 2 : s[0] >= 0xc0 ? 1 : -1;
	wchar_t c = more <= 0 ? s[0] : s[0] & (0x3f >> more);

	++*p;
	if (more < 0)
		return '?';
	for (int i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return '?';
		c = c << 6 | (s[i] & 0x3f);
		++*p;
	}
	return c < 0x20 || (c >= 0x7f && c < 0xa0) ? '?' : c;
}

static wchar_t lookalike(wchar_t c)
{
	for (size_t i = 0; i < sizeof(lookalikes) / sizeof(lookalikes[0]); i++)
		if (lookalikes[i].symbol == c)
			return lookalikes[i].ascii;
	return '?';
}

int term_put(struct term *t, int y, int x, int cells, unsigned role, const char *text)
{
	wchar_t out[CELLS_MAX * 2];
	size_t n = 0;
	int used = 0;

	if (y < 0 || y >= t->rows || x < 0 || x >= t->cols)
		return 0;
	if (cells > t->cols - x)
		cells = t->cols - x;
	while (*text && n + 1 < sizeof(out) / sizeof(out[0])) {
		wchar_t c = next_char(&text);
		int width;

		if (t->ascii && c >= 0x80)
			c = lookalike(c);
		width = wcwidth(c);
		if (width < 0) {
			c = '?';
			width = 1;
		}
		if (used + width > cells)
			break;
		out[n++] = c;
		used += width;
	}
	if (n) {
		set_role(t, role);
		mvaddnwstr(y, x, out, (int)n);
	}
	return used;
}

void term_put_right(struct term *t, int y, int x, int cells, unsigned role, const char *text)
{
	int width = 0;

	for (const char *p = text; *p;) {
		wchar_t c = next_char(&p);
		int w = t->ascii && c >= 0x80 ? 1 : wcwidth(c);

		width += w < 0 ? 1 : w;
	}
	if (width < cells) {
		x += cells - width;
		cells = width;
	}
	term_put(t, y, x, cells, role, text);
}

void term_printf(struct term *t, int y, int x, int cells, unsigned role, const char *fmt, ...)
{
	char text[CELLS_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	term_put(t, y, x, cells, role, text);
}

void term_fill(struct term *t, int y, int x, int cells, unsigned role)
{
	if (y < 0 || y >= t->rows || x < 0 || x >= t->cols)
		return;
	if (cells > t->cols - x)
		cells = t->cols - x;
	set_role(t, role);
	mvhline(y, x, ' ' | A_NORMAL, 0); /* moves only */
	for (int i = 0; i < cells; i++)
		mvaddch(y, x + i, ' ');
}

void term_cursor(struct term *t, int y, int x)
{
	t->cursor_y = y;
	t->cursor_x = x < t->cols ? x : t->cols - 1;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/* What the report that has just been completed means. */
static void mouse_input(struct term *t, struct input *ret)
{
	const int *v = t->report.v;
	long now = now_ms();

	*ret = (struct input){.key = K_MOUSE, .y = v[2] - 1, .x = v[1] - 1};
	if (v[0] == MOUSE_UP) {
		ret->act = MOUSE_WHEEL_UP;
	} else if (v[0] == MOUSE_DOWN) {
		ret->act = MOUSE_WHEEL_DOWN;
	} else {
		bool again = ret->y == t->click_y && abs(ret->x - t->click_x) <= 1 &&
			     now - t->click_ms < DOUBLE_CLICK_MS;

		ret->act = again ? MOUSE_DOUBLE : MOUSE_CLICK;
		t->click_y = ret->y;
		t->click_x = ret->x;
		t->click_ms = again ? 0 : now; /* a third click starts anew */
	}
}

static int named_key(wint_t c)
{
	switch (c) {
	case KEY_UP: return K_UP;
	case KEY_DOWN: return K_DOWN;
	case KEY_LEFT: return K_LEFT;
	case KEY_RIGHT: return K_RIGHT;
	case KEY_PPAGE: return K_PGUP;
	case KEY_NPAGE: return K_PGDN;
	case KEY_HOME:
	case KEY_FIND: return K_HOME;
	case KEY_END:
	case KEY_SELECT: return K_END;
	case KEY_ENTER: return K_ENTER;
	case KEY_BACKSPACE: return K_BACKSPACE;
	case KEY_DC: return K_DEL;
	case KEY_BTAB: return K_BACKTAB;
	}
	if (c >= KEY_F(1) && c <= KEY_F(12))
		return K_F1 + (int)(c - KEY_F(1));
	return K_NONE;
}

bool term_read(struct term *t, struct input *ret)
{
	for (;;) {
		wint_t c;
		int kind;

		kind = wget_wch(t->input, &c);
		if (kind == ERR)
			return false;
		*ret = (struct input){0};
		if (kind == KEY_CODE_YES && (c == KEY_SGR || c == KEY_X10)) {
			mouse_begin(&t->report, c == KEY_SGR ? MOUSE_FORM_SGR : MOUSE_FORM_X10);
			continue;
		}
		if (t->report.form) {
			switch (mouse_add(&t->report, kind == KEY_CODE_YES ? -1 : (int)c)) {
			case MOUSE_PRESS: mouse_input(t, ret); return true;
			case MOUSE_MORE:
			case MOUSE_OTHER: continue;
			case MOUSE_BROKEN: break;
			}
		}
		if (kind == KEY_CODE_YES)
			ret->key = named_key(c);
		else if (c == '\r')
			ret->key = K_ENTER;
		else if (c == 127 || c == 8)
			ret->key = K_BACKSPACE;
		else
			ret->key = (int)c;
		if (ret->key != K_NONE)
			return true;
	}
}
