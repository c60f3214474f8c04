/* SPDX-License-Identifier: GPL-2.0-or-later */
/* spy_iov.c - vectors; payload that ends inside an element. */
#include <sys/uio.h>

#include "spy.h"

int main(void)
{
	char one[4], two[8];
	struct iovec out[3] = {{"abc", 3}, {"", 0}, {"defgh", 5}}, in[2] = {{one, 4}, {two, 8}};
	long a;

	begin();
	a = open("data", O_RDWR | O_CREAT, 0600);
	expect("writev(%s, [{iov_base=\"abc\", iov_len=3}, {iov_base=\"\", iov_len=0}, {iov_base=\"defgh\", "
	       "iov_len=5}], 3) "
	       "= %s",
	       fd(a), res(CALL(SYS_writev, a, out, 3)));
	lseek((int)a, 2, SEEK_SET);
	expect("readv(%s, [{iov_base=\"cdef\", iov_len=4}, {iov_base=\"gh\", iov_len=8}], 2) = %s", fd(a),
	       res(CALL(SYS_readv, a, in, 2)));
	expect("preadv(%s, [{iov_base=\"abcd\", iov_len=4}, {iov_base=\"efgh\", iov_len=8}], 2, 0) = %s",
	       fd(a), res(CALL(SYS_preadv, a, in, 2, 0, 0)));
	expect("pwritev(%s, [{iov_base=\"abc\", iov_len=3}], 1, 100) = %s", fd(a),
	       res(CALL(SYS_pwritev, a, out, 1, 100, 0)));
	expect("preadv2(%s, [{iov_base=\"abc\", iov_len=4}], 1, 100, 0) = %s", fd(a),
	       res(CALL(SYS_preadv2, a, in, 1, 100, 0, 0)));
	expect("pwritev2(%s, [{iov_base=\"abc\", iov_len=3}], 1, 0, RWF_DSYNC) = %s", fd(a),
	       res(CALL(SYS_pwritev2, a, out, 1, 0, 0, 2)));
	expect("readv(%s, %s, 2) = %s", "99", ptr(in), res(CALL(SYS_readv, 99, in, 2)));
	expect("writev(%s, 0x1, 2) = %s", fd(a), res(CALL(SYS_writev, a, 1, 2)));
	return done();
}
