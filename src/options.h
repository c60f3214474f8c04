/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - the command line as a struct. Checks each value by itself, the
 * filter included; which views there are is known to others.
 */
#ifndef CTOP_OPTIONS_H
#define CTOP_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/need.h"
#include "core/buf.h"

enum option_id {
	OPT_NONE = 0,
#define OPTION(id, ...) OPT_##id,
#include "options.def"
#undef OPTION
	OPT_MAX,
};

/* What an argument is; the completion uses it as well. */
enum option_kind {
	KIND_FLAG,
	KIND_TEXT,
	KIND_VIEW,
	KIND_FIELD,
	KIND_FILE,
	KIND_UINT,            /* 0 ... 2^32 - 1 */
	KIND_COUNT,           /* 1 ... 2^32 - 1 */
	KIND_TIME,            /* 10 ms ... one day */
	KIND_CHOICE,          /* one of `value`, "a|b|c" */
	KIND_OPTIONAL_CHOICE, /* same, as --name=a only; the first one without it */
};

struct option_info {
	enum option_id id;
	char letter; /* 0 = none */
	const char *name;
	enum option_kind kind;
	const char *argument; /* NULL for flags */
	const char *value;    /* choices, or the default; NULL */
	const char *group;
	const char *help;
};

enum output_format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };
enum spy_mode { SPY_OFF, SPY_DIG, SPY_ECHO };

struct options {
	bool batch, demo, ascii, color, no_color, no_mouse, read_only, tree, env;
	bool list_views, list_fields, check_views, check, version, help;
	bool has_delay;
	const char *view;   /* or one of the aliases; NULL = the first one */
	char *argument;     /* of the alias; NULL */
	char print;         /* -pc 'c': containers first; -pk 'k': pods, too; 0 */
	char *filter;       /* all that narrows the selection down, and-ed; NULL = nothing */
	const char *details; /* container=ID, process=PID; NULL */
	const char *sort;   /* as typed, sign included; NULL */
	uint64_t delay;     /* ns */
	uint32_t count;     /* 0 = no end */
	uint32_t max_facts; /* 0 = default */
	enum hooks_way hooks;
	const char *host_root; /* NULL = "/" */
	uint64_t seed;
	enum output_format format;
	enum spy_mode spy;
	const char **views; /* files; those to be checked with check_views */
	size_t n_views, cap_views;
	const char *generate; /* hidden: "man", "completion" */
};

/*
 * 0, or -EINVAL with one sentence in *ret_error (caller frees). Strings point into argv where they can;
 * options_done() frees the rest.
 */
int options_parse(int argc, char **argv, struct options *ret, char **ret_error);
void options_done(struct options *o);

/* The table, in the order of --help. */
const struct option_info *options_all(size_t *ret_n);

/* --help */
void options_help(struct buf *out);

/* "0.5", "500ms", "2s", "1m" as ns. -EINVAL, -ERANGE. */
int parse_duration(const char *text, uint64_t *ret_ns);

#endif
