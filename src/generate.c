/* SPDX-License-Identifier: GPL-2.0-or-later */
/* generate.c - lists, man page and completion, all from the tables that the program itself uses. */
#include "generate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/format.h"
#include "core/mem.h"
#include "views/action.h"
#include "views/alias.h"
#include "ui/ui.h"

/* --- lists --- */

static void csv_cell(struct buf *out, const char *s, char end)
{
	buf_addc(out, '"');
	for (; s && *s; s++) {
		if (*s == '"')
			buf_addc(out, '"');
		buf_addc(out, *s);
	}
	buf_addc(out, '"');
	buf_addc(out, end);
}

static void json_text(struct buf *out, const char *id, const char *text, bool last)
{
	buf_addf(out, "\"%s\":", id);
	if (text)
		format_json_string(out, text);
	else
		buf_adds(out, "null");
	buf_addc(out, last ? '}' : ',');
}

/* sysdig's names for views; to people only, the others are rows of columns. */
static void alias_lines(struct buf *out)
{
	size_t n;
	const struct alias *a = alias_all(&n);

	buf_adds(out, "\nsysdig's names, for --view:\n");
	for (size_t i = 0; i < n; i++, a++) {
		const char *argument = alias_argument_name(a);

		buf_addf(out, "%-19s %-5s  %s\n", a->name, argument ? argument : "", a->description);
	}
}

void generate_views(struct buf *out, const struct views *views, enum output_format format)
{
	size_t width = 0;

	for (size_t i = 0; i < views->n; i++)
		width = strlen(views->items[i]->id) > width ? strlen(views->items[i]->id) : width;
	if (format == FORMAT_CSV)
		buf_adds(out, "id,key,name,description\n");
	for (size_t i = 0; i < views->n; i++) {
		const struct view *v = views->items[i];
		char key[2] = {v->hotkey, 0};

		switch (format) {
		case FORMAT_TABLE:
			buf_addf(out, "%-*s  %c  %s\n", (int)width, v->id, v->hotkey ? v->hotkey : ' ',
				 v->description ? v->description : v->name);
			break;
		case FORMAT_JSON:
			buf_addc(out, '{');
			json_text(out, "id", v->id, false);
			json_text(out, "key", v->hotkey ? key : NULL, false);
			json_text(out, "name", v->name, false);
			buf_adds(out, "\"columns\":[");
			for (size_t k = 0; k < v->n_columns; k++) {
				if (k)
					buf_addc(out, ',');
				format_json_string(out, v->columns[k].id);
			}
			buf_adds(out, "],");
			json_text(out, "description", v->description, true);
			buf_addc(out, '\n');
			break;
		case FORMAT_CSV:
			csv_cell(out, v->id, ',');
			csv_cell(out, key, ',');
			csv_cell(out, v->name, ',');
			csv_cell(out, v->description, '\n');
			break;
		}
	}
	if (format == FORMAT_TABLE)
		alias_lines(out);
}

