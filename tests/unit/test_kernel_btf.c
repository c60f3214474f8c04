/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel's types tell: on types made here, whole and cut off, and on this kernel's beside what libbpf
 * says. */
#include <errno.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "bpf/kernel_btf.h"

/* A file of types; it is gone when the test is. */
static void save(const struct btf *made, size_t cut, char *ret_path)
{
	uint32_t size;
	const void *data = btf__raw_data(made, &size);
	int fd;

	strcpy(ret_path, "/tmp/ctop-btf-XXXXXX");
	fd = mkstemp(ret_path);
	assert_true(fd >= 0);
	assert_true(cut <= size);
	assert_int_equal(write(fd, data, size - cut), (ssize_t)(size - cut));
	close(fd);
}

/* Every kind of type lies before what is looked for. */
static struct btf *make(void)
{
	struct btf *b = btf__new_empty();
	int i, s, f, proto, ptr;

	i = btf__add_int(b, "int", 4, BTF_INT_SIGNED);
	btf__add_array(b, i, i, 7);
	s = btf__add_struct(b, "pair", 8);
	btf__add_field(b, "a", i, 0, 0);
	btf__add_field(b, "b", i, 32, 0);
	btf__add_union(b, "either", 4);
	btf__add_field(b, "a", i, 0, 0);
	btf__add_enum(b, "bpf_func_id", 4);
	btf__add_enum_value(b, "BPF_FUNC_unspec", 0);
	btf__add_enum_value(b, "BPF_FUNC_loop", 181);
	btf__add_enum64(b, "large", 8, false);
	btf__add_enum64_value(b, "LARGE", 1ULL << 40);
	btf__add_fwd(b, "unseen", BTF_FWD_STRUCT);
	btf__add_volatile(b, i);
	btf__add_const(b, i);
	btf__add_restrict(b, s);
	btf__add_float(b, "double", 8);
	btf__add_type_tag(b, "user", s);
	btf__add_decl_tag(b, "tagged", s, -1);
	i = btf__add_var(b, "counter", BTF_VAR_STATIC, i);
	btf__add_datasec(b, ".data..percpu", 4);
	btf__add_datasec_var_info(b, i, 0, 4);
	btf__add_typedef(b, "btf_trace_no_prototype", s);
	proto = btf__add_func_proto(b, 0);
	btf__add_func_param(b, "data", 1);
	btf__add_func_param(b, "regs", 1);
	btf__add_func_param(b, "id", 1);
	ptr = btf__add_ptr(b, proto);
	btf__add_typedef(b, "btf_trace_sys_enter", ptr);
	f = btf__add_func(b, "bpf_rdonly_cast", BTF_FUNC_STATIC, proto);
	assert_true(f > 0);
	return b;
}

static void finds(void **state)
{
	struct btf *made = make();
	struct kernel_btf b;
	char path[32];

	save(made, 0, path);
	assert_int_equal(kernel_btf_open_file(path, &b), 0);
	assert_true(kernel_has_function(&b, "bpf_rdonly_cast"));
	assert_false(kernel_has_function(&b, "rdonly_cast")); /* the end of a name is none */
	assert_false(kernel_has_function(&b, "bpf_rdonly"));  /* nor is the beginning */
	assert_false(kernel_has_function(&b, "pair"));        /* not a function */
	assert_true(kernel_has_helper(&b, "loop"));
	assert_false(kernel_has_helper(&b, "loo"));
	assert_false(kernel_has_helper(&b, "task_pt_regs"));
	assert_int_equal(kernel_tracepoint_args(&b, "sys_enter"), 3);
	assert_int_equal(kernel_tracepoint_args(&b, "sys_exit"), 0);
	assert_int_equal(kernel_tracepoint_args(&b, "no_prototype"), 0);
	kernel_btf_close(&b);
	unlink(path);
	btf__free(made);
}

/* Cut off anywhere it is refused: the names are at its end. */
static void cut(void **state)
{
	struct btf *made = make();
	struct kernel_btf b;
	uint32_t size;

	btf__raw_data(made, &size);
	for (size_t n = 1; n <= size; n++) {
		char path[32];

		save(made, n, path);
		assert_int_equal(kernel_btf_open_file(path, &b), -EINVAL);
		unlink(path);
	}
	assert_int_equal(kernel_btf_open_file("/tmp/ctop-no-such-file", &b), -ENOENT);
	btf__free(made);
}

/* Any byte of it may be wrong: nothing is read that is not there (the sanitizers tell). */
static void damaged(void **state)
{
	struct btf *made = make();
	uint32_t size;
	const void *data = btf__raw_data(made, &size);
	char *copy = malloc(size);

	for (uint32_t at = 0; at < size; at++) {
		struct kernel_btf b;
		char path[32] = "/tmp/ctop-btf-XXXXXX";
		int fd = mkstemp(path);

		memcpy(copy, data, size);
		copy[at] ^= (char)0xff;
		assert_int_equal(write(fd, copy, size), (ssize_t)size);
		close(fd);
		if (kernel_btf_open_file(path, &b) == 0) {
			kernel_has_function(&b, "bpf_rdonly_cast");
			kernel_has_helper(&b, "loop");
			kernel_tracepoint_args(&b, "sys_enter");
			kernel_btf_close(&b);
		}
		unlink(path);
	}
	free(copy);
	btf__free(made);
}

static void agrees_with_libbpf(void **state)
{
	static const char *const functions[] = {"bpf_rdonly_cast", "bpf_iter_task", "do_exit",
						"no_such_function"};
	struct btf *theirs = btf__load_vmlinux_btf();
	struct kernel_btf ours;

	if (!theirs)
		skip();
	assert_int_equal(kernel_btf_open(&ours), 0);
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
		assert_int_equal(kernel_has_function(&ours, functions[i]),
				 btf__find_by_name_kind(theirs, functions[i], BTF_KIND_FUNC) > 0);
	assert_int_equal(kernel_tracepoint_args(&ours, "sys_enter"), 3); /* data, regs, id */
	assert_int_equal(kernel_tracepoint_args(&ours, "sched_process_exec"), 4);
	assert_true(kernel_has_helper(&ours, "task_storage_get"));
	kernel_btf_close(&ours);
	btf__free(theirs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(cut),
		cmocka_unit_test(damaged),
		cmocka_unit_test(agrees_with_libbpf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
