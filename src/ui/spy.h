/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * spy.h - a running spy: started on a filter, polled, searched, saved. Owns
 * the log and the position in it; what it looks like is screen_spy.c.
 */
#ifndef CTOP_UI_SPY_H
#define CTOP_UI_SPY_H

#include "core/decode.h"
#include "core/filter.h"
#include "core/source.h"
#include "core/spy_hold.h"
#include "ui/spy_log.h"
#include "views/view.h"

enum spy_kind { SPY_DIG, SPY_ECHO, SPY_LIST };

enum {
	SPY_POLL_MS = 25,      /* how often events are fetched */
	SPY_SLICE_MS = 10,     /* how long fetching, searching or saving may keep the keyboard waiting */
	SPY_SNAPLEN_DIG = 256, /* payload bytes copied of one buffer, unless told otherwise */
	SPY_SNAPLEN_ECHO = 4096,
	SPY_SNAPLEN_LIST = 2048, /* a whole message to the log */
	SPY_UNDO = 16,
};

/* Where one is in the log: a shown line and, in echo, a text line of its block. */
struct spy_at {
	uint64_t line;
	unsigned sub;
};

struct spy {
	enum spy_kind kind;
	const struct view *view; /* SPY_LIST */
	struct source *source;
	unsigned snaplen;
	char where;           /* lines say which container ('c') or pod ('k'); 0 */
	char *label;          /* "postgres 4121"; NULL = the whole selection */
	char *base_text;      /* what it was started on */
	char *typed;          /* filter of the language that was typed in it; NULL */
	char *needle;         /* text that lines must have; NULL */
	char *undo[SPY_UNDO]; /* `typed` before each = and !; an entry may be NULL */
	size_t n_undo;
	char *kernel_text;     /* the part the kernel decides */
	struct filter *filter; /* both: what is captured */
	struct filter *shown;  /* what of it is shown; NULL = all */
	struct record_index *index;
	struct spy_hold *hold; /* events of containers not known yet; NULL: nobody asks for containers */
	struct spy_log log;
	struct source_counts counts;
	struct source_counts offset; /* the source begins anew whenever the filter changes; we do not */
	uint64_t rejected;           /* passed the kernel's part of the filter, not the rest */
	double rate;                 /* calls/s */
	uint64_t rate_time, rate_calls;

	struct spy_at top; /* first text line on the screen */
	uint64_t cursor;   /* shown line */
	bool follow;       /* the end stays in sight */
	bool paused;
	uint64_t paused_entry; /* entries from here on wait */
	uint64_t paused_tail;  /* the same as a shown line */
	int shift;             /* cells a dig is scrolled right */
	int width;             /* cells an echo is wrapped to */
	enum echo_style style;

	/* work that goes on between keys */
	char *find; /* text being looked for; NULL */
	int find_dir;
	uint64_t find_at, find_left;
	int save_fd; /* -1 = not saving */
	char *save_name;
	uint64_t save_at, save_end, saved, save_missed;
};

/*
 * Starts a spy on base_text and `typed` (any filters of the language, NULL = none). sample may be NULL.
 * 0; -EINVAL (filter; cannot happen for generated ones); -errno of the source.
 */
int spy_start(struct spy *s, enum spy_kind kind, struct source *source, const struct sample *sample,
	      const char *base_text, const char *typed, unsigned snaplen);
/* Lines get the container ('c') or the pod ('k') of the process; 0: neither. */
void spy_say_where(struct spy *s, char which);
void spy_stop(struct spy *s);
/* Goes on with what another spy on the same source has interrupted. 0 or -errno. */
int spy_resume(struct spy *s, const struct sample *sample);

/*
 * What of the lines is shown from now on, the kept ones included: those that pass a filter and have a text
 * (NULL = any). 0; -EINVAL. spy_capture() then captures no more than that filter lets through: 0 or -errno.
 */
int spy_show(struct spy *s, const char *typed, const char *needle);
int spy_capture(struct spy *s, const struct sample *sample);
bool spy_narrowed(const struct spy *s);

/*
 * A newer sample: knows younger processes and containers, which join the selection. The old one may be freed
 * after this. 0 or -errno: the kernel goes on with the selection that it had.
 */
int spy_set_sample(struct spy *s, const struct sample *sample);

/* Fetches events and continues searching and saving. true if the screen changed. *ret_note: a sentence, or
 * "". */
bool spy_tick(struct spy *s, uint64_t now, char *ret_note, size_t size);
/* Whether spy_tick() has work that should not wait for the next poll. */
bool spy_busy(const struct spy *s);

/* One past the last line that may be shown. */
uint64_t spy_tail(const struct spy *s);
void spy_pause(struct spy *s, bool on);
/* Failures only, slow only; goes to the newest line. */
void spy_switch(struct spy *s, bool failed_only, bool slow_only);

/* SPY_LIST, screen_list.c: the cells of an event (caller frees), and those as one line. */
char *list_text(const struct view *v, const struct record *event);
void list_line_text(const struct view *v, const char *text, struct buf *out);

/* Text of a line: one (dig) or several (echo), joined by newlines. wide: nothing is cut. */
void spy_line_text(const struct spy *s, const struct spy_entry *e, bool wide, struct buf *out);
void spy_call_text(const struct spy_entry *e, unsigned strsize, bool hex, struct buf *ret_call,
		   struct buf *ret_result);
/* The result in few cells: "31", "ENOENT". */
void spy_short_result(const struct spy_entry *e, struct buf *out);
/* "14:02:33.104512" */
void spy_time_text(uint64_t time, int digits, struct buf *out);

/* Looks for text from the cursor on; the cursor moves when it is found. */
void spy_find(struct spy *s, const char *text, int dir, bool from_here);

/*
 * Writes all shown lines to a new file. 0; -EEXIST; -errno. A step writes some, until `deadline` (CLOCK_MONOTONIC in ns);
 * true: it ended, with what is to be said about it in `note`. spy_save_end() leaves the file as it is.
 */
int spy_save(struct spy *s, const char *name);
bool spy_save_step(struct spy *s, uint64_t deadline, char *note, size_t size);
void spy_save_end(struct spy *s);

#endif