void generate_fields(struct buf *out, enum output_format format)
{
	size_t n, width = 0;
	const struct field *f = field_all(&n);

	for (size_t i = 0; i < n; i++)
		width = strlen(f[i].id) > width ? strlen(f[i].id) : width;
	if (format == FORMAT_TABLE)
		buf_addf(out, "%-*s  %-6s  %-9s  %-7s  %-7s  %-18s  %s\n", (int)width, "FIELD", "TYPE",
			 "GRAIN", "UNIT", "COST", "KERNEL", "DESCRIPTION");
	if (format == FORMAT_CSV)
		buf_adds(out, "id,type,unit,grain,cost,kernel,measure,source,description\n");
	for (size_t i = 0; i < n; i++, f++) {
		bool measure = f->flags & FIELD_MEASURE;

		switch (format) {
		case FORMAT_TABLE:
			buf_addf(out, "%-*s  %-6s  %-9s  %-7s  %-7s  %-18s  %s\n", (int)width, f->id,
				 field_type_name(f->type), grain_name(f->grain),
				 f->unit == UNIT_NONE ? "-" : unit_name(f->unit), field_cost(f),
				 field_kernel(f), f->description);
			break;
		case FORMAT_JSON:
			buf_addc(out, '{');
			json_text(out, "id", f->id, false);
			json_text(out, "type", field_type_name(f->type), false);
			json_text(out, "unit", unit_name(f->unit), false);
			json_text(out, "grain", grain_name(f->grain), false);
			buf_addf(out,
				 "\"measure\":%s,\"rate\":%s,\"filter_only\":%s,\"spy_only\":%s,\"argument\":"
				 "%s,",
				 measure ? "true" : "false", f->flags & FIELD_DELTA ? "true" : "false",
				 f->flags & FIELD_FILTER_ONLY ? "true" : "false",
				 f->flags & FIELD_SPY ? "true" : "false",
				 f->flags & FIELD_ARG ? "true" : "false");
			json_text(out, "source", f->source, false);
			json_text(out, "cost", field_cost(f), false);
			json_text(out, "kernel", field_kernel(f), false);
			json_text(out, "description", f->description, true);
			buf_addc(out, '\n');
			break;
		case FORMAT_CSV:
			csv_cell(out, f->id, ',');
			csv_cell(out, field_type_name(f->type), ',');
			csv_cell(out, unit_name(f->unit), ',');
			csv_cell(out, grain_name(f->grain), ',');
			csv_cell(out, field_cost(f), ',');
			csv_cell(out, field_kernel(f), ',');
			buf_adds(out, measure ? "1," : "0,");
			csv_cell(out, f->source, ',');
			csv_cell(out, f->description, '\n');
			break;
		}
	}
}

/* --- man page --- */

/* Text for roff: nothing in it is a request or an escape. */
static void roff(struct buf *out, const char *s)
{
	bool line_start = !out->len || out->data[out->len - 1] == '\n';

	for (; *s; s++) {
		if (line_start && (*s == '.' || *s == '\''))
			buf_adds(out, "\\&");
		if (*s == '\\')
			buf_adds(out, "\\e");
		else if (*s == '-')
			buf_adds(out, "\\-");
		else
			buf_addc(out, *s);
		line_start = *s == '\n';
	}
}

static void roff_line(struct buf *out, const char *macro, const char *text)
{
	buf_adds(out, macro);
	roff(out, text);
	buf_addc(out, '\n');
}

static void man_options(struct buf *out)
{
	size_t n;
	const struct option_info *o = options_all(&n);
	const char *group = NULL;

	buf_adds(out, ".SH OPTIONS\n");
	for (size_t i = 0; i < n; i++, o++) {
		if (!group || strcmp(group, o->group))
			roff_line(out, ".SS ", o->group);
		group = o->group;
		buf_adds(out, ".TP\n");
		if (o->letter)
			buf_addf(out, "\\fB\\-%c\\fR, ", o->letter);
		buf_adds(out, "\\fB\\-\\-");
		roff(out, o->name);
		buf_adds(out, "\\fR");
		if (o->kind == KIND_OPTIONAL_CHOICE)
			buf_addf(out, "[=\\fI%s\\fR]", o->argument);
		else if (o->argument)
			buf_addf(out, " \\fI%s\\fR", o->argument);
		buf_addc(out, '\n');
		roff(out, o->help);
		buf_addc(out, '\n');
		if (o->value && (o->kind == KIND_CHOICE || o->kind == KIND_OPTIONAL_CHOICE))
			buf_addf(out, "\\fI%s\\fR is one of \\fB%s\\fR; the first is the default.\n",
				 o->argument, o->value);
		else if (o->value)
			buf_addf(out, "Default: %s.\n", o->value);
	}
}

static void man_keys(struct buf *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		mem_fatal(0);
	ui_keys_print(f, UI_KEYS_ROFF);
	fclose(f);
	buf_adds(out, ".SH KEYS\n");
	buf_add(out, text, len);
	free(text);
}

