/* Runs every registered test in this process, or those of the suite that is named, and prints TAP. Exit code
 * 1 if any failed, or if there was none. */
#include <criterion/criterion.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

static in_process_test *first, **end = &first;

static in_process_suite *suites;

void in_process_register_suite(in_process_suite *suite)
{
    suite->next = suites;
    suites = suite;
}

/* Of the test that runs. Assertions may come from its threads; only its own thread may end it. */
static jmp_buf leave;
static bool failed, skipped;

void in_process_register(in_process_test *test)
{
    *end = test;
    end = &test->next;
}

void in_process_check(bool good, bool fatal, const char *file, int line, const char *text, const char *format,
                      ...)
{
    if (good)
        return;
    va_list arguments;
    va_start(arguments, format);
    failed = true;
    printf("# %s:%d: %s:", file, line, text);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    if (fatal)
        longjmp(leave, 1);
}

void in_process_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("#", stdout);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
    skipped = true;
    longjmp(leave, 1);
}

static void run(const in_process_test *test)
{
    failed = skipped = false;
    if (setjmp(leave) == 0) {
        for (const in_process_suite *suite = suites; suite; suite = suite->next) {
            if (suite->init && strcmp(suite->name, test->suite) == 0)
                suite->init();
        }
        if (test->init)
            test->init();
        test->run();
    }
    if (test->fini)
        test->fini();
}

int main(int argc, char **argv)
{
    int count = 0, wrong = 0;
    for (const in_process_test *test = first; test; test = test->next) {
        if (argc > 1 && strcmp(argv[1], test->suite) != 0)
            continue;
        run(test);
        wrong += failed;
        printf("%sok %d - %s: %s%s\n", failed ? "not " : "", ++count, test->suite, test->name,
               skipped ? " # SKIP" : "");
        fflush(stdout);
    }
    printf("1..%d\n", count);
    return wrong > 0 || count == 0;
}
