/* For scripts/coverage.sh, which links this into every program by --wrap.
 *
 * gcc's counters are written to their files when a program returns from main or calls exit. One that ends by
 * _exit, or by a signal that it raises, would lose what it has counted: here the counters are written before.
 */
void __gcov_dump(void);
void __gcov_reset(void);
void __real__exit(int code) __attribute__((noreturn));
int __real_raise(int number);

void __wrap__exit(int code) __attribute__((noreturn));
int __wrap_raise(int number);

void __wrap__exit(int code)
{
    __gcov_dump();
    __real__exit(code);
}

/* Who goes on after the signal counts from 0: the next writing adds to the files. */
int __wrap_raise(int number)
{
    __gcov_dump();
    const int result = __real_raise(number);
    __gcov_reset();
    return result;
}