static void man_views(struct buf *out, const struct views *views)
{
	size_t n;
	const struct alias *a = alias_all(&n);

	buf_adds(out, ".SH VIEWS\nEvery view is offered where it applies to what is selected. The letter "
		      "opens it.\n");
	for (size_t i = 0; i < views->n; i++) {
		const struct view *v = views->items[i];

		buf_addf(out, ".TP\n\\fB%s\\fR", v->id);
		if (v->hotkey)
			buf_addf(out, " (%s%c)", v->hotkey == '\\' ? "\\" : "", v->hotkey);
		buf_addc(out, '\n');
		roff(out, v->description ? v->description : v->name);
		buf_adds(out, "\nColumns: ");
		for (size_t k = 0; k < v->n_columns; k++) {
			if (k)
				buf_adds(out, ", ");
			roff(out, v->columns[k].id);
		}
		buf_adds(out, ".\n");
	}
	buf_adds(out, ".SS sysdig's names\n\\fB\\-\\-view\\fR takes these names as well; what follows the "
		      "name is the "
		      "argument.\n");
	for (size_t i = 0; i < n; i++, a++) {
		buf_addf(out, ".TP\n\\fB%s\\fR", a->name);
		if (alias_argument_name(a))
			buf_addf(out, " \\fI%s\\fR", alias_argument_name(a));
		buf_addc(out, '\n');
		roff(out, a->description);
		buf_addc(out, '\n');
	}
}

static void man_actions(struct buf *out, const struct views *views)
{
	buf_adds(out,
		 ".SH ACTIONS\n\\fBF8\\fR lists what can be done to the selected row; the letters do it at "
		 "once. Programs get their arguments one by one, and no shell is involved. Those marked with "
		 "* "
		 "ask first and are off with \\fB\\-\\-read\\-only\\fR.\n");
	for (size_t i = 0; i < views->n_actions; i++) {
		const struct action *a = views->actions[i];
		struct buf programs = {0};

		buf_addf(out, ".TP\n\\fB%c\\fR ", a->key ? a->key : ' ');
		roff(out, a->name);
		buf_adds(out, a->changes ? " *\n" : "\n");
		if (a->description)
			roff(out, a->description);
		for (size_t k = 0; k < a->n_ways; k++) {
			const char *program = action_program(&a->ways[k]);

			if (*program != '@' && (!programs.len || !strstr(buf_str(&programs), program)))
				buf_addf(&programs, "%s%s", programs.len ? ", " : "", program);
		}
		if (programs.len) {
			buf_adds(out, "\nBy ");
			roff(out, buf_str(&programs));
			buf_adds(out, strchr(buf_str(&programs), ',')
					      ? ", the first one that fits and is installed."
					      : ".");
		}
		buf_addc(out, '\n');
		buf_done(&programs);
	}
}

static void man_fields(struct buf *out)
{
	size_t n;
	const struct field *f = field_all(&n);

	buf_adds(out, ".SH FIELDS\nViews, filters and \\fB\\-\\-sort\\fR name values by these. Names and "
		      "meanings follow "
		      "sysdig and Falco where these have one.\n");
	for (size_t i = 0; i < n; i++, f++) {
		buf_adds(out, ".TP\n\\fB");
		roff(out, f->id);
		buf_addf(out, "\\fR (%s, %s%s%s)\n", field_type_name(f->type), grain_name(f->grain),
			 f->unit == UNIT_NONE || f->unit == UNIT_ID ? "" : ", ",
			 f->unit == UNIT_NONE || f->unit == UNIT_ID ? "" : unit_name(f->unit));
		roff(out, f->description);
		buf_addc(out, '\n');
	}
}

