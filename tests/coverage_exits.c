/* For scripts/coverage.sh, which links this into every program by --wrap.
 *
 * gcc's coverage counters are written to files when a program returns from main or calls exit. If it ends by
 * _exit, or by a signal that it raises, they would be lost, so this file writes them before. While they are
 * written, no faults are injected (command/inject.c), because gcc's code does not survive them. */
#include <dlfcn.h>

void __gcov_dump(void);
void __gcov_reset(void);
void __real__exit(int code) __attribute__((noreturn));
int __real_raise(int number);

void __wrap__exit(int code) __attribute__((noreturn));
int __wrap_raise(int number);

/* A destructor without a priority runs before gcc's own, which writes the counters, and after the handlers of
 * exit. */
__attribute__((destructor)) static void stop_faults(void)
{
    void (*const stop)(void) = (void (*)(void))dlsym(RTLD_DEFAULT, "inject_stop");
    if (stop)
        stop();
}

void __wrap__exit(int code)
{
    stop_faults();
    __gcov_dump();
    __real__exit(code);
}

/* If the program goes on after the signal, it counts from 0, and the next writing adds to the files. */
int __wrap_raise(int number)
{
    stop_faults();
    __gcov_dump();
    const int result = __real_raise(number);
    __gcov_reset();
    return result;
}