static const char man_head[] = ".SH NAME\nctop\\-trace \\- show what containers, processes, connections and "
			       "files do, down to single system "
			       "calls\n"
			       ".SH SYNOPSIS\n.B ctop\\-trace\n[\\fIOPTION\\fR]... [\\fIFILTER WORD\\fR]...\n"
			       ".SH DESCRIPTION\n"
			       "ctop\\-trace counts every system call inside the kernel with eBPF and shows, "
			       "once per interval, who did what "
			       "with which object and how long it took: containers, processes, threads, "
			       "connections, files and calls. From any "
			       "row it goes down to what is behind it, at the bottom to the live stream of "
			       "system calls with their arguments "
			       "decoded (\\fIdig\\fR) or the payload they moved (\\fIecho\\fR).\n.PP\n"
			       "Nothing is sampled: the sums over all intervals are the calls that were "
			       "made. What could not be told apart is "
			       "still in the totals, and the header says so instead of \\fBexact\\fR.\n.PP\n"
			       "It needs root, or the capabilities that \\fBmake setcap\\fR gives the "
			       "binary, and a kernel with BTF from 5.13 on. "
			       "\\fB\\-\\-check\\fR says what is missing.\n";

static const char man_batch[] =
	".SH BATCH OUTPUT\n"
	"With \\fB\\-\\-format json\\fR each interval is one object on a line:\n.PP\n.nf\n"
	"{\"view\": id, \"time\": epoch seconds at its end, \"interval\": measured seconds,\n"
	" \"rows\": [{\"column id\": value, ...}, ...], \"totals\": {...}, \"health\": {...}}\n.fi\n.PP\n"
	"Values are exact and in base units: bytes, nanoseconds, percent. A rate is per second and has the "
	"exact sum of "
	"the interval beside it as \\fIid\\fR.sum. What is not known is null. The first interval starts when "
	"everything "
	"is attached, each next one where the last one ended; on SIGINT or SIGTERM the one that has begun is "
	"still "
	"written.\n.PP\n"
	"\\fBtotals\\fR holds each measure over all rows, and for the whole host, whatever is selected: the "
	"exact sums of "
	"the interval host.calls, host.errors, host.opens, host.file.in, host.file.out, host.net.in, "
	"host.net.out, "
	"host.other.in and host.other.out; the state host.processes, host.threads, host.containers, "
	"host.cpus, "
	"host.memory.total, host.memory.available, host.swap.total, host.swap.free, host.load1, host.load5, "
	"host.load15; "
	"and in percent of the whole machine host.cpu.user, host.cpu.system, host.cpu.iowait and "
	"host.cpu.steal.\n.PP\n"
	"\\fBhealth\\fR says what is not exact: calls counted by thread only because the table of the kernel "
	"was full "
	"(coarse), ended processes without a row of their own (folded), calls in the totals only (unstored), "
	"calls "
	"that the kernel did not show (missed), "
	"objects "
	"without a name (unnamed), names that came late (meta_lost). exact is true when all are 0. self_cpu "
	"is what "
	"ctop\\-trace itself costs in percent of one CPU, self_bpf the part of it inside the kernel, "
	"self_rss its memory "
	"in bytes.\n.PP\n"
	"With \\fB\\-\\-spy\\fR and \\fB\\-\\-format json\\fR each call is one object with time, seq, tid, "
	"pid, ppid, uid, "
	"cpu, comm, container, type, args, res, rawres, latency (ns), fd_name, fd_type and ret_fd_name, for "
	"\\fB\\-\\-spy=echo\\fR also direction, bytes and data_hex. How many events were lost, if any, is "
	"said on "
	"standard error at the end.\n";

static const char man_tail[] =
	".SH EXIT STATUS\n.TP\n.B 0\nAll went well; also when a signal or a closed pipe ended it.\n"
	".TP\n.B 1\nIt cannot run here (rights, kernel, terminal) or failed while running; one line says "
	"why.\n"
	".TP\n.B 2\nThe command line, a filter or a views file is wrong; one line says where and what would "
	"be right.\n"
	".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nWhen set to anything, no colours are used.\n"
	".TP\n.BR TERM \", \" LANG \", \" LC_ALL\nWhat the terminal can do and whether it shows UTF\\-8.\n"
	".SH FILES\n.TP\n.I PREFIX/share/ctop\\-trace/views.json\nThe stock views, as compiled in: a start "
	"for views of "
	"your own (\\fB\\-\\-views\\fR).\n"
	".SH EXAMPLES\n.nf\n"
	"ctop\\-trace\n"
	"ctop\\-trace \\-v files container.name=web\n"
	"ctop\\-trace \\-b \\-v connections \\-d 1 \\-n 3 \\-\\-format json\n"
	"ctop\\-trace \\-\\-spy \\-p 4121 evt.type=openat and evt.failed=true\n"
	"ctop\\-trace \\-\\-demo\n.fi\n"
	".SH SEE ALSO\n.BR top (1),\n.BR htop (1),\n.BR strace (1),\n.BR ss (8),\n.BR bpftool (8)\n";

static void generate_man(struct buf *out, const struct views *views)
{
	buf_addf(out, ".TH CTOP\\-TRACE 8 \"\" \"ctop\\-trace %s\" \"System Administration\"\n",
		 CTOP_VERSION);
	buf_adds(out, man_head);
	man_options(out);
	man_keys(out);
	man_views(out, views);
	man_actions(out, views);
	buf_adds(out, man_batch);
	man_fields(out);
	buf_adds(out, man_tail);
}

/* --- completion --- */

static void words(struct buf *out, const char *choices)
{
	for (; *choices; choices++)
		buf_addc(out, *choices == '|' ? ' ' : *choices);
}

static void generate_completion(struct buf *out, const struct views *views)
{
	size_t n, n_fields, n_aliases;
	const struct alias *alias = alias_all(&n_aliases);
	const struct option_info *o = options_all(&n);
	const struct field *f = field_all(&n_fields);

	buf_adds(out, "# bash completion for ctop-trace; made by ctop-trace --generate=completion\n"
		      "_ctop_trace()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} "
		      "prev=${COMP_WORDS[COMP_CWORD-1]} words\n"
		      "\tlocal fields='");
	for (size_t i = 0; i < n_fields; i++)
		buf_addf(out, "%s%s", i ? " " : "", f[i].id);
	buf_adds(out, "'\n\t# --option=value comes as three words\n"
		      "\t[[ $cur == = ]] && cur=\n"
		      "\t[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}\n"
		      "\tcase $prev in\n");
	for (size_t i = 0; i < n; i++) {
		if (o[i].kind == KIND_FLAG)
			continue;
		buf_adds(out, "\t");
		if (o[i].letter)
			buf_addf(out, "-%c|", o[i].letter);
		buf_addf(out, "--%s) ", o[i].name);
		switch (o[i].kind) {
		case KIND_VIEW:
			buf_adds(out, "words='");
			for (size_t k = 0; k < views->n; k++)
				buf_addf(out, "%s%s", k ? " " : "", views->items[k]->id);
			for (size_t k = 0; k < n_aliases; k++)
				buf_addf(out, " %s", alias[k].name);
			buf_adds(out, "' ;;\n");
			break;
		case KIND_FIELD: buf_adds(out, "words=$fields ;;\n"); break;
		case KIND_FILE: buf_adds(out, "COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"); break;
		case KIND_CHOICE:
		case KIND_OPTIONAL_CHOICE:
			buf_adds(out, "words='");
			words(out, o[i].value);
			buf_adds(out, "' ;;\n");
			break;
		default:
			if (o[i].id == OPT_FILTER)
				buf_adds(out, "words=$fields ;;\n");
			else if (o[i].id == OPT_PID)
				buf_adds(out, "words=$(cd /proc && printf '%s ' [0-9]*) ;;\n");
			else
				buf_adds(out, "return ;;\n");
		}
	}
	buf_adds(out, "\t*)\n\t\tif [[ $cur == -* ]]; then\n\t\t\twords='");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s--%s", i ? " " : "", o[i].name);
	buf_adds(out, "'\n\t\telse\n\t\t\twords=\"$fields and or not\"\n\t\tfi ;;\n\tesac\n"
		      "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
		      "complete -F _ctop_trace ctop-trace\n");
}

int generate(const char *what, const struct views *views, struct buf *out)
{
	if (!strcmp(what, "man"))
		generate_man(out, views);
	else if (!strcmp(what, "completion"))
		generate_completion(out, views);
	else if (!strcmp(what, "schema"))
		generate_schema(out);
	else
		return -EINVAL;
	return 0;
}
